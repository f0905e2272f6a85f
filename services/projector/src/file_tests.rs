//! Transactions and durability, over batches that are given instead of read.

use std::fs;

use jejak_projections::{View, ViewEntry};
use tempfile::TempDir;

use super::*;
use crate::passes::tests::{batch, given, keys, passed_over};

/// Longer than a test.
const LONG: Duration = Duration::from_secs(3_600);
const FEW: CommitLimits = CommitLimits {
    durable_every: 1_000,
    durable_within: LONG,
    far_behind: 10,
    transaction: 25,
    transaction_bytes: 4 << 20,
};

fn view() -> &'static dyn View {
    jejak_projections::VIEWS[0]
}

fn file(folder: &TempDir, limits: CommitLimits) -> FollowingFile {
    let store = Store::open(&folder.path().join("view.redb"), view(), "one", keys()).unwrap();
    FollowingFile::new(0, Arc::new(store), given(vec![]), limits)
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

/// The visible position after each of ten batches of ten events, where the log is known to go to `end`.
fn visible(limits: CommitLimits, end: u64) -> Vec<u64> {
    let folder = TempDir::new().unwrap();
    let mut file = file(&folder, limits);
    let mut visible = Vec::new();
    for n in 0..10 {
        file.apply(&batch(passed_over(10 * n + 1..=10 * n + 10)), end)
            .unwrap();
        assert_eq!(file.position, file.store.position().unwrap());
        visible.push(file.position);
    }
    visible
}

#[tokio::test]
async fn with_much_to_come_batches_share_a_transaction() {
    assert_eq!(visible(FEW, 100), [0, 0, 30, 30, 30, 60, 60, 60, 90, 100]);
    let each = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
    assert_eq!(visible(FEW, 0), each, "with little to come none waits");
    let full = CommitLimits {
        transaction_bytes: 0,
        ..FEW
    };
    assert_eq!(visible(full, 100), each, "a full transaction is committed");
}

/// Goal: applied events are durable in time, however many follow. Method: a clock that the test moves.
#[tokio::test(start_paused = true)]
async fn applied_events_are_made_durable_in_time() {
    let limits = CommitLimits {
        durable_within: Duration::from_secs(12),
        ..FEW
    };
    let folder = TempDir::new().unwrap();
    let mut file = file(&folder, limits);
    for begun_at in [0, 4] {
        let due = Instant::now() + limits.durable_within;
        assert_eq!(file.durable_by(), None);
        for n in begun_at + 1..=begun_at + 4 {
            file.apply(&batch(passed_over(n..=n)), 0).unwrap();
            assert_eq!(file.durable_by(), Some(due));
            tokio::time::advance(Duration::from_secs(3)).await;
        }
        file.settle().unwrap();
        assert_eq!((file.durable_by(), file.is_settled()), (None, true));
        assert_eq!(after_a_crash(&folder), begun_at + 4);
    }
}

#[tokio::test]
async fn many_events_are_made_durable_at_once() {
    let folder = TempDir::new().unwrap();
    let limits = CommitLimits {
        durable_every: 20,
        ..FEW
    };
    let mut file = file(&folder, limits);
    file.apply(&batch(passed_over(1..=19)), 0).unwrap();
    assert!(!file.is_settled());
    file.apply(&batch(passed_over(20..=20)), 0).unwrap();
    assert!(file.is_settled());
    assert_eq!(after_a_crash(&folder), 20);
}

#[tokio::test]
async fn pending_batches_are_committed_before_an_event_that_cannot_be_read() {
    let folder = TempDir::new().unwrap();
    let mut file = file(&folder, FEW);
    file.apply(&batch(passed_over(1..=10)), 1_000).unwrap();
    assert_eq!((file.position, file.is_pending()), (0, true));
    let mut unreadable = passed_over(11..=15);
    unreadable.push(ViewEntry::decode(&view().topics(), 16, b"rubbish"));
    unreadable.extend(passed_over(17..=20));
    assert!(matches!(
        file.apply(&batch(unreadable), 1_000),
        Err(ViewFault::Unreadable { .. })
    ));
    assert_eq!((file.position, after_a_crash(&folder)), (15, 15));
}
