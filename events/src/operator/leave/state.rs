//! The state of leave: each leave and absence as it stands, and the yearly pool.

use chrono::{Days, NaiveDate};
use litemap::LiteMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Absent, Cancelled, Event, Recorded};
use crate::{
    calendar::Calendar,
    date::{Month, Period},
    ids::{ContractId, LeaveId},
    kinds::LeaveKind,
    operator::contract,
    package::policy::LeavePolicy,
};

/// One leave with everything that happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveEntry {
    /// The contract that the leave falls under.
    pub contract_id: ContractId,
    /// The kind, such as [`LeaveKind::Annual`].
    pub kind: LeaveKind,
    /// The days that were granted first.
    pub granted: Period,
    /// The first day taken back, if any was.
    pub cancelled_from: Option<NaiveDate>,
}

impl LeaveEntry {
    /// The days that are not taken back. `None` after the whole leave was cancelled.
    pub fn recorded(&self) -> Option<Period> {
        let Period { start, end } = self.granted;
        let end = self
            .cancelled_from
            .map_or(end, |from| from - Days::new(1))
            .min(end);
        (start <= end).then_some(Period { start, end })
    }

    /// The days charged to the yearly pool (rules 17 and 20).
    pub fn charged(&self, policy: &LeavePolicy, calendar: &Calendar) -> Vec<NaiveDate> {
        match self.recorded() {
            Some(days) if self.kind.is_charged() => {
                calendar.working_days(days, policy.days_off()).collect()
            }
            _ => vec![],
        }
    }
}

/// The yearly pool of a person, worked out from leave, policy and calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct LeaveBalance {
    /// The days granted for the year.
    pub entitlement: u32,
    /// The days charged as annual leave.
    pub annual_used: u32,
    /// The days charged as special leave.
    pub special_used: u32,
    /// The most days of special leave in the year.
    pub special_max: u32,
}

impl LeaveBalance {
    /// The days charged, of both kinds.
    pub fn used(&self) -> u32 {
        self.annual_used + self.special_used
    }

    /// The days left. A revoked holiday can bring them below zero (rule 20).
    pub fn remaining(&self) -> i32 {
        difference(self.entitlement, self.used())
    }

    /// The days left for special leave.
    pub fn special_remaining(&self) -> i32 {
        difference(self.special_max, self.special_used).min(self.remaining())
    }
}

fn difference(of: u32, less: u32) -> i32 {
    i32::try_from(i64::from(of) - i64::from(less)).unwrap_or(i32::MIN)
}

/// All leave and absences of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveState {
    /// Each leave by its id.
    pub entries: LiteMap<LeaveId, LeaveEntry>,
    /// The contract of each day missed without leave.
    pub absences: LiteMap<NaiveDate, ContractId>,
}

impl LeaveState {
    /// The leave taken under one contract.
    pub fn of_contract(
        &self,
        contract_id: ContractId,
    ) -> impl Iterator<Item = (LeaveId, &LeaveEntry)> {
        self.entries
            .iter()
            .filter(move |(_, entry)| entry.contract_id == contract_id)
            .map(|(id, entry)| (*id, entry))
    }

    /// The pool of a year (rules 18 to 20). `None` where no contract grants one.
    ///
    /// The contract that begins last grants the pool. Each leave is charged under its own contract, so
    /// terms amended later leave it alone (rule 40).
    pub fn balance(
        &self,
        year: i32,
        contracts: &contract::ContractsState,
        calendar: &Calendar,
    ) -> Option<LeaveBalance> {
        let (_, granting) = contracts.granting(year)?;
        let policy = &granting.terms.leave;
        let used = |kind: LeaveKind| {
            let of_year = |entry: &&LeaveEntry| {
                entry.kind == kind && Month::of(entry.granted.start).year() == year
            };
            let days = self.entries.values().filter(of_year).map(|entry| {
                let own = contracts.all.get(&entry.contract_id);
                own.map_or(0, |own| entry.charged(&own.terms.leave, calendar).len())
            });
            u32::try_from(days.sum::<usize>()).unwrap_or(u32::MAX)
        };
        Some(LeaveBalance {
            entitlement: u32::from(policy.annual_days),
            annual_used: used(LeaveKind::Annual),
            special_used: used(LeaveKind::Special),
            special_max: u32::from(policy.special_max_days),
        })
    }

    /// Takes in an event, in order.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::Recorded(Recorded {
                leave_id,
                contract_id,
                kind,
                from,
                to,
                ..
            }) => {
                let granted = Period {
                    start: *from,
                    end: *to,
                };
                let entry = LeaveEntry {
                    contract_id: *contract_id,
                    kind: *kind,
                    granted,
                    cancelled_from: None,
                };
                self.entries.insert(*leave_id, entry);
            }
            Event::Cancelled(Cancelled { leave_id, from, .. }) => {
                if let Some(entry) = self.entries.get_mut(leave_id) {
                    entry.cancelled_from = Some(*from);
                }
            }
            Event::Absent(Absent {
                contract_id, on, ..
            }) => {
                self.absences.insert(*on, *contract_id);
            }
        }
    }

    /// The first day of the case that `days` belong to: an unbroken run of one kind of long leave (rule 21).
    pub(super) fn case_start(&self, kind: LeaveKind, days: Period) -> NaiveDate {
        let mut start = days.start;
        let joins = |entry: &LeaveEntry, start: NaiveDate| {
            entry.kind == kind
                && entry
                    .recorded()
                    .is_some_and(|held| held.start < start && held.end + Days::new(1) >= start)
        };
        while let Some(entry) = self.entries.values().find(|entry| joins(entry, start)) {
            start = entry.granted.start;
        }
        start
    }

    /// The last day of that case, `days` included.
    pub(super) fn case_end(&self, kind: LeaveKind, days: Period) -> NaiveDate {
        let mut end = days.end;
        let joins =
            |held: Period, end: NaiveDate| held.end > end && held.start <= end + Days::new(1);
        let of_kind = || {
            self.entries
                .values()
                .filter(|entry| entry.kind == kind)
                .filter_map(LeaveEntry::recorded)
        };
        while let Some(held) = of_kind().find(|held| joins(*held, end)) {
            end = held.end;
        }
        end
    }
}
