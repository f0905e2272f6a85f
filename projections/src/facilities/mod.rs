//! View `facilities`: badges, uniforms and access, out or returned.

mod query;
mod rows;
mod shape;
#[cfg(test)]
mod tests;

use jejak_events::{
    ids::OperatorId,
    operator::{contract, facility, identity},
};

pub use shape::{FacilitiesParams, FacilityItem, FacilityStatus};

use self::rows::{FACILITIES, HeldFacility, PEOPLE};
use crate::{
    error::ProjectionError,
    person,
    query::{OperatorAccess, Query, QueryHandler},
    view::{TopicHandler, View},
    writer::RowWriter,
};

/// The view `facilities`, without state of its own.
pub struct Facilities;

const NAME: &str = "facilities";

static QUERIES: [QueryHandler; 1] = [Query::list::<FacilitiesParams, FacilityItem>(
    "/v1/facilities",
    NAME,
    "list",
    "Facilities, out or returned",
    shape::FACILITY_COLUMNS,
)
.for_operators(OperatorAccess::Filter("operator"))
.scan(query::list)];

impl View for Facilities {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u32 {
        2
    }

    fn tables(&self) -> &'static [&'static str] {
        &["facilities", "people"]
    }

    fn handlers(&self) -> Vec<TopicHandler> {
        vec![
            TopicHandler::new(identity),
            TopicHandler::new(contract),
            TopicHandler::new(facility),
        ]
    }

    fn queries(&self) -> &'static [QueryHandler] {
        &QUERIES
    }
}

fn identity(
    writer: &RowWriter,
    id: &OperatorId,
    event: &identity::Event,
) -> Result<(), ProjectionError> {
    let person = person::key(*id);
    let mut row = PEOPLE.written(writer, &person)?.unwrap_or_default();
    row.name = person::name(writer, *id, event)?;
    if event.is_erasure() {
        for facility_id in &row.facilities {
            let key = rows::key(&person, *facility_id);
            let held = HeldFacility {
                label: None,
                note: None,
                ..held(writer, &key)?
            };
            FACILITIES.put(writer, &key, &held)?;
        }
    }
    PEOPLE.put(writer, &person, &row)
}

fn contract(
    writer: &RowWriter,
    id: &OperatorId,
    event: &contract::Event,
) -> Result<(), ProjectionError> {
    match event {
        contract::Event::Hired(hired) => {
            let person = person::key(*id);
            let mut row = person::registered(writer, PEOPLE.written(writer, &person)?)?;
            row.packages
                .insert(hired.contract_id, hired.package_id.clone());
            PEOPLE.put(writer, &person, &row)
        }
        contract::Event::Amended(_)
        | contract::Event::Terminated(_)
        | contract::Event::Voided(_)
        | contract::Event::Warned(_) => Ok(()),
    }
}

fn facility(
    writer: &RowWriter,
    id: &OperatorId,
    event: &facility::Event,
) -> Result<(), ProjectionError> {
    let person = person::key(*id);
    match event {
        facility::Event::Issued(issued) => {
            let mut row = person::registered(writer, PEOPLE.written(writer, &person)?)?;
            row.facilities.push(issued.facility_id);
            PEOPLE.put(writer, &person, &row)?;
            let details = person::opened(writer, &issued.personal)?;
            let facility = HeldFacility {
                contract_id: issued.contract_id,
                kind: issued.kind,
                label: person::seal(writer, *id, details, |details| details.label.clone())?,
                issued_on: issued.on,
                returned_on: None,
                note: None,
            };
            FACILITIES.put(writer, &rows::key(&person, issued.facility_id), &facility)
        }
        facility::Event::Returned(returned) => {
            let key = rows::key(&person, returned.facility_id);
            let part = returned.personal.as_ref();
            let note = part.map(|part| person::opened(writer, part)).transpose()?;
            let held = HeldFacility {
                returned_on: Some(returned.on),
                note: person::seal(writer, *id, note.flatten(), |note| note.text.clone())?,
                ..held(writer, &key)?
            };
            FACILITIES.put(writer, &key, &held)
        }
    }
}

fn held(writer: &RowWriter, key: &str) -> Result<HeldFacility, ProjectionError> {
    FACILITIES
        .written(writer, key)?
        .ok_or_else(|| writer.inapplicable("the facility was never handed out"))
}
