//! Rule 49: the officers who may act on a contract.

use super::{Event, OperatorState};
use crate::{
    DecisionContext, Rejection,
    ids::ActorId,
    package::{PackageState, policy::OfficersMay},
};

/// Requires that the sender holds a role in the contract's package: today, or on a day an event concerns. Papers
/// are entered late, and contracts are signed ahead. The particulars of a person who is engaged, or will be, are the
/// matter of the package of the last contract.
///
/// # Errors
/// `officer.not_assigned`.
pub(super) fn require(
    state: &OperatorState,
    events: &[Event],
    context: &DecisionContext<'_>,
    package: &PackageState,
) -> Result<(), Rejection> {
    let any_may = package
        .terms
        .current
        .as_ref()
        .is_some_and(|terms| terms.officers_may == OfficersMay::Any);
    let mut on_contracts = events
        .iter()
        .filter(|event| {
            let last = state.last_contract().map(|contract| contract.period().end);
            let is_engaged = last.is_some_and(|end| end >= context.today);
            event.concerned_contract(state).is_some() || (event.corrects_person() && is_engaged)
        })
        .peekable();
    let serves_for = |event: &Event| {
        let ActorId::Officer(officer) = context.actor else {
            return false;
        };
        let days = event.effective_days(state);
        let today = (context.today, Some(context.today));
        let served = &package.officers;
        [Some(today), days]
            .into_iter()
            .flatten()
            .any(|(first, last)| served.serves_within(*officer, first, last))
    };
    // All events of a command that concern a contract concern the same one.
    if any_may || on_contracts.peek().is_none() || on_contracts.any(serves_for) {
        return Ok(());
    }
    Err(Rejection::OfficerNotAssigned {
        role: None,
        on: context.today,
    })
}

#[cfg(test)]
mod specs;
