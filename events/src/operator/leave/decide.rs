//! Decisions about leave: record and cancel leave, record an absence.

use chrono::{Days, Months};

use super::{
    Absent, Cancel, Cancelled, Event, LeaveEntry, LeaveKind, LeaveReason, LeaveState, Record,
    RecordAbsence, Recorded,
};
use crate::{
    Rejection,
    calendar::{Calendar, DaysOff},
    date::{CivilDate, Month, Period},
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::{ContractId, LeaveId, OperatorId},
    operator::{OperatorDecision, OperatorState, Sources, contract, identity::Sex},
    personal::{Personal, Remark},
    secret::TenantKey,
};

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

    fn reads(&self, state: &OperatorState, _: &TenantKey) -> Reads {
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

    fn reads(&self, state: &OperatorState, _: &TenantKey) -> Reads {
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

    fn reads(&self, state: &OperatorState, _: &TenantKey) -> Reads {
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
