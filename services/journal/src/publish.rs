//! One try of an append: a plain publish, or an atomic batch (ADR-50), and the meaning of the
//! broker's answer. Second tries are `append`'s.

use std::time::Duration;

use async_nats::{
    Client, HeaderMap, HeaderName, Request, client::RequestError, connection::State, header,
};
use bytes::Bytes;
use jejak_events::ids::TenantId;
use serde::Deserialize;
use uuid::Uuid;

use crate::{NewEvent, StreamAppend, subject};

/// The broker has this long for one answer.
const ANSWER: Duration = Duration::from_millis(1_500);

const CONTENT_TYPE: HeaderName = HeaderName::from_static("content-type");

/// Broker error codes of a guard that does not hold, by a stored event or by one in flight.
const GUARD_FAILED: [u64; 2] = [10_071, 10_164];
/// A batch holds a stored event id. A plain publish reports it by `duplicate` in its answer.
const BATCH_DUPLICATE: u64 = 10_201;

/// Publishes events of one tenant. Cheap to clone.
#[derive(Clone)]
pub(crate) struct EventPublisher {
    client: Client,
    tenant: TenantId,
}

/// The outcome of one try.
#[derive(Clone)]
pub(crate) enum PublishOutcome {
    /// Stored at these positions, one for each event.
    Stored(Vec<u64>),
    /// A guard does not hold.
    Conflict,
    /// An event with one of these ids is stored, whatever the guard says.
    Duplicate,
    /// Refused for good, with the broker's reason.
    Refused(String),
    /// Perhaps stored: a timeout, a lost connection, a batch cut short, an id in flight (10158).
    Unknown(String),
}

#[derive(Deserialize)]
struct PublishReply {
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

struct OutgoingMessage {
    subject: String,
    headers: HeaderMap,
    payload: Bytes,
}

/// A batch that the broker has room for. It holds the first event.
pub(crate) struct OpenBatch {
    id: String,
}

impl EventPublisher {
    pub(crate) fn new(client: Client, tenant: TenantId) -> Self {
        Self { client, tenant }
    }

    pub(crate) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Publishes all events of all writes, or none.
    pub(crate) async fn publish(&self, writes: &[StreamAppend]) -> PublishOutcome {
        self.publish_in(None, &writes.iter().collect::<Vec<_>>())
            .await
    }

    /// [`EventPublisher::publish`]. A batch opened for the first write holds its first event
    /// already.
    pub(crate) async fn publish_in(
        &self,
        opened: Option<OpenBatch>,
        writes: &[&StreamAppend],
    ) -> PublishOutcome {
        if !self.is_connected() {
            return PublishOutcome::Unknown("not connected".to_owned());
        }
        let events: usize = writes.iter().map(|write| write.events.len()).sum();
        let (sent, batch) = match opened {
            Some(opened) => (1, Some(opened.id)),
            None => (0, (events > 1).then(batch_id)),
        };
        let mut messages = self.messages(writes, batch.as_deref());
        messages.drain(..sent.min(messages.len()));
        let last = match (messages.pop(), &batch) {
            (Some(mut last), Some(_)) => {
                last.headers
                    .insert(header::NATS_BATCH_COMMIT, header::NATS_BATCH_COMMIT_FINAL);
                Some(last)
            }
            (Some(alone), None) => Some(alone),
            // No other append joined the one that the batch was opened for.
            (None, Some(batch)) => self.end_of_batch(writes, batch),
            (None, None) => None,
        };
        let Some(last) = last else {
            return PublishOutcome::Refused("an append without events".to_owned());
        };
        for OutgoingMessage {
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
                return PublishOutcome::Unknown(error.to_string());
            }
        }
        self.publish_last(last, events).await
    }

    /// Begins a batch with the first event of a write. The broker stores nothing before the batch
    /// ends, and forgets a batch that never does. `None` where the broker has no room for one now,
    /// or does not answer in time.
    pub(crate) async fn open_batch(&self, write: &StreamAppend) -> Option<OpenBatch> {
        let event = write.events.first()?;
        if !self.is_connected() {
            return None;
        }
        let id = batch_id();
        let first = self.message(write, event, true, Some((&id, 1)));
        let reply = self.request(first).await.ok()?;
        reply.payload.is_empty().then_some(OpenBatch { id })
    }

