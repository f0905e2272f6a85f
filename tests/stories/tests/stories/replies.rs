//! Goal: no identity outside the account of the log changes the log or the data keys, by any subject of an
//! answer. Method: the identities' own seeds against the released configuration. Each one asks everything it
//! may ask, with every forbidden subject in place of its inbox. Then every stream is compared message by
//! message. The same attack from inside the account succeeds, so the comparison can fail.

use std::{collections::BTreeMap, fmt::Display, fs, time::Duration};

use async_nats::{
    Client, ConnectOptions, HeaderMap, Subscriber,
    jetstream::{self, message::StreamMessage},
};
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use jejak::{
    data::DataFolder,
    identity::{BrokerAccount, BrokerIdentity},
};
use jejak_rig::{broker::Broker, office::Office};
use serde_json::Value;

pub(crate) const LOG: &str = "JEJAK_PONTIANAK";
pub(crate) const KEYS: &str = "KV_JEJAK_PONTIANAK_KEYS";
pub(crate) const ACCOUNTS: &str = "KV_JEJAK_PONTIANAK_ACCOUNTS";
/// The broker has this long to do a request inside the account.
const PATIENCE: Duration = Duration::from_secs(20);
const ASK_EVERY: Duration = Duration::from_millis(20);
/// Inboxes of identities that must hear nothing.
const VICTIM: &str = "victim";

/// Subjects that no answer may reach.
pub(crate) fn forbidden() -> Vec<String> {
    let mut subjects: Vec<String> = [
        "$JS.API.STREAM.CREATE.OTHER",
        "$JS.API.ACCOUNT.PURGE.OFFICE",
        "jejak.pontianak.ev.calendar.2031.holiday",
        "$KV.JEJAK_PONTIANAK_KEYS.office",
        "$JS.API.DIRECT.GET.KV_JEJAK_PONTIANAK_ACCOUNTS",
        "office.$KV.JEJAK_PONTIANAK_KEYS.office",
        "jejak.pontianak.qry.contracts.rebuild",
        "jejak.pontianak.qry.leave.content-hash",
        "$SYS.REQ.SERVER.PING",
        "$SYS.REQ.ACCOUNT.OFFICE.INFO",
        "$SRV.PING",
        "_R_.abcdef.abcdef",
        "_GR_.abcdef.abcdef.x",
        "$JSC.CI.OFFICE.x.y",
    ]
    .map(str::to_owned)
    .into();
    for prefix in ["$JS.API", "office"] {
        for stream in [LOG, KEYS, ACCOUNTS] {
            for request in [
                "STREAM.PURGE",
                "STREAM.DELETE",
                "STREAM.UPDATE",
                "STREAM.MSG.DELETE",
                "STREAM.SNAPSHOT",
                "STREAM.LEADER.STEPDOWN",
                "CONSUMER.CREATE",
            ] {
                subjects.push(format!("{prefix}.{request}.{stream}"));
            }
            for request in [
                "CONSUMER.CREATE",
                "CONSUMER.DURABLE.CREATE",
                "CONSUMER.DELETE",
            ] {
                subjects.push(format!("{prefix}.{request}.{stream}.payroll"));
            }
        }
    }
    subjects
}

/// The inbox in which an identity would hear an answer to another one.
fn victims_inbox(identity: BrokerIdentity) -> String {
    let name = match identity {
        // A projector connects under the name of a view.
        BrokerIdentity::Projector => "jejak-contracts".to_owned(),
        other => other.connection_name(),
    };
    format!("_INBOX.{name}.{VICTIM}")
}

pub(crate) async fn connect(url: &str, folder: &DataFolder, identity: BrokerIdentity) -> Client {
    let inbox = victims_inbox(identity);
    let prefix = inbox.trim_end_matches(&format!(".{VICTIM}")).to_owned();
    let options = ConnectOptions::with_nkey(folder.seed(identity).unwrap());
    let addresses: Vec<_> = url.split(',').map(str::to_owned).collect();
    options
        .custom_inbox_prefix(prefix)
        .connect(addresses)
        .await
        .unwrap()
}

