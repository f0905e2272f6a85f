//! Positions of the log as a store takes them: in order, each with its event where the view reads it.

use chrono::{DateTime, Utc};
use jejak_events::{
    Envelope, RecordedEvent,
    envelope::{DecodeError, RawEvent},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{error::ProjectionError, view::View};

/// The identity of the event at a checkpoint. It tells whether a log still holds the events that made the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventMark {
    id: Uuid,
    time: DateTime<Utc>,
}

impl EventMark {
    /// The mark of a stored event.
    pub fn of(event: &RawEvent<'_>) -> Self {
        Self {
            id: event.id(),
            time: event.time(),
        }
    }

    /// The mark of stored bytes. Bytes that are no event have one, too.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        RawEvent::new(bytes).map_or_else(
            |_| Self {
                id: Uuid::new_v5(&Uuid::NAMESPACE_OID, bytes),
                time: DateTime::UNIX_EPOCH,
            },
            |event| Self::of(&event),
        )
    }

    fn of_envelope(envelope: &Envelope) -> Self {
        Self {
            id: envelope.id,
            time: envelope.time,
        }
    }
}

/// One position of the log, to be applied to a view.
pub trait Applicable {
    /// The position in the log, from 1.
    fn position(&self) -> u64;

    /// The mark of the event, and the event where it was decoded.
    ///
    /// # Errors
    /// [`ProjectionError::Unreadable`] for an event that may concern the view and cannot be read.
    fn event_for(
        &self,
        view: &dyn View,
    ) -> Result<(EventMark, Option<&RecordedEvent>), ProjectionError>;
}

impl Applicable for RecordedEvent {
    fn position(&self) -> u64 {
        self.position
    }

    fn event_for(
        &self,
        _: &dyn View,
    ) -> Result<(EventMark, Option<&RecordedEvent>), ProjectionError> {
        Ok((EventMark::of_envelope(&self.envelope), Some(self)))
    }
}

/// One position of the log, decoded as far as the views of some topics read it.
#[derive(Debug)]
pub enum ViewEntry {
    /// An event of one of the topics.
    Event(Box<RecordedEvent>),
    /// An event of another topic, or a message in quarantine. It changes no rows.
    PassedOver {
        /// The position in the log.
        position: u64,
        /// The mark of the event or message.
        mark: EventMark,
    },
    /// An event that cannot be read. It stops the views that it may concern.
    Unreadable {
        /// The position in the log.
        position: u64,
        /// The error of the decoder or of the keyring.
        reason: String,
        /// The topic and mark, where that much can be read. The entry concerns views of the topic only.
        topic: Option<(String, EventMark)>,
    },
}

impl ViewEntry {
    /// Decodes the event stored as `bytes` for views of some topics. The personal part stays sealed.
    pub fn decode(topics: &[&str], position: u64, bytes: &[u8]) -> Self {
        Self::try_decode(topics, position, bytes).unwrap_or_else(|error| {
            // An event of an unknown topic may concern every view.
            let unread = RawEvent::new(bytes)
                .ok()
                .filter(|unread| unread.check_topic().is_ok());
            Self::Unreadable {
                position,
                reason: error.to_string(),
                topic: unread.map(|unread| (unread.topic().to_owned(), EventMark::of(&unread))),
            }
        })
    }

    fn try_decode(topics: &[&str], position: u64, bytes: &[u8]) -> Result<Self, DecodeError> {
        let unread = RawEvent::new(bytes)?;
        if topics.iter().any(|topic| unread.is_of(topic)) {
            Ok(Self::Event(Box::new(unread.read(position)?)))
        } else {
            unread.check_topic()?;
            Ok(Self::PassedOver {
                position,
                mark: EventMark::of(&unread),
            })
        }
    }

    /// A message in quarantine.
    pub fn in_quarantine(position: u64, bytes: &[u8]) -> Self {
        let mark = EventMark::of_bytes(bytes);
        Self::PassedOver { position, mark }
    }

    /// The same entry, which cannot be read for this reason. It still concerns the views of its topic.
    #[must_use]
    pub fn into_unreadable(self, reason: String) -> Self {
        match self {
            Self::Event(recorded) => Self::unopened(&recorded, reason),
            Self::PassedOver { position, .. } => Self::Unreadable {
                position,
                reason,
                topic: None,
            },
            Self::Unreadable {
                position, topic, ..
            } => Self::Unreadable {
                position,
                reason,
                topic,
            },
        }
    }

    /// An event that cannot be read whole, such as one with a personal part that cannot be opened.
    pub fn unopened(recorded: &RecordedEvent, reason: String) -> Self {
        let mark = EventMark::of_envelope(&recorded.envelope);
        Self::Unreadable {
            position: recorded.position,
            reason,
            topic: Some((recorded.topic(), mark)),
        }
    }
}

impl Applicable for ViewEntry {
    fn position(&self) -> u64 {
        match self {
            Self::Event(recorded) => recorded.position,
            Self::PassedOver { position, .. } | Self::Unreadable { position, .. } => *position,
        }
    }

    fn event_for(
        &self,
        view: &dyn View,
    ) -> Result<(EventMark, Option<&RecordedEvent>), ProjectionError> {
        match self {
            Self::Event(recorded) => recorded.event_for(view),
            Self::PassedOver { mark, .. } => Ok((*mark, None)),
            Self::Unreadable {
                topic: Some((topic, mark)),
                ..
            } if !view.topics().contains(&topic.as_str()) => Ok((*mark, None)),
            Self::Unreadable {
                position, reason, ..
            } => Err(ProjectionError::Unreadable {
                position: *position,
                reason: reason.clone(),
            }),
        }
    }
}
