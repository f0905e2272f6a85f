//! One projector and a commands service on a broker of their own. No gateway.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use std::{path::PathBuf, time::Duration};

use async_nats::{Client, HeaderMap, Request};
use jejak_bus::{
    Actor, CommandAnswer, Problem, Role, command_subject,
    health::{CommandsHealth, RebuildStatus, ViewHealth},
    query_subject,
    request::{ACTOR, COMMAND_ID, MIN_POSITION},
};
use jejak_commands::CommandsError;
use jejak_events::{ids::TenantId, secret::TenantKey};
use jejak_journal::Journal;
use jejak_rig::broker::Broker;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const VIEW: &str = "packages";

pub fn tenant() -> TenantId {
    "pontianak".parse().unwrap()
}

/// A broker with a commands service and the projector of [`VIEW`], or of several.
pub struct Office {
    views: Vec<String>,
    pub broker: Broker,
    pub client: Client,
    folder: TempDir,
    commands: Option<(CancellationToken, JoinHandle<Result<(), CommandsError>>)>,
    projector: Option<(CancellationToken, JoinHandle<()>)>,
}

impl Office {
    pub async fn open() -> Self {
        Self::of(&[VIEW]).await
    }

    pub async fn of(views: &[&str]) -> Self {
        let views = views.iter().map(ToString::to_string).collect();
        let broker = Broker::single().await;
        let client = broker.client().await;
        Journal::init(client.clone(), &tenant(), 1).await.unwrap();
        let mut office = Self {
            views,
            broker,
            client,
            folder: TempDir::new().unwrap(),
            commands: None,
            projector: None,
        };
        office.start_commands();
        office.start().await;
        office
    }

    pub fn start_commands(&mut self) {
        let config = jejak_commands::Config {
            broker: jejak_bus::BrokerConfig::without_identity(self.broker.url()),
            tenant: tenant(),
            quarantine: None,
            tenant_key: TenantKey::new([1; 32]),
            time_zone: chrono_tz::Asia::Pontianak,
            cache_capacity: 100,
            group_commit: true,
        };
        let stop = CancellationToken::new();
        let running = tokio::spawn(jejak_commands::run(config, stop.clone()));
        self.commands = Some((stop, running));
    }

    pub async fn stop_commands(&mut self) -> Result<(), CommandsError> {
        let (stop, running) = self.commands.take().unwrap();
        stop.cancel();
        running.await.unwrap()
    }

    pub async fn start(&mut self) {
        let config = jejak_projector::Config {
            broker: jejak_bus::BrokerConfig::without_identity(self.broker.url()),
            tenant: tenant(),
            quarantine: None,
            tenant_key: TenantKey::new([1; 32]),
            time_zone: chrono_tz::Asia::Pontianak,
            data_dir: self.folder.path().join("views"),
            views: self.views.clone(),
        };
        let stop = CancellationToken::new();
        let ended = stop.clone();
        let running =
            tokio::spawn(async move { jejak_projector::run(config, ended).await.unwrap() });
        self.projector = Some((stop, running));
        for view in &self.views {
            self.health_of(view, "it answers", |_| true).await;
        }
    }

    pub async fn stop_projector(&mut self) {
        let (stop, running) = self.projector.take().unwrap();
        stop.cancel();
        running.await.unwrap();
    }

    /// Drops the projector without telling it to stop.
    pub async fn abort_projector(&mut self) {
        let (_not_told, running) = self.projector.take().unwrap();
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
    }

    pub async fn close(mut self) {
        self.stop_projector().await;
        self.stop_commands().await.unwrap();
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join(format!(
            "views/{VIEW}-v{}.redb",
            jejak_projections::view(VIEW).unwrap().version()
        ))
    }

