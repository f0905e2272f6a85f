//! Appending under guards: tried, looked up where the outcome is not known, and tried again within a
//! deadline. What goes over the wire is in `publish`.

use std::{collections::HashSet, pin::pin, time::Duration};

use bytes::Bytes;
use jejak_events::ids::StreamId;
use tokio::time::{Instant, sleep_until, timeout_at};
use uuid::Uuid;

use crate::{AppendError, Journal, JournalError, group::Sent, publish::Attempt};

/// How long an append, with its look-ups, may take.
const DEADLINE: Duration = Duration::from_secs(4);
/// How long to wait before another try.
const PAUSE: Duration = Duration::from_millis(100);

/// Events to append to one stream, decided on its state up to `expected`.
#[derive(Debug, Clone)]
pub struct StreamAppend {
    /// The stream.
    pub stream: StreamId,
    /// Position of the stream's last event when it was decided; 0 for an empty stream.
    pub expected: u64,
    /// What happened.
    pub events: Vec<NewEvent>,
}

/// An event about to be stored.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The CloudEvent's id.
    pub id: Uuid,
    /// The topic, last token of its subject.
    pub topic: &'static str,
    /// The CloudEvent.
    pub payload: Bytes,
}

impl Journal {
    /// Appends all events of all writes, or nothing; answers with their positions, in order.
    ///
    /// An outcome that is not known is looked up before it is answered, so `Ok` is also what an append gets
    /// that was stored before, by a try whose answer was lost or at any earlier time. What is stored is this
    /// append only if it is the same bytes: an event id follows from the command id, and another decision
    /// under the same command id is another append, which came first.
    ///
    /// # Errors
    /// See [`AppendError`]. Ends within 4 seconds.
    pub async fn append(&self, writes: &[StreamAppend]) -> Result<Vec<u64>, AppendError> {
        let deadline = Instant::now() + DEADLINE;
        let Some(last) = writes.last() else {
            return Ok(vec![]);
        };
        // A guard speaks of what was stored before the whole append: two on one stream would hide each other.
        if writes.len() > 1
            && writes
                .iter()
                .map(|write| &write.stream)
                .collect::<HashSet<_>>()
                .len()
                < writes.len()
        {
            return Err(AppendError::Refused(
                "an append with two writes to one stream".to_owned(),
            ));
        }
        let mut reason = "no answer in time".to_owned();
        let mut on_its_way = false;
        let mut alone = false;
        while Instant::now() < deadline {
            // Pinned where it is: moved into a timeout, all the room it has is copied.
            let sending = pin!(self.send(writes, alone));
            let sent = timeout_at(deadline, sending).await;
            alone = true;
            let attempt = match sent {
                Ok(Sent::Tried(Attempt::Stored(positions))) => return Ok(positions),
                Ok(Sent::Tried(attempt)) => attempt,
                Ok(Sent::GoAlone) => continue,
                Err(_) => break,
            };
            let after = match &attempt {
                Attempt::Refused(why) if !on_its_way => {
                    return Err(AppendError::Refused(why.clone()));
                }
                Attempt::Duplicate => 0,
                _ => last.expected,
            };
            // Boxed, since every append would carry room for what few need.
            let look_up = Box::pin(self.look_up(writes, last, after));
            let Ok(found) = timeout_at(deadline, look_up).await else {
                break;
            };
            match verdict(&attempt, found, on_its_way) {
                Verdict::Stored(positions) => return Ok(positions),
                Verdict::Conflict => return Err(AppendError::Conflict),
                Verdict::Open(why) => reason = why,
            }
            on_its_way |= matches!(attempt, Attempt::Unknown(_));
            sleep_until((Instant::now() + PAUSE).min(deadline)).await;
        }
        Err(AppendError::Unavailable(reason))
    }

    /// Once in company, afterwards alone.
    async fn send(&self, writes: &[StreamAppend], alone: bool) -> Sent {
        if alone {
            Sent::Tried(self.inner.wire.attempt(writes).await)
        } else {
            self.inner.group.attempt(writes).await
        }
    }

