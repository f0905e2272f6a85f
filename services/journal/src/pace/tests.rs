//! Specs of the pace: what goes when, and which way is taken.

use super::*;
use crate::group::tests::member;

/// Appends whose answer is waited for.
fn held(
    appends: usize,
    events: usize,
) -> (
    VecDeque<Member>,
    Vec<tokio::sync::oneshot::Receiver<crate::group::Sent>>,
) {
    (0..appends)
        .map(|n| member(&[&format!("p-{n}")], events))
        .unzip()
}

fn gathering() -> Pace {
    Pace {
        mode: Mode::Gather,
        plain_ns: Some(200_000),
        gather_ns: Some(80_000),
        ..Pace::new()
    }
}

/// What goes next: appends that are sent, or the one that a batch is opened for.
fn next(pace: &mut Pace, held: &mut VecDeque<Member>) -> Option<Result<usize, usize>> {
    pace.next(held).map(|next| match next {
        Next::Send(members) => Ok(members.len()),
        Next::Open(first) => Err(first.events()),
    })
}

fn room(pace: &mut Pace) -> usize {
    let before = pace.plain;
    let room = std::iter::from_fn(|| pace.take_plain().then_some(())).count();
    pace.plain = before;
    room
}

/// Sixty-four at a time on a broker on which an event takes so many microseconds on either way, for so
/// many events: how often each way was taken.
fn run(pace: &mut Pace, plain_us: u64, gather_us: u64, events: usize) -> [usize; 2] {
    let mut now = Instant::now();
    let mut taken = [0, 0];
    for _ in 0..events {
        let took = if pace.mode == Mode::Plain {
            plain_us
        } else {
            gather_us
        };
        taken[usize::from(pace.mode == Mode::Gather)] += 1;
        now += Duration::from_micros(took);
        pace.plain = 64;
        pace.answered(Went::Plain, Outcome::Stored, 0, now);
    }
    taken
}

#[test]
fn an_idle_way_is_taken_at_once_and_alone() {
    for mut pace in [Pace::new(), gathering()] {
        let (mut one, _answer) = held(1, 1);
        assert_eq!(next(&mut pace, &mut one), Some(Ok(1)));
        assert_eq!((pace.plain, pace.batches), (1, 0));
    }
}

#[test]
fn one_that_is_given_up_leaves_its_place() {
    let mut pace = gathering();
    assert_eq!((0..=FEW).filter(|_| pace.take_plain()).count(), FEW);
    pace.given_up(0, Instant::now());
    assert!(pace.take_plain());
    assert!(!pace.take_plain());
}

#[test]
fn a_batch_is_opened_for_many_and_nobody_else_goes_until_it_is_answered() {
    let mut pace = gathering();
    let (mut few, _answers) = held(LEAST - 1, 1);
    let sent = std::iter::from_fn(|| next(&mut pace, &mut few)).collect::<Vec<_>>();
    assert_eq!(sent, [Ok(1); FEW], "too few for a batch");
    pace.plain = 0;
    let (mut enough, _answers) = held(LEAST, 1);
    assert_eq!(next(&mut pace, &mut enough), Some(Err(1)));
    assert_eq!(
        (enough.len(), pace.batches, pace.batched),
        (LEAST - 1, 1, 1)
    );
    assert!(
        next(&mut pace, &mut enough).is_none() && !pace.take_plain(),
        "they gather"
    );
    pace.filled(1, LEAST, LEAST);
    assert!(next(&mut pace, &mut enough).is_none() && !pace.take_plain());
    pace.answered(Went::Batch(LEAST), Outcome::Stored, 0, Instant::now());
    assert_eq!((pace.batches, pace.batched), (0, 0));
}

