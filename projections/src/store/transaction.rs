//! A transaction of a view's file: events that are applied and not committed yet. Answers do not see
//! them, and a crash forgets them together with the checkpoint.

use jejak_events::{
    RecordedEvent,
    ids::{OperatorId, StreamId},
};

use super::{checkpoint::Checkpoint, entry::Applicable};
use crate::{
    error::ProjectionError,
    view::{self, TopicHandler, View},
    writer::RowWriter,
};

/// Events that are applied and not committed yet. [`super::Store::begin`] makes it.
pub struct ViewTransaction {
    pub(super) view: &'static dyn View,
    handlers: Vec<TopicHandler>,
    pub(super) writer: RowWriter,
    pub(super) checkpoint: Checkpoint,
    pub(super) begun_at: u64,
    /// The positions and streams of the events that changed rows.
    pub(super) changes: Vec<(u64, StreamId)>,
    /// The people whom an event erased.
    pub(super) erased: Vec<OperatorId>,
}

impl ViewTransaction {
    pub(super) fn new(view: &'static dyn View, writer: RowWriter, checkpoint: Checkpoint) -> Self {
        Self {
            view,
            handlers: view.handlers(),
            writer,
            begun_at: checkpoint.position,
            checkpoint,
            changes: vec![],
            erased: vec![],
        }
    }

    /// Applies the events that come next. Events at or before the checkpoint change nothing.
    ///
    /// # Errors
    /// [`ProjectionError::Inapplicable`], [`ProjectionError::Unreadable`] or [`ProjectionError::Gap`] at
    /// the first event that cannot be applied. The events before it are applied.
    pub fn apply(&mut self, events: &[impl Applicable]) -> Result<(), ProjectionError> {
        for event in events {
            let (expected, found) = (self.checkpoint.position + 1, event.position());
            if found < expected {
                continue;
            }
            if found != expected {
                return Err(ProjectionError::Gap { expected, found });
            }
            let (mark, recorded) = event.event_for(self.view)?;
            if let Some(recorded) = recorded {
                self.apply_one(recorded)?;
            }
            (self.checkpoint.position, self.checkpoint.last) = (found, Some(mark));
        }
        Ok(())
    }

    /// Applies an event without a look at the checkpoint.
    pub(super) fn apply_one(&mut self, recorded: &RecordedEvent) -> Result<(), ProjectionError> {
        let handlers = &self.handlers;
        self.writer.note_giver(&recorded.envelope);
        let is_changed = self.writer.apply(recorded.position, |writer| {
            view::apply(handlers, writer, recorded)
        })?;
        self.erased.extend(recorded.erased());
        if is_changed {
            let stream = recorded.envelope.stream.clone();
            self.changes.push((recorded.position, stream));
        }
        Ok(())
    }

    /// The position of the last applied event.
    pub fn position(&self) -> u64 {
        self.checkpoint.position
    }

    /// The number of applied events.
    pub fn events(&self) -> u64 {
        self.checkpoint.position - self.begun_at
    }

    /// An upper bound of the bytes of its rows.
    pub fn bytes(&self) -> usize {
        self.writer.bytes()
    }
}
