//! What is committed when, over batches that are given instead of read.

use std::fs;

use jejak_events::secret::TenantKey;
use jejak_journal::{Journal, Keyring};
use jejak_projections::{Handlers, View, ViewEntry, ViewQuery};
use jejak_rig::broker::Broker;
use tempfile::TempDir;

use super::*;
use crate::{
    open::Log,
    readings::tests::{batch, given, passed},
};

/// Nothing is committed because of the time.
const FOR_EVER: Duration = Duration::from_secs(3_600);
const FEW: Limits = Limits {
    durable_every: 1_000,
    durable_within: FOR_EVER,
    durable_when_quiet: FOR_EVER,
    far_behind: 10,
    transaction: 25,
    transaction_bytes: 4 << 20,
    commit_within: FOR_EVER,
};

fn view() -> &'static dyn View {
    jejak_projections::VIEWS[0]
}

fn feed(folder: &TempDir, limits: Limits, all: Vec<Result<Arc<Batch>, Trouble>>) -> Feed {
    let store = Store::open(&folder.path().join("view.redb"), view(), "one").unwrap();
    Feed::at(0, Arc::new(store), given(all), limits)
}

/// An empty log, as views read it, for as long as its broker.
async fn readings() -> (Broker, Readings) {
    let broker = Broker::single().await;
    let journal = Journal::init(broker.client().await, &"pontianak".parse().unwrap(), 1)
        .await
        .unwrap();
    let keyring = Keyring::open_all(&journal, TenantKey::new([1; 32]))
        .await
        .unwrap();
    (broker, Readings::new(Log { journal, keyring }, &[view()]))
}

/// The position of what a crash would leave of the file now.
fn after_a_crash(folder: &TempDir) -> u64 {
    let crashed = folder.path().join("crashed.redb");
    fs::copy(folder.path().join("view.redb"), &crashed).unwrap();
    Store::open(&crashed, view(), "one")
        .unwrap()
        .position()
        .unwrap()
}

/// What is seen after each of ten batches of ten events, with the log known to go so far.
async fn seen(limits: Limits, end: u64) -> Vec<u64> {
    let folder = TempDir::new().unwrap();
    let mut feed = feed(&folder, limits, vec![]);
    let mut seen = Vec::new();
    for n in 0..10 {
        feed.take_in(&batch(passed(10 * n + 1..=10 * n + 10)), end)
            .unwrap();
        assert_eq!(feed.position, feed.store.position().unwrap());
        seen.push(feed.position);
    }
    seen
}

#[tokio::test]
async fn with_much_to_come_batches_share_a_transaction_and_are_seen_when_it_is_committed() {
    assert_eq!(
        seen(FEW, 100).await,
        [0, 0, 30, 30, 30, 60, 60, 60, 90, 100]
    );
    let each = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
    assert_eq!(seen(FEW, 0).await, each, "with little to come none waits");
    assert_eq!(
        seen(
            Limits {
                transaction_bytes: 0,
                ..FEW
            },
            100
        )
        .await,
        each,
        "nor when it holds much back"
    );
}

/// Goal: rows are durable soon after it is quiet, and after a while however many come. Method: time that stands still
/// but where it is moved.
#[tokio::test(start_paused = true)]
async fn applied_events_are_made_durable_when_it_is_quiet_or_after_a_while() {
    let (quiet, while_busy) = (Duration::from_secs(5), Duration::from_secs(12));
    let limits = Limits {
        durable_when_quiet: quiet,
        durable_within: while_busy,
        ..FEW
    };
    let folder = TempDir::new().unwrap();
    let mut feed = feed(&folder, limits, vec![]);
    for begun_at in [0, 4] {
        let began = Instant::now();
        let mut due = Vec::new();
        for n in begun_at + 1..=begun_at + 4 {
            feed.take_in(&batch(passed(n..=n)), 0).unwrap();
            assert!(!feed.is_settled());
            due.push((feed.durable_by - began).as_secs());
            tokio::time::advance(Duration::from_secs(3)).await;
        }
        assert_eq!(due, [5, 8, 11, 12]);
        feed.settle().unwrap();
        assert!(feed.is_settled());
        assert_eq!(after_a_crash(&folder), begun_at + 4);
    }
}

#[tokio::test]
async fn what_waits_is_committed_before_an_event_that_cannot_be_read() {
    let folder = TempDir::new().unwrap();
    let mut feed = feed(&folder, FEW, vec![]);
    feed.take_in(&batch(passed(1..=10)), 1_000).unwrap();
    assert_eq!(feed.position, 0);
    let mut unreadable = passed(11..=15);
    unreadable.push(ViewEntry::decode(&view().topics(), 16, b"rubbish"));
    unreadable.extend(passed(17..=20));
    assert!(matches!(
        feed.take_in(&batch(unreadable), 1_000),
        Err(Trouble::Final(_))
    ));
    assert_eq!((feed.position, after_a_crash(&folder)), (15, 15));
}

