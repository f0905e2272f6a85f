//! What a store takes in: every position of the log in turn, and of the events those that its view reads.

use chrono::{DateTime, Utc};
use jejak_events::{
    Envelope, RecordedEvent,
    envelope::{DecodeError, Unread},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ProjectionError, View};

/// The event at the checkpoint, to tell whether a log still holds what the rows were made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastEvent {
    id: Uuid,
    time: DateTime<Utc>,
}

impl LastEvent {
    /// Of a stored event.
    pub fn of(event: &Unread<'_>) -> Self {
        Self {
            id: event.id(),
            time: event.time(),
        }
    }
}

/// One position of the log.
pub trait Logged {
    /// Which one.
    fn position(&self) -> u64;
    /// What a view sees there.
    ///
    /// # Errors
    /// [`ProjectionError::Unreadable`] for an event that may concern the view and cannot be read.
    fn seen_by(&self, view: &dyn View) -> Result<Seen<'_>, ProjectionError>;
}

/// What a view sees of a position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen<'a> {
    /// What is remembered of the event there.
    pub mark: LastEvent,
    /// The event, unless the view passes it over.
    pub recorded: Option<&'a RecordedEvent>,
}

impl Logged for RecordedEvent {
    fn position(&self) -> u64 {
        self.position
    }

    fn seen_by(&self, view: &dyn View) -> Result<Seen<'_>, ProjectionError> {
        let is_read = view.topics().iter().any(|topic| self.is_of(topic));
        let mark = LastEvent {
            id: self.envelope.id,
            time: self.envelope.time,
        };
        Ok(Seen {
            mark,
            recorded: is_read.then_some(self),
        })
    }
}

/// One position of the log, as far as views of some topics read it.
#[derive(Debug)]
pub enum Entry {
    /// An event of one of the topics.
    Read(Box<RecordedEvent>),
    /// An event of another.
    Passed {
        /// Where.
        position: u64,
        /// What is remembered of it.
        mark: LastEvent,
    },
    /// What cannot be read.
    Unreadable(Box<Unreadable>),
}

/// A position whose event cannot be read. It stops the views it may concern.
#[derive(Debug)]
pub struct Unreadable {
    position: u64,
    reason: String,
    /// Its topic and what is remembered of it, where that much can be read: it concerns no other views.
    known: Option<(String, LastEvent)>,
}

impl Entry {
    /// What views of some topics make of the event stored as `bytes`. The personal part stays sealed. Of an event of
    /// another topic only the envelope is read.
    pub fn of(topics: &[&str], position: u64, bytes: &[u8]) -> Self {
        Self::read(topics, position, bytes).unwrap_or_else(|error| {
            // Of a topic that nobody knows nobody knows whom it concerns.
            let unread = Unread::new(bytes)
                .ok()
                .filter(|unread| unread.check_topic().is_ok());
            let known = unread.map(|unread| (unread.topic().to_owned(), LastEvent::of(&unread)));
            Self::Unreadable(Box::new(Unreadable {
                position,
                reason: error.to_string(),
                known,
            }))
        })
    }

    fn read(topics: &[&str], position: u64, bytes: &[u8]) -> Result<Self, DecodeError> {
        let unread = Unread::new(bytes)?;
        if topics.iter().any(|topic| unread.is_of(topic)) {
            Ok(Self::Read(Box::new(unread.read(position)?)))
        } else {
            unread.check_topic()?;
            Ok(Self::Passed {
                position,
                mark: LastEvent::of(&unread),
            })
        }
    }

    /// An event whose personal part cannot be opened.
    pub fn unopened(recorded: &RecordedEvent, reason: String) -> Self {
        let Envelope { id, time, .. } = recorded.envelope;
        let known = Some((recorded.topic(), LastEvent { id, time }));
        Self::Unreadable(Box::new(Unreadable {
            position: recorded.position,
            reason,
            known,
        }))
    }
}

impl Logged for Entry {
    fn position(&self) -> u64 {
        match self {
            Self::Read(recorded) => recorded.position,
            Self::Passed { position, .. } => *position,
            Self::Unreadable(unreadable) => unreadable.position,
        }
    }

    fn seen_by(&self, view: &dyn View) -> Result<Seen<'_>, ProjectionError> {
        match self {
            Self::Read(recorded) => recorded.seen_by(view),
            Self::Passed { mark, .. } => Ok(Seen {
                mark: *mark,
                recorded: None,
            }),
            Self::Unreadable(unreadable) => match &unreadable.known {
                Some((topic, mark)) if !view.topics().contains(&topic.as_str()) => Ok(Seen {
                    mark: *mark,
                    recorded: None,
                }),
                _ => {
                    let Unreadable {
                        position, reason, ..
                    } = &**unreadable;
                    Err(ProjectionError::Unreadable {
                        position: *position,
                        reason: reason.clone(),
                    })
                }
            },
        }
    }
}
