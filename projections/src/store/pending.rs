//! A transaction of a view: events applied, and not committed yet. Whoever reads does not see them, and a
//! crash forgets them together with the checkpoint.

use jejak_events::{RecordedEvent, ids::StreamId};

use super::{Checkpoint, Logged, Seen};
use crate::{ProjectionError, View, rows::Write};

/// Events applied and not committed yet, by [`super::Store::begin`].
pub struct Pending {
    pub(super) view: &'static dyn View,
    pub(super) write: Write,
    pub(super) checkpoint: Checkpoint,
    pub(super) begun_at: u64,
    /// The streams of events the view read, by position.
    pub(super) changes: Vec<(u64, StreamId)>,
}

impl Pending {
    /// Takes in the events that come next. Those from before change nothing.
    ///
    /// # Errors
    /// [`ProjectionError::Inapplicable`], [`ProjectionError::Unreadable`] or [`ProjectionError::Gap`] at the first
    /// event that cannot be applied; those before it are taken in.
    pub fn apply(&mut self, events: &[impl Logged]) -> Result<(), ProjectionError> {
        for event in events {
            let (expected, found) = (self.checkpoint.position + 1, event.position());
            if found < expected {
                continue;
            }
            if found != expected {
                return Err(ProjectionError::Gap { expected, found });
            }
            let Seen { mark, recorded } = event.seen_by(self.view)?;
            if let Some(recorded) = recorded {
                self.read(recorded)?;
            }
            (self.checkpoint.position, self.checkpoint.last) = (found, Some(mark));
        }
        Ok(())
    }

    /// Takes in an event of the view's topics, whatever came before it.
    pub(super) fn read(&mut self, recorded: &RecordedEvent) -> Result<(), ProjectionError> {
        let applied = self.view.apply(&self.write, recorded);
        self.write.end_event(applied.is_ok());
        self.changes
            .push((recorded.position, recorded.envelope.stream.clone()));
        applied
    }

    /// The position of the last event taken in.
    pub fn position(&self) -> u64 {
        self.checkpoint.position
    }

    /// How many events it took in.
    pub fn events(&self) -> u64 {
        self.checkpoint.position - self.begun_at
    }

    /// How many bytes of rows it holds back.
    pub fn bytes(&self) -> usize {
        self.write.bytes()
    }
}
