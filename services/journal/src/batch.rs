//! Appends that wait for a batch, and the choice of those that fit into one.

use std::collections::{HashSet, VecDeque};

use jejak_events::ids::StreamId;
use tokio::sync::oneshot;

use crate::{StreamAppend, publish::PublishOutcome};

/// Most events in a batch. The broker takes a thousand.
pub(crate) const MAX_EVENTS: usize = 250;
/// Most bytes in a batch, counting payloads.
const MAX_BYTES: usize = 4 << 20;

/// The answer to an append that waited for a batch.
pub(crate) enum BatchOutcome {
    /// The broker's answer to this append.
    Published(PublishOutcome),
    /// The broker refused the batch or did not open it. Nothing was stored: the append goes again,
    /// by itself.
    SendAlone,
}

/// An append that waits for a batch.
pub(crate) struct WaitingAppend {
    pub(crate) writes: Vec<StreamAppend>,
    outcome: oneshot::Sender<BatchOutcome>,
}

impl WaitingAppend {
    pub(crate) fn new(writes: &[StreamAppend]) -> (Self, oneshot::Receiver<BatchOutcome>) {
        let (outcome, answer) = oneshot::channel();
        let writes = writes.to_vec();
        (Self { writes, outcome }, answer)
    }

    pub(crate) fn events(&self) -> usize {
        self.writes.iter().map(|write| write.events.len()).sum()
    }

    /// Whether the caller still waits. A caller that gave up was told that the log is unavailable.
    pub(crate) fn is_awaited(&self) -> bool {
        !self.outcome.is_closed()
    }

    pub(crate) fn answer(self, outcome: BatchOutcome) {
        // The caller may have given up meanwhile.
        let _ = self.outcome.send(outcome);
    }

    fn bytes(&self) -> usize {
        self.writes
            .iter()
            .flat_map(|write| &write.events)
            .map(|event| event.payload.len())
            .sum()
    }
}

/// Takes the longest-waiting appends that fit into one batch; the others keep their order.
///
/// A stream stands in a batch once: the broker compares every guard with the events stored before
/// the batch, so two appends decided on the same position would both pass.
pub(crate) fn take_batch(waiting: &mut VecDeque<WaitingAppend>) -> Vec<WaitingAppend> {
    let mut streams: HashSet<StreamId> = HashSet::new();
    let (mut events, mut bytes) = (0, 0);
    let mut batch = Vec::new();
    let mut left = VecDeque::new();
    for append in waiting.drain(..) {
        let fits = events + append.events() <= MAX_EVENTS && bytes + append.bytes() <= MAX_BYTES;
        let repeats = append
            .writes
            .iter()
            .any(|write| streams.contains(&write.stream));
        // Also the streams of an append that stays behind: no later append may overtake it there.
        streams.extend(append.writes.iter().map(|write| write.stream.clone()));
        if batch.is_empty() || (fits && !repeats) {
            events += append.events();
            bytes += append.bytes();
            batch.push(append);
        } else {
            left.push_back(append);
        }
    }
    *waiting = left;
    batch
}

#[cfg(test)]
pub(crate) mod tests {
    use bytes::Bytes;
    use uuid::Uuid;

    use super::*;
    use crate::NewEvent;

    pub(crate) type AppendAnswer = oneshot::Receiver<BatchOutcome>;

    /// An append of so many events to each of some packages, and the caller's end of it.
    pub(crate) fn append(packages: &[&str], events: usize) -> (WaitingAppend, AppendAnswer) {
        let event = || NewEvent {
            id: Uuid::nil(),
            topic: "terms",
            payload: Bytes::from_static(b"{}"),
        };
        let write = |package: &&str| StreamAppend {
            stream: format!("package/{package}").parse().unwrap(),
            expected: 0,
            events: (0..events).map(|_| event()).collect(),
        };
        let writes: Vec<_> = packages.iter().map(write).collect();
        WaitingAppend::new(&writes)
    }

    fn batches(appends: Vec<(WaitingAppend, AppendAnswer)>) -> Vec<Vec<String>> {
        let (mut waiting, _answers): (VecDeque<_>, Vec<_>) = appends.into_iter().unzip();
        let mut batches = Vec::new();
        while !waiting.is_empty() {
            let batch = take_batch(&mut waiting);
            assert!(!batch.is_empty(), "an append would wait for ever");
            let names = |append: &WaitingAppend| {
                append
                    .writes
                    .iter()
                    .map(|write| write.stream.id().to_string())
                    .collect::<Vec<_>>()
                    .join("+")
            };
            batches.push(batch.iter().map(names).collect());
        }
        batches
    }

    #[test]
    fn a_stream_stands_in_a_batch_once_and_no_append_overtakes_on_it() {
        let appends = vec![
            append(&["a"], 1),
            append(&["p", "b"], 1),
            append(&["c", "p"], 1),
            append(&["c"], 1),
        ];
        assert_eq!(batches(appends), [vec!["a", "p+b"], vec!["c+p"], vec!["c"]]);
    }

    #[test]
    fn a_batch_is_bounded_but_an_append_above_the_bound_goes_by_itself() {
        let appends = vec![
            append(&["a"], MAX_EVENTS - 1),
            append(&["b"], 2),
            append(&["c"], MAX_EVENTS + 1),
            append(&["d"], 1),
        ];
        assert_eq!(batches(appends), [vec!["a", "d"], vec!["b"], vec!["c"]]);
    }
}
