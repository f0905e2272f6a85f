//! The committed rows of a view at one position, for one query.

use chrono::NaiveDate;

use crate::{cache::RankingCache, cell::CellKeys};

/// The rows at one position.
pub struct Reader<'a> {
    pub(crate) transaction: &'a redb::ReadTransaction,
    /// The position of the last applied event.
    pub position: u64,
    /// The civil date in the time zone of the office.
    pub today: NaiveDate,
    pub(crate) rankings: &'a RankingCache,
    pub(crate) keys: &'a CellKeys,
    /// Whether the answer may take longer than some microseconds.
    pub(crate) may_wait: bool,
}
