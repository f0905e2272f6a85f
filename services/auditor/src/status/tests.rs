//! The status as the health shows it.

use super::*;

#[test]
fn a_retry_has_succeeded_once_more_is_signed() {
    let status = SharedStatus::new();
    status.signed(b"a".to_vec(), 3);
    status.saw_log(5);
    status.pause("no room");
    // The tree was opened again.
    status.signed(b"a".to_vec(), 3);
    assert_eq!(status.health().stopped.unwrap(), "no room; trying again");
    status.signed(b"b".to_vec(), 4);
    assert_eq!(status.health().stopped, None);
    status.stop("log and tree part".to_owned());
    status.signed(b"c".to_vec(), 5);
    assert_eq!(status.health().stopped.unwrap(), "log and tree part");
}

#[test]
fn all_is_compared_only_over_the_connection_it_was_compared_over() {
    let status = SharedStatus::new();
    status.signed(b"a".to_vec(), 3);
    assert_eq!(status.health().compared_position, 0);
    status.compared(2);
    status.compared_all();
    status.signed(b"b".to_vec(), 4);
    assert_eq!(status.health().compared_position, 4);
    status.compared(0);
    assert_eq!(status.health().compared_position, 0);
}

#[test]
fn an_obstacle_is_reported_until_the_comparison_passes_it() {
    let status = SharedStatus::new();
    status.compared(0);
    status.incomparable("no tile".to_owned(), 1_000);
    let first = status.health().incomparable.unwrap();
    // A new connection alone compares nothing.
    status.compared(0);
    status.incomparable("still no tile".to_owned(), 900);
    let second = status.health().incomparable.unwrap();
    assert!(second.for_ms >= first.for_ms && second.reason == "still no tile");
    status.compared(765);
    assert!(
        status.health().incomparable.is_some(),
        "it came nearer to it, and no further"
    );
    status.compared(900);
    assert_eq!(status.health().incomparable, None);
    status.incomparable("no answer".to_owned(), 901);
    status.compared_all();
    assert_eq!(status.health().incomparable, None);
}

#[test]
fn a_silent_broker_is_reported_until_it_answers() {
    let status = SharedStatus::new();
    status.unanswered("no leader".to_owned());
    let first = status.health().unanswered.unwrap();
    status.unanswered("timed out".to_owned());
    let second = status.health().unanswered.unwrap();
    assert!(second.for_ms >= first.for_ms && second.reason == "timed out");
    status.answered();
    assert_eq!(status.health().unanswered, None);
}
