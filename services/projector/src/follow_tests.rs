//! A follower over batches that are given instead of read.

use std::fs;

use jejak_projections::{QueryHandler, TopicHandler, View, ViewEntry};
use tempfile::TempDir;

use super::*;
use crate::passes::tests::{batch, empty_log, given, keys, passed_over};

fn view() -> &'static dyn View {
    jejak_projections::VIEWS[0]
}

/// The position of the file that a crash would leave now.
fn after_a_crash(folder: &TempDir) -> u64 {
    let crashed = folder.path().join("crashed.redb");
    fs::copy(folder.path().join("view.redb"), &crashed).unwrap();
    Store::open(&crashed, view(), "one", keys())
        .unwrap()
        .position()
        .unwrap()
}

/// Goal: an error of the log costs no event before it. Method: two batches that wait for more, then a gap.
#[tokio::test]
async fn pending_batches_are_committed_when_the_log_stops_the_view() {
    let (_broker, passes) = empty_log().await;
    let served = Arc::new(ServedView::new(view(), chrono_tz::UTC));
    let folder = TempDir::new().unwrap();
    let gap = JournalError::Gap {
        after: 20,
        found: 22,
    };
    let all = vec![
        Ok(batch(passed_over(1..=10))),
        Ok(batch(passed_over(11..=20))),
        Err(gap.into()),
    ];
    let store = Store::open(&folder.path().join("view.redb"), view(), "one", keys()).unwrap();
    let ending = CancellationToken::new();
    let mut follower = Follower::new(folder.path(), served.clone(), passes, ending.clone());
    served.saw_log(1_000_000);
    follower.follow(store, 0, given(all));
    let running = tokio::spawn(follower.run());
    served.caught_up().await;
    assert!(served.is_stopped());
    assert_eq!((served.position(), after_a_crash(&folder)), (20, 20));
    ending.cancel();
    running.await.unwrap();
}

/// Goal: a file that is opened again after a fault leaves a running rebuild alone.
/// Method: a file where a rebuild writes, at the start and later.
#[tokio::test]
async fn only_a_start_removes_the_file_of_a_rebuild() {
    let (_broker, passes) = empty_log().await;
    let folder = TempDir::new().unwrap();
    let served = Arc::new(ServedView::new(view(), chrono_tz::UTC));
    let mut follower = Follower::new(folder.path(), served, passes, CancellationToken::new());
    let unfinished = files::beside(folder.path(), view());
    fs::write(&unfinished, "interrupted").unwrap();
    let store = follower.start().await.unwrap().unwrap();
    follower.follow(store, 0, given(vec![]));
    assert!(!unfinished.exists());
    fs::write(&unfinished, "going on").unwrap();
    follower.stop(&ViewFault::Passing("the disk is full".to_owned()));
    assert!(follower.file.is_none());
    follower.reopen().await.unwrap();
    assert!(follower.file.is_some() && unfinished.exists());
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

    fn handlers(&self) -> Vec<TopicHandler> {
        vec![TopicHandler::new(
            |_, _, _: &jejak_events::calendar::holiday::Event| panic!("a fault of ours"),
        )]
    }

    fn queries(&self) -> &'static [QueryHandler] {
        &[]
    }
}

/// Goal: a panic of a handler stops the view, which says so, and leaves its thread running.
/// Method: three events, the last of them for the handler that panics.
#[tokio::test]
async fn a_panic_of_a_handler_stops_the_view_where_it_stands() {
    let holiday = serde_json::json!({
        "specversion": "1.0", "id": "02aa47bd-9c32-5bc1-9efc-53f28ed8c3dd", "source": "/jejak/pontianak",
        "type": "jejak.calendar.holiday.declared.v1", "subject": "calendar/2020",
        "time": "2020-12-01T01:02:03Z", "datacontenttype": "application/json",
        "data": { "date": "2020-12-28", "kind": "joint_leave", "name": "Cuti bersama", "decree": "SKB" },
        "actor": "account/admin", "command": "declare-holiday", "commandid": "one",
        "commanddigest": "73d6892c7bc841abae4d9ed3be77ddea"
    });
    let (_broker, passes) = empty_log().await;
    let folder = TempDir::new().unwrap();
    let store = Store::open(&folder.path().join("view.redb"), &Faulty, "one", keys()).unwrap();
    let entry = ViewEntry::decode(&Faulty.topics(), 3, holiday.to_string().as_bytes());
    assert!(matches!(entry, ViewEntry::Event(_)));
    let all = vec![Ok(batch(passed_over(1..=2))), Ok(batch(vec![entry]))];
    let served = Arc::new(ServedView::new(&Faulty, chrono_tz::UTC));
    let ending = CancellationToken::new();
    let mut follower = Follower::new(folder.path(), served.clone(), passes, ending.clone());
    served.saw_log(3);
    follower.follow(store, 0, given(all));
    let running = tokio::spawn(follower.run());
    served.caught_up().await;
    assert!(served.is_stopped());
    assert_eq!(served.position(), 2);
    ending.cancel();
    running.await.unwrap();
}
