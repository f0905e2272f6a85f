//! The answer about the calendar of a year.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use jejak_events::date::Month;
use serde::Deserialize;

/// The days off of a year, with the working days that are left.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Calendar {
    /// Earliest first.
    pub(crate) holidays: Vec<DayOff>,
    /// The working days of each month.
    pub(crate) working_days: BTreeMap<Month, u32>,
    #[serde(default)]
    pub(crate) position: u64,
}

/// A day off with the decree that declares it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct DayOff {
    pub(crate) date: NaiveDate,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) decree: String,
}
