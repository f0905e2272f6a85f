//! Rule 49: the officers who may act on a contract.

use super::{Event, OperatorState, Sources};
use crate::{
    DecisionContext, Rejection,
    ids::ActorId,
    package::{PackageState, policy::OfficersMay},
};

/// Requires that the sender holds a role in the contract's package: today, or on a day an event concerns. Papers
/// are entered late, and contracts are signed ahead. The particulars of a person are the matter of every package with a
/// contract of his that is not over.
///
/// # Errors
/// `officer.not_assigned`.
pub(super) fn require(
    state: &OperatorState,
    events: &[Event],
    context: &DecisionContext<'_>,
    sources: &Sources<'_>,
) -> Result<(), Rejection> {
    let packages_of = |event: &Event| {
        if event.concerned_contract(state).is_some() {
            return vec![sources.package];
        }
        if !event.corrects_person() {
            return vec![];
        }
        let ids = state.packages_after(context.today);
        // A package that was not read has no officers, so nobody may act for it.
        let packages = ids.iter().map(|id| sources.officers_of.get(id));
        packages
            .map(|package| *package.unwrap_or(&sources.package))
            .collect()
    };
    let mut concerned = events
        .iter()
        .map(|event| (event, packages_of(event)))
        .filter(|(_, packages)| !packages.is_empty())
        .peekable();
    let may = |(event, packages): (&Event, Vec<&PackageState>)| {
        packages
            .into_iter()
            .any(|package| any_officer_may(package) || serves_for(event, state, context, package))
    };
    // All events of a command that concern a contract concern the same one.
    if concerned.peek().is_none() || concerned.any(may) {
        return Ok(());
    }
    Err(Rejection::OfficerNotAssigned {
        role: None,
        on: context.today,
    })
}

fn any_officer_may(package: &PackageState) -> bool {
    let terms = package.terms.current.as_ref();
    terms.is_some_and(|terms| terms.officers_may == OfficersMay::Any)
}

/// Whether the sender holds a role in the package today, or on a day of the event.
fn serves_for(
    event: &Event,
    state: &OperatorState,
    context: &DecisionContext<'_>,
    package: &PackageState,
) -> bool {
    let ActorId::Officer(officer) = context.actor else {
        return false;
    };
    let today = (context.today, Some(context.today));
    let days = event.effective_days(state);
    let mut days = [Some(today), days].into_iter().flatten();
    days.any(|(first, last)| package.officers.serves_within(*officer, first, last))
}

#[cfg(test)]
mod specs;