#[test]
fn after_a_batch_of_many_the_first_that_comes_opens_the_next_at_once() {
    let mut pace = gathering();
    let (mut many, _answers) = held(LEAST, 1);
    assert_eq!(next(&mut pace, &mut many), Some(Err(1)));
    pace.filled(1, LEAST, LEAST);
    pace.answered(Went::Batch(LEAST), Outcome::Stored, 0, Instant::now());
    assert!(pace.idle_since.is_some());
    // However slowly this runs, they have not been away for long.
    pace.idle_since = Some(Instant::now() + Duration::from_secs(60));
    assert!(
        !pace.take_plain(),
        "it would keep the others waiting for the disk"
    );
    let (mut one, _answer) = held(1, 1);
    assert_eq!(next(&mut pace, &mut one), Some(Err(1)));
    pace.filled(1, LEAST - 1, LEAST - 1);
    pace.answered(Went::Batch(LEAST - 1), Outcome::Stored, 0, Instant::now());
    assert!(pace.take_plain(), "they have become few");
}

#[test]
fn who_comes_long_after_a_batch_of_many_goes_alone() {
    let mut pace = Pace {
        last: LEAST,
        idle_since: Instant::now().checked_sub(AGAIN),
        ..gathering()
    };
    assert!(pace.take_plain());
    assert!(pace.take_plain(), "and so does the next one");
}

#[test]
fn where_no_batch_is_opened_those_who_wait_go_at_once_and_the_next_trial_decides() {
    let mut pace = Pace {
        last: LEAST,
        ..gathering()
    };
    let (mut many, _answers) = held(2 * LEAST, 1);
    assert_eq!(next(&mut pace, &mut many), Some(Err(1)));
    pace.closed(1, many.len(), Instant::now());
    assert_eq!((pace.batches, pace.batched), (0, 0));
    let sent = std::iter::from_fn(|| next(&mut pace, &mut many)).collect::<Vec<_>>();
    assert_eq!(sent, vec![Ok(1); 2 * LEAST - 1]);
    run(&mut pace, 500, 80, 2 * (TRIAL + TURNING) as usize);
    assert_eq!(pace.mode, Mode::Gather);
}

#[test]
fn a_batch_that_is_let_go_leaves_its_place_to_the_next() {
    let mut pace = gathering();
    let (mut many, _answers) = held(2 * LEAST, 1);
    assert_eq!(next(&mut pace, &mut many), Some(Err(1)));
    pace.let_go(1, many.len(), Instant::now());
    assert_eq!((pace.batches, pace.batched), (0, 0));
    assert_eq!(next(&mut pace, &mut many), Some(Err(1)));
}

#[test]
fn after_all_who_waited_have_given_up_the_way_is_idle() {
    let mut pace = gathering();
    let (mut gone, answers) = held(LEAST, 1);
    drop(answers);
    assert_eq!(next(&mut pace, &mut gone), None);
    assert!(pace.idle_since.is_some());
}

#[test]
fn several_events_are_a_batch_anyway_and_hold_nobody_up_where_each_goes_at_once() {
    let mut pace = Pace::new();
    let (mut mixed, _answers) = held(2, 2);
    let (plain, _plain_answers) = held(3, 1);
    mixed.extend(plain);
    let mut sent = || next(&mut pace, &mut mixed);
    assert_eq!(
        [sent(), sent(), sent(), sent(), sent()],
        [Some(Ok(1)), Some(Ok(1)), Some(Ok(1)), Some(Ok(2)), None]
    );
    assert!(pace.take_plain());
}

#[test]
fn several_events_go_one_batch_at_a_time_where_others_gather() {
    let mut pace = gathering();
    let (mut two, _answers) = held(1, 2);
    assert!(pace.next(&mut two).is_some());
    let (mut two, _answers) = held(1, 2);
    assert!(pace.next(&mut two).is_none());
    pace.answered(Went::Batch(2), Outcome::Stored, 1, Instant::now());
    assert_eq!(pace.batched, 0);
    assert!(pace.next(&mut two).is_some());
}

#[test]
fn the_way_that_gets_more_through_is_taken_and_the_other_tried_now_and_then() {
    let events = 3 * 1_000 * 64;
    let [plain, gather] = run(&mut Pace::new(), 200, 80, events);
    assert!(plain > 0 && plain < events / 20, "{plain} and {gather}");
    let [plain, gather] = run(&mut Pace::new(), 20, 80, events);
    assert!(gather > 0 && gather < events / 20, "{plain} and {gather}");
}

