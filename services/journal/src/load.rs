//! Loads of one stream by its exact subjects, and reads of one position.
//!
//! Every load is a prefix of its stream. A refusal rests on a load with the leader's word, because
//! no guard would refuse a decision without an append.

use std::time::Duration;

use bytes::Bytes;
use jejak_events::ids::StreamId;
use serde_json::json;

use crate::{
    Journal, JournalError, LogEntry,
    get::{direct_get, direct_gets, leader_at, leader_last},
    subject,
};

/// Most events of one batched direct get.
const BATCH: u64 = 1_000;
/// Further tries at a replica that lags behind the leader.
const MAX_LAGGING: u32 = 40;
/// The pause before a further try grows by this much each time.
const LAG_PAUSE: Duration = Duration::from_millis(1);

/// The events of a stream after some position, without a hole.
struct StreamPrefix {
    events: Vec<LogEntry>,
    /// The position of the last event; without an event, the position it begins after.
    end: u64,
}

/// Pauses before the next try at a replica that lags behind.
///
/// # Errors
/// [`JournalError::Unavailable`] after [`MAX_LAGGING`] tries.
async fn wait_for_replica(attempt: u32) -> Result<(), JournalError> {
    if attempt == MAX_LAGGING {
        return Err(JournalError::Unavailable(
            "a replica lags behind the leader".to_owned(),
        ));
    }
    tokio::time::sleep(LAG_PAUSE * attempt).await;
    Ok(())
}

impl Journal {
    /// Loads the events of a stream after a position, in order and without a hole: all that the
    /// leader has at the call.
    ///
    /// # Errors
    /// No answer, or a replica that does not catch up with the leader.
    pub async fn load(&self, stream: &StreamId, after: u64) -> Result<Vec<LogEntry>, JournalError> {
        let filter = subject::guard(self.tenant(), stream);
        if after > 0 {
            // Usually the stream ends there, and one question is enough.
            let end = self.last_of(&filter).await?;
            return self.up_to(end, stream, &filter, after).await;
        }
        // Both at once: nearly always the prefix reaches the leader's end already.
        let (end, prefix) =
            tokio::try_join!(self.last_of(&filter), self.prefix(stream, &filter, after))?;
        if prefix.end >= position(end.as_ref()) {
            Ok(prefix.events)
        } else {
            self.up_to(end, stream, &filter, after).await
        }
    }

    /// Loads the events after the last known event of a stream.
    ///
    /// # Errors
    /// Those of [`Journal::load`], and [`JournalError::Diverged`] when the stream ends before that event.
    pub async fn load_since(
        &self,
        stream: &StreamId,
        last: u64,
    ) -> Result<Vec<LogEntry>, JournalError> {
        let filter = subject::guard(self.tenant(), stream);
        match self.last_of(&filter).await? {
            end if position(end.as_ref()) < last => Err(JournalError::Diverged { position: last }),
            end => self.up_to(end, stream, &filter, last).await,
        }
    }

    /// Loads a prefix of a stream from any replica: without a hole, but perhaps without the last
    /// events. It is enough for a stream that is appended to next, since the guard refuses a
    /// decision on an old state.
    ///
    /// # Errors
    /// No answer, or replicas that do not catch up with each other.
    pub async fn load_prefix(&self, stream: &StreamId) -> Result<Vec<LogEntry>, JournalError> {
        let filter = subject::guard(self.tenant(), stream);
        Ok(self.prefix(stream, &filter, 0).await?.events)
    }

    /// The events after a position, from a prefix that reaches the leader's end.
    async fn up_to(
        &self,
        end: Option<LogEntry>,
        stream: &StreamId,
        filter: &str,
        after: u64,
    ) -> Result<Vec<LogEntry>, JournalError> {
        let Some(end) = end.filter(|end| end.stored.position > after) else {
            return Ok(vec![]);
        };
        let topic = end.subject.as_str().rsplit('.').next().unwrap_or_default();
        if !stream.topics().contains(&topic) {
            return self.up_to_no_topic(end, stream, filter, after).await;
        }
        let mut attempt = 0;
        loop {
            let prefix = self.prefix(stream, filter, after).await?;
            if prefix.end >= end.stored.position {
                return Ok(prefix.events);
            }
            wait_for_replica(attempt).await?;
            attempt += 1;
        }
    }

    /// The events up to a message under a topic that the stream does not have, and that message. No
    /// read of a topic shows it, and its reader must see it.
    async fn up_to_no_topic(
        &self,
        end: LogEntry,
        stream: &StreamId,
        filter: &str,
        after: u64,
    ) -> Result<Vec<LogEntry>, JournalError> {
        let subjects = self.subjects(stream);
        let mut attempt = 0;
        loop {
            let reached = vec![after; subjects.len()];
            let StreamPrefix {
                mut events,
                end: reached,
            } = self.cut(&subjects, filter, reached, vec![]).await?;
            if reached >= end.stored.position {
                events.push(end);
                events.sort_unstable_by_key(|entry| entry.stored.position);
                return Ok(events);
            }
            wait_for_replica(attempt).await?;
            attempt += 1;
        }
    }

    fn subjects(&self, stream: &StreamId) -> Vec<String> {
        let topics = stream.topics().iter();
        topics
            .map(|topic| subject::topic(self.tenant(), stream, topic))
            .collect()
    }

