//! One projector over NATS, as the gateway asks it: it shows what was written, says when it cannot, and
//! never answers from a wrong file.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{fs, path::PathBuf, time::Duration};

use async_nats::{Client, HeaderMap, Request};
use jejak_bus::{
    Actor, CommandAnswer, Problem, RequestProblem, Role, command_subject,
    health::{RebuildState, ViewHealth},
    query_subject,
    request::{ACTOR, COMMAND_ID, MIN_POSITION},
};
use jejak_events::{ids::TenantId, secret::TenantKey};
use jejak_journal::Journal;
use jejak_rig::broker::Broker;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const VIEW: &str = "packages";

fn tenant() -> TenantId {
    "pontianak".parse().unwrap()
}

/// A broker with a commands service and the projector of [`VIEW`].
struct Office {
    broker: Broker,
    client: Client,
    folder: TempDir,
    stop: CancellationToken,
    commands: JoinHandle<()>,
    projector: Option<(CancellationToken, JoinHandle<()>)>,
}

impl Office {
    async fn open() -> Self {
        let broker = Broker::single().await;
        let client = broker.client().await;
        Journal::init(client.clone(), &tenant(), 1).await.unwrap();
        let stop = CancellationToken::new();
        let config = jejak_commands::Config {
            broker: jejak_bus::Broker { url: broker.url(), nkey_seed: None },
            tenant: tenant(),
            tenant_key: TenantKey::new([1; 32]),
            time_zone: chrono_tz::Asia::Pontianak,
            cache_capacity: 100,
        };
        let ended = stop.clone();
        let commands = tokio::spawn(async move { jejak_commands::run(config, ended).await.unwrap() });
        let mut office =
            Self { broker, client, folder: TempDir::new().unwrap(), stop, commands, projector: None };
        office.start().await;
        office
    }

    async fn start(&mut self) {
        let config = jejak_projector::Config {
            broker: jejak_bus::Broker { url: self.broker.url(), nkey_seed: None },
            tenant: tenant(),
            tenant_key: TenantKey::new([1; 32]),
            time_zone: chrono_tz::Asia::Pontianak,
            data_dir: self.folder.path().join("views"),
            view: VIEW.to_owned(),
        };
        let stop = CancellationToken::new();
        let ended = stop.clone();
        let running = tokio::spawn(async move { jejak_projector::run(config, ended).await.unwrap() });
        self.projector = Some((stop, running));
        self.health_when("it answers", |_| true).await;
    }

    async fn stop_projector(&mut self) {
        let (stop, running) = self.projector.take().unwrap();
        stop.cancel();
        running.await.unwrap();
    }

    async fn close(mut self) {
        self.stop_projector().await;
        self.stop.cancel();
        self.commands.await.unwrap();
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("views/packages-v1.redb")
    }

    async fn request(&self, subject: String, headers: HeaderMap, body: Vec<u8>) -> Option<Vec<u8>> {
        let timeout = Some(Duration::from_secs(10));
        let request = Request::new().headers(headers).payload(body.into()).timeout(timeout);
        self.client.send_request(subject, request).await.ok().map(|reply| reply.payload.to_vec())
    }

    /// Publishes the terms of a package; the position of the event.
    async fn publish(&self, package: &str) -> u64 {
        let body = json!({ "package_id": package, "title": "Tenaga IT", "agency": "BKPSDM", "fiscal_year": 2020,
            "fund_source": "APBD", "budget_ceiling": "999000000", "quota": 3,
            "period": { "start": "2020-10-01", "end": "2020-12-31" } });
        let actor = Actor { sub: "admin-bkpsdm".to_owned(), roles: vec![Role::Admin] };
        let mut headers = HeaderMap::new();
        headers.insert(ACTOR, serde_json::to_string(&actor).unwrap());
        headers.insert(COMMAND_ID, package);
        let subject = command_subject(&tenant(), "publish-terms");
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        while tokio::time::Instant::now() < deadline {
            let reply = self.request(subject.clone(), headers.clone(), body.to_string().into_bytes()).await;
            let answer = reply.and_then(|reply| serde_json::from_slice::<CommandAnswer>(&reply).ok());
            if let Some(answer) = answer {
                return answer.position;
            }
        }
        panic!("{package} was never published");
    }