#[test]
fn a_broker_with_other_settings_is_noticed() {
    let mut pace = Pace::new();
    run(&mut pace, 200, 80, 100_000);
    assert_eq!(pace.better(), Mode::Gather);
    run(&mut pace, 20, 80, 100_000);
    assert_eq!(pace.better(), Mode::Plain);
}

#[test]
fn what_was_slow_for_another_reason_is_forgotten_with_the_next_try() {
    let mut pace = Pace::new();
    run(&mut pace, 500, 1_000, 1_000);
    assert_eq!(pace.better(), Mode::Plain);
    let [_, gather] = run(&mut pace, 200, 80, 30_000);
    assert!(gather > 10_000, "{gather}");
}

#[test]
fn a_few_among_many_and_time_in_which_nothing_came_end_no_trial() {
    let mut pace = gathering();
    for _ in 0..10 {
        for alone in [true, false] {
            pace.plain = if alone { 1 } else { 0 };
            pace.batched = if alone { 0 } else { 60 };
            let went = if alone { Went::Plain } else { Went::Batch(60) };
            pace.answered(went, Outcome::Stored, 0, Instant::now());
        }
    }
    assert!(pace.since_try > 0);
    let before = pace.gather_ns.unwrap();
    pace.idle_since = Instant::now().checked_sub(Duration::from_secs(60));
    assert!(pace.take_plain());
    pace.batched = 240;
    pace.answered(Went::Batch(240), Outcome::Stored, 0, Instant::now());
    assert!(
        pace.gather_ns.unwrap() <= before,
        "a minute in which nothing was sent is not the broker's"
    );
}

#[test]
fn a_batch_that_is_refused_got_nothing_through() {
    let mut pace = gathering();
    let mut now = Instant::now();
    for nth in 0..100 {
        now += Duration::from_millis(3);
        (pace.batches, pace.batched, pace.plain) = (1, 32, 0);
        let outcome = if nth % 10 == 0 {
            Outcome::Stored
        } else {
            Outcome::Refused
        };
        pace.answered(Went::Batch(32), outcome, 32, now);
        if pace.mode == Mode::Plain {
            return;
        }
    }
    panic!("a batch of ten was stored, and batches went on");
}

#[test]
fn an_answer_that_did_not_come_is_no_measure() {
    let mut pace = gathering();
    let (mut now, before) = (Instant::now(), pace.gather_ns);
    for _ in 0..10 {
        for outcome in [Outcome::Stored, Outcome::Stored, Outcome::Unknown] {
            now += Duration::from_millis(1_500);
            (pace.batches, pace.batched) = (1, 100);
            pace.answered(Went::Batch(100), outcome, 32, now);
        }
    }
    assert_eq!((pace.mode, pace.gather_ns), (Mode::Gather, before));
}

#[test]
fn time_after_one_that_was_given_up_is_nobodys() {
    let mut pace = gathering();
    let now = Instant::now();
    pace.trial = Trial::new(Some(now));
    assert!(pace.take_plain());
    pace.given_up(0, now);
    pace.idle_since = pace
        .idle_since
        .and_then(|since| since.checked_sub(Duration::from_secs(60)));
    assert!(pace.take_plain());
    assert!(pace.trial.began.unwrap() >= now + Duration::from_secs(60));
}

#[test]
fn few_at_a_time_are_no_trial_and_end_one() {
    let mut pace = Pace {
        mode: Mode::Gather,
        ..Pace::new()
    };
    for _ in 0..10 * TRIAL {
        pace.plain = FEW;
        pace.answered(Went::Plain, Outcome::Stored, 0, Instant::now());
    }
    assert_eq!((pace.mode, pace.since_try), (Mode::Plain, 0));
    assert_eq!(room(&mut pace), MANY - (FEW - 1));
}

#[test]
fn what_nobody_waits_for_any_more_is_not_sent() {
    let mut pace = Pace::new();
    let (gone, answer) = member(&["a"], 1);
    drop(answer);
    let (awaited, _answer) = member(&["b"], 1);
    let mut held = VecDeque::from([gone, awaited]);
    let sent = pace.next(&mut held);
    assert!(matches!(sent, Some(Next::Send(members)) if members[0].is_awaited()));
    assert!(held.is_empty());
}
