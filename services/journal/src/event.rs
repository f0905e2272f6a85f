//! Events on their way into the log and out of it, as bytes. Decoding is `jejak_events::envelope`.

use async_nats::Subject;
use bytes::Bytes;
use jejak_events::ids::StreamId;
use uuid::Uuid;

/// An event as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its sequence in the log, 1 or more.
    pub position: u64,
    /// Its CloudEvent, as JSON.
    pub payload: Bytes,
}

/// A stored event with the subject that it is stored under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Such as `jejak.pontianak.ev.operator.<id>.leave`.
    pub subject: Subject,
    /// Its position and bytes.
    pub stored: StoredEvent,
}

/// Events to append to one stream, decided on the stream's state up to `expected`.
#[derive(Debug, Clone)]
pub struct StreamAppend {
    /// The stream that the events belong to.
    pub stream: StreamId,
    /// The position of the stream's last event known to the decision; 0 for an empty stream.
    pub expected: u64,
    /// The new events, in order.
    pub events: Vec<NewEvent>,
}

/// An event to be stored.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The CloudEvent's id. The broker refuses a second event with it for two minutes.
    pub id: Uuid,
    /// The topic, the last token of the subject, such as `leave`.
    pub topic: &'static str,
    /// Its CloudEvent, as JSON.
    pub payload: Bytes,
}