    /// The prefix of a stream after a position.
    ///
    /// Topics are read side by side, on a cluster from any replica. So one topic may show an event
    /// while another does not show an earlier one yet. Each event is stored with its guard, the
    /// position before it in the stream. Where every guard names the event before it, no event is
    /// missing in between.
    async fn prefix(
        &self,
        stream: &StreamId,
        filter: &str,
        after: u64,
    ) -> Result<StreamPrefix, JournalError> {
        let subjects = self.subjects(stream);
        let mut reached = vec![after; subjects.len()];
        let queries = subjects
            .iter()
            .map(|subject| topic_query(subject, after))
            .collect();
        let mut messages = Vec::new();
        let pending = direct_gets(self.api(), &self.inner.log, queries, |nth, message| {
            reached[nth] = message.position;
            messages.push((
                message.position,
                message.guarded_by(filter),
                message.entry(),
            ));
        })
        .await?;
        messages.sort_unstable_by_key(|(position, ..)| *position);
        let guards = messages
            .iter()
            .map(|(position, guard, _)| (*position, *guard));
        let has_no_hole = pending.iter().all(|more| *more == 0) && is_linked(after, guards);
        let events: Vec<_> = messages.into_iter().map(|(.., event)| event).collect();
        if has_no_hole {
            let end = events.last().map_or(after, |last| last.stored.position);
            return Ok(StreamPrefix { events, end });
        }
        self.cut(&subjects, filter, reached, events).await
    }

    /// The prefix of a stream at one moment of one replica. The replica names the end of every
    /// topic at that moment. Each topic is read up to its end, and events after the last end are
    /// left out.
    async fn cut(
        &self,
        subjects: &[String],
        filter: &str,
        reached: Vec<u64>,
        mut events: Vec<LogEntry>,
    ) -> Result<StreamPrefix, JournalError> {
        let (api, log) = (self.api(), &self.inner.log);
        let (ends, more) = direct_get(
            api,
            log,
            json!({ "multi_last": [filter] }).to_string().into(),
        )
        .await?;
        if more > 0 {
            return Err(JournalError::Protocol(
                "a stream has more topics than one answer names".to_owned(),
            ));
        }
        for (subject, mut reached) in subjects.iter().zip(reached) {
            let topic_end = ends
                .iter()
                .find(|last| last.subject() == subject)
                .map_or(0, |last| last.position);
            let mut attempt = 0;
            while reached < topic_end {
                wait_for_replica(attempt).await?;
                attempt += 1;
                direct_gets(
                    api,
                    log,
                    vec![topic_query(subject, reached)],
                    |_, message| {
                        (reached, attempt) = (message.position, 0);
                        events.push(message.entry());
                    },
                )
                .await?;
            }
        }
        let end = ends.iter().map(|last| last.position).max().unwrap_or(0);
        events.retain(|entry| entry.stored.position <= end);
        events.sort_unstable_by_key(|entry| entry.stored.position);
        Ok(StreamPrefix { events, end })
    }

    /// The last message of a filter, from the leader.
    async fn last_of(&self, filter: &str) -> Result<Option<LogEntry>, JournalError> {
        leader_last(self.api(), &self.inner.log, filter).await
    }

    /// Reads the event at a position; `None` past the log's end.
    ///
    /// # Errors
    /// No answer, or a malformed one.
    pub async fn read(&self, position: u64) -> Result<Option<LogEntry>, JournalError> {
        if position == 0 {
            return Ok(None);
        }
        let query = json!({ "seq": position, "batch": 1 }).to_string();
        let (found, _) = direct_get(self.api(), &self.inner.log, query.into()).await?;
        match found
            .into_iter()
            .find(|message| message.position == position)
        {
            Some(message) => Ok(Some(message.entry())),
            // A replica that lags behind may not have it yet.
            None => leader_at(self.api(), &self.inner.log, position).await,
        }
    }

    /// Reads the event at a position from the leader; `None` where the log does not hold it.
    ///
    /// # Errors
    /// No answer, or a malformed one.
    pub async fn read_from_leader(&self, position: u64) -> Result<Option<LogEntry>, JournalError> {
        let found = leader_at(self.api(), &self.inner.log, position).await?;
        Ok(found.filter(|entry| entry.stored.position == position))
    }
}

/// The position of a message; 0 without one.
fn position(entry: Option<&LogEntry>) -> u64 {
    entry.map_or(0, |entry| entry.stored.position)
}

/// Whether each event of a stream came next after the one before it. Its guard names that one, or
/// the two positions follow each other in the log.
fn is_linked(after: u64, events: impl IntoIterator<Item = (u64, Option<u64>)>) -> bool {
    let mut last = after;
    events.into_iter().all(|(position, guard)| {
        let before = std::mem::replace(&mut last, position);
        guard == Some(before) || position == before + 1
    })
}

/// The body of a batched get of a topic's events after a position.
fn topic_query(subject: &str, after: u64) -> Bytes {
    json!({ "seq": after + 1, "batch": BATCH, "next_by_subj": subject })
        .to_string()
        .into()
}

#[cfg(test)]
mod tests {
    use super::is_linked;

    /// Goal: no state has a hole that its guard cannot detect. Method: positions of a stream after
    /// position 3, with the guards they were stored under: without a hole, with events of one
    /// append, and with each kind of hole.
    #[test]
    fn an_event_that_is_missing_is_noticed() {
        assert!(is_linked(3, []));
        assert!(is_linked(
            3,
            [(7, Some(3)), (9, Some(7)), (10, None), (15, Some(10))]
        ));
        for hole in [
            vec![(9, Some(7))],
            vec![(7, Some(3)), (15, Some(9))],
            vec![(7, Some(3)), (9, None)],
            vec![(7, Some(0))],
            vec![(7, Some(3)), (9, Some(3))],
        ] {
            assert!(!is_linked(3, hole.clone()), "{hole:?}");
        }
    }
}
