//! View `work`: what is to be done in the office, and by which role. All of it follows from other facts; nothing is
//! ticked off here.

mod due;
mod query;
mod rows;
mod shape;
#[cfg(test)]
mod tests;

use jejak_events::{
    ids::OperatorId,
    operator::{appraisal, contract, evaluation, facility, identity, leave},
};

pub use shape::{WorkItem, WorkKind, WorkParams};

use self::rows::{CONTRACTS, PEOPLE, WorkedPerson};
use crate::{
    error::ProjectionError,
    holidays, person,
    query::{OperatorAccess, Query, QueryHandler},
    view::{TopicHandler, View},
    writer::RowWriter,
};

/// The view `work`, without state of its own.
pub struct Work;

const NAME: &str = "work";

static QUERIES: [QueryHandler; 1] = [Query::list::<WorkParams, WorkItem>(
    "/v1/work",
    NAME,
    "list",
    "What is to be done, most pressing first",
    shape::WORK_COLUMNS,
)
.for_operators(OperatorAccess::Filter("operator"))
.scan(query::list)];

impl View for Work {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [&'static str] {
        &["calendars", "contracts", "people"]
    }

    fn handlers(&self) -> Vec<TopicHandler> {
        vec![
            TopicHandler::new(identity),
            TopicHandler::new(contract),
            TopicHandler::new(leave),
            TopicHandler::new(facility),
            TopicHandler::new(appraisal),
            TopicHandler::new(evaluation),
            TopicHandler::new(holidays::apply),
        ]
    }

    fn queries(&self) -> &'static [QueryHandler] {
        &QUERIES
    }
}

/// Changes the row of a registered person.
fn change(
    writer: &RowWriter,
    id: OperatorId,
    change: impl FnOnce(&mut WorkedPerson),
) -> Result<(), ProjectionError> {
    let key = person::key(id);
    let mut row = person::registered(writer, PEOPLE.written(writer, &key)?)?;
    change(&mut row);
    PEOPLE.put(writer, &key, &row)
}

fn identity(
    writer: &RowWriter,
    id: &OperatorId,
    event: &identity::Event,
) -> Result<(), ProjectionError> {
    let key = person::key(*id);
    let mut row = PEOPLE.written(writer, &key)?.unwrap_or_default();
    row.name = person::name(writer, *id, event)?;
    PEOPLE.put(writer, &key, &row)
}

fn contract(
    writer: &RowWriter,
    id: &OperatorId,
    event: &contract::Event,
) -> Result<(), ProjectionError> {
    let key = person::key(*id);
    let mut contracts = CONTRACTS.written(writer, &key)?.unwrap_or_default();
    person::evolve_contracts(&mut contracts, event);
    CONTRACTS.put(writer, &key, &contracts)?;
    change(writer, *id, |row| {
        row.note_contracts(&contracts);
        row.evaluations.reconsider(event);
    })
}

fn leave(writer: &RowWriter, id: &OperatorId, event: &leave::Event) -> Result<(), ProjectionError> {
    change(writer, *id, |row| row.leave.evolve(event))
}

fn facility(
    writer: &RowWriter,
    id: &OperatorId,
    event: &facility::Event,
) -> Result<(), ProjectionError> {
    change(writer, *id, |row| match event {
        facility::Event::Issued(issued) => {
            row.facilities
                .insert(issued.facility_id, issued.contract_id);
        }
        facility::Event::Returned(returned) => {
            row.facilities.remove(&returned.facility_id);
        }
    })
}

fn appraisal(
    writer: &RowWriter,
    id: &OperatorId,
    event: &appraisal::Event,
) -> Result<(), ProjectionError> {
    let (contract_id, month) = event.of();
    let is_appraised = match event {
        appraisal::Event::Submitted(_) | appraisal::Event::Corrected(_) => true,
        appraisal::Event::Waived(_) => false,
    };
    change(writer, *id, |row| {
        row.evaluations.revisit(event);
        let done = row.done.entry(contract_id).or_default();
        done.insert(month, is_appraised);
    })
}

fn evaluation(
    writer: &RowWriter,
    id: &OperatorId,
    event: &evaluation::Event,
) -> Result<(), ProjectionError> {
    change(writer, *id, |row| row.evaluations.evolve(event))
}
