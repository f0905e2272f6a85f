//! Appends under guards: tried, looked up after an unknown outcome, and tried again within a
//! deadline.

use std::{collections::HashSet, time::Duration};

use tokio::time::{Instant, sleep_until, timeout_at};

use crate::{
    AppendError, Journal, JournalError, StreamAppend, batch::BatchOutcome, publish::PublishOutcome,
};

/// An append may take this long, with its look-ups.
const DEADLINE: Duration = Duration::from_secs(4);
/// Time between two tries.
const PAUSE: Duration = Duration::from_millis(100);

impl Journal {
    /// Appends all events of all writes, or none; answers with their positions, in order.
    ///
    /// `Ok` is also the answer to an append that was stored earlier, by a try with a lost answer or
    /// by an earlier call. Such an append is recognized by the bytes of its events: another
    /// decision under the same command id has the same event ids, but is another append, and came
    /// first.
    ///
    /// # Errors
    /// See [`AppendError`]. Ends within 4 seconds.
    pub async fn append(&self, writes: &[StreamAppend]) -> Result<Vec<u64>, AppendError> {
        let deadline = Instant::now() + DEADLINE;
        let Some(last) = writes.last() else {
            return Ok(vec![]);
        };
        if repeats_a_stream(writes) {
            return Err(AppendError::Refused(
                "an append with two writes to one stream".to_owned(),
            ));
        }
        let mut reason = "no answer in time".to_owned();
        let mut may_be_in_flight = false;
        let mut alone = false;
        while Instant::now() < deadline {
            let sent = timeout_at(deadline, self.send(writes, alone)).await;
            alone = true;
            let outcome = match sent {
                Ok(BatchOutcome::Published(PublishOutcome::Stored(positions))) => {
                    return Ok(positions);
                }
                Ok(BatchOutcome::Published(outcome)) => outcome,
                Ok(BatchOutcome::SendAlone) => continue,
                Err(_) => break,
            };
            let after = match &outcome {
                PublishOutcome::Refused(reason) if !may_be_in_flight => {
                    return Err(AppendError::Refused(reason.clone()));
                }
                PublishOutcome::Duplicate => 0,
                _ => last.expected,
            };
            let Ok(found) = timeout_at(deadline, self.look_up(writes, last, after)).await else {
                break;
            };
            match conclude(&outcome, found, may_be_in_flight) {
                Conclusion::Stored(positions) => return Ok(positions),
                Conclusion::Conflict => return Err(AppendError::Conflict),
                Conclusion::Undecided(why) => reason = why,
            }
            may_be_in_flight |= matches!(outcome, PublishOutcome::Unknown(_));
            sleep_until((Instant::now() + PAUSE).min(deadline)).await;
        }
        Err(AppendError::Unavailable(reason))
    }

    /// The first try may share a batch. Later ones go alone, since the batch may have failed by
    /// another append.
    async fn send(&self, writes: &[StreamAppend], alone: bool) -> BatchOutcome {
        match &self.inner.group_commit {
            Some(group_commit) if !alone => group_commit.append(writes).await,
            _ => BatchOutcome::Published(self.inner.publish(writes).await),
        }
    }

    /// Looks for the events of an append after a position.
    async fn look_up(
        &self,
        writes: &[StreamAppend],
        last: &StreamAppend,
        after: u64,
    ) -> Result<LookUp, JournalError> {
        let later = self.load(&last.stream, after).await?;
        let first = last.events.first().map(|event| &event.payload);
        let mut stored = later.iter().map(|entry| &entry.stored);
        let Some(stored) = stored.find(|stored| Some(&stored.payload) == first) else {
            return Ok(if later.is_empty() {
                LookUp::Unmoved
            } else {
                LookUp::Overtaken
            });
        };
        // The events of one append stand together, those of the last stream at the end.
        let count = |writes: &[StreamAppend]| -> u64 {
            writes.iter().map(|write| write.events.len() as u64).sum()
        };
        let before = count(&writes[..writes.len() - 1]);
        let first = stored.position - before.min(stored.position);
        Ok(LookUp::Stored((first..first + count(writes)).collect()))
    }
}

/// The broker compares guards with the events before the whole append, so two writes to one stream
/// would both pass.
fn repeats_a_stream(writes: &[StreamAppend]) -> bool {
    let mut streams = HashSet::new();
    writes.len() > 1 && !writes.iter().all(|write| streams.insert(&write.stream))
}

