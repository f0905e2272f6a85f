//! Helpers of the auditors' stories: the output of `jejak audit`, the progress of the tree, and an
//! intruder with the broker's files and its administration.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use async_nats::{Client, jetstream, jetstream::stream::Config};
use futures_util::StreamExt;
use jejak_events::ids::StreamId;
use jejak_rig::{
    http::{Http, age},
    office::{Office, views},
};
use serde_json::Value;

/// The auditor has this long to sign.
const PATIENCE: Duration = Duration::from_secs(30);
/// Views have this long to reach the end of a long history.
const FOLLOWING: Duration = Duration::from_secs(600);
const ASK_EVERY: Duration = Duration::from_millis(50);
/// Events in flight while an intruder appends.
const ON_THEIR_WAY: usize = 200;
/// The log of the stories' tenant.
const LOG: &str = "JEJAK_PONTIANAK";

/// The output of a `jejak audit` command.
#[derive(Debug)]
pub struct AuditOutput {
    /// Whether it exited with 0.
    pub success: bool,
    /// Its exit code.
    pub code: Option<i32>,
    /// Standard output and standard error.
    pub text: String,
    /// Standard output alone.
    pub out: String,
}

/// Runs `jejak audit` in an office.
pub fn audit(office: &Office, arguments: &[&str]) -> AuditOutput {
    let url = office.broker.as_ref().map(|broker| broker.url());
    let mut all = vec!["audit"];
    all.extend(arguments);
    let with_key_alone = arguments[0] == "check" && arguments.contains(&"--key");
    if !with_key_alone && !arguments.contains(&"--data") {
        all.extend(["--data", "data"]);
    }
    if let (Some(url), "replay" | "verify" | "quarantine" | "who") = (&url, arguments[0]) {
        all.extend(["--nats", url]);
    }
    let (status, out, err) = jejak_rig::process::run(office.dir(), &all);
    assert!(!err.contains("panicked"), "{arguments:?}: {err}");
    AuditOutput {
        success: status.success(),
        code: status.code(),
        text: format!("{out}{err}"),
        out,
    }
}

/// `jejak audit verify`, which must pass.
pub fn verify(office: &Office) -> String {
    let said = audit(office, &["verify"]);
    assert!(said.success, "{}", said.text);
    said.out
}

/// Asserts that `jejak audit` fails, with exit code 1 and all of these words.
#[track_caller]
pub fn fails(office: &Office, arguments: &[&str], words: &[&str]) -> String {
    let said = audit(office, arguments);
    assert_eq!(said.code, Some(1), "{arguments:?}: {}", said.text);
    for word in words {
        assert!(
            said.text.contains(word),
            "{arguments:?}: {word:?} is not in: {}",
            said.text
        );
    }
    said.text
}

/// The signed checkpoint, once it names so many entries.
pub async fn signed(http: &Http, entries: u64) -> String {
    let deadline = Instant::now() + PATIENCE;
    let mut ticks = tokio::time::interval(ASK_EVERY);
    loop {
        ticks.tick().await;
        let checkpoint = http
            .get("/log/checkpoint")
            .await
            .text()
            .await
            .expect("an answer has a body");
        if size_of(&checkpoint).is_some_and(|size| size >= entries) {
            return checkpoint;
        }
        assert!(
            Instant::now() < deadline,
            "{entries} entries are not signed: {checkpoint}"
        );
    }
}

/// Waits until every view has applied this position.
pub async fn followed(http: &Http, position: u64) {
    let deadline = Instant::now() + FOLLOWING;
    let mut ticks = tokio::time::interval(ASK_EVERY);
    loop {
        ticks.tick().await;
        let health: Value = http
            .get("/readyz")
            .await
            .json()
            .await
            .expect("readiness is JSON");
        let at = |view: &str| {
            let views = health["views"].as_array()?;
            views.iter().find(|known| known["view"] == view)?["position"].as_u64()
        };
        if views().iter().all(|view| at(view) >= Some(position)) {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "views do not come to position {position}: {health}"
        );
    }
}

