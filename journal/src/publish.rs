//! One try of an append on the wire: a plain publish, or an atomic batch (ADR-50), and what the broker's
//! answer to it means. It decides nothing about a second try.

use std::time::Duration;

use async_nats::{Client, HeaderMap, HeaderName, Request, connection::State, header};
use bytes::Bytes;
use serde::Deserialize;
use uuid::Uuid;

use jejak_events::ids::TenantId;

use crate::{NewEvent, Write, pace::Outcome, subject};

/// How long one answer of the broker is waited for.
const ANSWER: Duration = Duration::from_millis(1_500);

const HEADER_CONTENT_TYPE: HeaderName = HeaderName::from_static("content-type");
const HEADER_BATCH_ID: HeaderName = HeaderName::from_static("Nats-Batch-Id");
const HEADER_BATCH_SEQUENCE: HeaderName = HeaderName::from_static("Nats-Batch-Sequence");
const HEADER_BATCH_COMMIT: HeaderName = HeaderName::from_static("Nats-Batch-Commit");
const HEADER_GUARD: HeaderName = HeaderName::from_static("Nats-Expected-Last-Subject-Sequence");
const HEADER_GUARD_FILTER: HeaderName =
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

impl Wire {
    pub(crate) async fn attempt(&self, writes: &[Write]) -> Attempt {
        // The client would keep what is published now and send it when the broker is back, long after
        // it was answered that the log is unavailable.
        if self.client.connection_state() != State::Connected {
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
                let subject = subject::topic(&self.tenant, &write.stream, event.topic);
                if n == events {
                    if batch.is_some() {
                        headers.insert(HEADER_BATCH_COMMIT, header::NATS_BATCH_COMMIT_FINAL);
                    }
                    return self.publish_last(subject, headers, event.payload.clone(), events).await;
                }
                let published =
                    self.client.publish_with_headers(subject, headers, event.payload.clone()).await;
                if let Err(error) = published {
                    return Attempt::Unknown(error.to_string());
                }
            }
        }
        Attempt::Refused("an append without events".to_owned())
    }

    /// The guard stands on the first event of each stream. Inside a batch the broker checks guards against
    /// what was stored before it, on one replica as on three: a later event of the stream could repeat the
    /// first one's, which says nothing more, and is refused with one that counts the batch's own events.
    fn headers(&self, write: &Write, event: &NewEvent, guarded: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER_CONTENT_TYPE, "application/cloudevents+json");
        headers.insert(header::NATS_MESSAGE_ID, event.id.to_string());
        if guarded {
            headers.insert(HEADER_GUARD, write.expected.to_string());
            headers.insert(HEADER_GUARD_FILTER, subject::guard(&self.tenant, &write.stream));
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
        let reply = match self.client.send_request(subject, request).await {
            Ok(reply) => reply,
            Err(error) => return Attempt::Unknown(error.to_string()),
        };
        let answer: Answer = match serde_json::from_slice(&reply.payload) {
            Ok(answer) => answer,
            Err(error) => return Attempt::Unknown(error.to_string()),
        };
        match answer {
            Answer { error: Some(error), .. } if GUARD_FAILED.contains(&error.err_code) => Attempt::Conflict,
            Answer { error: Some(BrokerError { err_code: BATCH_DUPLICATE, .. }), .. }
            | Answer { duplicate: true, .. } => Attempt::Duplicate,
            Answer { error: Some(error), .. } if is_final(error.err_code) => {
                Attempt::Refused(error.description)
            }
            Answer { error: Some(error), .. } => Attempt::Unknown(error.description),
            Answer { seq: Some(last), .. } => {
                let count = u64::try_from(events).unwrap_or(u64::MAX);
                Attempt::Stored((last + 1 - count.min(last)..=last).collect())
            }
            _ => Attempt::Unknown("an answer without a position".to_owned()),
        }
    }
}

/// Codes for which trying again is pointless: the stream's limits. A full disk is not among them: it passes.
fn is_final(code: u64) -> bool {
    const TOO_LARGE: u64 = 10_054;
    const BATCH_DISABLED: u64 = 10_174;
    [TOO_LARGE, BATCH_DISABLED].contains(&code)
}
