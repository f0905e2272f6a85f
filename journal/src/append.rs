//! Appending under guards: one event as a plain publish, several as one atomic batch.

use std::time::Duration;

use async_nats::{HeaderMap, Request, connection::State, header};
use bytes::Bytes;
use jejak_events::ids::StreamId;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::{AppendError, Journal, JournalError, Stored, subject};

/// How long an append, with its look-ups, may take.
const DEADLINE: Duration = Duration::from_secs(4);
/// How long one answer of the broker is waited for.
const ANSWER: Duration = Duration::from_millis(1_500);
/// How long to wait before the outcome is looked up again while the broker does not answer.
const PAUSE: Duration = Duration::from_millis(100);

const HEADER_BATCH_ID: &str = "Nats-Batch-Id";
const HEADER_BATCH_SEQUENCE: &str = "Nats-Batch-Sequence";
const HEADER_BATCH_COMMIT: &str = "Nats-Batch-Commit";
const HEADER_GUARD: &str = "Nats-Expected-Last-Subject-Sequence";
const HEADER_GUARD_FILTER: &str = "Nats-Expected-Last-Subject-Sequence-Subject";

/// Broker error codes that mean: the guard does not hold.
const GUARD_FAILED: [u64; 2] = [10_071, 10_164];

/// Events to append to one stream, decided on its state up to `expected`.
#[derive(Debug, Clone)]
pub struct Write {
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

#[derive(Deserialize)]
struct Answer {
    seq: Option<u64>,
    #[serde(default)]
    duplicate: bool,
    error: Option<BrokerError>,
}

#[derive(Deserialize)]
struct BrokerError {
    #[serde(default)]
    err_code: u64,
    #[serde(default)]
    description: String,
}

enum Attempt {
    Stored(Vec<u64>),
    Conflict,
    Refused(String),
    /// It may be stored or not: a timeout, a lost connection, a duplicate, a batch cut short.
    Unknown(String),
}

impl Journal {
    /// Appends all events of all writes, or nothing; answers with their positions, in order.
    ///
    /// An outcome that is not known is looked up by event id before it is answered, so `Ok` is also
    /// what an append gets whose first try was stored and never answered.
    ///
    /// # Errors
    /// See [`AppendError`]. Ends within 4 seconds.
    pub async fn append(&self, writes: &[Write]) -> Result<Vec<u64>, AppendError> {
        let deadline = Instant::now() + DEADLINE;
        let Some(last) = writes.last() else { return Ok(vec![]) };
        let mut reason = "no answer in time".to_owned();
        let mut conflict = false;
        while Instant::now() < deadline {
            match timeout_at(deadline, self.attempt(writes)).await {
                Ok(Attempt::Stored(positions)) => return Ok(positions),
                Ok(Attempt::Refused(why)) => return Err(AppendError::Refused(why)),
                // An earlier try may be what came first, so even a conflict is looked up.
                Ok(Attempt::Conflict) => conflict = true,
                Ok(Attempt::Unknown(why)) => reason = why,
                Err(_) => break,
            }
            match timeout_at(deadline, self.look_up(writes, last)).await {
                Ok(Ok(Some(positions))) => return Ok(positions),
                Ok(Ok(None)) if conflict => return Err(AppendError::Conflict),
                Ok(Ok(None)) => {}
                Ok(Err(LookUp::Overtaken)) => return Err(AppendError::Conflict),
                Ok(Err(LookUp::Failed(_))) if conflict => return Err(AppendError::Conflict),
                Ok(Err(LookUp::Failed(error))) => {
                    reason = error.to_string();
                    tokio::time::sleep_until((Instant::now() + PAUSE).min(deadline)).await;
                }
                Err(_) => break,
            }
        }
        Err(AppendError::Unavailable(reason))
    }

