//! View `packages`: what is procured, by whom it is signed, what is left of quota and budget, and who
//! could be hired for it.

mod query;
mod shape;
#[cfg(test)]
mod tests;

use jejak_events::{
    Event, RecordedEvent,
    ids::{OperatorId, PackageId, StreamId},
    operator::{self, contract, evaluation, identity::Profile},
    package::{
        self, officer,
        slot::{self, Slot},
        terms,
    },
};
use serde::{Deserialize, Serialize};

pub use shape::{
    Budget, CandidateItem, CandidatesParams, OfficerItem, PackageItem, PackageParams,
    PackagesParams, Quota,
};

use crate::{ProjectionError, QueryError, Reader, View, Write, page, parts, person, rows::Rows};

/// The view.
pub struct Packages;

#[derive(Default, Serialize, Deserialize)]
struct Package {
    terms: terms::TermsState,
    officers: officer::OfficersState,
    /// Of each assignment, in the same order, whose it is; none once erased.
    particulars: Vec<Option<officer::Officer>>,
}

#[derive(Default, Serialize, Deserialize)]
struct Person {
    /// None once erased.
    profile: Option<Profile>,
    contracts: contract::ContractsState,
    /// A row of their own, put in when the person is read to answer.
    #[serde(skip)]
    evaluations: evaluation::EvaluationState,
}

const PACKAGES: Rows<Package> = Rows::new("packages");
/// Slots under `<package>/<contract>`, so that a hire does not rewrite those before it.
const SLOTS: Rows<Slot> = Rows::new("slots");
const PEOPLE: Rows<Person> = Rows::new("people");

impl View for Packages {
    fn name(&self) -> &'static str {
        "packages"
    }

    fn version(&self) -> u32 {
        4
    }

    fn tables(&self) -> &'static [&'static str] {
        &["deeds", "packages", "people", "slots"]
    }

    fn queries(&self) -> &'static [&'static str] {
        &["list", "get", "candidates"]
    }

    fn by_key(&self) -> &'static [&'static str] {
        &[]
    }

    fn topics(&self) -> &'static [&'static str] {
        &[
            "operator.appraisal",
            "operator.contract",
            "operator.evaluation",
            "operator.identity",
            "package.officer",
            "package.slot",
            "package.terms",
        ]
    }

    fn apply(&self, write: &Write, recorded: &RecordedEvent) -> Result<(), ProjectionError> {
        match (&recorded.envelope.stream, &recorded.event) {
            (StreamId::Package(id), Event::Package(event)) => {
                apply_package(write, recorded, id, event)
            }
            (StreamId::Operator(id), Event::Operator(event)) => {
                apply_person(write, recorded, *id, event)
            }
            (_, Event::Operator(_) | Event::Package(_) | Event::Calendar(_)) => Ok(()),
        }
    }

    fn query(&self, reader: &Reader<'_>, name: &str, params: &[u8]) -> Result<Vec<u8>, QueryError> {
        match name {
            "list" => query::list(reader, page::params(params)?),
            "get" => query::get(reader, page::params(params)?),
            "candidates" => query::candidates(reader, page::params(params)?),
            _ => Err(QueryError::UnknownQuery),
        }
    }
}

fn apply_package(
    write: &Write,
    recorded: &RecordedEvent,
    id: &PackageId,
    event: &package::Event,
) -> Result<(), ProjectionError> {
    let held = PACKAGES.held(write, id.as_str())?;
    if held.is_none() && !matches!(event, package::Event::Terms(_)) {
        let reason = "the package's terms were never published";
        return Err(ProjectionError::Inapplicable {
            position: recorded.position,
            reason,
        });
    }
    let mut row = held.unwrap_or_default();
    match event {
        package::Event::Terms(event) => row.terms.evolve(event),
        package::Event::Officer(event) => {
            if let officer::Event::Assigned(assigned) = event {
                let officer = person::opened(recorded, &assigned.personal)?.cloned();
                match row.particulars.get_mut(row.officers.place_of(assigned)) {
                    Some(held) => *held = officer,
                    None => row.particulars.push(officer),
                }
            }
            row.officers.evolve(event);
        }
        package::Event::Slot(event) => return apply_slot(write, id, event),
    }
    PACKAGES.put(write, id.as_str(), &row)
}

fn apply_slot(write: &Write, id: &PackageId, event: &slot::Event) -> Result<(), ProjectionError> {
    let contract_id = match event {
        slot::Event::Reserved(reserved) => reserved.contract_id,
        slot::Event::Adjusted(adjusted) => adjusted.contract_id,
        slot::Event::Released(released) => released.contract_id,
    };
    let key = format!("{id}/{contract_id}");
    let held = SLOTS.held(write, &key)?.map(|slot| (contract_id, slot));
    let mut slots = slot::SlotsState {
        slots: held.into_iter().collect(),
    };
    slots.evolve(event);
    match slots.slots.get(&contract_id) {
        Some(slot) => SLOTS.put(write, &key, slot),
        None => {
            SLOTS.remove(write, &key);
            Ok(())
        }
    }
}

fn apply_person(
    write: &Write,
    recorded: &RecordedEvent,
    id: OperatorId,
    event: &operator::Event,
) -> Result<(), ProjectionError> {
    let key = person::key(id);
    match event {
        operator::Event::Identity(event) => {
            let mut row = PEOPLE.held(write, &key)?.unwrap_or_default();
            row.profile = person::profile(recorded, event)?.cloned();
            PEOPLE.put(write, &key, &row)?;
            parts::know_deeds(write, &key)
        }
        operator::Event::Contract(event) => {
            let mut row = person::known(recorded, PEOPLE.held(write, &key)?)?;
            person::evolve_contracts(&mut row.contracts, event);
            PEOPLE.put(write, &key, &row)?;
            parts::change_evaluation(write, recorded, &key, event.contract_id(), |held| {
                held.reconsider(event)
            })
        }
        operator::Event::Appraisal(event) => {
            parts::change_evaluation(write, recorded, &key, event.of().0, |held| {
                held.revisit(event)
            })
        }
        operator::Event::Evaluation(event) => {
            parts::change_evaluation(write, recorded, &key, event.contract_id(), |held| {
                held.evolve(event)
            })
        }
        operator::Event::Leave(_) => Ok(()),
    }
}
