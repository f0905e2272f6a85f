//! Topic `leave`: leave recorded and cancelled, and absences.
//!
//! The charged days are not stored. One function derives them from the leave and the calendar, for rules
//! and views alike.

use chrono::{Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OperatorDecision, OperatorState, Sources, identity::Sex};
use crate::{
    Rejection,
    calendar::{Calendar, DaysOff},
    date::{CivilDate, Month, Period},
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::{ContractId, LeaveId, OperatorId},
    operator::contract,
    personal::{Personal, Remark, payload},
    secret::TenantKey,
    text::{Note, Sha256Digest},
};

mod admits;
mod facts;
mod state;

pub use crate::kinds::LeaveKind;
pub use state::{LeaveBalance, LeaveEntry, LeaveState};

crate::topic::topic! {
    /// Leave was granted and recorded.
    Recorded = "operator.leave.recorded.v1",
    /// Leave was taken back, all of it or from a day on.
    Cancelled = "operator.leave.cancelled.v1",
    /// A person missed a working day without leave.
    Absent = "operator.leave.absent.v1",
}

/// The sealed part of a leave: its reason and the digest of its paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaveReason {
    /// The reason of the leave, a free text.
    pub reason: Option<String>,
    /// The SHA-256 digest of the evidence, 64 hexadecimal digits.
    pub evidence_sha256: Option<String>,
}

/// Leave was granted and recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The id of the leave, a UUID.
    pub leave_id: LeaveId,
    /// The contract that the leave falls under.
    pub contract_id: ContractId,
    /// The kind, such as `annual`.
    pub kind: LeaveKind,
    /// The first day of leave, `YYYY-MM-DD`.
    pub from: NaiveDate,
    /// The last day of leave, `YYYY-MM-DD`.
    pub to: NaiveDate,
    /// The reason and the digest of the evidence, sealed. Absent where neither was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::personal::Sealed>)]
    pub personal: Option<Personal<LeaveReason>>,
}

/// Leave was taken back, all of it or from a day on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancelled {
    /// The id of the leave, a UUID.
    pub leave_id: LeaveId,
    /// The first day taken back, `YYYY-MM-DD`. The leave's first day takes back all of it.
    pub from: NaiveDate,
    /// The reason, sealed under the person's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

/// A person missed a working day without leave (rule 25).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// The contract under which the day was missed.
    pub contract_id: ContractId,
    /// The day that was missed, `YYYY-MM-DD`.
    pub on: NaiveDate,
    /// The reason, sealed under the person's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

payload!(Recorded.personal?);
payload!(Cancelled.personal, Absent.personal);

/// Records leave that was granted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The kind, such as `annual`.
    pub kind: LeaveKind,
    /// The first day of leave, `YYYY-MM-DD`.
    pub from: CivilDate,
    /// The last day of leave, `YYYY-MM-DD`, not before the first.
    pub to: CivilDate,
    /// The reason of the leave, 1 to 2000 characters.
    pub reason: Option<Note>,
    /// The SHA-256 digest of the evidence, such as a doctor's letter: 64 hexadecimal digits.
    pub evidence_sha256: Option<Sha256Digest>,
    /// An id of the caller's own for the leave, a UUID that no leave of the person has yet.
    pub leave_id: Option<LeaveId>,
}

/// Takes leave back, all of it or from a day on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the leave, a UUID.
    pub leave_id: LeaveId,
    /// The first day taken back, `YYYY-MM-DD`. Left out, all of the leave is taken back.
    pub from: Option<CivilDate>,
    /// The reason, 1 to 2000 characters.
    pub reason: Note,
}

/// Records a working day that was missed without leave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordAbsence {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The day missed, `YYYY-MM-DD`, not after today.
    pub on: CivilDate,
    /// The reason, 1 to 2000 characters.
    pub reason: Note,
}

impl Record {
    fn days(&self) -> Period {
        Period {
            start: self.from.day(),
            end: self.to.day(),
        }
    }
}

impl CommandBody for Record {
    const NAME: &'static str = "record-leave";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = false;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState) -> Reads {
        let days = self.days();
        Reads::package(state.package_on(&days)).and_year(Month::of(self.from).year())
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
        let (from, to) = (from.day(), to.day());
        let profile = state.profile(operator_id)?;
        let days = self.days();
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
        let entry = LeaveEntry {
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
        let grounds = LeaveReason {
            reason: self.reason.clone().map(String::from),
            evidence_sha256: self.evidence_sha256.as_ref().map(ToString::to_string),
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
    entry: &LeaveEntry,
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
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState) -> Reads {
        let entry = state.leave.entries.get(&self.leave_id);
        Reads::package(entry.and_then(|entry| state.package_of(entry.contract_id)))
    }

    /// Takes back leave that stands, from a day on (rule 22).
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
        let from = self.from.map_or(standing.start, CivilDate::day);
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
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState) -> Reads {
        let on = self.on.day();
        let day = Period { start: on, end: on };
        Reads::package(state.package_on(&day)).and_year(Month::of(self.on).year())
    }

    /// Rule 25: a working day of a contract that no leave covers, and that has come.
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        sources: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let on = self.on.day();
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
