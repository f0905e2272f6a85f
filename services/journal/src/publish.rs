//! One try of an append on the wire: a plain publish, or an atomic batch (ADR-50), and what the broker's
//! answer to it means. It decides nothing about a second try.

use std::time::Duration;

use async_nats::{
    Client, HeaderMap, HeaderName, Request, client::RequestError, connection::State, header,
};
use bytes::Bytes;
use serde::Deserialize;
use uuid::Uuid;

use jejak_events::ids::TenantId;

use crate::{NewEvent, StreamAppend, pace::Outcome, subject};

/// How long one answer of the broker is waited for.
const ANSWER: Duration = Duration::from_millis(1_500);

const CONTENT_TYPE: HeaderName = HeaderName::from_static("content-type");
/// Whose last position a guard speaks of: all topics of a stream.
pub(crate) const GUARD_SUBJECT: HeaderName =
    HeaderName::from_static("Nats-Expected-Last-Subject-Sequence-Subject");

/// Broker error codes that mean: the guard does not hold, by what is stored or by what is on its way.
const GUARD_FAILED: [u64; 2] = [10_071, 10_164];
/// A batch holds an event id that is stored. A plain publish says so by `duplicate` in its answer.
const BATCH_DUPLICATE: u64 = 10_201;

/// The way to the broker.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) client: Client,
    pub(crate) tenant: TenantId,
}

/// What the broker made of one try.
#[derive(Clone)]
pub(crate) enum Attempt {
    Stored(Vec<u64>),
    Conflict,
    /// An event with one of these ids is stored, whatever the guard says.
    Duplicate,
    Refused(String),
    /// It may be stored or not: a timeout, a lost connection, a batch cut short, an id on its way (10158).
    Unknown(String),
}

impl Attempt {
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Stored(_) => Outcome::Stored,
            Self::Conflict | Self::Duplicate | Self::Refused(_) => Outcome::Refused,
            Self::Unknown(_) => Outcome::Unknown,
        }
    }
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

struct Message {
    subject: String,
    headers: HeaderMap,
    payload: Bytes,
}

/// A batch that the broker has room for: its first event is there.
pub(crate) struct Opened {
    id: String,
}

impl Wire {
    /// All events of all writes, or nothing.
    pub(crate) async fn attempt(&self, writes: &[StreamAppend]) -> Attempt {
        self.attempt_in(None, &writes.iter().collect::<Vec<_>>())
            .await
    }

    /// [`Wire::attempt`]; the first event of the first write may be in a batch that was opened for it.
    pub(crate) async fn attempt_in(
        &self,
        opened: Option<Opened>,
        writes: &[&StreamAppend],
    ) -> Attempt {
        if !self.is_connected() {
            return Attempt::Unknown("not connected".to_owned());
        }
        let events: usize = writes.iter().map(|write| write.events.len()).sum();
        let (begun, batch) = match opened {
            Some(opened) => (1, Some(opened.id)),
            None => (0, (events > 1).then(batch_id)),
        };
        let mut messages = self.messages(writes, batch.as_deref());
        messages.drain(..begun.min(messages.len()));
        let last = match (messages.pop(), &batch) {
            (Some(mut last), Some(_)) => {
                last.headers
                    .insert(header::NATS_BATCH_COMMIT, header::NATS_BATCH_COMMIT_FINAL);
                Some(last)
            }
            (Some(alone), None) => Some(alone),
            // Nobody came to the one that it was opened for.
            (None, Some(batch)) => self.end_of_batch(writes, batch),
            (None, None) => None,
        };
        let Some(last) = last else {
            return Attempt::Refused("an append without events".to_owned());
        };
        for Message {
            subject,
            headers,
            payload,
        } in messages
        {
            if let Err(error) = self
                .client
                .publish_with_headers(subject, headers, payload)
                .await
            {
                return Attempt::Unknown(error.to_string());
            }
        }
        self.publish_last(last, events).await
    }

    /// A message for each event. The guard stands on the first event of each stream. Inside a batch the broker
    /// checks guards against what was stored before it, on one replica as on three: a later event of the stream
    /// could repeat the first one's, which says nothing more, and is refused with one that counts the batch's own
    /// events.
    fn messages(&self, writes: &[&StreamAppend], batch: Option<&str>) -> Vec<Message> {
        let mut messages = Vec::new();
        for write in writes {
            for (nth, event) in write.events.iter().enumerate() {
                let batch = batch.map(|id| (id, messages.len() + 1));
                messages.push(self.message(write, event, nth == 0, batch));
            }
        }
        messages
    }

