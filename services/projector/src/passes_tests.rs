//! Passes over a log of events that no view reads.

use std::ops::RangeInclusive;

use jejak_events::{ids::StreamId, secret::TenantKey};
use jejak_journal::{Journal, Keyring, NewEvent, StoredEvent, StreamAppend};
use jejak_projections::{CellKeys, EventMark};
use jejak_rig::broker::Broker;
use serde_json::{from_value, json};
use uuid::Uuid;

use super::*;

/// Keys for files without a personal cell.
pub(crate) fn keys() -> CellKeys {
    Arc::new(|_| None)
}

/// Entries that every view passes over.
pub(crate) fn passed_over(positions: RangeInclusive<u64>) -> Vec<ViewEntry> {
    let entry = |position: u64| {
        let mark =
            json!({ "id": Uuid::from_u128(position.into()), "time": "2020-10-01T00:00:00Z" });
        ViewEntry::PassedOver {
            position,
            mark: from_value::<EventMark>(mark).unwrap(),
        }
    };
    positions.map(entry).collect()
}

pub(crate) fn batch(entries: Vec<ViewEntry>) -> Arc<LogBatch> {
    let share = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
    LogBatch::new(entries, share)
}

/// A reader to these batches. After the last of them nothing comes.
pub(crate) fn given(all: Vec<NextBatch>) -> PassReader {
    let (sender, batches) = mpsc::unbounded_channel();
    all.into_iter()
        .for_each(|next| sender.send(next).unwrap_or_else(|_| panic!("a receiver")));
    // Kept open: the log would wait for more events.
    std::mem::forget(sender);
    PassReader::to(batches)
}

/// A broker with an empty log, and the passes over it.
pub(crate) async fn empty_log() -> (Broker, Passes) {
    let broker = Broker::single().await;
    let journal = Journal::init(broker.client().await, &"pontianak".parse().unwrap(), 1)
        .await
        .unwrap();
    let keyring = Keyring::open_all(&journal, TenantKey::new([1; 32]))
        .await
        .unwrap();
    let log = SealedLog { journal, keyring };
    let passes = Passes::new(log, &jejak_projections::VIEWS, CancellationToken::new());
    (broker, passes)
}

/// Appends events with a topic that every view passes over, or none can read: the payload is no event.
async fn append(passes: &Passes, expected: u64, events: u64) {
    let event = |_| NewEvent {
        id: Uuid::new_v4(),
        topic: "holiday",
        payload: "{}".into(),
    };
    let write = StreamAppend {
        stream: "calendar/2020".parse::<StreamId>().unwrap(),
        expected,
        events: (0..events).map(event).collect(),
    };
    passes.log.journal.append(&[write]).await.unwrap();
}

fn is_common(reader: &PassReader) -> bool {
    !reader.is_own()
}

/// The position of the common pass, and the number of its views.
fn common(passes: &Passes) -> Option<(u64, usize)> {
    let common = passes.common();
    common
        .as_ref()
        .map(|pass| (pass.position, pass.views.len()))
}

#[test]
fn large_events_take_a_larger_share() {
    let stored = |bytes: usize| LogEntry {
        subject: "".into(),
        stored: StoredEvent {
            position: 1,
            payload: vec![0; bytes].into(),
        },
    };
    let events = |count: usize, bytes: usize| share(&vec![stored(bytes); count]);
    assert_eq!(
        (events(1, 700), events(1_000, 700), events(1_000, 1_024)),
        (1, 1_000, 1_000)
    );
    assert_eq!(events(70, 60_000), 4_101, "more than a full batch");
    assert_eq!(events(3, 9 << 20), 12_000, "no more than there is");
}