/// Waits until the broker has taken all that a connection sent, and sent what it had for it.
async fn in_step(client: &Client, identity: BrokerIdentity) {
    let prefix = identity.account().access().prefix();
    let asked = client.request(format!("{prefix}.STREAM.INFO.{LOG}"), "".into());
    asked.await.unwrap();
}

/// The subjects that the released configuration lets an identity publish.
fn publishes(folder: &DataFolder, identity: BrokerIdentity) -> Vec<String> {
    let text = fs::read_to_string(folder.broker().join("authorization.conf")).unwrap();
    let nkey = folder.public_nkey(identity).unwrap();
    let user = text.split("{ nkey: ").find(|user| user.starts_with(&nkey));
    let line = user.unwrap().lines().find(|line| line.contains("publish:"));
    let quoted = line.unwrap().split('"').skip(1).step_by(2);
    quoted.map(str::to_owned).collect()
}

/// Requests on a subject that somebody answers and that change nothing by themselves.
fn requests(pattern: &str) -> Vec<(String, &'static str)> {
    let of = |name: &str| pattern.replace('*', name);
    match pattern {
        _ if pattern.contains(".DIRECT.GET.") => vec![
            (pattern.to_owned(), r#"{"seq":1,"batch":3}"#),
            (pattern.to_owned(), r#"{"seq":1}"#),
            (pattern.to_owned(), r#"{"seq":999999}"#),
        ],
        _ if pattern.contains(".STREAM.MSG.GET.") => vec![
            (pattern.to_owned(), r#"{"seq":1}"#),
            (pattern.to_owned(), r#"{"seq":999999}"#),
        ],
        // The guard of these is wrong, so the broker stores nothing and answers with the refusal.
        "$KV.JEJAK_PONTIANAK_ACCOUNTS.*" => vec![(of("nobody"), "{}")],
        "jejak.pontianak.cmd.*" => ["health", "declare-holiday", "erase-operator", "nonsense"]
            .map(|name| (of(name), "{}"))
            .into(),
        "jejak.pontianak.qry.audit.*" => ["health", "checkpoint", "tile", "proof", "nonsense"]
            .map(|name| (of(name), "{}"))
            .into(),
        "_R_.>" => vec![("_R_.abcdef.abcdef".to_owned(), "{}")],
        _ => vec![(pattern.to_owned(), "{}"), (pattern.to_owned(), "")],
    }
}

/// Everything that JetStream holds of a stream.
#[derive(Debug, PartialEq)]
pub(crate) struct StreamContent {
    config: Value,
    pub(crate) consumers: usize,
    pub(crate) messages: Vec<Option<Message>>,
}

/// A message: subject, time, headers in order, and bytes.
#[derive(Debug, PartialEq)]
pub(crate) struct Message(String, String, Vec<String>, Vec<u8>);

fn message(stored: StreamMessage) -> Message {
    let headers = stored.headers.iter();
    let mut headers: Vec<_> = headers
        .map(|(name, values)| format!("{name}: {values:?}"))
        .collect();
    headers.sort();
    let time = stored.time.to_string();
    Message(
        stored.subject.to_string(),
        time,
        headers,
        stored.payload.to_vec(),
    )
}

/// Asserts that every stream is as before; names the first difference.
#[track_caller]
pub(crate) fn assert_unchanged(
    before: &BTreeMap<String, StreamContent>,
    after: &BTreeMap<String, StreamContent>,
    attacker: impl Display,
) {
    assert!(before.keys().eq(after.keys()), "{attacker}: other streams");
    for (name, was) in before {
        let is = &after[name];
        assert_eq!(was.config, is.config, "{attacker}: {name}");
        assert_eq!(was.consumers, is.consumers, "{attacker}: {name}");
        let (count, now) = (was.messages.len(), is.messages.len());
        assert_eq!(count, now, "{attacker}: {name} has other messages");
        for (was, is) in was.messages.iter().zip(&is.messages) {
            assert_eq!(was, is, "{attacker}: {name}");
        }
    }
}

/// The longest time that a stream of a cluster may be without a leader.
const LEADERLESS: std::time::Duration = std::time::Duration::from_secs(20);

fn is_deleted(error: &jetstream::context::GetStreamError) -> bool {
    match error.kind() {
        jetstream::context::GetStreamErrorKind::JetStream(error) => {
            error.error_code() == jetstream::ErrorCode::STREAM_NOT_FOUND
        }
        _ => false,
    }
}

pub(crate) async fn content(admin: &Client) -> BTreeMap<String, StreamContent> {
    let context = jetstream::new(admin.clone());
    let names: Vec<String> = context.stream_names().try_collect().await.unwrap();
    let mut streams = BTreeMap::new();
    for name in names {
        // One that is deleted meanwhile is missing in the comparison. On a cluster one may be without a leader for
        // a moment.
        let deadline = tokio::time::Instant::now() + LEADERLESS;
        let stream = loop {
            match context.get_stream(&name).await {
                Ok(stream) => break Some(stream),
                Err(error) if is_deleted(&error) => break None,
                Err(error) => assert!(tokio::time::Instant::now() < deadline, "{name}: {error}"),
            }
        };
        let Some(stream) = stream else { continue };
        let info = stream.cached_info();
        let mut messages = Vec::new();
        for sequence in 1..=info.state.last_sequence {
            let stored = stream.get_raw_message(sequence).await;
            messages.push(stored.ok().map(message));
        }
        streams.insert(
            name,
            StreamContent {
                config: serde_json::to_value(&info.config).unwrap(),
                consumers: info.state.consumer_count,
                messages,
            },
        );
    }
    streams
}

/// Sends every attack of an identity; returns their number.
async fn attack(client: &Client, folder: &DataFolder, identity: BrokerIdentity) -> usize {
    let mut targets = forbidden();
    let others = BrokerIdentity::ALL.into_iter();
    targets.extend(others.filter(|other| *other != identity).map(victims_inbox));
    let mut sent = 0;
    for pattern in publishes(folder, identity) {
        for (subject, body) in requests(&pattern) {
            for target in &targets {
                let mut headers = HeaderMap::new();
                headers.insert("Nats-Request-Info", r#"{"acc":"OFFICE","svc":"x"}"#);
                headers.insert("Nats-Trace-Dest", target.as_str());
                headers.insert("Nats-Rollup", "all");
                let tricks = [HeaderMap::new(), headers];
                for mut headers in tricks {
                    if pattern.starts_with("$KV.") {
                        headers.insert("Nats-Expected-Last-Subject-Sequence", "999999");
                    }
                    client
                        .publish_with_reply_and_headers(
                            subject.clone(),
                            target.clone(),
                            headers,
                            body.into(),
                        )
                        .await
                        .unwrap();
                    sent += 1;
                }
            }
        }
    }
    // Without a detour, too, and with a place to deliver to.
    let deliver = format!(
        r#"{{"stream_name":"{LOG}","config":{{"name":"payroll","deliver_subject":"{}","ack_policy":"none"}}}}"#,
        victims_inbox(BrokerIdentity::Admin)
    );
    for target in &targets {
        for body in ["", "{}", &deliver] {
            client
                .publish(target.clone(), body.to_owned().into())
                .await
                .unwrap();
            sent += 1;
        }
    }
    in_step(client, identity).await;
    sent
}

/// Waits until the broker has worked off the attacks: each request of the identity is answered once
/// more, now in its own inbox.
async fn worked_off(client: &Client, folder: &DataFolder, identity: BrokerIdentity) {
    for pattern in publishes(folder, identity) {
        if pattern == "_R_.>" || pattern.ends_with(".ping") {
            continue;
        }
        for (subject, body) in requests(&pattern) {
            let mut headers = HeaderMap::new();
            if pattern.starts_with("$KV.") {
                headers.insert("Nats-Expected-Last-Subject-Sequence", "999999");
            }
            let request = client.request_with_headers(subject, headers, body.into());
            let answer = tokio::time::timeout(PATIENCE, request);
            drop(answer.await.expect("the broker answers"));
        }
    }
}

async fn nothing_changes_from_outside(url: &str, folder: &DataFolder, admin: &Client) {
    let before = content(admin).await;
    assert!(!before[ACCOUNTS].messages.is_empty());
    assert!(!before[LOG].messages.is_empty() && !before[KEYS].messages.is_empty());
    let mut victims: Vec<(BrokerIdentity, Client, Subscriber)> = Vec::new();
    for identity in BrokerIdentity::ALL {
        let client = connect(url, folder, identity).await;
        let heard = client.subscribe(victims_inbox(identity)).await.unwrap();
        in_step(&client, identity).await;
        victims.push((identity, client, heard));
    }
    let outside = BrokerIdentity::ALL
        .into_iter()
        .filter(|identity| identity.account() != BrokerAccount::Office);
    for identity in outside {
        let client = connect(url, folder, identity).await;
        let sent = attack(&client, folder, identity).await;
        assert!(sent > 500, "{identity} attacked only {sent} times");
        worked_off(&client, folder, identity).await;
        for (victim, client, heard) in &mut victims {
            in_step(client, *victim).await;
            let message = heard.next().now_or_never();
            assert!(message.is_none(), "{victim} heard {identity}: {message:?}");
        }
        assert_unchanged(&before, &content(admin).await, identity);
        let health = admin.request("jejak.pontianak.qry.contracts.health", "{}".into());
        let health: Value = serde_json::from_slice(&health.await.unwrap().payload).unwrap();
        assert!(
            health["rebuild"].is_null(),
            "{identity} started a rebuild: {health}"
        );
    }
}

/// The same inside the account of the log: an answer is published onto any subject.
async fn everything_changes_from_inside(url: &str, folder: &DataFolder, admin: &Client) {
    let inside = connect(url, folder, BrokerIdentity::Projector).await;
    let get = format!("$JS.API.DIRECT.GET.{LOG}");
    let answered_onto = async |target: String| {
        // The answer of a position that does not exist has no guard, so the log would store it.
        let missing = r#"{"seq":999999}"#;
        let sent = inside.publish_with_reply(get.clone(), target, missing.into());
        sent.await.unwrap();
    };
    let inbox = victims_inbox(BrokerIdentity::Admin);
    let mut heard = admin.subscribe(inbox.clone()).await.unwrap();
    in_step(admin, BrokerIdentity::Admin).await;
    // On a cluster the node of the other connection learns of the subscription a moment later.
    let hears = async {
        let mut beat = tokio::time::interval(std::time::Duration::from_millis(200));
        loop {
            tokio::select! {
                _ = beat.tick() => answered_onto(inbox.clone()).await,
                message = heard.next() => return message,
            }
        }
    };
    let message = tokio::time::timeout(PATIENCE, hears).await;
    assert!(message.expect("the administration hears it").is_some());
    drop(heard);
    let before = content(admin).await;
    answered_onto("jejak.pontianak.ev.calendar.2031.holiday".to_owned()).await;
    until(admin, |now| {
        now[LOG].messages.len() == before[LOG].messages.len() + 1
    })
    .await;
    answered_onto(format!("$JS.API.STREAM.DELETE.{KEYS}")).await;
    until(admin, |now| !now.contains_key(KEYS)).await;
    answered_onto(format!("$JS.API.STREAM.DELETE.{ACCOUNTS}")).await;
    until(admin, |now| !now.contains_key(ACCOUNTS)).await;
    answered_onto(format!("$JS.API.STREAM.DELETE.{LOG}")).await;
    until(admin, BTreeMap::is_empty).await;
}

pub(crate) async fn until(
    admin: &Client,
    holds: impl Fn(&BTreeMap<String, StreamContent>) -> bool,
) {
    let mut ticks = tokio::time::interval(ASK_EVERY);
    let asked = async {
        while !holds(&content(admin).await) {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, asked)
        .await
        .expect("an attack from inside succeeds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_reaches_nothing_of_another_account() {
    let office = Office::up(true).await;
    let folder = DataFolder::open(&office.data()).unwrap();
    let url = folder.noted_broker().unwrap();
    let admin = connect(&url, &folder, BrokerIdentity::Admin).await;
    nothing_changes_from_outside(&url, &folder, &admin).await;
    everything_changes_from_inside(&url, &folder, &admin).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_reaches_nothing_of_another_account_on_a_cluster() {
    let office = Office::apart(Broker::cluster().await).await;
    crate::kak::play(&office).await;
    let folder = DataFolder::open(&office.data()).unwrap();
    let url = office.broker.as_ref().unwrap().url();
    let add = [
        "add",
        "--subject",
        "auditor-1",
        "--role",
        "auditor",
        "--nats",
    ];
    crate::accounts::account(&office, &[&add[..], &[&url]].concat());
    let admin = connect(&url, &folder, BrokerIdentity::Admin).await;
    nothing_changes_from_outside(&url, &folder, &admin).await;
    everything_changes_from_inside(&url, &folder, &admin).await;
}

/// Asserts that a service says what it is, in which version, and what each endpoint answers.
fn assert_described(info: &Value) {
    let name = info["name"].as_str().unwrap();
    let description = info["description"].as_str().unwrap();
    assert!(
        description.ends_with('.') && description.len() > 20,
        "{info}"
    );
    assert_eq!(info["version"], env!("CARGO_PKG_VERSION"), "{info}");
    let endpoints = info["endpoints"].as_array().unwrap();
    assert!(!endpoints.is_empty(), "{info}");
    for endpoint in endpoints {
        let (expected, answered) = match name {
            "jejak-commands" => ("commands", "hire-operator"),
            "jejak-history" => ("histories", "contract-as-of"),
            "jejak-auditor" => ("tree", "checkpoint"),
            view => (view.strip_prefix("jejak-").unwrap(), "health"),
        };
        assert_eq!(endpoint["name"], expected, "{info}");
        let answers = endpoint["metadata"]["answers"].as_str().unwrap();
        assert!(answers.split(' ').any(|name| name == answered), "{info}");
    }
}

/// Goal: the administration finds every service, wherever its account is (ADR-32).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_administration_finds_every_service() {
    let office = Office::up(false).await;
    let folder = DataFolder::open(&office.data()).unwrap();
    let url = folder.noted_broker().unwrap();
    let admin = connect(&url, &folder, BrokerIdentity::Admin).await;
    let mut expected: Vec<String> = jejak_rig::office::views()
        .into_iter()
        .chain(["commands", "history", "auditor"])
        .map(|name| format!("jejak-{name}"))
        .collect();
    expected.sort();
    for question in ["PING", "INFO", "STATS"] {
        let inbox = admin.new_inbox();
        let mut answers = admin.subscribe(inbox.clone()).await.unwrap();
        let asked = admin.publish_with_reply(format!("$SRV.{question}"), inbox, "".into());
        asked.await.unwrap();
        let mut found = Vec::new();
        while found.len() < expected.len() {
            let answer = tokio::time::timeout(PATIENCE, answers.next()).await;
            let answer = answer.unwrap_or_else(|_| panic!("{question}: only {found:?}"));
            let answer: Value = serde_json::from_slice(&answer.unwrap().payload).unwrap();
            if question == "INFO" {
                assert_described(&answer);
            }
            found.push(answer["name"].as_str().unwrap().to_owned());
        }
        found.sort();
        assert_eq!(found, expected, "{question}");
    }
}
