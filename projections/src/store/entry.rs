//! Positions of the log as a store takes them: in order, each with its event where the view reads it.

use chrono::{DateTime, Utc};
use jejak_events::{
    Envelope, RecordedEvent,
    envelope::{DecodeError, Unread},
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
    pub fn of(event: &Unread<'_>) -> Self {
        Self {
            id: event.id(),
            time: event.time(),
        }
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
    /// An event of another topic. Only its envelope was decoded.
    OtherTopic {
        /// The position in the log.
        position: u64,
        /// The mark of the event.
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
            let unread = Unread::new(bytes)
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
        let unread = Unread::new(bytes)?;
        if topics.iter().any(|topic| unread.is_of(topic)) {
            Ok(Self::Event(Box::new(unread.read(position)?)))
        } else {
            unread.check_topic()?;
            Ok(Self::OtherTopic {
                position,
                mark: EventMark::of(&unread),
            })
        }
    }

    /// An event with a personal part that cannot be opened.
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
            Self::OtherTopic { position, .. } | Self::Unreadable { position, .. } => *position,
        }
    }

    fn event_for(
        &self,
        view: &dyn View,
    ) -> Result<(EventMark, Option<&RecordedEvent>), ProjectionError> {
        match self {
            Self::Event(recorded) => recorded.event_for(view),
            Self::OtherTopic { mark, .. } => Ok((*mark, None)),
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
