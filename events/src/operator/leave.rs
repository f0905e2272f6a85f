//! Topic `leave`: leave recorded and cancelled, and absences. What a leave is charged is not stored:
//! it follows from the leave and the calendar, by the same function for rules and views.

use chrono::{Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OperatorDecision, OperatorState, Sources, identity::Sex};
use crate::{
    Rejection,
    calendar::{Calendar, DaysOff},
    date::{Month, Period, civil_date, civil_date_opt},
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::{ContractId, LeaveId, OperatorId},
    kinds::LeaveKind,
    operator::contract,
    package::policy::LeavePolicy,
    personal::{Personal, Remark, payload},
    secret::TenantKey,
    sorted::SortedMap,
    text::{filled, filled_opt},
};

mod admits;

pub use crate::kinds::LeaveKind as Kind;

crate::topic::topic! {
    /// Leave was granted.
    Recorded = "operator.leave.recorded.v1",
    /// It was taken back, from a day on.
    Cancelled = "operator.leave.cancelled.v1",
    /// A day was missed that is no leave.
    Absent = "operator.leave.absent.v1",
}

/// What goes with a leave: why, and the digest of the paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grounds {
    /// Why.
    pub reason: Option<String>,
    /// SHA-256 of the evidence, in hex.
    pub evidence_sha256: Option<String>,
}

/// Leave was granted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The leave.
    pub leave_id: LeaveId,
    /// The contract whose days it takes.
    pub contract_id: ContractId,
    /// Its kind.
    pub kind: LeaveKind,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Reason and evidence, where given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::personal::Sealed>)]
    pub personal: Option<Personal<Grounds>>,
}

/// Leave was taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancelled {
    /// The leave.
    pub leave_id: LeaveId,
    /// The first day taken back; its first day means all of it.
    pub from: NaiveDate,
    /// Why.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

/// A day was missed that is no leave (rule 25).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// The contract.
    pub contract_id: ContractId,
    /// The day.
    pub on: NaiveDate,
    /// Why.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

payload!(Recorded.personal?);
payload!(Cancelled.personal, Absent.personal);

/// Record leave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The person.
    pub operator_id: OperatorId,
    /// Its kind.
    pub kind: LeaveKind,
    /// First day.
    #[serde(deserialize_with = "civil_date")]
    #[schema(pattern = "^(19|2[01]|2200)")]
    pub from: NaiveDate,
    /// Last day.
    #[serde(deserialize_with = "civil_date")]
    #[schema(pattern = "^(19|2[01]|2200)")]
    pub to: NaiveDate,
    /// Why.
    #[serde(default, deserialize_with = "filled_opt")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub reason: Option<String>,
    /// SHA-256 of the evidence, 64 hexadecimal digits.
    #[serde(default, deserialize_with = "sha256_opt")]
    #[schema(pattern = "^[0-9a-fA-F]{64}$")]
    pub evidence_sha256: Option<String>,
    /// An id of the caller's own.
    pub leave_id: Option<LeaveId>,
}

fn sha256_opt<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    match text {
        Some(hex) if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Err(serde::de::Error::custom("must be 64 hexadecimal digits"))
        }
        other => Ok(other),
    }
}

/// Take leave back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    /// The person.
    pub operator_id: OperatorId,
    /// The leave.
    pub leave_id: LeaveId,
    /// The first day taken back; absent, all of it.
    #[serde(default, deserialize_with = "civil_date_opt")]
    #[schema(pattern = "^(19|2[01]|2200)")]
    pub from: Option<NaiveDate>,
    /// Why.
    #[serde(deserialize_with = "filled")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub reason: String,
}

/// Record a day missed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordAbsence {
    /// The person.
    pub operator_id: OperatorId,
    /// The day.
    #[serde(deserialize_with = "civil_date")]
    #[schema(pattern = "^(19|2[01]|2200)")]
    pub on: NaiveDate,
    /// Why.
    #[serde(deserialize_with = "filled")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub reason: String,
}

/// One leave as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The contract whose days it takes.
    pub contract_id: ContractId,
    /// Its kind.
    pub kind: LeaveKind,
    /// As granted.
    pub granted: Period,
    /// The first day taken back, if any was.
    pub cancelled_from: Option<NaiveDate>,
}

impl Entry {
    /// The days that still stand; none once all of it is cancelled.
    pub fn recorded(&self) -> Option<Period> {
        let Period { start, end } = self.granted;
        let end = self
            .cancelled_from
            .map_or(end, |from| from - Days::new(1))
            .min(end);
        (start <= end).then_some(Period { start, end })
    }

    /// The days charged to the pool (rules 17 and 20).
    pub fn charged(&self, policy: &LeavePolicy, calendar: &Calendar) -> Vec<NaiveDate> {
        match self.recorded() {
            Some(days) if self.kind.is_charged() => {
                calendar.working_days(days, policy.days_off()).collect()
            }
            _ => vec![],
        }
    }
}

