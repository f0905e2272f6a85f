//! The checkpoint of a view's file: the view, its version, the log, and the position of the rows.

use redb::ReadableTable;
use serde::{Deserialize, Serialize};

use super::entry::EventMark;
use crate::{error::ProjectionError, view::View, writer::Table};

/// The table of the checkpoint, beside those of the view.
pub(super) const META: Table<'static> = Table::new("meta");
const CHECKPOINT: &str = "checkpoint";

#[derive(Serialize, Deserialize)]
pub(super) struct Checkpoint {
    view: String,
    version: u32,
    /// The topics that the rows follow from.
    #[serde(default)]
    topics: Vec<String>,
    pub(super) incarnation: String,
    pub(super) position: u64,
    pub(super) last: Option<EventMark>,
}

/// A [`Checkpoint`], decoded only as far as its position: every answer reads it.
#[derive(Deserialize)]
struct CheckpointPosition {
    position: u64,
}

impl Checkpoint {
    /// The checkpoint before the first event.
    pub(super) fn new(view: &dyn View, incarnation: &str) -> Self {
        let topics = view.topics().into_iter().map(str::to_owned);
        Self {
            view: view.name().to_owned(),
            version: view.version(),
            topics: topics.collect(),
            incarnation: incarnation.to_owned(),
            position: 0,
            last: None,
        }
    }

    /// The view as one line, `leave v5 of calendar.holiday, ...`. Rows are right for an equal one only.
    pub(super) fn maker(&self) -> String {
        format!(
            "{} v{} of {}",
            self.view,
            self.version,
            self.topics.join(", ")
        )
    }

    /// The checkpoint in the table [`META`].
    pub(super) fn read(
        table: &impl ReadableTable<&'static str, &'static [u8]>,
    ) -> Result<Self, ProjectionError> {
        let row = table.get(CHECKPOINT)?;
        decode(row.ok_or_else(missing)?.value())
    }

    /// The position of the checkpoint in the table [`META`].
    pub(super) fn position(
        table: &impl ReadableTable<&'static str, &'static [u8]>,
    ) -> Result<u64, ProjectionError> {
        let row = table.get(CHECKPOINT)?;
        let CheckpointPosition { position } = decode(row.ok_or_else(missing)?.value())?;
        Ok(position)
    }

    pub(super) fn put(&self, transaction: &redb::WriteTransaction) -> Result<(), ProjectionError> {
        let bytes =
            serde_json::to_vec(self).map_err(|error| ProjectionError::Store(error.to_string()))?;
        transaction
            .open_table(META)?
            .insert(CHECKPOINT, bytes.as_slice())?;
        Ok(())
    }
}

fn missing() -> ProjectionError {
    ProjectionError::Damaged("it has no checkpoint".to_owned())
}

fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ProjectionError> {
    serde_json::from_slice(bytes)
        .map_err(|_| ProjectionError::Damaged("its checkpoint is unreadable".to_owned()))
}
