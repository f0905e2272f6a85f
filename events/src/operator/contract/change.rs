//! Decisions after hiring: amend, terminate, void. Contract, slot and money move together.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Amended, Contract, Ending, Event, Monthly, Terminated, TerminationCause, Voided,
    require_inside, require_no_overlap, value_of,
};
use crate::{
    Rejection,
    date::{CivilDate, Month, Period},
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::{ContractId, OperatorId},
    money::Rupiah,
    operator::{OperatorDecision, OperatorState, Sources, leave},
    package::slot,
    personal::Remark,
    secret::TenantKey,
    text::Note,
};

/// Changes the last day or the money of a contract. A field left out or null stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amend {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The reason, 1 to 2000 characters.
    pub reason: Note,
    /// The new last day of work, `YYYY-MM-DD`.
    pub end: Option<CivilDate>,
    /// The new money of one whole month.
    pub monthly: Option<Monthly>,
    /// The new money of the whole contract, in Rupiah. Required unless the days are whole months.
    pub value: Option<Rupiah>,
}

/// Ends a contract before its last day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Terminate {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The last day of work, `YYYY-MM-DD`.
    pub on: CivilDate,
    /// The cause, such as `resignation`.
    pub cause: TerminationCause,
    /// The reason, 1 to 2000 characters.
    pub reason: Note,
}

/// Takes back a contract that was a mistake from the beginning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Void {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The reason, 1 to 2000 characters.
    pub reason: Note,
}

/// A contract that runs: neither terminated nor voided.
fn running(
    state: &OperatorState,
    operator_id: OperatorId,
    contract_id: ContractId,
) -> Result<&Contract, Rejection> {
    let contract = state.contract(operator_id, contract_id)?;
    if contract.ending.is_some() {
        Err(Rejection::ContractClosed { contract_id })
    } else {
        Ok(contract)
    }
}

impl CommandBody for Amend {
    const NAME: &'static str = "amend-contract";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = true;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState, _: &TenantKey) -> Reads {
        Reads::package(state.package_of(self.contract_id))
    }

    /// Rule 12. The days a final evaluation rests on stay as they are until it is reopened (rule 30); money
    /// may still change.
    fn decide(
        &self,
        state: &OperatorState,
        _: &DecisionContext<'_>,
        sources: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let held @ Contract { terms, .. } = running(state, self.operator_id, self.contract_id)?;
        let package_terms = sources.package.published(&terms.package_id)?;
        let end = self.end.map_or(terms.end, CivilDate::day);
        let monthly = self.monthly.unwrap_or(terms.monthly);
        let period = Period {
            start: terms.start,
            end,
        };
        let reprices = self.end.is_some() || self.monthly.is_some() || self.value.is_some();
        let value = if reprices {
            value_of(&period, &monthly, self.value)
        } else {
            Ok(terms.value)
        };
        if (end, monthly, value.as_ref().ok()) == (terms.end, terms.monthly, Some(&terms.value)) {
            return Ok(OperatorDecision::default());
        }
        if let Ok(value) = value {
            slot::require_budget(sources.package, &terms.package_id, value, terms.value)?;
        }
        require_no_overlap(&state.contracts, &period, Some(self.contract_id))?;
        // Terms amended since bind a new end, not the one that was signed (rule 40).
        if end != terms.end {
            require_inside(package_terms, &period)?;
        }
        let value = value?;
        require_nothing_after(state, held, end, |days| days.end > end)?;
        if end != terms.end {
            state.evaluations.require_open(self.contract_id)?;
        }
        let contract_id = self.contract_id;
        let amended = Amended {
            contract_id,
            end,
            monthly,
            value,
            personal: Remark::open(&self.reason),
        };
        let adjusted = slot::Adjusted { contract_id, value };
        Ok(OperatorDecision::with_slot(
            adjusted,
            [Event::from(amended).into()],
        ))
    }
}