    /// Begins a batch with the first event of a write. Nothing is stored before the batch is sent whole, and the
    /// broker forgets one that is not. `None` where it makes no room for one now, or does not say so in time.
    pub(crate) async fn open(&self, write: &StreamAppend) -> Option<Opened> {
        let event = write.events.first()?;
        if !self.is_connected() {
            return None;
        }
        let id = batch_id();
        let first = self.message(write, event, true, Some((&id, 1)));
        let reply = self.request(first).await.ok()?;
        reply.payload.is_empty().then_some(Opened { id })
    }

    /// The client would keep what is published meanwhile and send it when the broker is back, long after it was
    /// answered that the log is unavailable.
    fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    fn message(
        &self,
        write: &StreamAppend,
        event: &NewEvent,
        guarded: bool,
        batch: Option<(&str, usize)>,
    ) -> Message {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "application/cloudevents+json");
        headers.insert(header::NATS_MESSAGE_ID, event.id.to_string());
        if guarded {
            headers.insert(
                header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE,
                write.expected.to_string(),
            );
            headers.insert(GUARD_SUBJECT, subject::guard(&self.tenant, &write.stream));
        }
        if let Some((id, nth)) = batch {
            into_batch(&mut headers, id, nth);
        }
        let subject = subject::topic(&self.tenant, &write.stream, event.topic);
        Message {
            subject,
            headers,
            payload: event.payload.clone(),
        }
    }

    /// What commits a batch whose events are all sent. It is not an event, and is stored nowhere.
    fn end_of_batch(&self, writes: &[&StreamAppend], batch: &str) -> Option<Message> {
        let mut headers = HeaderMap::new();
        let events: usize = writes.iter().map(|write| write.events.len()).sum();
        into_batch(&mut headers, batch, events + 1);
        headers.insert(header::NATS_BATCH_COMMIT, header::NATS_BATCH_COMMIT_EOB);
        let write = writes.last()?;
        let subject = subject::topic(&self.tenant, &write.stream, write.events.last()?.topic);
        Some(Message {
            subject,
            headers,
            payload: Bytes::new(),
        })
    }

    async fn request(&self, message: Message) -> Result<async_nats::Message, RequestError> {
        let Message {
            subject,
            headers,
            payload,
        } = message;
        let request = Request::new()
            .headers(headers)
            .payload(payload)
            .timeout(Some(ANSWER));
        self.client.send_request(subject, request).await
    }

    async fn publish_last(&self, last: Message, events: usize) -> Attempt {
        let reply = match self.request(last).await {
            Ok(reply) => reply,
            Err(error) => return Attempt::Unknown(error.to_string()),
        };
        let answer: Answer = match serde_json::from_slice(&reply.payload) {
            Ok(answer) => answer,
            Err(error) => return Attempt::Unknown(error.to_string()),
        };
        match answer {
            Answer {
                error: Some(error), ..
            } if GUARD_FAILED.contains(&error.err_code) => Attempt::Conflict,
            Answer {
                error:
                    Some(BrokerError {
                        err_code: BATCH_DUPLICATE,
                        ..
                    }),
                ..
            }
            | Answer {
                duplicate: true, ..
            } => Attempt::Duplicate,
            Answer {
                error: Some(error), ..
            } if is_final(error.err_code) => Attempt::Refused(error.description),
            Answer {
                error: Some(error), ..
            } => Attempt::Unknown(error.description),
            Answer {
                seq: Some(last), ..
            } => {
                let count = u64::try_from(events).unwrap_or(u64::MAX);
                Attempt::Stored((last + 1 - count.min(last)..=last).collect())
            }
            _ => Attempt::Unknown("an answer without a position".to_owned()),
        }
    }
}

fn batch_id() -> String {
    Uuid::new_v4().simple().to_string()
}

fn into_batch(headers: &mut HeaderMap, id: &str, nth: usize) {
    headers.insert(header::NATS_BATCH_ID, id);
    headers.insert(header::NATS_BATCH_SEQUENCE, nth.to_string());
}

/// Codes for which trying again is pointless: the stream's limits. A full disk is not among them: it passes.
fn is_final(code: u64) -> bool {
    const TOO_LARGE: u64 = 10_054;
    const BATCH_DISABLED: u64 = 10_174;
    [TOO_LARGE, BATCH_DISABLED].contains(&code)
}
