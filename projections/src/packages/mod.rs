//! View `packages`: terms, officers, free quota and budget, and the candidates for a hire.

mod query;
mod rows;
mod shape;
#[cfg(test)]
mod tests;

use jejak_events::{
    ids::{OperatorId, PackageId},
    kinds::ItemKind,
    operator::{
        contract, evaluation,
        identity::{self, Profile},
    },
    package::{officer, slot, terms},
    personal::Owner,
};

pub use shape::{
    Budget, CandidateItem, CandidatesParams, OfficerItem, PackageItem, PackageParams,
    PackagesParams, Quota,
};

use self::rows::{PACKAGES, PEOPLE, SLOTS};
use crate::{
    error::ProjectionError,
    person,
    query::{Query, QueryHandler},
    view::{TopicHandler, View},
    writer::RowWriter,
};

/// The view `packages`, without state of its own.
pub struct Packages;

const NAME: &str = "packages";

static QUERIES: [QueryHandler; 3] = [
    Query::list::<PackagesParams, PackageItem>(
        "/v1/packages",
        NAME,
        "list",
        "Packages as they stand",
        shape::PACKAGE_COLUMNS,
    )
    .scan(query::list),
    Query::one::<PackageParams, PackageItem>(
        "/v1/packages/{package_id}",
        NAME,
        "get",
        "One package",
    )
    .may_miss(&[ItemKind::Package])
    .scan(query::get),
    Query::list::<CandidatesParams, CandidateItem>(
        "/v1/packages/{package_id}/candidates",
        NAME,
        "candidates",
        "People for selection, ranked",
        shape::CANDIDATE_COLUMNS,
    )
    .may_miss(&[ItemKind::Package])
    .scan(query::candidates),
];

impl View for Packages {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u32 {
        7
    }

    fn tables(&self) -> &'static [&'static str] {
        &["packages", "people", "slots"]
    }

    fn handlers(&self) -> Vec<TopicHandler> {
        vec![
            TopicHandler::new(identity),
            TopicHandler::new(contract),
            TopicHandler::new(evaluation),
            TopicHandler::new(terms),
            TopicHandler::new(officer),
            TopicHandler::new(slot),
        ]
    }

    fn queries(&self) -> &'static [QueryHandler] {
        &QUERIES
    }
}

fn terms(writer: &RowWriter, id: &PackageId, event: &terms::Event) -> Result<(), ProjectionError> {
    let mut row = PACKAGES.written(writer, id.as_str())?.unwrap_or_default();
    row.terms.evolve(event);
    PACKAGES.put(writer, id.as_str(), &row)
}

fn officer(
    writer: &RowWriter,
    id: &PackageId,
    event: &officer::Event,
) -> Result<(), ProjectionError> {
    let row = PACKAGES.written(writer, id.as_str())?;
    let mut row = row.ok_or_else(|| unpublished(writer))?;
    match event {
        officer::Event::Assigned(assigned) => {
            let particulars = match person::opened(writer, &assigned.personal)? {
                Some(officer) => writer.seal(Owner::Officer(assigned.officer_id), officer)?,
                None => None,
            };
            match row.particulars.get_mut(row.officers.place_of(assigned)) {
                Some(held) => *held = particulars,
                None => row.particulars.push(particulars),
            }
        }
        officer::Event::Released(_) => {}
    }
    row.officers.evolve(event);
    PACKAGES.put(writer, id.as_str(), &row)
}

fn slot(writer: &RowWriter, id: &PackageId, event: &slot::Event) -> Result<(), ProjectionError> {
    if !PACKAGES.is_written(writer, id.as_str())? {
        return Err(unpublished(writer));
    }
    let contract_id = match event {
        slot::Event::Reserved(reserved) => reserved.contract_id,
        slot::Event::Adjusted(adjusted) => adjusted.contract_id,
        slot::Event::Released(released) => released.contract_id,
    };
    let key = format!("{id}/{contract_id}");
    let held = SLOTS.written(writer, &key)?;
    let mut slots = slot::SlotsState {
        slots: held.into_iter().map(|slot| (contract_id, slot)).collect(),
    };
    slots.evolve(event);
    match slots.slots.get(&contract_id) {
        Some(slot) => SLOTS.put(writer, &key, slot),
        None => {
            SLOTS.remove(writer, &key);
            Ok(())
        }
    }
}

fn unpublished(writer: &RowWriter) -> ProjectionError {
    writer.inapplicable("the package's terms were never published")
}

fn identity(
    writer: &RowWriter,
    id: &OperatorId,
    event: &identity::Event,
) -> Result<(), ProjectionError> {
    let key = person::key(*id);
    let mut row = PEOPLE.written(writer, &key)?.unwrap_or_default();
    let profile = person::profile(writer, event)?;
    row.profile = person::seal(writer, *id, profile, Profile::clone)?;
    PEOPLE.put(writer, &key, &row)
}

fn contract(
    writer: &RowWriter,
    id: &OperatorId,
    event: &contract::Event,
) -> Result<(), ProjectionError> {
    let key = person::key(*id);
    let mut row = person::registered(writer, PEOPLE.written(writer, &key)?)?;
    person::evolve_contracts(&mut row.contracts, event);
    PEOPLE.put(writer, &key, &row)
}

fn evaluation(
    writer: &RowWriter,
    id: &OperatorId,
    event: &evaluation::Event,
) -> Result<(), ProjectionError> {
    match event {
        evaluation::Event::Proposed(_) => Ok(()),
        evaluation::Event::Finalized(_) | evaluation::Event::Reopened(_) => {
            let key = person::key(*id);
            let mut row = person::registered(writer, PEOPLE.written(writer, &key)?)?;
            row.evaluations.evolve(event);
            PEOPLE.put(writer, &key, &row)
        }
    }
}
