//! When waiting appends are worth a batch. A batch has a price that hardly depends on its size (the broker
//! stages it in files of its own), a plain publish one that hardly depends on its company (a sync, where every
//! write is synced). Both depend on the disk, on replicas and on settings that this side does not see, so
//! they are measured.
//!
//! Where batches can be worth it, only a few plain publishes are on their way at once: as many as keep the
//! broker busy. Those that come then wait, and once a batch of them is cheaper than they are one by one, they
//! go together. While it is on its way the next ones gather. Where no batch is worth its price, nobody waits.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::group::{EVENTS, Member, take_group};

/// Batches on their way at once where plain publishes are dear. A second one would only halve the first.
const BATCHES: usize = 1;
/// Batches on their way at once where they are only sent because their events belong together.
const LONE_BATCHES: usize = 8;
/// What a plain publish among others takes before one was measured, in nanoseconds.
const PLAIN_NS: u64 = 20_000;
/// What a batch takes before one was measured, in nanoseconds.
const BATCH_NS: u64 = 2_000_000;
/// So much of a price is renewed by each plain publish: one part of 64.
const PLAIN_KEEPS: u64 = 64;
/// So much of a price is renewed by each batch: one part of 4.
const BATCH_KEEPS: u64 = 4;
/// A batch that was dear once is tried again: with each plain publish its price is forgotten by so little.
const PLAIN_FORGETS: u64 = 1 << 17;
/// And so are plain publishes, where all go in batches: with each, their price is forgotten by so little.
const BATCH_FORGETS: u64 = 64;
/// No price is less: from smaller numbers nothing could be learned.
const LEAST_NS: u64 = 1_000;
/// Of the plain publishes that cost as much as a batch, one in so many is on its way at once.
const SHARE: u64 = 3;
/// The fewest and the most plain publishes that are let on their way at once.
const ROOM: std::ops::RangeInclusive<u64> = 4..=512;

/// What is on its way, and what things cost.
pub(crate) struct Pace {
    plain: u64,
    batches: usize,
    /// Batches sent so far.
    batches_sent: u64,
    single: Price,
    batch: Price,
}

/// When an append was sent, and in what company.
#[derive(Clone, Copy)]
pub(crate) struct Sending {
    began: Instant,
    /// Plain publishes on their way then, itself among them.
    plain: u64,
    /// Batches on their way then, itself among them.
    batches: usize,
    /// Batches sent before, itself among them.
    batches_sent: u64,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self {
            plain: 0,
            batches: 0,
            batches_sent: 0,
            single: Price { ns: PLAIN_NS },
            batch: Price { ns: BATCH_NS },
        }
    }

    /// How many plain publishes cost as much as a batch, if that many fit into one.
    fn break_even(&self) -> Option<u64> {
        Some(self.batch.ns / self.single.ns).filter(|events| *events <= EVENTS as u64)
    }

    /// Whether a plain publish may go now; it counts as on its way from then on.
    pub(crate) fn take_plain(&mut self) -> Option<Sending> {
        let room = match self.break_even() {
            Some(_) if self.batches > 0 => 0,
            Some(events) => (events / SHARE).max(*ROOM.start()),
            None => *ROOM.end(),
        };
        (self.plain < room).then(|| self.plain_sent())
    }

    fn plain_sent(&mut self) -> Sending {
        self.plain += 1;
        self.sending()
    }

    fn sending(&self) -> Sending {
        let Self { plain, batches, batches_sent, .. } = *self;
        Sending { began: Instant::now(), plain, batches, batches_sent }
    }

    /// A plain publish whose answer nobody waits for any more.
    pub(crate) fn given_up(&mut self) {
        self.plain = self.plain.saturating_sub(1);
    }

    /// What goes next, if anything may: it counts as on its way from now on.
    pub(crate) fn next(&mut self, held: &mut VecDeque<Member>) -> Option<(Vec<Member>, Sending)> {
        // Whoever gave up waiting was told that the log is unavailable, and may send it again.
        held.retain(Member::is_awaited);
        let first = held.iter().position(|member| member.events() == 1);
        let is_worth_batch = self.break_even().is_some_and(|events| held.len() as u64 >= events);
        if !is_worth_batch
            && let Some(first) = first
            && let Some(sending) = self.take_plain()
        {
            return Some((vec![held.remove(first)?], sending));
        }
        // Whatever has several events is a batch in any case.
        let needs_batch = is_worth_batch || held.iter().any(|member| member.events() > 1);
        if needs_batch && self.batches < self.batches_at_once() {
            let members = take_group(held);
            let sending = match members.iter().map(Member::events).sum::<usize>() {
                0 => return None,
                1 => self.plain_sent(),
                _ => {
                    self.batches += 1;
                    self.batches_sent += 1;
                    self.sending()
                }
            };
            return Some((members, sending));
        }
        None
    }

    fn batches_at_once(&self) -> usize {
        if self.break_even().is_some() { BATCHES } else { LONE_BATCHES }
    }

    /// An answer came to so many events.
    pub(crate) fn answered(&mut self, events: usize, sending: Sending, now: Instant) {
        let took = now.saturating_duration_since(sending.began);
        if events > 1 {
            self.batches = self.batches.saturating_sub(1);
            self.batch.learn(took, sending.batches as u64, BATCH_KEEPS);
            self.single.forget(BATCH_FORGETS);
            return;
        }
        // Alone it is mostly the way there and back, and beside a batch it is the batch.
        if sending.plain > 1 && sending.batches == 0 && sending.batches_sent == self.batches_sent {
            self.single.learn(took, sending.plain, PLAIN_KEEPS);
            self.batch.forget(PLAIN_FORGETS);
        }
        self.given_up();
    }
}

