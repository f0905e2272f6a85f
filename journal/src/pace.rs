//! When waiting appends are worth a batch. A batch has a price that hardly depends on its size (the broker
//! stages it), a plain publish one that hardly depends on its company (a sync, where every write is synced).
//! Both depend on the disk, on replicas and on settings that this side does not see, so they are measured.
//!
//! As many plain publishes are on their way as cost one batch. Those that come then wait, and once a batch
//! of them is cheaper than they are one by one, they go together.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::group::{Member, take_group};

/// Batches on their way at once: one is being stored while the next is received.
const BATCHES: usize = 2;
/// What a plain publish among others takes before one was measured, in nanoseconds.
const PLAIN_NS: u64 = 70_000;
/// What a batch takes before one was measured, in nanoseconds.
const BATCH_NS: u64 = 1_200_000;
/// Answers come in bursts, so only the mean of this many says what one took.
const WINDOW: u64 = 64;
/// How much of the old price stays when a new mean is known: 3 parts of 4.
const KEEPS: u64 = 4;
/// A batch that was dear once is tried again: with each plain publish its price is forgotten by so little.
const FORGETS: u64 = 1 << 17;
/// No price is less: from smaller numbers nothing could be learned.
const LEAST_NS: u64 = 1_000;
/// Bounds of how many plain publishes are on their way.
const PLAIN: std::ops::RangeInclusive<u64> = 4..=512;

/// What is on its way, and what things cost.
pub(crate) struct Pace {
    plain: u64,
    batches: usize,
    single: Price,
    batch: Price,
    last_answer: Option<Instant>,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self {
            plain: 0,
            batches: 0,
            single: Price::new(PLAIN_NS),
            batch: Price::new(BATCH_NS),
            last_answer: None,
        }
    }

    /// How many plain publishes cost as much as a batch.
    fn break_even(&self) -> u64 {
        (self.batch.ns / self.single.ns).clamp(*PLAIN.start(), *PLAIN.end())
    }

    /// Whether a plain publish may go now; it counts as on its way from then on.
    pub(crate) fn take_plain(&mut self) -> bool {
        let is_free = self.plain < self.break_even();
        self.plain += u64::from(is_free);
        is_free
    }

    /// A plain publish whose answer nobody waits for any more.
    pub(crate) fn given_up(&mut self) {
        self.plain = self.plain.saturating_sub(1);
    }

    /// What goes next, if anything may: it counts as on its way from now on.
    pub(crate) fn next(&mut self, held: &mut VecDeque<Member>) -> Option<Vec<Member>> {
        // Whoever gave up waiting was told that the log is unavailable, and may send it again.
        held.retain(Member::is_awaited);
        let break_even = self.break_even();
        if let Some(first) = held.iter().position(|member| member.events() == 1)
            && self.take_plain()
            && let Some(member) = held.remove(first)
        {
            return Some(vec![member]);
        }
        // Whatever has several events is a batch in any case, and takes the others along.
        let needs_batch = held.iter().any(|member| member.events() > 1);
        if self.batches < BATCHES && (needs_batch || held.len() as u64 >= break_even) {
            let members = take_group(held);
            let events: usize = members.iter().map(Member::events).sum();
            match events {
                0 => return None,
                1 => self.plain += 1,
                _ => self.batches += 1,
            }
            return Some(members);
        }
        None
    }

    /// An answer came, to so many events that were sent at `began`.
    pub(crate) fn answered(&mut self, events: usize, began: Instant, now: Instant) {
        // The broker stores one after another, so what one took is the time since the answer before it.
        let since = self.last_answer.map_or(began, |last| last.max(began));
        let took = now.saturating_duration_since(since);
        self.last_answer = Some(now);
        if events > 1 {
            self.batches = self.batches.saturating_sub(1);
            self.batch.learn(took, 1);
            return;
        }
        // Alone it is mostly the way there and back.
        if self.plain > 1 {
            self.single.learn(took, WINDOW);
            self.batch.ns = (self.batch.ns - self.batch.ns / FORGETS).max(LEAST_NS);
        }
        self.given_up();
    }
}