    /// Without a connection the client would keep a message and send it later, long after the
    /// caller was told that the log is unavailable.
    fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// One message for each event. The guard stands on the first event of each stream.
    ///
    /// Inside a batch the broker compares every guard with the events stored before the batch. A
    /// guard on a later event of the stream would be refused if it counted the batch's own events.
    fn messages(&self, writes: &[&StreamAppend], batch: Option<&str>) -> Vec<OutgoingMessage> {
        let mut messages = Vec::new();
        for write in writes {
            for (nth, event) in write.events.iter().enumerate() {
                let batch = batch.map(|id| (id, messages.len() + 1));
                messages.push(self.message(write, event, nth == 0, batch));
            }
        }
        messages
    }

    fn message(
        &self,
        write: &StreamAppend,
        event: &NewEvent,
        is_guarded: bool,
        batch: Option<(&str, usize)>,
    ) -> OutgoingMessage {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "application/cloudevents+json");
        headers.insert(header::NATS_MESSAGE_ID, event.id.to_string());
        if is_guarded {
            headers.insert(
                header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE,
                write.expected.to_string(),
            );
            headers.insert(
                subject::GUARD_HEADER,
                subject::guard(&self.tenant, &write.stream),
            );
        }
        if let Some((id, nth)) = batch {
            add_batch_headers(&mut headers, id, nth);
        }
        let subject = subject::topic(&self.tenant, &write.stream, event.topic);
        OutgoingMessage {
            subject,
            headers,
            payload: event.payload.clone(),
        }
    }

    /// The message that commits a batch with all events sent. The broker does not store it.
    fn end_of_batch(&self, writes: &[&StreamAppend], batch: &str) -> Option<OutgoingMessage> {
        let mut headers = HeaderMap::new();
        let events: usize = writes.iter().map(|write| write.events.len()).sum();
        add_batch_headers(&mut headers, batch, events + 1);
        headers.insert(header::NATS_BATCH_COMMIT, header::NATS_BATCH_COMMIT_EOB);
        let write = writes.last()?;
        let subject = subject::topic(&self.tenant, &write.stream, write.events.last()?.topic);
        Some(OutgoingMessage {
            subject,
            headers,
            payload: Bytes::new(),
        })
    }

    async fn request(&self, message: OutgoingMessage) -> Result<async_nats::Message, RequestError> {
        let OutgoingMessage {
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

    async fn publish_last(&self, last: OutgoingMessage, events: usize) -> PublishOutcome {
        let reply = match self.request(last).await {
            Ok(reply) => reply,
            Err(error) => return PublishOutcome::Unknown(error.to_string()),
        };
        match serde_json::from_slice(&reply.payload) {
            Ok(reply) => outcome(reply, events),
            Err(error) => PublishOutcome::Unknown(error.to_string()),
        }
    }
}

fn outcome(reply: PublishReply, events: usize) -> PublishOutcome {
    if let Some(error) = reply.error {
        return match error.err_code {
            code if GUARD_FAILED.contains(&code) => PublishOutcome::Conflict,
            BATCH_DUPLICATE => PublishOutcome::Duplicate,
            code if is_final(code) => PublishOutcome::Refused(error.description),
            _ => PublishOutcome::Unknown(error.description),
        };
    }
    if reply.duplicate {
        return PublishOutcome::Duplicate;
    }
    let Some(last) = reply.seq else {
        return PublishOutcome::Unknown("an answer without a position".to_owned());
    };
    let count = u64::try_from(events).unwrap_or(u64::MAX);
    PublishOutcome::Stored((last + 1 - count.min(last)..=last).collect())
}

fn batch_id() -> String {
    Uuid::new_v4().simple().to_string()
}

fn add_batch_headers(headers: &mut HeaderMap, id: &str, nth: usize) {
    headers.insert(header::NATS_BATCH_ID, id);
    headers.insert(header::NATS_BATCH_SEQUENCE, nth.to_string());
}

/// Codes of the stream's limits: a second try is pointless. A full disk is not among them, since it
/// passes.
fn is_final(code: u64) -> bool {
    const TOO_LARGE: u64 = 10_054;
    const BATCH_DISABLED: u64 = 10_174;
    [TOO_LARGE, BATCH_DISABLED].contains(&code)
}
