//! The appends in flight, and the choice of the next ones to send: few appends go as plain
//! publishes, and as soon as [`ENOUGH`] wait they go as one batch. For [`RETURN`] after such a batch
//! the next append opens another, since its callers append again together. No timer delays an append.
//!
//! A batch has a price that hardly depends on its size: the broker stages it in files of its own. A
//! plain publish pays for one sync. A batch with fewer than [`ENOUGH`] appends is slower than plain
//! publishes. Where the broker does not sync each write, every batch is slower; there group commit
//! is turned off.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::batch::{WaitingAppend, take_batch};

/// Plain publishes in flight at once: as many as keep the broker busy.
const MAX_PLAIN: usize = 4;
/// Waiting appends that are worth a batch.
const ENOUGH: usize = 12;
/// The callers answered by a batch mostly append again within this time.
const RETURN: Duration = Duration::from_millis(20);

/// The next appends to send.
pub(crate) enum NextSend {
    /// One event, as a plain publish.
    Plain(WaitingAppend),
    /// An atomic batch of these.
    Batch(Vec<WaitingAppend>),
    /// A batch is to be opened with the first event of this append. Appends that come meanwhile go
    /// along.
    OpenBatch(WaitingAppend),
}

/// The appends in flight.
#[derive(Default)]
pub(crate) struct InFlight {
    plain: usize,
    /// Whether a batch is in flight. A second one would only halve the first.
    batch: bool,
    /// The end of the last batch of [`ENOUGH`] appends or more.
    large_batch_ended: Option<Instant>,
}

impl InFlight {
    /// Reserves a place for one plain publish, if there is one.
    pub(crate) fn reserve_plain(&mut self) -> bool {
        let has_place = !self.batch && !self.expects_many() && self.plain < MAX_PLAIN;
        self.plain += usize::from(has_place);
        has_place
    }

    /// A plain publish was answered, or its caller gave up.
    pub(crate) fn plain_ended(&mut self) {
        self.plain = self.plain.saturating_sub(1);
    }

    /// A batch of so many appends was stored.
    pub(crate) fn batch_stored(&mut self, appends: usize) {
        self.batch = false;
        self.large_batch_ended = (appends >= ENOUGH).then(Instant::now);
    }

    /// A batch was not opened, was given up, or was not stored.
    pub(crate) fn batch_failed(&mut self) {
        self.batch = false;
        self.large_batch_ended = None;
    }

    /// Takes the next appends to send, if any may go now. They count as in flight.
    pub(crate) fn next(&mut self, waiting: &mut VecDeque<WaitingAppend>) -> Option<NextSend> {
        waiting.retain(WaitingAppend::is_awaited);
        if self.batch || waiting.is_empty() {
            return None;
        }
        if waiting.len() >= ENOUGH || self.expects_many() {
            self.batch = true;
            return waiting.pop_front().map(NextSend::OpenBatch);
        }
        let single = waiting.iter().position(|append| append.events() == 1);
        if let Some(single) = single
            && self.reserve_plain()
        {
            return waiting.remove(single).map(NextSend::Plain);
        }
        // Several events of one append are stored together, so they need a batch in any case.
        if waiting.iter().any(|append| append.events() > 1) {
            self.batch = true;
            return Some(NextSend::Batch(take_batch(waiting)));
        }
        None
    }

    /// Whether the callers answered by a large batch are about to append again. The first of them
    /// opens the next batch at once, so that the others join it.
    fn expects_many(&self) -> bool {
        self.large_batch_ended
            .is_some_and(|ended| ended.elapsed() < RETURN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::tests::{AppendAnswer, append};

    fn waiting(appends: usize, events: usize) -> (VecDeque<WaitingAppend>, Vec<AppendAnswer>) {
        (0..appends)
            .map(|n| append(&[&format!("p-{n}")], events))
            .unzip()
    }

    /// How the next appends go, and how many they are.
    fn next(
        in_flight: &mut InFlight,
        waiting: &mut VecDeque<WaitingAppend>,
    ) -> Option<(&'static str, usize)> {
        in_flight.next(waiting).map(|next| match next {
            NextSend::Plain(_) => ("plain", 1),
            NextSend::Batch(appends) => ("batch", appends.len()),
            NextSend::OpenBatch(_) => ("open", 1),
        })
    }

    #[test]
    fn few_appends_go_at_once_as_plain_publishes() {
        let mut in_flight = InFlight::default();
        let (mut few, _answers) = waiting(ENOUGH - 1, 1);
        for _ in 0..MAX_PLAIN {
            assert_eq!(next(&mut in_flight, &mut few), Some(("plain", 1)));
        }
        assert_eq!(next(&mut in_flight, &mut few), None);
        in_flight.plain_ended();
        assert_eq!(next(&mut in_flight, &mut few), Some(("plain", 1)));
    }

    #[test]
    fn a_batch_is_opened_for_enough_and_the_rest_waits_until_it_is_answered() {
        let mut in_flight = InFlight::default();
        let (mut enough, _answers) = waiting(ENOUGH, 1);
        assert_eq!(next(&mut in_flight, &mut enough), Some(("open", 1)));
        assert_eq!(next(&mut in_flight, &mut enough), None);
        assert!(!in_flight.reserve_plain());
        in_flight.batch_stored(ENOUGH - 1);
        assert_eq!(next(&mut in_flight, &mut enough), Some(("plain", 1)));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_large_batch_the_first_append_opens_the_next() {
        let mut in_flight = InFlight::default();
        in_flight.batch_stored(ENOUGH);
        assert!(!in_flight.reserve_plain(), "the others would wait for it");
        let (mut one, _answer) = waiting(1, 1);
        assert_eq!(next(&mut in_flight, &mut one), Some(("open", 1)));
        in_flight.batch_stored(ENOUGH);
        tokio::time::advance(RETURN).await;
        assert!(in_flight.reserve_plain(), "nobody came");
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_failed_batch_appends_go_as_plain_publishes() {
        let mut in_flight = InFlight::default();
        in_flight.batch_stored(ENOUGH);
        in_flight.batch_failed();
        assert!(in_flight.reserve_plain());
    }

    #[test]
    fn appends_of_several_events_go_one_batch_at_a_time_with_the_others() {
        let mut in_flight = InFlight::default();
        let (mut mixed, _answers) = waiting(2, 2);
        let (plain, _plain_answers) = waiting(MAX_PLAIN, 1);
        mixed.extend(plain);
        for _ in 0..MAX_PLAIN {
            assert_eq!(next(&mut in_flight, &mut mixed), Some(("plain", 1)));
        }
        assert_eq!(next(&mut in_flight, &mut mixed), Some(("batch", 2)));
        let (mut two, _answer) = waiting(1, 2);
        assert_eq!(next(&mut in_flight, &mut two), None);
        in_flight.batch_stored(2);
        assert_eq!(next(&mut in_flight, &mut two), Some(("batch", 1)));
    }

    #[test]
    fn an_append_that_its_caller_gave_up_is_not_sent() {
        let mut in_flight = InFlight::default();
        let (given_up, answer) = append(&["a"], 1);
        drop(answer);
        let (awaited, _answer) = append(&["b"], 1);
        let mut waiting = VecDeque::from([given_up, awaited]);
        let sent = in_flight.next(&mut waiting);
        assert!(matches!(sent, Some(NextSend::Plain(append)) if append.is_awaited()));
        assert!(waiting.is_empty());
    }
}