/// The yearly pool of a person, as it follows from leave, policy and calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Balance {
    /// Days granted.
    pub entitlement: u32,
    /// Days charged as annual leave.
    pub annual_used: u32,
    /// Days charged as special leave.
    pub special_used: u32,
    /// The most days of special leave.
    pub special_max: u32,
}

impl Balance {
    /// Days charged in all.
    pub fn used(&self) -> u32 {
        self.annual_used + self.special_used
    }

    /// Days left; below zero when a revoked holiday overdrew the pool (rule 20).
    pub fn remaining(&self) -> i32 {
        difference(self.entitlement, self.used())
    }

    /// Days left for special leave.
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
    /// By id.
    pub entries: SortedMap<LeaveId, Entry>,
    /// Days missed that are no leave, and of which contract.
    pub absences: SortedMap<NaiveDate, ContractId>,
}

impl LeaveState {
    /// Leave of one contract.
    pub fn of_contract(&self, contract_id: ContractId) -> impl Iterator<Item = (LeaveId, &Entry)> {
        self.entries
            .iter()
            .filter(move |(_, entry)| entry.contract_id == contract_id)
            .map(|(id, entry)| (*id, entry))
    }

    /// The pool of a year (rules 18 to 20); none where no contract grants one. The contract that begins
    /// last grants it, and each leave is charged under the contract it was taken in: terms amended later
    /// do not reach back (rule 40).
    pub fn balance(
        &self,
        year: i32,
        contracts: &contract::ContractsState,
        calendar: &Calendar,
    ) -> Option<Balance> {
        let (_, granting) = contracts.granting(year)?;
        let policy = &granting.terms.leave;
        let used = |kind: LeaveKind| {
            let of_year = |entry: &&Entry| {
                entry.kind == kind && Month::of(entry.granted.start).year() == year
            };
            let days = self.entries.values().filter(of_year).map(|entry| {
                let own = contracts.all.get(&entry.contract_id);
                own.map_or(0, |own| entry.charged(&own.terms.leave, calendar).len())
            });
            u32::try_from(days.sum::<usize>()).unwrap_or(u32::MAX)
        };
        Some(Balance {
            entitlement: u32::from(policy.annual_days),
            annual_used: used(LeaveKind::Annual),
            special_used: used(LeaveKind::Special),
            special_max: u32::from(policy.special_max_days),
        })
    }