/// Goal: a log that stops a view does not cost what came before it. Method: two batches that wait for more, then
/// a gap.
#[tokio::test]
async fn what_waits_is_committed_when_the_log_stops_the_view() {
    let (_broker, readings) = readings().await;
    let desk = Arc::new(Desk::new(view(), chrono_tz::UTC));
    let folder = TempDir::new().unwrap();
    let gap = JournalError::Gap {
        after: 20,
        found: 22,
    };
    let all = vec![
        Ok(batch(passed(1..=10))),
        Ok(batch(passed(11..=20))),
        Err(gap.into()),
    ];
    let feed = feed(&folder, FEW, all);
    let shutdown = CancellationToken::new();
    let mut follower = Follower::new(folder.path(), desk.clone(), readings, shutdown.clone());
    desk.saw_log(1_000);
    desk.install(feed.store.clone(), feed.position);
    follower.feed = Some(feed);
    let running = tokio::spawn(follower.run());
    desk.caught_up().await;
    assert!(desk.is_stopped());
    assert_eq!((desk.position(), after_a_crash(&folder)), (20, 20));
    shutdown.cancel();
    running.await.unwrap();
}

/// Goal: a file that is opened again after a fault costs no rebuild that is going on. Method: a file where a rebuild
/// writes, at the start and later.
#[tokio::test]
async fn only_a_start_removes_what_a_rebuild_left() {
    let (_broker, readings) = readings().await;
    let folder = TempDir::new().unwrap();
    let desk = Arc::new(Desk::new(view(), chrono_tz::UTC));
    let mut follower = Follower::new(folder.path(), desk, readings, CancellationToken::new());
    let unfinished = files::beside(folder.path(), view());
    fs::write(&unfinished, "interrupted").unwrap();
    follower.start().await.unwrap();
    assert!(!unfinished.exists());
    fs::write(&unfinished, "going on").unwrap();
    follower.stop(&Trouble::Passing("the disk is full".to_owned()));
    assert!(follower.feed.is_none());
    follower.reopen().await.unwrap();
    assert!(follower.feed.is_some() && unfinished.exists());
}

/// A view whose handler panics.
struct Faulty;

impl View for Faulty {
    fn name(&self) -> &'static str {
        "faulty"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [&'static str] {
        &[]
    }

    fn handlers(&self) -> Handlers {
        Handlers {
            holiday: Some(|_, _, _| panic!("a fault of ours")),
            ..Handlers::NONE
        }
    }

    fn queries(&self) -> &'static [ViewQuery] {
        &[]
    }
}

/// Goal: a fault while an event is applied stops the view, which says so, and not the thread. Method: three events, the
/// last of a topic whose events a view cannot apply.
#[tokio::test]
async fn a_fault_while_applying_stops_the_view_where_it_stands() {
    let holiday = serde_json::json!({
        "specversion": "1.0", "id": "02aa47bd-9c32-5bc1-9efc-53f28ed8c3dd", "source": "/jejak/pontianak",
        "type": "jejak.calendar.holiday.declared.v1", "subject": "calendar/2020",
        "time": "2020-12-01T01:02:03Z", "datacontenttype": "application/json",
        "data": { "date": "2020-12-28", "kind": "joint_leave", "name": "Cuti bersama", "decree": "SKB" },
        "actor": "account/admin", "command": "declare-holiday", "commandid": "one",
        "commanddigest": "73d6892c7bc841abae4d9ed3be77ddea"
    });
    let (_broker, readings) = readings().await;
    let folder = TempDir::new().unwrap();
    let store = Arc::new(Store::open(&folder.path().join("view.redb"), &Faulty, "one").unwrap());
    let faulty = ViewEntry::decode(&Faulty.topics(), 3, holiday.to_string().as_bytes());
    assert!(matches!(faulty, ViewEntry::Event(_)));
    let all = vec![Ok(batch(passed(1..=2))), Ok(batch(vec![faulty]))];
    let desk = Arc::new(Desk::new(&Faulty, chrono_tz::UTC));
    let shutdown = CancellationToken::new();
    let mut follower = Follower::new(folder.path(), desk.clone(), readings, shutdown.clone());
    desk.saw_log(3);
    desk.install(store.clone(), 0);
    follower.feed = Some(Feed::at(0, store.clone(), given(all), FEW));
    let running = tokio::spawn(follower.run());
    desk.caught_up().await;
    assert!(desk.is_stopped());
    assert_eq!((desk.position(), store.position().unwrap()), (2, 2));
    shutdown.cancel();
    running.await.unwrap();
}
