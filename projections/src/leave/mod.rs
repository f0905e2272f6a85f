//! View `leave`: leave, absences and holidays.
//!
//! The rules' own functions count balances and charged days for each answer. So a holiday that is declared
//! late corrects every balance.

mod query;
mod rows;
mod shape;
#[cfg(test)]
mod tests;

use chrono::Datelike;
use jejak_events::{
    ids::OperatorId,
    kinds::ItemKind,
    operator::{contract, identity, leave},
};

pub use shape::{
    BalanceItem, BalancesParams, CalendarItem, CalendarParams, EntriesParams, EntryItem, LeaveItem,
    LeaveStatus,
};

use self::rows::{LEAVE, PEOPLE};
use crate::{
    error::ProjectionError,
    holidays, person,
    query::{OperatorAccess, Query, QueryHandler},
    view::{TopicHandler, View},
    writer::RowWriter,
};

/// The view `leave`, without state of its own.
pub struct Leave;

const NAME: &str = "leave";

static QUERIES: [QueryHandler; 3] = [
    Query::list::<BalancesParams, BalanceItem>(
        "/v1/leave-balances",
        NAME,
        "balances",
        "Leave balances of a year",
    )
    .for_operators(OperatorAccess::Filter("operator"))
    .scan(query::balances),
    Query::one::<EntriesParams, LeaveItem>(
        "/v1/operators/{operator_id}/leave",
        NAME,
        "entries",
        "One person's leave",
    )
    .also_as_of("leave-as-of")
    .for_operators(OperatorAccess::Path("operator_id"))
    .may_miss(&[ItemKind::Operator])
    .by_key(query::entries),
    Query::one::<CalendarParams, CalendarItem>(
        "/v1/calendars/{year}",
        NAME,
        "calendar",
        "Holidays and working days of a year",
    )
    .scan(query::calendar),
];

impl View for Leave {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u32 {
        7
    }

    fn tables(&self) -> &'static [&'static str] {
        &["calendars", "leave", "people"]
    }

    fn handlers(&self) -> Vec<TopicHandler> {
        vec![
            TopicHandler::new(identity),
            TopicHandler::new(contract),
            TopicHandler::new(leave),
            TopicHandler::new(holidays::apply),
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
    let mut row = person::registered(writer, PEOPLE.written(writer, &key)?)?;
    if let contract::Event::Hired(hired) = event {
        let year_key = person::year_key(hired.fiscal_year, &key);
        if !LEAVE.is_written(writer, &year_key)? {
            LEAVE.put(writer, &year_key, &leave::LeaveState::default())?;
        }
    }
    person::evolve_contracts(&mut row.contracts, event);
    PEOPLE.put(writer, &key, &row)
}

fn leave(writer: &RowWriter, id: &OperatorId, event: &leave::Event) -> Result<(), ProjectionError> {
    let day = match event {
        leave::Event::Recorded(recorded) => recorded.from,
        leave::Event::Cancelled(cancelled) => cancelled.from,
        leave::Event::Absent(absent) => absent.on,
    };
    let key = person::year_key(day.year(), &person::key(*id));
    let mut row = LEAVE
        .written(writer, &key)?
        .ok_or_else(|| writer.inapplicable("the person was never hired for the year"))?;
    row.evolve(event);
    LEAVE.put(writer, &key, &row)
}
