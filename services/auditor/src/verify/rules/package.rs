//! What may come next in a package, and what holds after every event of it.

use chrono::NaiveDate;
use jejak_events::{
    ids::ContractId,
    package::{
        Event, PackageState,
        officer::{self, Assigned},
        slot::{self, Adjusted, Released, Reserved},
        terms,
    },
};

/// The contract an event is about.
pub(super) fn contract(event: &Event) -> Option<ContractId> {
    match event {
        Event::Slot(slot::Event::Reserved(Reserved { contract_id, .. }))
        | Event::Slot(slot::Event::Adjusted(Adjusted { contract_id, .. }))
        | Event::Slot(slot::Event::Released(Released { contract_id, .. })) => Some(*contract_id),
        Event::Terms(_) | Event::Officer(_) => None,
    }
}

/// Whether the event can follow.
pub(super) fn before(state: &PackageState, event: &Event) -> Result<(), String> {
    let published = state.terms.current.is_some();
    match event {
        Event::Terms(terms::Event::Published(_)) if published => {
            Err("terms are published already".to_owned())
        }
        Event::Terms(terms::Event::Published(_)) => Ok(()),
        _ if !published => Err("no terms are published".to_owned()),
        Event::Terms(terms::Event::Amended(amended))
            if amended.version != state.terms.version + 1 =>
        {
            Err(format!(
                "terms go from version {} to {}",
                state.terms.version, amended.version
            ))
        }
        Event::Terms(terms::Event::Amended(_)) => Ok(()),
        Event::Officer(event) => officer(state, event),
        Event::Slot(event) => slot(state, event),
    }
}

/// Rule 37: one holder an office and day.
fn officer(state: &PackageState, event: &officer::Event) -> Result<(), String> {
    let last = |to: Option<NaiveDate>| to.unwrap_or(NaiveDate::MAX);
    match event {
        officer::Event::Assigned(assigned) => {
            let Assigned { role, from, to, .. } = assigned;
            let held = &state.officers.assignments;
            // One told again corrects its particulars.
            let corrects = state.officers.place_of(assigned) < held.len();
            let clash = held
                .iter()
                .filter(|held| held.is_served())
                .any(|held| held.role == *role && held.from <= last(*to) && *from <= last(held.to));
            if clash && !corrects {
                Err("the office has another holder on one of these days (rule 37)".to_owned())
            } else {
                Ok(())
            }
        }
        officer::Event::Released(released) => {
            let held = state.officers.assignments.iter().any(|held| {
                held.officer_id == released.officer_id
                    && held.role == released.role
                    && held.can_end(released.on)
            });
            if held {
                Ok(())
            } else {
                Err("the officer released does not hold the office on that day".to_owned())
            }
        }
    }
}

fn slot(state: &PackageState, event: &slot::Event) -> Result<(), String> {
    let slots = &state.slots.slots;
    match event {
        slot::Event::Reserved(Reserved {
            contract_id,
            spk_number,
            ..
        }) => {
            if slots.contains_key(contract_id) {
                return Err(format!("contract {contract_id} has a slot already"));
            }
            if slots.values().any(|slot| slot.has_number(spk_number)) {
                return Err("the SPK number is used already in the package (rule 8)".to_owned());
            }
            Ok(())
        }
        slot::Event::Adjusted(Adjusted { contract_id, .. })
        | slot::Event::Released(Released { contract_id, .. }) => match slots.get(contract_id) {
            Some(slot) if slot.open => Ok(()),
            Some(_) => Err(format!(
                "the slot of contract {contract_id} is free already"
            )),
            None => Err(format!("contract {contract_id} has no slot")),
        },
    }
}

/// Rules 1, 3 and 40: never more people than the quota, never more money than the ceiling.
pub(super) fn after(state: &PackageState) -> Result<(), String> {
    let Some(terms) = &state.terms.current else {
        return Ok(());
    };
    let (filled, committed) = (state.slots.filled(), state.slots.committed());
    if filled > terms.quota {
        return Err(format!(
            "{filled} slots are taken of a quota of {} (rule 1)",
            terms.quota
        ));
    }
    if committed > terms.budget_ceiling {
        return Err(format!(
            "{committed} is committed of a ceiling of {} (rule 3)",
            terms.budget_ceiling
        ));
    }
    Ok(())
}
