//! The answers that the page of a month shows.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use jejak_events::date::Month;
use serde::Deserialize;

use crate::records::{Absence, Balance, LeaveEntry};

/// The leave of one person in a month.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct MonthOfPerson {
    pub(super) operator_id: String,
    /// None once erased.
    pub(super) operator_name: Option<String>,
    /// The days under each contract.
    pub(super) contracts: Vec<Served>,
    pub(super) balance: Option<Balance>,
    pub(super) entries: Vec<LeaveEntry>,
    pub(super) absences: Vec<Absence>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Served {
    pub(super) from: NaiveDate,
    pub(super) to: NaiveDate,
}

/// A year's calendar.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Calendar {
    pub(super) holidays: Vec<Holiday>,
    pub(super) working_days: BTreeMap<Month, u32>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Holiday {
    pub(super) date: NaiveDate,
    pub(super) name: String,
}

impl MonthOfPerson {
    /// Whether there is anything but the balance to show.
    pub(super) fn is_quiet(&self) -> bool {
        self.entries.is_empty() && self.absences.is_empty()
    }

    pub(super) fn serves_on(&self, day: NaiveDate) -> bool {
        let served = self.contracts.iter();
        let mut on_day = served.filter(|served| served.from <= day && day <= served.to);
        on_day.next().is_some()
    }
}
