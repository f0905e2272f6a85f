//! What a store takes in: every position of the log in turn, and of the events those that its view reads.

use chrono::{DateTime, Utc};
use jejak_events::{
    Recorded,
    envelope::{DecodeError, Unread},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::View;

/// The event at the checkpoint, to tell whether a log still holds what the rows were made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastEvent {
    id: Uuid,
    time: DateTime<Utc>,
}

impl LastEvent {
    /// Of a stored event.
    pub fn of(event: &Unread<'_>) -> Self {
        Self { id: event.id(), time: event.time() }
    }
}

/// One position of the log.
pub trait Logged {
    /// Which one.
    fn position(&self) -> u64;
    /// What is remembered of the event there.
    fn mark(&self) -> LastEvent;
    /// The event, unless the view passes it over.
    fn recorded(&self) -> Option<&Recorded>;
}

impl Logged for Recorded {
    fn position(&self) -> u64 {
        self.position
    }

    fn mark(&self) -> LastEvent {
        LastEvent { id: self.envelope.id, time: self.envelope.time }
    }

    fn recorded(&self) -> Option<&Recorded> {
        Some(self)
    }
}

/// One position of the log, as far as a view reads it.
pub enum Entry {
    /// An event of one of its topics.
    Read(Box<Recorded>),
    /// An event of another.
    Passed {
        /// Where.
        position: u64,
        /// What is remembered of it.
        mark: LastEvent,
    },
}

impl Entry {
    /// What a view makes of the event stored as `bytes`. The personal part stays sealed.
    ///
    /// # Errors
    /// What is no event of this system, or of a topic that nobody knows; of an event that is passed over only
    /// the envelope is read.
    pub fn of(view: &dyn View, position: u64, bytes: &[u8]) -> Result<Self, DecodeError> {
        let unread = Unread::new(bytes)?;
        if view.topics().iter().any(|topic| unread.is_of(topic)) {
            Ok(Self::Read(Box::new(unread.read(position)?)))
        } else {
            unread.check_topic()?;
            Ok(Self::Passed { position, mark: LastEvent::of(&unread) })
        }
    }
}

impl Logged for Entry {
    fn position(&self) -> u64 {
        match self {
            Self::Read(recorded) => recorded.position,
            Self::Passed { position, .. } => *position,
        }
    }

    fn mark(&self) -> LastEvent {
        match self {
            Self::Read(recorded) => recorded.mark(),
            Self::Passed { mark, .. } => *mark,
        }
    }

    fn recorded(&self) -> Option<&Recorded> {
        match self {
            Self::Read(recorded) => Some(recorded),
            Self::Passed { .. } => None,
        }
    }
}