/// The size a checkpoint names.
pub fn size_of(checkpoint: &str) -> Option<u64> {
    checkpoint.lines().nth(1)?.parse().ok()
}

/// `/readyz`, once it is red and has these words, by what the services say from now on.
pub async fn red(http: &Http, words: &[&str]) -> String {
    let began = Instant::now();
    let deadline = began + PATIENCE;
    let mut ticks = tokio::time::interval(ASK_EVERY);
    loop {
        ticks.tick().await;
        let waited = began.elapsed();
        let answer = http.get("/readyz").await;
        let status = answer.status();
        let is_new = age(&answer) < waited;
        let text = answer.text().await.expect("an answer has a body");
        if is_new && status == 503 && words.iter().all(|word| text.contains(word)) {
            return text;
        }
        assert!(
            Instant::now() < deadline,
            "{words:?} are not in {status}: {text}"
        );
    }
}

/// The newest message file of the log.
pub fn message_file(store: &Path) -> PathBuf {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder)
            .expect("the store can be read")
            .flatten()
        {
            if entry.path().is_dir() {
                walk(&entry.path(), found);
            } else if entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "blk")
            {
                found.push(entry.path());
            }
        }
    }
    let mut found = Vec::new();
    walk(store, &mut found);
    found.retain(|path| path.display().to_string().contains(&format!("/{LOG}/")));
    found.sort();
    found.pop().expect("the log has a message file")
}

/// Every event of the log with its subject.
pub async fn events(client: &Client) -> Vec<(String, Vec<u8>)> {
    let context = jetstream::new(client.clone());
    let stream = context.get_stream(LOG).await.expect("the log exists");
    let last = stream.cached_info().state.last_sequence;
    let mut events = Vec::new();
    for sequence in 1..=last {
        let message = stream
            .get_raw_message(sequence)
            .await
            .expect("every position can be read");
        events.push((message.subject.to_string(), message.payload.to_vec()));
    }
    events
}

/// Removes the log; its settings, with the incarnation, are answered.
pub async fn remove_log(client: &Client) -> Config {
    let context = jetstream::new(client.clone());
    let stream = context.get_stream(LOG).await.expect("the log exists");
    let config = stream.cached_info().config.clone();
    context
        .delete_stream(LOG)
        .await
        .expect("its administration may remove a log");
    config
}

/// Replaces the log by one of the same name, settings and incarnation that holds other events.
pub async fn rewrite(client: &Client, events: &[(String, Vec<u8>)]) {
    let config = remove_log(client).await;
    let context = jetstream::new(client.clone());
    context
        .create_stream(config)
        .await
        .expect("a log can be created");
    append(client, events).await;
}

/// Appends so many well-formed events past the guards, to the calendar of 2020.
pub async fn append_holidays(client: &Client, events: u64) {
    append_holidays_from(client, 0, events).await;
}

/// [`append_holidays`], after so many of them.
pub async fn append_holidays_from(client: &Client, before: u64, events: u64) {
    let stream = StreamId::Calendar(2020);
    let stored = (before..before + events).map(|n| {
        let event = crate::write(&stream, &format!("c-{n}"), 0).events.remove(0);
        (
            "jejak.pontianak.ev.calendar.2020.holiday".to_owned(),
            event.payload.to_vec(),
        )
    });
    append(client, &stored.collect::<Vec<_>>()).await;
}

/// Appends events past the guards.
pub async fn append(client: &Client, events: &[(String, Vec<u8>)]) {
    let context = jetstream::new(client.clone());
    let mut acks = futures_util::stream::FuturesOrdered::new();
    for (subject, payload) in events {
        let sent = context
            .publish(subject.clone(), payload.clone().into())
            .await
            .expect("it can be sent");
        acks.push_back(async move { sent.await });
        if acks.len() >= ON_THEIR_WAY {
            acks.next()
                .await
                .expect("some are on their way")
                .expect("it is stored");
        }
    }
    while let Some(stored) = acks.next().await {
        stored.expect("it is stored");
    }
}
