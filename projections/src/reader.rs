//! The committed rows of a view at one position, for one query.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{cache::RankingCache, error::ProjectionError, writer::CommittedTable};

/// The rows at one position.
pub struct Reader<'a> {
    pub(crate) tables: &'a BTreeMap<&'static str, CommittedTable>,
    /// The position of the last applied event.
    pub position: u64,
    /// The civil date in the time zone of the office.
    pub today: NaiveDate,
    pub(crate) rankings: &'a RankingCache,
    /// Whether the answer may take longer than some microseconds.
    pub(crate) may_wait: bool,
}

impl Reader<'_> {
    /// A table of the view.
    pub(crate) fn table(&self, name: &str) -> Result<&CommittedTable, ProjectionError> {
        let unlisted = || ProjectionError::Store(format!("the view does not list {name}"));
        self.tables.get(name).ok_or_else(unlisted)
    }
}