    pub async fn request(
        &self,
        subject: String,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Option<Vec<u8>> {
        let timeout = Some(Duration::from_secs(10));
        let request = Request::new()
            .headers(headers)
            .payload(body.into())
            .timeout(timeout);
        self.client
            .send_request(subject, request)
            .await
            .ok()
            .map(|reply| reply.payload.to_vec())
    }

    /// Publishes the terms of a package; the position of the event.
    pub async fn publish(&self, package: &str) -> u64 {
        self.publish_titled(package, "Tenaga IT").await
    }

    pub async fn publish_titled(&self, package: &str, title: &str) -> u64 {
        let body = json!({ "package_id": package, "title": title, "agency": "BKPSDM", "fiscal_year": 2020,
            "fund_source": "APBD", "budget_ceiling": "999000000", "quota": 3,
            "period": { "start": "2020-10-01", "end": "2020-12-31" } });
        let actor = Actor {
            sub: "admin-bkpsdm".to_owned(),
            roles: vec![Role::Admin],
            name: None,
        };
        let mut headers = HeaderMap::new();
        headers.insert(ACTOR, serde_json::to_string(&actor).unwrap());
        headers.insert(COMMAND_ID, package);
        let subject = command_subject(&tenant(), "publish-terms");
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        while tokio::time::Instant::now() < deadline {
            let reply = self
                .request(
                    subject.clone(),
                    headers.clone(),
                    body.to_string().into_bytes(),
                )
                .await;
            let answer =
                reply.and_then(|reply| serde_json::from_slice::<CommandAnswer>(&reply).ok());
            if let Some(answer) = answer {
                return answer
                    .position
                    .expect("a command that is no dry run has a position");
            }
        }
        panic!("{package} was never published");
    }

    pub async fn ask(
        &self,
        query: &str,
        params: Value,
        min_position: u64,
    ) -> Result<Value, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(MIN_POSITION, min_position.to_string());
        let subject = query_subject(&tenant(), VIEW, query);
        let reply = self
            .request(subject, headers, params.to_string().into_bytes())
            .await
            .unwrap();
        match Problem::from_reply(&reply) {
            Some(problem) => Err(problem),
            None => Ok(serde_json::from_slice(&reply).unwrap()),
        }
    }

    pub async fn packages(&self, min_position: u64) -> Vec<Value> {
        let answer = self
            .ask("list", json!({ "limit": 500 }), min_position)
            .await
            .unwrap();
        assert!(answer["position"].as_u64().unwrap() >= min_position);
        answer["items"].as_array().unwrap().clone()
    }

    /// Asks for the health until it is as wanted.
    pub async fn health_when(
        &self,
        what: &str,
        wanted: impl Fn(&ViewHealth) -> bool,
    ) -> ViewHealth {
        self.health_of(VIEW, what, wanted).await
    }

    /// [`Office::health_when`] of another view.
    pub async fn health_of(
        &self,
        view: &str,
        what: &str,
        wanted: impl Fn(&ViewHealth) -> bool,
    ) -> ViewHealth {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        let mut last = None;
        while tokio::time::Instant::now() < deadline {
            let subject = query_subject(&tenant(), view, "health");
            let reply = self.request(subject, HeaderMap::new(), vec![]).await;
            let health = reply.and_then(|reply| serde_json::from_slice::<ViewHealth>(&reply).ok());
            match health {
                Some(health) if wanted(&health) => return health,
                other => last = other.or(last),
            }
        }
        panic!("never: {view}: {what}; last {last:?}");
    }

    /// The reason why no commands are taken.
    pub async fn problem_of_commands(&self) -> Option<String> {
        let subject = command_subject(&tenant(), "health");
        let reply = self.request(subject, HeaderMap::new(), vec![]).await;
        serde_json::from_slice::<CommandsHealth>(&reply.unwrap())
            .unwrap()
            .problem
    }

    pub async fn rebuild(&self) -> RebuildStatus {
        let reply = self
            .request(
                query_subject(&tenant(), VIEW, "rebuild"),
                HeaderMap::new(),
                vec![],
            )
            .await;
        let begun: ViewHealth = serde_json::from_slice(&reply.unwrap()).unwrap();
        assert!(begun.rebuild.is_some());
        let over = |health: &ViewHealth| {
            health
                .rebuild
                .as_ref()
                .is_some_and(|rebuild| rebuild.state != RebuildStatus::Running)
        };
        self.health_when("the rebuild is over", over)
            .await
            .rebuild
            .unwrap()
            .state
    }
}