/// The result of looking for an append in its stream.
enum LookUp {
    /// Stored at these positions.
    Stored(Vec<u64>),
    /// Nothing was appended to the stream.
    Unmoved,
    /// Other appends moved the stream, so the guard of this one cannot hold any more.
    Overtaken,
}

#[derive(Debug, PartialEq)]
enum Conclusion {
    Stored(Vec<u64>),
    Conflict,
    Undecided(String),
}

/// Concludes from a try and a look-up.
///
/// A conflict or a refusal is looked up, too: the append that came first may be an earlier try of
/// the same one. While such a try may be in flight, an unmoved stream decides nothing: on three
/// replicas an append refuses others before any load shows it.
fn conclude(
    outcome: &PublishOutcome,
    found: Result<LookUp, JournalError>,
    may_be_in_flight: bool,
) -> Conclusion {
    match (outcome, found) {
        (_, Ok(LookUp::Stored(positions))) => Conclusion::Stored(positions),
        (_, Ok(LookUp::Overtaken)) => Conclusion::Conflict,
        (PublishOutcome::Conflict, _) if !may_be_in_flight => Conclusion::Conflict,
        (PublishOutcome::Unknown(why), Ok(LookUp::Unmoved)) => Conclusion::Undecided(why.clone()),
        (_, Ok(LookUp::Unmoved)) => {
            Conclusion::Undecided("an earlier try may still be on its way".to_owned())
        }
        (_, Err(error)) => Conclusion::Undecided(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> Result<LookUp, JournalError> {
        Err(JournalError::Unavailable("no answer".to_owned()))
    }

    #[test]
    fn the_first_try_that_meets_a_guard_has_a_conflict() {
        for found in [Ok(LookUp::Unmoved), Ok(LookUp::Overtaken), failed()] {
            assert_eq!(
                conclude(&PublishOutcome::Conflict, found, false),
                Conclusion::Conflict
            );
        }
    }

    /// Answered as a conflict, it would be decided again while its first try is being stored.
    #[test]
    fn a_conflict_with_an_own_earlier_try_stays_open_until_it_is_seen() {
        for found in [Ok(LookUp::Unmoved), failed()] {
            assert!(matches!(
                conclude(&PublishOutcome::Conflict, found, true),
                Conclusion::Undecided(_)
            ));
        }
        let stored = Ok(LookUp::Stored(vec![7]));
        assert_eq!(
            conclude(&PublishOutcome::Conflict, stored, true),
            Conclusion::Stored(vec![7])
        );
        assert_eq!(
            conclude(&PublishOutcome::Conflict, Ok(LookUp::Overtaken), true),
            Conclusion::Conflict
        );
    }

    /// Answered as refused, "nothing was stored" would be a guess.
    #[test]
    fn a_refusal_after_an_own_earlier_try_is_decided_by_the_stream() {
        let refused = PublishOutcome::Refused("too large".to_owned());
        assert_eq!(
            conclude(&refused, Ok(LookUp::Stored(vec![7])), true),
            Conclusion::Stored(vec![7])
        );
        assert_eq!(
            conclude(&refused, Ok(LookUp::Overtaken), true),
            Conclusion::Conflict
        );
        assert!(matches!(
            conclude(&refused, Ok(LookUp::Unmoved), true),
            Conclusion::Undecided(_)
        ));
    }

    #[test]
    fn an_unknown_outcome_is_decided_by_the_stream_alone() {
        let unknown = PublishOutcome::Unknown("timed out".to_owned());
        assert_eq!(
            conclude(&unknown, Ok(LookUp::Stored(vec![1, 2])), false),
            Conclusion::Stored(vec![1, 2])
        );
        assert_eq!(
            conclude(&unknown, Ok(LookUp::Overtaken), false),
            Conclusion::Conflict
        );
        assert_eq!(
            conclude(&unknown, Ok(LookUp::Unmoved), false),
            Conclusion::Undecided("timed out".to_owned())
        );
        assert!(matches!(
            conclude(&unknown, failed(), false),
            Conclusion::Undecided(_)
        ));
    }

    /// Another append stored a part of it: the next decision finds that in the state.
    #[test]
    fn a_duplicate_of_another_append_is_a_conflict() {
        assert_eq!(
            conclude(&PublishOutcome::Duplicate, Ok(LookUp::Overtaken), false),
            Conclusion::Conflict
        );
    }
}
