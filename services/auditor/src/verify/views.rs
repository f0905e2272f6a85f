//! Each view against a fresh one, built from the log in a file that vanishes with this process, and compared
//! by the hash of all rows, which both sides compute alike.

use std::time::Duration;

use async_nats::{HeaderMap, Request};
use jejak_bus::{
    Problem, RequestProblem,
    health::{CONTENT_HASH, ViewContent},
    query_subject,
    request::MIN_POSITION,
};
use jejak_journal::EventFilter;
use jejak_projections::{Store, View};
use tokio::sync::mpsc;

use super::{Check, Office, Opened, Part, Subject, missing, unread};

/// How long a view may take to hash its rows.
const HASHING: Duration = Duration::from_secs(300);
/// How long the log may take to give what a view has had before.
const FOLLOWING: Duration = Duration::from_secs(10);
/// Events at once.
const BATCH: usize = 1_000;

/// A fresh view, or why there is none.
pub(super) struct Fresh {
    view: &'static dyn View,
    built: Result<Store, String>,
}

/// Builds a view from the log.
pub(super) fn build(
    subject: &Subject,
    view: &'static dyn View,
    mut parts: mpsc::Receiver<Opened>,
) -> Fresh {
    let incarnation = subject.journal.incarnation();
    let opened = office(subject).and_then(|office| {
        tempfile::tempfile_in(&office.scratch).map_err(|error| error.to_string())
    });
    let opened = opened.and_then(|file| {
        Store::temporary(file, view, incarnation).map_err(|error| error.to_string())
    });
    let mut built = opened;
    while let Some(part) = parts.blocking_recv() {
        let Ok(store) = &built else { continue };
        let taken = match part {
            Part::Missing { from, to } => Err(format!(
                "a fresh one cannot be built: {}",
                missing(from, to)
            )),
            Part::Unread { position, why } => Err(unread(position, why)),
            Part::Events(events) => store
                .apply_batch(&events, false)
                .map(|_| ())
                .map_err(|error| format!("a fresh one cannot be built: {error}")),
        };
        if let Err(reason) = taken {
            built = Err(reason);
        }
    }
    Fresh { view, built }
}

fn office(subject: &Subject) -> Result<&Office, String> {
    subject
        .office
        .as_ref()
        .ok_or_else(|| "the office's keys are not here".to_owned())
}

/// Compares a fresh view with the one that answers.
pub(super) async fn compare(subject: &Subject, fresh: Fresh) -> Check {
    let name = format!("view {}", fresh.view.name());
    let found = match fresh.built {
        Ok(store) => compare_with(subject, fresh.view, store).await,
        Err(reason) => Err(reason),
    };
    Check::new(name, found)
}

async fn compare_with(
    subject: &Subject,
    view: &'static dyn View,
    store: Store,
) -> Result<String, String> {
    let position = store.position().map_err(|error| error.to_string())?;
    let (running, hashed) = tokio::join!(ask(subject, view, position), hash(store));
    let (running, (store, mut content)) = (running?, hashed?);
    if running.position > position {
        let store = catch_up(subject, store, position, running.position).await?;
        content = hash(store).await?.1;
    }
    if content == (running.position, running.hash) {
        return Ok(format!(
            "its rows at position {} are those of a fresh one",
            running.position
        ));
    }
    Err(format!(
        "its rows at position {} are not those of a fresh one; build it anew with `jejak rebuild {}`",
        running.position,
        view.name()
    ))
}

/// A fresh view's position and the hash of its rows.
async fn hash(store: Store) -> Result<(Store, (u64, String)), String> {
    let hashing = tokio::task::spawn_blocking(move || {
        let content = store.content();
        (store, content)
    });
    let (store, content) = hashing.await.map_err(|error| error.to_string())?;
    Ok((store, content.map_err(|error| error.to_string())?))
}

/// What the running view holds, at this position or later.
async fn ask(subject: &Subject, view: &dyn View, position: u64) -> Result<ViewContent, String> {
    let asked = query_subject(subject.journal.tenant(), view.name(), CONTENT_HASH);
    let mut headers = HeaderMap::new();
    headers.insert(MIN_POSITION, position.to_string());
    let request = Request::new()
        .headers(headers)
        .payload("{}".into())
        .timeout(Some(HASHING));
    let reply = subject.journal.client().send_request(asked, request).await;
    let reply = reply.map_err(|_| {
        format!(
            "it does not answer; start it with `jejak projector {}`, or `jejak up`",
            view.name()
        )
    })?;
    match Problem::from_reply(&reply.payload) {
        Some(Problem::Request(RequestProblem::ViewStopped {
            position, reason, ..
        })) => Err(format!("it stopped at position {position}: {reason}")),
        Some(Problem::Request(RequestProblem::ViewBehind { position: at, .. })) => {
            Err(format!("it is behind, at position {at} of {position}"))
        }
        Some(problem) => Err(format!("it cannot say what it holds: {problem:?}")),
        None => serde_json::from_slice(&reply.payload)
            .map_err(|error| format!("it answers otherwise: {error}")),
    }
}

/// The fresh view goes on to where the other one was.
async fn catch_up(
    subject: &Subject,
    store: Store,
    mut position: u64,
    to: u64,
) -> Result<Store, String> {
    let mut store = store;
    let mut follow = subject.journal.subscribe(position, EventFilter::All);
    while position < to {
        let batch = tokio::time::timeout(FOLLOWING, follow.next_batch(BATCH)).await;
        let batch = batch.map_err(|_| {
            format!(
                "the log does not give position {}, which it has had",
                position + 1
            )
        })?;
        let batch = batch.map_err(|error| error.to_string())?;
        let mut events = Vec::with_capacity(batch.len());
        for stored in batch.iter().filter(|stored| stored.position <= to) {
            let decoded = jejak_events::envelope::decode(stored.position, &stored.payload);
            let mut recorded =
                decoded.map_err(|error| format!("position {}: {error}", stored.position))?;
            office(subject)?
                .keyring
                .open(&mut recorded)
                .await
                .map_err(|error| format!("position {}: {error}", stored.position))?;
            position = stored.position;
            events.push(recorded);
        }
        let applied =
            tokio::task::spawn_blocking(move || store.apply_batch(&events, false).map(|_| store));
        store = applied
            .await
            .map_err(|error| error.to_string())?
            .map_err(|error| error.to_string())?;
    }
    Ok(store)
}