/// What one of a kind takes, learned from answers.
struct Price {
    ns: u64,
    seen_ns: u64,
    seen: u64,
}

impl Price {
    fn new(ns: u64) -> Self {
        Self { ns, seen_ns: 0, seen: 0 }
    }

    fn learn(&mut self, took: Duration, window: u64) {
        self.seen_ns = self.seen_ns.saturating_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        self.seen += 1;
        if self.seen >= window {
            let mean = self.seen_ns / self.seen;
            self.ns = (self.ns - self.ns / KEEPS).saturating_add(mean / KEEPS).max(LEAST_NS);
            (self.seen_ns, self.seen) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::tests::member;

    /// Appends whose answer is waited for.
    fn held(
        appends: usize,
        events: usize,
    ) -> (VecDeque<Member>, Vec<tokio::sync::oneshot::Receiver<crate::group::Sent>>) {
        (0..appends).map(|n| member(&[&format!("p-{n}")], events)).unzip()
    }

    #[test]
    fn an_idle_way_is_taken_at_once_and_alone() {
        let mut pace = Pace::new();
        let (mut one, _answer) = held(1, 1);
        let sent = pace.next(&mut one).unwrap();
        assert_eq!(sent.len(), 1);
        assert_eq!((pace.plain, pace.batches), (1, 0));
    }

    #[test]
    fn one_that_is_given_up_leaves_its_place() {
        let mut pace = Pace::new();
        let places = pace.break_even();
        assert_eq!((0..places + 1).filter(|_| pace.take_plain()).count() as u64, places);
        pace.given_up();
        assert!(pace.take_plain());
        assert!(!pace.take_plain());
    }

    #[test]
    fn those_beyond_the_price_of_a_batch_wait_until_they_are_worth_one() {
        let mut pace = Pace::new();
        let many = usize::try_from(pace.break_even()).unwrap();
        let (mut few, _answers) = held(many + many - 1, 1);
        let mut sent = 0;
        while let Some(members) = pace.next(&mut few) {
            assert_eq!(members.len(), 1);
            sent += 1;
        }
        assert_eq!((sent, few.len()), (many, many - 1), "fewer than a batch is worth");
        let (more, _more_answers) = held(1, 1);
        few.extend(more);
        // The stream p-0 is the first of `more`, and not among those that wait.
        assert_eq!(pace.next(&mut few).unwrap().len(), many);
        assert_eq!(pace.batches, 1);
    }

    #[test]
    fn several_events_are_a_batch_anyway_but_not_more_than_two_at_once() {
        let mut pace = Pace::new();
        for n in 0..3 {
            let (mut one, _answer) = held(1, 2);
            assert_eq!(pace.next(&mut one).is_some(), n < 2);
        }
        pace.answered(2, Instant::now(), Instant::now());
        let (mut one, _answer) = held(1, 2);
        assert!(pace.next(&mut one).is_some());
    }

    #[test]
    fn prices_follow_what_is_measured() {
        let mut pace = Pace::new();
        let before = pace.break_even();
        let mut now = Instant::now();
        for _ in 0..50 {
            pace.batches = 1;
            now += Duration::from_millis(12);
            pace.answered(10, now - Duration::from_millis(12), now);
        }
        assert!(pace.break_even() > 4 * before, "a batch is dear here");
        for _ in 0..20 * WINDOW {
            pace.plain = 8;
            now += Duration::from_millis(3);
            pace.answered(1, now - Duration::from_millis(3), now);
        }
        assert_eq!(pace.break_even(), *PLAIN.start(), "a plain publish is as dear");
    }

    #[test]
    fn what_nobody_waits_for_any_more_is_not_sent() {
        let mut pace = Pace::new();
        let (gone, answer) = member(&["a"], 1);
        drop(answer);
        let (awaited, _answer) = member(&["b"], 1);
        let mut held = VecDeque::from([gone, awaited]);
        assert!(pace.next(&mut held).unwrap()[0].is_awaited());
        assert!(held.is_empty());
    }
}
