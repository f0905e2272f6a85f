//! The change that decided events make to the charged days of a year. A dry run shows it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Event, LeaveState};
use crate::{calendar::Calendar, date::Month, operator::contract};

/// The charged days of a year before and after some events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeaveChange {
    /// The year of the pool, from 1900 to 2200.
    pub year: i32,
    /// The days that become charged, in order.
    pub charged_dates: Vec<NaiveDate>,
    /// The days that are no longer charged, in order.
    pub returned_dates: Vec<NaiveDate>,
    /// The days left in the pool before; null where no contract grants one.
    pub remaining_before: Option<i32>,
    /// The days left in the pool after; null where no contract grants one.
    pub remaining: Option<i32>,
}

impl LeaveChange {
    /// The change that events make. None where none of them records or cancels leave. A year is that of the
    /// first such event: leave of one command lies in one year (rule 15).
    pub fn of<'e>(
        leave: &LeaveState,
        contracts: &contract::ContractsState,
        events: impl IntoIterator<Item = &'e Event>,
        calendar: &Calendar,
    ) -> Option<Self> {
        let mut after = leave.clone();
        let mut year = None;
        for event in events {
            year = year.or_else(|| Self::year(event));
            after.evolve(event);
        }
        let year = year?;
        let (was, is) = (
            charged(leave, year, contracts, calendar),
            charged(&after, year, contracts, calendar),
        );
        let remaining = |state: &LeaveState| {
            let balance = state.balance(year, contracts, calendar);
            balance.map(|balance| balance.remaining())
        };
        Some(Self {
            year,
            charged_dates: is.difference(&was).copied().collect(),
            returned_dates: was.difference(&is).copied().collect(),
            remaining_before: remaining(leave),
            remaining: remaining(&after),
        })
    }

    /// The year whose pool an event may change; none for an absence, which is no leave.
    pub fn year(event: &Event) -> Option<i32> {
        match event {
            Event::Recorded(recorded) => Some(Month::of(recorded.from).year()),
            Event::Cancelled(cancelled) => Some(Month::of(cancelled.from).year()),
            Event::Absent(_) => None,
        }
    }
}

fn charged(
    leave: &LeaveState,
    year: i32,
    contracts: &contract::ContractsState,
    calendar: &Calendar,
) -> BTreeSet<NaiveDate> {
    let entries = leave.entries.values();
    let of_year = entries.filter(|entry| Month::of(entry.granted.start).year() == year);
    let days = of_year.filter_map(|entry| {
        let own = contracts.all.get(&entry.contract_id)?;
        Some(entry.charged(&own.terms.leave, calendar))
    });
    days.flatten().collect()
}