/// Refuses where facts lie after the day `on`: appraisals of later months, absences and warnings of later days,
/// and recorded leave that is `in_the_way`.
fn require_nothing_after(
    state: &OperatorState,
    contract: &Contract,
    on: NaiveDate,
    in_the_way: impl Fn(Period) -> bool,
) -> Result<(), Rejection> {
    let contract_id = contract.terms.contract_id;
    let leave = state.leave.of_contract(contract_id);
    let leave_ids: Vec<_> = leave
        .filter(|(_, entry)| entry.recorded().is_some_and(&in_the_way))
        .map(|(id, _)| id)
        .collect();
    let appraised = state.appraisals.appraised_of(contract_id);
    let months: Vec<_> = appraised.filter(|month| *month > Month::of(on)).collect();
    let missed = state
        .leave
        .absences
        .iter()
        .filter(|(day, of)| **day > on && **of == contract_id);
    let absences: Vec<_> = missed.map(|(day, _)| *day).collect();
    let warnings: Vec<_> = contract
        .warnings
        .iter()
        .map(|w| w.on)
        .filter(|day| *day > on)
        .collect();
    if leave_ids.is_empty() && months.is_empty() && absences.is_empty() && warnings.is_empty() {
        Ok(())
    } else {
        Err(Rejection::ContractHasLaterFacts {
            leave_ids,
            months,
            absences,
            warnings,
        })
    }
}

impl CommandBody for Terminate {
    const NAME: &'static str = "terminate-contract";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = true;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState, _: &TenantKey) -> Reads {
        Reads::package(state.package_of(self.contract_id)).and_year(Month::of(self.on).year())
    }

    /// Rule 13: later leave goes with the contract, unless it was taken already.
    fn decide(
        &self,
        state: &OperatorState,
        context: &DecisionContext<'_>,
        sources: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let Terminate {
            contract_id,
            on,
            cause,
            ..
        } = *self;
        let on = on.day();
        let contract = running(state, self.operator_id, contract_id)?;
        let Period { start, end } = contract.period();
        if !contract.period().contains(on) {
            return Err(Rejection::ContractNotInForce { on, start, end });
        }
        let next_day = on + Days::new(1);
        let taken = |days: Period| days.end > on && days.start.max(next_day) <= context.today;
        require_nothing_after(state, contract, on, taken)?;
        let cancelled = state
            .leave
            .of_contract(contract_id)
            .filter_map(|(leave_id, entry)| {
                let days = entry.recorded().filter(|days| days.end > on)?;
                let cancelled = leave::Cancelled {
                    leave_id,
                    from: days.start.max(next_day),
                    personal: Remark::open(&self.reason),
                };
                Some(leave::Event::from(cancelled).into())
            });
        let earned = contract.earned(on, sources.calendar);
        let terminated = Terminated {
            contract_id,
            on,
            cause,
            earned,
            personal: Remark::open(&self.reason),
        };
        let released = slot::Released {
            contract_id,
            cause: slot::ReleaseCause::Terminated,
            earned,
        };
        let events = cancelled.chain([Event::from(terminated).into()]);
        Ok(OperatorDecision::with_slot(released, events))
    }
}

impl CommandBody for Void {
    const NAME: &'static str = "void-contract";
    const GIVEN_BY: GivenBy = GivenBy::Officers;
    const MOVES_SLOT: bool = true;
    type OwnState = OperatorState;

    fn stream_id(&self, _: &TenantKey) -> OperatorId {
        self.operator_id
    }

    fn reads(&self, state: &OperatorState, _: &TenantKey) -> Reads {
        Reads::package(state.package_of(self.contract_id))
    }

    /// Voids a contract without leave or appraisals (rule 14).
    fn decide(
        &self,
        state: &OperatorState,
        _: &DecisionContext<'_>,
        _: &Sources<'_>,
    ) -> Result<OperatorDecision, Rejection> {
        let contract_id = self.contract_id;
        if state.contract(self.operator_id, contract_id)?.ending == Some(Ending::Voided) {
            return Ok(OperatorDecision::default());
        }
        running(state, self.operator_id, contract_id)?;
        let leave_ids: Vec<_> = state
            .leave
            .of_contract(contract_id)
            .filter(|(_, entry)| entry.recorded().is_some())
            .map(|(id, _)| id)
            .collect();
        let months: Vec<_> = state.appraisals.appraised_of(contract_id).collect();
        if !leave_ids.is_empty() || !months.is_empty() {
            let (absences, warnings) = (vec![], vec![]);
            return Err(Rejection::ContractHasLaterFacts {
                leave_ids,
                months,
                absences,
                warnings,
            });
        }
        let released = slot::Released {
            contract_id,
            cause: slot::ReleaseCause::Voided,
            earned: Rupiah::ZERO,
        };
        let voided = Voided {
            contract_id,
            personal: Remark::open(&self.reason),
        };
        Ok(OperatorDecision::with_slot(
            released,
            [Event::from(voided).into()],
        ))
    }
}

#[cfg(test)]
mod specs;