/// What one of a kind takes, learned from answers.
struct Price {
    ns: u64,
}

impl Price {
    /// The broker stores one after another, so what one took is its part of the time that all took which were
    /// on their way when it was sent.
    fn learn(&mut self, took: Duration, on_their_way: u64, keeps: u64) {
        let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX) / on_their_way.max(1);
        self.ns = (self.ns - self.ns / keeps).saturating_add(took / keeps).max(LEAST_NS);
    }

    fn forget(&mut self, one_in: u64) {
        self.ns = (self.ns - self.ns / one_in).max(LEAST_NS);
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

    fn room(pace: &mut Pace) -> u64 {
        let before = pace.plain;
        let room = std::iter::from_fn(|| pace.take_plain()).count() as u64;
        pace.plain = before;
        room
    }

    /// An answer after so long to what was sent in such company.
    fn answer(pace: &mut Pace, events: usize, plain: u64, batches: usize, took: Duration) {
        let (began, batches_sent) = (Instant::now(), pace.batches_sent);
        pace.answered(events, Sending { began, plain, batches, batches_sent }, began + took);
    }

    #[test]
    fn an_idle_way_is_taken_at_once_and_alone() {
        let mut pace = Pace::new();
        let (mut one, _answer) = held(1, 1);
        let (sent, _) = pace.next(&mut one).unwrap();
        assert_eq!(sent.len(), 1);
        assert_eq!((pace.plain, pace.batches), (1, 0));
    }

    #[test]
    fn one_that_is_given_up_leaves_its_place() {
        let mut pace = Pace::new();
        let places = room(&mut pace);
        assert_eq!((0..places + 1).filter(|_| pace.take_plain().is_some()).count() as u64, places);
        pace.given_up();
        assert!(pace.take_plain().is_some());
        assert!(pace.take_plain().is_none());
    }

    #[test]
    fn those_that_are_worth_a_batch_go_together_and_the_next_gather_meanwhile() {
        let mut pace = Pace::new();
        let many = usize::try_from(pace.break_even().unwrap()).unwrap();
        let (mut few, _answers) = held(many - 1, 1);
        let mut sent = 0;
        while let Some((members, _)) = pace.next(&mut few) {
            assert_eq!(members.len(), 1, "fewer than a batch is worth");
            sent += 1;
        }
        assert_eq!(sent, room(&mut Pace::new()), "as many as keep the broker busy");
        pace.plain = 0;
        let (mut enough, _answers) = held(many, 1);
        let (group, sending) = pace.next(&mut enough).unwrap();
        assert_eq!((group.len(), pace.batches), (many, 1));
        let (mut later, _answers) = held(many, 1);
        assert!(pace.next(&mut later).is_none(), "they gather");
        pace.answered(many, sending, Instant::now());
        assert!(pace.next(&mut later).is_some());
    }

    #[test]
    fn several_events_are_a_batch_anyway_one_at_a_time() {
        let mut pace = Pace::new();
        let (mut two, _answers) = held(1, 2);
        assert!(pace.next(&mut two).is_some());
        let (mut two, _answers) = held(1, 2);
        assert!(pace.next(&mut two).is_none());
        answer(&mut pace, 2, 0, 1, Duration::from_millis(2));
        assert!(pace.next(&mut two).is_some());
    }

    #[test]
    fn where_plain_publishes_are_cheap_nobody_waits() {
        let mut pace = Pace::new();
        for _ in 0..10 * PLAIN_KEEPS {
            pace.plain = 64;
            answer(&mut pace, 1, 64, 0, Duration::from_micros(500));
        }
        assert_eq!(pace.break_even(), None);
        assert_eq!(room(&mut Pace { plain: 0, ..pace }), *ROOM.end());
    }

    #[test]
    fn a_batch_of_what_belongs_together_holds_nobody_up_where_plain_publishes_are_cheap() {
        let mut pace = Pace { single: Price { ns: 2_000 }, ..Pace::new() };
        let (mut mixed, _answers) = held(2, 2);
        let (plain, _plain_answers) = held(3, 1);
        mixed.extend(plain);
        let mut sent = || pace.next(&mut mixed).map(|(members, _)| members.len());
        assert_eq!([sent(), sent(), sent(), sent(), sent()], [Some(1), Some(1), Some(1), Some(2), None]);
        assert!(pace.take_plain().is_some());
    }

    #[test]
    fn prices_follow_what_is_measured() {
        let mut pace = Pace { single: Price { ns: 200_000 }, ..Pace::new() };
        let before = pace.break_even().unwrap();
        for _ in 0..50 {
            answer(&mut pace, 10, 0, 1, Duration::from_millis(12));
        }
        let dear = pace.break_even().unwrap();
        assert!(dear > 4 * before, "a batch is dear here");
        for _ in 0..20 * PLAIN_KEEPS {
            answer(&mut pace, 1, 8, 0, Duration::from_millis(24));
        }
        assert_eq!(pace.break_even(), Some(3), "four plain publishes are as dear");
        assert_eq!(room(&mut pace), *ROOM.start());
    }

    #[test]
    fn where_all_go_in_batches_plain_publishes_are_tried_again() {
        let mut pace = Pace { single: Price { ns: 200_000 }, ..Pace::new() };
        assert_eq!(pace.break_even(), Some(10));
        let batches = (0..1_000).take_while(|_| {
            answer(&mut pace, 60, 0, 1, Duration::from_millis(2));
            pace.break_even().is_some_and(|events| events <= 60)
        });
        assert!((50..200).contains(&batches.count()));
    }

    #[test]
    fn what_waited_beside_a_batch_says_nothing_about_plain_publishes() {
        let mut pace = Pace::new();
        let before = pace.single.ns;
        let (first, second) = (pace.take_plain(), pace.take_plain());
        let (mut two, _answers) = held(1, 2);
        assert!(first.is_some() && pace.next(&mut two).is_some());
        pace.answered(1, second.unwrap(), Instant::now() + Duration::from_secs(1));
        answer(&mut pace, 1, 8, 1, Duration::from_secs(1));
        answer(&mut pace, 1, 1, 0, Duration::from_secs(1));
        assert_eq!(pace.single.ns, before);
    }

    #[test]
    fn what_nobody_waits_for_any_more_is_not_sent() {
        let mut pace = Pace::new();
        let (gone, answer) = member(&["a"], 1);
        drop(answer);
        let (awaited, _answer) = member(&["b"], 1);
        let mut held = VecDeque::from([gone, awaited]);
        assert!(pace.next(&mut held).unwrap().0[0].is_awaited());
        assert!(held.is_empty());
    }
}