    /// Where the events of an append stand, if they were stored after a position.
    async fn look_up(
        &self,
        writes: &[StreamAppend],
        last: &StreamAppend,
        after: u64,
    ) -> Result<Found, JournalError> {
        let later = self.load(&last.stream, after).await?;
        let first = last.events.first().map(|event| &event.payload);
        Ok(
            match later.iter().find(|stored| Some(&stored.payload) == first) {
                None if later.is_empty() => Found::Unmoved,
                None => Found::Overtaken,
                Some(stored) => {
                    let count = |writes: &[StreamAppend]| {
                        writes
                            .iter()
                            .map(|write| write.events.len() as u64)
                            .sum::<u64>()
                    };
                    let before = count(&writes[..writes.len() - 1]);
                    let first = stored.position - before.min(stored.position);
                    Found::Here((first..first + count(writes)).collect())
                }
            },
        )
    }
}

/// What a look-up found of an append.
enum Found {
    Here(Vec<u64>),
    /// Nothing was appended to the stream.
    Unmoved,
    /// Others appended to the stream, and this append is not among them: its guard cannot hold any more.
    Overtaken,
}

#[derive(Debug, PartialEq)]
enum Verdict {
    Stored(Vec<u64>),
    Conflict,
    Open(String),
}

/// What is known after a try and a look-up. A conflict or a refusal is looked up, too: what came first may
/// be an earlier try of the same append. While one may still be on its way, an unmoved stream does not decide it: on
/// three replicas an append refuses others before anyone can load it.
fn verdict(attempt: &Attempt, found: Result<Found, JournalError>, on_its_way: bool) -> Verdict {
    match (attempt, found) {
        (_, Ok(Found::Here(positions))) => Verdict::Stored(positions),
        (_, Ok(Found::Overtaken)) => Verdict::Conflict,
        (Attempt::Conflict, _) if !on_its_way => Verdict::Conflict,
        (Attempt::Unknown(why), Ok(Found::Unmoved)) => Verdict::Open(why.clone()),
        (_, Ok(Found::Unmoved)) => {
            Verdict::Open("an earlier try may still be on its way".to_owned())
        }
        (_, Err(error)) => Verdict::Open(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> Result<Found, JournalError> {
        Err(JournalError::Unavailable("no answer".to_owned()))
    }

    #[test]
    fn the_first_try_that_meets_a_guard_has_a_conflict() {
        for found in [Ok(Found::Unmoved), Ok(Found::Overtaken), failed()] {
            assert_eq!(verdict(&Attempt::Conflict, found, false), Verdict::Conflict);
        }
    }

    /// Answered as a conflict, it would be decided again while its first try is being stored.
    #[test]
    fn a_conflict_with_an_own_earlier_try_stays_open_until_it_is_seen() {
        for found in [Ok(Found::Unmoved), failed()] {
            assert!(matches!(
                verdict(&Attempt::Conflict, found, true),
                Verdict::Open(_)
            ));
        }
        let seen = verdict(&Attempt::Conflict, Ok(Found::Here(vec![7])), true);
        assert_eq!(seen, Verdict::Stored(vec![7]));
        assert_eq!(
            verdict(&Attempt::Conflict, Ok(Found::Overtaken), true),
            Verdict::Conflict
        );
    }

    /// Answered as refused, "nothing was stored" would be a guess.
    #[test]
    fn a_refusal_after_an_own_earlier_try_is_decided_by_the_stream() {
        let refused = Attempt::Refused("too large".to_owned());
        assert_eq!(
            verdict(&refused, Ok(Found::Here(vec![7])), true),
            Verdict::Stored(vec![7])
        );
        assert_eq!(
            verdict(&refused, Ok(Found::Overtaken), true),
            Verdict::Conflict
        );
        assert!(matches!(
            verdict(&refused, Ok(Found::Unmoved), true),
            Verdict::Open(_)
        ));
    }

    #[test]
    fn what_is_not_known_is_decided_by_the_stream_alone() {
        let unknown = Attempt::Unknown("timed out".to_owned());
        assert_eq!(
            verdict(&unknown, Ok(Found::Here(vec![1, 2])), false),
            Verdict::Stored(vec![1, 2])
        );
        assert_eq!(
            verdict(&unknown, Ok(Found::Overtaken), false),
            Verdict::Conflict
        );
        assert_eq!(
            verdict(&unknown, Ok(Found::Unmoved), false),
            Verdict::Open("timed out".to_owned())
        );
        assert!(matches!(
            verdict(&unknown, failed(), false),
            Verdict::Open(_)
        ));
    }

    /// Part of it was stored by another append: what is decided anew finds it in the state.
    #[test]
    fn a_duplicate_that_is_not_this_append_is_a_conflict() {
        assert_eq!(
            verdict(&Attempt::Duplicate, Ok(Found::Overtaken), false),
            Verdict::Conflict
        );
    }
}