/// Goal: batches that no view has let go of hold up the next one. Method: as many as fit, one more, and the first let go.
#[tokio::test]
async fn a_batch_waits_until_views_have_let_go_of_others() {
    let (_broker, passes) = empty_log().await;
    let in_flight = Arc::new(Semaphore::new(IN_FLIGHT));
    let large = |position| {
        vec![LogEntry {
            subject: "".into(),
            stored: StoredEvent {
                position,
                payload: vec![b'x'; IN_FLIGHT * BYTES_AN_EVENT / 3].into(),
            },
        }]
    };
    let mut held = Vec::new();
    for position in 1..=3 {
        held.push(passes.batch(&large(position), &in_flight).await.unwrap());
    }
    let fourth = large(4);
    let mut next = std::pin::pin!(passes.batch(&fourth, &in_flight));
    assert!(futures_util::poll!(&mut next).is_pending());
    drop(held.remove(0));
    assert_eq!(next.await.unwrap().end(), 4);
}

#[tokio::test]
async fn views_near_the_most_advanced_one_share_a_pass() {
    let (_broker, passes) = empty_log().await;
    let shared: Vec<_> = passes
        .begin(&[5_000, 0, 4_000, 4_001])
        .iter()
        .map(is_common)
        .collect();
    assert_eq!(shared, [true, false, true, true]);
    assert_eq!(common(&passes), Some((4_000, 3)));
    assert!(passes.join(3_999).is_none(), "it would miss an event");
    assert!(passes.join(4_000 + NEAR).is_some());
    assert!(
        passes.join(4_001 + NEAR).is_none(),
        "it would wait for long"
    );
    assert!(passes.begin(&[]).is_empty());
}

/// Goal: an error reaches every view, and the next view begins a pass anew.
#[tokio::test]
async fn an_error_is_the_last_that_every_view_of_a_pass_receives() {
    let (_broker, passes) = empty_log().await;
    let mut views = passes.begin(&[0, 0]);
    assert!(!passes.send(Err(ViewFault::Final("a gap".to_owned()))));
    for view in &mut views {
        for reason in [
            "a gap",
            "the log is no longer read; the service's log says more",
        ] {
            assert_eq!(view.next().await.err().unwrap().to_string(), reason);
        }
    }
    assert_eq!(common(&passes), None);
}

/// Goal: no view waits for a pass that a panic has ended.
#[tokio::test]
async fn a_panic_in_a_pass_reaches_its_views() {
    let (_broker, passes) = empty_log().await;
    let mut view = passes.after(0);
    let pass = passes.clone();
    let panicked = tokio::spawn(async move {
        let _ends = EndsWithPanic(&pass.common);
        panic!("a fault of ours");
    });
    assert!(panicked.await.unwrap_err().is_panic());
    assert!(matches!(view.next().await, Err(ViewFault::Final(_))));
    assert_eq!(common(&passes), None);
}

/// Goal: a view that lagged ends up in the common pass, and a pass ends with its last view.
/// Method: two views too far from each other to begin together, on a log of more events than that.
#[tokio::test]
async fn a_view_that_has_caught_up_joins_the_common_pass() {
    let (_broker, passes) = empty_log().await;
    append(&passes, 0, 700).await;
    append(&passes, 700, 700).await;
    let mut views = passes.begin(&[0, 1_400]);
    assert!(views[0].is_own() && !views[1].is_own());
    let mut position = 0;
    while position < 1_400 {
        position = views[0].next().await.unwrap().end();
    }
    views[0] = passes.join(position).unwrap();
    assert_eq!(common(&passes), Some((1_400, 2)));
    append(&passes, 1_400, 1).await;
    for view in &mut views {
        assert_eq!(view.next().await.unwrap().end(), 1_401);
    }
    views.pop();
    append(&passes, 1_401, 1).await;
    assert_eq!(views[0].next().await.unwrap().end(), 1_402);
    assert_eq!(common(&passes), Some((1_402, 1)));
    drop(views);
    append(&passes, 1_402, 1).await;
    let mut anew = passes.after(1_403);
    append(&passes, 1_403, 1).await;
    while anew.next().await.unwrap().end() < 1_404 {}
}
