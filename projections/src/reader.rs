//! The committed rows of a view at one position, for one query.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use jejak_events::personal::Owner;
use serde::de::DeserializeOwned;

use crate::{
    cache::RankingCache,
    cell::{CellKeys, PersonalCell},
    error::ProjectionError,
    people::PeopleCache,
    writer::CommittedTable,
};

/// The rows at one position.
pub struct Reader<'a> {
    pub(crate) tables: &'a BTreeMap<&'static str, CommittedTable>,
    /// The position of the last applied event.
    pub position: u64,
    /// The civil date in the time zone of the office.
    pub today: NaiveDate,
    pub(crate) rankings: &'a RankingCache,
    pub(crate) people: &'a PeopleCache,
    pub(crate) keys: &'a CellKeys,
    /// Whether the answer may take longer than some microseconds.
    pub(crate) may_wait: bool,
}

impl Reader<'_> {
    /// A table of the view.
    pub(crate) fn table(&self, name: &str) -> Result<&CommittedTable, ProjectionError> {
        let unlisted = || ProjectionError::Store(format!("the view does not list {name}"));
        self.tables.get(name).ok_or_else(unlisted)
    }

    /// Opens a cell with its owner's key; none without a cell, and once that key is destroyed.
    ///
    /// # Errors
    /// [`ProjectionError::KeyUnknown`] for a key that is not in memory; a cell that the key does not open.
    pub(crate) fn open<T: DeserializeOwned>(
        &self,
        owner: Owner,
        cell: Option<&PersonalCell<T>>,
    ) -> Result<Option<T>, ProjectionError> {
        cell.map_or(Ok(None), |cell| cell.open(self.keys, owner))
    }
}