    /// Takes in a fact.
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
                let entry = Entry {
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

    /// Where an unbroken run of one kind of long leave that `days` joins begins (rule 21).
    fn case_start(&self, kind: LeaveKind, days: Period) -> NaiveDate {
        let mut start = days.start;
        let joins = |entry: &Entry, start: NaiveDate| {
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

    /// Where that run ends, `days` included.
    fn case_end(&self, kind: LeaveKind, days: Period) -> NaiveDate {
        let mut end = days.end;
        let joins =
            |held: Period, end: NaiveDate| held.end > end && held.start <= end + Days::new(1);
        let of_kind = || {
            self.entries
                .values()
                .filter(|entry| entry.kind == kind)
                .filter_map(Entry::recorded)
        };
        while let Some(held) = of_kind().find(|held| joins(*held, end)) {
            end = held.end;
        }
        end
    }
}

impl CommandBody for Record {
    const NAME: &'static str = "record-leave";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type State = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, _: &OperatorState) -> Reads {
        Reads::nothing().and_year(Month::of(self.from).year())
    }

    /// Rules 15 to 21, and 25.
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        sources: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let Record {
            operator_id,
            kind,
            from,
            to,
            ..
        } = *self;
        let profile = state.profile(operator_id)?;
        let days = Period {
            start: from,
            end: to,
        };
        if to < from {
            return Err(Rejection::LeavePeriodInvalid { from, to });
        }
        let leave_id = self
            .leave_id
            .unwrap_or_else(|| LeaveId(context.new_id("leave", self.operator_id)));
        if state.leave.entries.contains_key(&leave_id) {
            return Err(Rejection::LeaveAlreadyExists { leave_id });
        }
        let (contract_id, contract) = state
            .contracts
            .covering(&days)
            .ok_or(Rejection::LeaveOutsideContract { from, to })?;
        require_no_overlap(&state.leave, days)?;
        let entry = Entry {
            contract_id,
            kind,
            granted: days,
            cancelled_from: None,
        };
        if kind.is_charged() {
            require_balance(state, &entry, contract, sources.calendar)?;
        } else {
            if kind == LeaveKind::Maternity && profile.sex == Sex::Male {
                return Err(Rejection::LeaveNotApplicable { kind });
            }
            require_short_enough(
                &state.leave,
                kind,
                days,
                contract.terms.leave.long_max_months,
            )?;
        }
        require_no_absence(&state.leave, contract_id, days)?;
        let grounds = Grounds {
            reason: self.reason.clone(),
            evidence_sha256: self.evidence_sha256.clone(),
        };
        let given = grounds.reason.is_some() || grounds.evidence_sha256.is_some();
        let personal = given.then_some(Personal::Open(grounds));
        Ok(OperatorDecision::event(Event::from(Recorded {
            leave_id,
            contract_id,
            kind,
            from,
            to,
            personal,
        })))
    }
}

/// Rule 16: no day shared with other leave.
fn require_no_overlap(leave: &LeaveState, days: Period) -> Result<(), Rejection> {
    for (leave_id, entry) in &leave.entries {
        if let Some(held) = entry.recorded().filter(|held| held.overlaps(&days)) {
            return Err(Rejection::LeaveOverlaps {
                leave_id: *leave_id,
                from: held.start,
                to: held.end,
            });
        }
    }
    Ok(())
}

/// Rule 25: a day missed under the contract is a fact that leave does not undo.
fn require_no_absence(
    leave: &LeaveState,
    contract_id: ContractId,
    days: Period,
) -> Result<(), Rejection> {
    let missed = leave
        .absences
        .iter()
        .find(|(day, of)| days.contains(**day) && **of == contract_id);
    missed.map_or(Ok(()), |(on, _)| {
        Err(Rejection::LeaveAbsenceExists { on: *on })
    })
}

/// Rules 17 to 19: something to charge, and enough in the pool of the year.
fn require_balance(
    state: &OperatorState,
    entry: &Entry,
    contract: &contract::Contract,
    calendar: &Calendar,
) -> Result<(), Rejection> {
    let Period {
        start: from,
        end: to,
    } = entry.granted;
    let year = Month::of(from).year();
    let requested =
        u32::try_from(entry.charged(&contract.terms.leave, calendar).len()).unwrap_or(u32::MAX);
    if requested == 0 {
        return Err(Rejection::LeaveNoWorkingDays { from, to });
    }
    let balance = state
        .leave
        .balance(year, &state.contracts, calendar)
        .unwrap_or_default();
    let remaining = if entry.kind == LeaveKind::Special {
        balance.special_remaining()
    } else {
        balance.remaining()
    };
    if i64::from(requested) > i64::from(remaining) {
        return Err(Rejection::LeaveBalanceExceeded {
            kind: entry.kind,
            year,
            remaining,
            requested,
        });
    }
    Ok(())
}

/// Rule 21: one case is at most so many calendar months.
fn require_short_enough(
    leave: &LeaveState,
    kind: LeaveKind,
    days: Period,
    months: u8,
) -> Result<(), Rejection> {
    let start = leave.case_start(kind, days);
    let latest = start + Months::new(u32::from(months)) - Days::new(1);
    if leave.case_end(kind, days) > latest {
        Err(Rejection::LeaveTooLong { latest, months })
    } else {
        Ok(())
    }
}

impl CommandBody for Cancel {
    const NAME: &'static str = "cancel-leave";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type State = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, _: &OperatorState) -> Reads {
        Reads::nothing()
    }

    /// Rule 22.
    fn decide(
        &self,
        state: &OperatorState,
        _: &DecisionContext<'_>,
        _: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        state.profile(self.operator_id)?;
        let leave_id = self.leave_id;
        let unknown = Rejection::LeaveUnknown { leave_id };
        let Some(entry) = state.leave.entries.get(&leave_id) else {
            return Err(unknown);
        };
        let Some(standing) = entry.recorded() else {
            return Err(unknown);
        };
        let from = self.from.unwrap_or(standing.start);
        if !entry.granted.contains(from) {
            return Err(Rejection::LeaveOutsideLeave {
                leave_id,
                from: standing.start,
                to: standing.end,
            });
        }
        if from > standing.end {
            return Err(unknown);
        }
        Ok(OperatorDecision::event(Event::from(Cancelled {
            leave_id,
            from,
            personal: Remark::open(&self.reason),
        })))
    }
}

impl CommandBody for RecordAbsence {
    const NAME: &'static str = "record-absence";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type State = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, _: &OperatorState) -> Reads {
        Reads::nothing().and_year(Month::of(self.on).year())
    }

    /// Rule 25: a working day of a contract that no leave covers, and that has come.
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        sources: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let on = self.on;
        state.profile(self.operator_id)?;
        let day = Period { start: on, end: on };
        let (contract_id, _) = state
            .contracts
            .covering(&day)
            .ok_or(Rejection::LeaveOutsideContract { from: on, to: on })?;
        if on > context.today {
            return Err(Rejection::FactInFuture {
                on,
                today: context.today,
            });
        }
        require_no_overlap(&state.leave, day)?;
        if !sources
            .calendar
            .is_working_day(on, DaysOff::HolidaysAndJointLeave)
        {
            return Err(Rejection::LeaveNoWorkingDays { from: on, to: on });
        }
        require_no_absence(&state.leave, contract_id, day)?;
        Ok(OperatorDecision::event(Event::from(Absent {
            contract_id,
            on,
            personal: Remark::open(&self.reason),
        })))
    }
}

#[cfg(test)]
mod specs;