    async fn attempt(&self, writes: &[Write]) -> Attempt {
        // The client would keep what is published now and send it when the broker is back, long after
        // it was answered that the log is unavailable.
        if self.client().connection_state() != State::Connected {
            return Attempt::Unknown("not connected".to_owned());
        }
        let events: usize = writes.iter().map(|write| write.events.len()).sum();
        let batch = (events > 1).then(|| Uuid::new_v4().simple().to_string());
        let mut n = 0;
        for write in writes {
            for (nth, event) in write.events.iter().enumerate() {
                n += 1;
                let mut headers = self.headers(write, event, nth == 0);
                if let Some(batch) = &batch {
                    headers.insert(HEADER_BATCH_ID, batch.as_str());
                    headers.insert(HEADER_BATCH_SEQUENCE, n.to_string());
                }
                let subject = subject::topic(self.tenant(), &write.stream, event.topic);
                if n == events {
                    if batch.is_some() {
                        headers.insert(HEADER_BATCH_COMMIT, header::NATS_BATCH_COMMIT_FINAL);
                    }
                    return self.publish_last(subject, headers, event.payload.clone(), events).await;
                }
                let published =
                    self.client().publish_with_headers(subject, headers, event.payload.clone()).await;
                if let Err(error) = published {
                    return Attempt::Unknown(error.to_string());
                }
            }
        }
        Attempt::Refused("an append without events".to_owned())
    }

    /// The guard stands on the first event of each stream: inside a batch the broker checks it against
    /// what was stored before the batch, so later events of the same stream must not repeat it.
    fn headers(&self, write: &Write, event: &NewEvent, guarded: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/cloudevents+json");
        headers.insert(header::NATS_MESSAGE_ID, event.id.to_string());
        if guarded {
            headers.insert(HEADER_GUARD, write.expected.to_string());
            headers.insert(HEADER_GUARD_FILTER, subject::guard(self.tenant(), &write.stream));
        }
        headers
    }

    async fn publish_last(
        &self,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
        events: usize,
    ) -> Attempt {
        let request = Request::new().headers(headers).payload(payload).timeout(Some(ANSWER));
        let reply = match self.client().send_request(subject, request).await {
            Ok(reply) => reply,
            Err(error) => return Attempt::Unknown(error.to_string()),
        };
        let answer: Answer = match serde_json::from_slice(&reply.payload) {
            Ok(answer) => answer,
            Err(error) => return Attempt::Unknown(error.to_string()),
        };
        match answer {
            Answer { error: Some(error), .. } if GUARD_FAILED.contains(&error.err_code) => Attempt::Conflict,
            Answer { error: Some(error), .. } if is_final(error.err_code) => {
                Attempt::Refused(error.description)
            }
            Answer { error: Some(error), .. } => Attempt::Unknown(error.description),
            Answer { duplicate: true, .. } => Attempt::Unknown("already stored".to_owned()),
            Answer { seq: Some(last), .. } => {
                let count = u64::try_from(events).unwrap_or(u64::MAX);
                Attempt::Stored((last + 1 - count.min(last)..=last).collect())
            }
            _ => Attempt::Unknown("an answer without a position".to_owned()),
        }
    }

    /// Where the events of an append stand, if they were stored: `None` when the stream has not moved.
    async fn look_up(&self, writes: &[Write], last: &Write) -> Result<Option<Vec<u64>>, LookUp> {
        let later = self.load(&last.stream, last.expected).await.map_err(LookUp::Failed)?;
        let first_id = last.events.first().map(|event| event.id);
        let found = later.iter().find(|stored| event_id(stored) == first_id);
        match found {
            None if later.is_empty() => Ok(None),
            None => Err(LookUp::Overtaken),
            Some(stored) => {
                let count =
                    |writes: &[Write]| writes.iter().map(|write| write.events.len() as u64).sum::<u64>();
                let before = count(&writes[..writes.len() - 1]);
                let first = stored.position - before.min(stored.position);
                Ok(Some((first..first + count(writes)).collect()))
            }
        }
    }
}

enum LookUp {
    /// Others appended to the stream, and this append is not among them.
    Overtaken,
    Failed(JournalError),
}

/// Codes for which trying again is pointless: the stream's limits and malformed batches or headers.
fn is_final(code: u64) -> bool {
    const TOO_LARGE: u64 = 10_054;
    const BATCH_DISABLED: u64 = 10_174;
    const INSUFFICIENT_STORAGE: u64 = 10_047;
    [TOO_LARGE, BATCH_DISABLED, INSUFFICIENT_STORAGE].contains(&code)
}

fn event_id(stored: &Stored) -> Option<Uuid> {
    #[derive(Deserialize)]
    struct Id {
        id: Uuid,
    }
    serde_json::from_slice(&stored.payload).ok().map(|Id { id }| id)
}