    async fn ask(&self, query: &str, params: Value, min_position: u64) -> Result<Value, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(MIN_POSITION, min_position.to_string());
        let subject = query_subject(&tenant(), VIEW, query);
        let reply = self.request(subject, headers, params.to_string().into_bytes()).await.unwrap();
        match Problem::from_reply(&reply) {
            Some(problem) => Err(problem),
            None => Ok(serde_json::from_slice(&reply).unwrap()),
        }
    }

    async fn packages(&self, min_position: u64) -> Vec<Value> {
        let answer = self.ask("list", json!({ "limit": 500 }), min_position).await.unwrap();
        assert!(answer["position"].as_u64().unwrap() >= min_position);
        answer["items"].as_array().unwrap().clone()
    }

    /// Asks for the health until it is as wanted.
    async fn health_when(&self, what: &str, wanted: impl Fn(&ViewHealth) -> bool) -> ViewHealth {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        let mut last = None;
        while tokio::time::Instant::now() < deadline {
            let subject = query_subject(&tenant(), VIEW, "health");
            let reply = self.request(subject, HeaderMap::new(), vec![]).await;
            let health = reply.and_then(|reply| serde_json::from_slice::<ViewHealth>(&reply).ok());
            match health {
                Some(health) if wanted(&health) => return health,
                other => last = other.or(last),
            }
        }
        panic!("never: {what}; last {last:?}");
    }

    async fn rebuild(&self) -> RebuildState {
        let reply = self.request(query_subject(&tenant(), VIEW, "rebuild"), HeaderMap::new(), vec![]).await;
        let begun: ViewHealth = serde_json::from_slice(&reply.unwrap()).unwrap();
        assert!(begun.rebuild.is_some());
        let over = |health: &ViewHealth| {
            health.rebuild.as_ref().is_some_and(|rebuild| rebuild.state != RebuildState::Running)
        };
        self.health_when("the rebuild is over", over).await.rebuild.unwrap().state
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_shown_and_what_is_not_there_yet_is_said() {
    let office = Office::open().await;
    for n in 1..=20 {
        let position = office.publish(&format!("package-{n:02}")).await;
        assert_eq!(office.packages(position).await.len(), n);
    }
    let behind = office.ask("list", json!({}), 1_000).await.unwrap_err();
    let wanted =
        RequestProblem::ViewBehind { view: VIEW.to_owned(), position: 20, min_position: 1_000, lag: 980 };
    assert_eq!(behind, Problem::Request(wanted));

    let malformed = office.ask("list", json!({ "limit": "many" }), 0).await.unwrap_err();
    assert!(matches!(malformed, Problem::Request(RequestProblem::Malformed { path, .. }) if path == "limit"));
    let unknown = office.ask("get", json!({ "package_id": "none" }), 0).await.unwrap_err();
    assert!(matches!(unknown, Problem::Request(RequestProblem::ItemUnknown { .. })));
    let no_query = office.ask("colours", json!({}), 0).await.unwrap_err();
    assert!(matches!(no_query, Problem::Request(RequestProblem::Unknown { .. })));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_truncated_or_half_written_file_is_built_anew() {
    let mut office = Office::open().await;
    let position = office.publish("one").await;
    let before = office.packages(position).await;
    office.stop_projector().await;
    let whole = fs::read(office.file()).unwrap();
    for damaged in
        [None, Some(&whole[..whole.len() / 2]), Some(&whole[..100]), Some(&b"rubbish"[..]), Some(&whole)]
    {
        match damaged {
            None => fs::remove_file(office.file()).unwrap(),
            Some(bytes) => fs::write(office.file(), bytes).unwrap(),
        }
        office.start().await;
        assert_eq!(office.packages(position).await, before);
        office.stop_projector().await;
    }
    office.start().await;
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_log_is_refused_until_a_rebuild_is_asked_for() {
    let mut office = Office::open().await;
    let position = office.publish("one").await;
    office.packages(position).await;
    office.stop_projector().await;
    fs::remove_file(office.file()).unwrap();
    let view = jejak_projections::view(VIEW).unwrap();
    drop(jejak_projections::Store::open(&office.file(), view, "another").unwrap());
    office.start().await;
    let health = office.health_when("it says so", |health| health.stopped.is_some()).await;
    assert!(health.stopped.unwrap().contains("delete the file"));
    let stopped = office.ask("list", json!({}), 0).await.unwrap_err();
    assert!(matches!(stopped, Problem::Request(RequestProblem::ViewStopped { position: 0, .. })));
    assert_eq!(office.rebuild().await, RebuildState::Done);
    assert_eq!(office.packages(position).await.len(), 1);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_swaps_while_the_view_answers_and_goes_on() {
    let office = Office::open().await;
    let first = office.publish("one").await;
    let before = office.packages(first).await;
    assert_eq!(office.rebuild().await, RebuildState::Done);
    assert_eq!(office.packages(first).await, before);
    let second = office.publish("two").await;
    assert_eq!(office.packages(second).await.len(), 2);
    assert!(!office.file().with_extension("redb.new").exists());
    office.close().await;
}

/// Goal: an event that cannot be read stops the view there; nothing is skipped. Method: rubbish is
/// published on a subject of the log.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_it_cannot_read_stops_the_view_and_every_answer_says_so() {
    let mut office = Office::open().await;
    let position = office.publish("one").await;
    office.packages(position).await;
    office.client.publish("jejak.pontianak.ev.package.bad.slot", "rubbish".into()).await.unwrap();
    let stops = |health: &ViewHealth| health.stopped.is_some();
    assert_eq!(office.health_when("it stops", stops).await.position, position);
    for _ in 0..2 {
        let stopped = office.ask("list", json!({}), 0).await.unwrap_err();
        let Problem::Request(RequestProblem::ViewStopped { position: at, reason, .. }) = stopped else {
            panic!("{stopped:?}")
        };
        assert_eq!(at, position);
        assert!(reason.contains("position 2"), "{reason}");
        office.stop_projector().await;
        office.start().await;
        office.health_when("it stops again", stops).await;
    }
    assert!(matches!(office.rebuild().await, RebuildState::Failed(_)));
    office.stop_projector().await;
    office.stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_was_away_is_followed_again() {
    let mut office = Office::open().await;
    let first = office.publish("one").await;
    office.packages(first).await;
    office.broker.kill();
    office.broker.restart().await;
    let second = office.publish("two").await;
    office.health_when("it has caught up", |health| health.position >= second).await;
    assert_eq!(office.packages(second).await.len(), 2);
    office.close().await;
}
