//! Each view against a fresh one.
//!
//! The fresh view is built from the log, in a file that vanishes with this process. Both
//! sides hash all their rows.

use std::{sync::Arc, time::Duration};

use async_nats::{HeaderMap, Request};
use jejak_bus::{
    Problem, RequestProblem,
    health::{CONTENT_HASH, ViewContent},
    query_subject,
    request::MIN_POSITION,
};
use jejak_events::personal::Owner;
use jejak_journal::EventFilter;
use jejak_projections::{ProjectionError, Store, View, ViewEntry};
use tokio::sync::mpsc;

use super::{
    batch::{DecodedBatch, VerifyBatch, missing, unreadable},
    check::CheckResult,
    input::{OfficeKeys, VerifyInput},
};

/// The time a view has to hash its rows.
const HASHING: Duration = Duration::from_secs(300);
/// The time the log has to deliver events that a view had before.
const FOLLOWING: Duration = Duration::from_secs(10);
/// Events that are read at once.
const BATCH: usize = 1_000;

/// A fresh view, or the reason why it could not be built.
pub(super) struct FreshView {
    view: &'static dyn View,
    built: Result<Store, String>,
}

/// Builds a view from the batches of the log.
pub(super) fn build(
    input: &VerifyInput,
    view: &'static dyn View,
    mut batches: mpsc::Receiver<DecodedBatch>,
) -> FreshView {
    let mut built = office(input).and_then(|office| {
        let incarnation = input.history.log()?.incarnation();
        let file = tempfile::tempfile_in(&office.scratch).map_err(|error| error.to_string())?;
        let keyring = office.keyring.clone();
        let keys = Arc::new(move |owner: &Owner| keyring.get(owner));
        Store::temporary(file, view, incarnation, keys).map_err(|error| error.to_string())
    });
    while let Some(batch) = batches.blocking_recv() {
        let Ok(store) = &built else { continue };
        let applied = match batch {
            VerifyBatch::Missing { from, to } => Err(format!(
                "a fresh one cannot be built: {}",
                missing(from, to)
            )),
            VerifyBatch::Unreadable { position, reason } => Err(unreadable(position, reason)),
            VerifyBatch::InQuarantine { position, mark } => {
                let passed = ViewEntry::PassedOver { position, mark };
                store
                    .apply_batch(&[passed], false)
                    .map(|_| ())
                    .map_err(unbuilt)
            }
            VerifyBatch::Events(events) => store
                .apply_batch(&events, false)
                .map(|_| ())
                .map_err(unbuilt),
        };
        if let Err(reason) = applied {
            built = Err(reason);
        }
    }
    FreshView { view, built }
}

fn unbuilt(error: ProjectionError) -> String {
    format!("a fresh one cannot be built: {error}")
}

fn office(input: &VerifyInput) -> Result<&OfficeKeys, String> {
    input
        .office
        .as_ref()
        .ok_or_else(|| "the office's keys are not here".to_owned())
}

/// Compares a fresh view with the one that answers.
pub(super) async fn compare(input: &VerifyInput, fresh: FreshView) -> CheckResult {
    let name = format!("view {}", fresh.view.name());
    let found = match fresh.built {
        Ok(store) => compare_with(input, fresh.view, store).await,
        Err(reason) => Err(reason),
    };
    CheckResult::new(name, found)
}

async fn compare_with(
    input: &VerifyInput,
    view: &'static dyn View,
    store: Store,
) -> Result<String, String> {
    let position = store.position().map_err(|error| error.to_string())?;
    let (running, hashed) = tokio::join!(ask(input, view, position), hash(store));
    let (running, (store, mut content)) = (running?, hashed?);
    if running.position > position {
        let store = catch_up(input, store, position, running.position).await?;
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

/// Hashes the rows of a fresh view. Returns its position and the hash.
async fn hash(store: Store) -> Result<(Store, (u64, String)), String> {
    let hashing = tokio::task::spawn_blocking(move || {
        let content = store.content();
        (store, content)
    });
    let (store, content) = hashing.await.map_err(|error| error.to_string())?;
    Ok((store, content.map_err(|error| error.to_string())?))
}

/// Asks the running view for the hash of its rows, at this position or a later one.
async fn ask(input: &VerifyInput, view: &dyn View, position: u64) -> Result<ViewContent, String> {
    let log = input.history.log()?;
    let asked = query_subject(log.tenant(), view.name(), CONTENT_HASH);
    let mut headers = HeaderMap::new();
    headers.insert(MIN_POSITION, position.to_string());
    let request = Request::new()
        .headers(headers)
        .payload("{}".into())
        .timeout(Some(HASHING));
    let reply = log.client().send_request(asked, request).await;
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

/// Applies events to the fresh view up to the position of the running one.
async fn catch_up(
    input: &VerifyInput,
    store: Store,
    mut position: u64,
    to: u64,
) -> Result<Store, String> {
    let mut store = store;
    let log = input.history.log()?;
    let mut follow = log.subscribe(position, EventFilter::All);
    while position < to {
        let batch = tokio::time::timeout(FOLLOWING, follow.next_entries(BATCH)).await;
        let batch = batch.map_err(|_| {
            format!(
                "the log does not give position {}, which it has had",
                position + 1
            )
        })?;
        let batch = batch.map_err(|error| error.to_string())?;
        let mut events = Vec::with_capacity(batch.len());
        for entry in batch.iter().filter(|entry| entry.stored.position <= to) {
            position = entry.stored.position;
            let event = log.event(entry).map_err(|error| error.to_string())?;
            let Some(mut recorded) = event else {
                events.push(ViewEntry::in_quarantine(position, &entry.stored.payload));
                continue;
            };
            office(input)?
                .keyring
                .open(&mut recorded)
                .await
                .map_err(|error| format!("position {position}: {error}"))?;
            events.push(ViewEntry::Event(Box::new(recorded)));
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
