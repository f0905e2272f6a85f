//! The events that a replay prints, and their lines.

use jejak_journal::StoredEvent;

use super::{
    ReplayError, ReplayFormat, ReplayOptions,
    format::{EventColumns, json_line},
};
use crate::line_writer::Line;

/// Selects events and makes their lines.
pub(super) struct Selection<'a> {
    options: &'a ReplayOptions,
    to: u64,
    /// Whether an event after the requested time was met.
    pub(super) is_over: bool,
    /// The number of selected events so far.
    pub(super) events: u64,
}

impl<'a> Selection<'a> {
    pub(super) fn new(options: &'a ReplayOptions, to: u64) -> Self {
        Self {
            options,
            to,
            is_over: false,
            events: 0,
        }
    }

    pub(super) fn lines(&mut self, events: &[StoredEvent]) -> Result<Vec<Line>, ReplayError> {
        let mut lines = Vec::with_capacity(events.len());
        for StoredEvent { position, payload } in events {
            if self.is_over || *position > self.to {
                break;
            }
            let line = self
                .line(*position, payload)
                .map_err(|reason| ReplayError::NoEvent {
                    position: *position,
                    reason,
                })?;
            lines.extend(line.map(|bytes| Line {
                position: *position,
                bytes,
            }));
        }
        self.events += lines.len() as u64;
        Ok(lines)
    }

    /// The line of an event; `None` if the event is not selected.
    fn line(&mut self, position: u64, payload: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let ReplayOptions {
            until,
            event_type,
            format,
            ..
        } = self.options;
        // Stored bytes pass unread where neither filter nor column needs them.
        if *format == ReplayFormat::Jsonl && until.is_none() && event_type.is_none() {
            return json_line(payload).map(Some);
        }
        let columns = EventColumns::parse(payload)?;
        if let Some(until) = until {
            self.is_over = columns.time()? > *until;
        }
        let other_type = event_type
            .as_deref()
            .is_some_and(|event_type| event_type != columns.event_type);
        if self.is_over || other_type {
            return Ok(None);
        }
        match format {
            ReplayFormat::Jsonl => json_line(payload).map(Some),
            ReplayFormat::Csv => Ok(Some(columns.csv_row(position))),
        }
    }
}
