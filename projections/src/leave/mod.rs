//! View `leave`: leave, absences and holidays.
//!
//! The rules' own functions count balances and charged days for each answer. So a holiday that is declared
//! late corrects every balance.

mod person_leave;
mod query;
mod rows;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::Datelike;
use jejak_events::{
    ids::OperatorId,
    kinds::ItemKind,
    operator::{contract, identity, leave},
};

pub use shape::{
    AbsentDay, BalanceItem, BalancesParams, CalendarItem, CalendarParams, DayOff, EntriesParams,
    EntryItem, FreeDay, LeaveItem, LeaveMonthItem, LeaveStatus, MonthParams, ServedDays,
};

use self::rows::{LEAVE, LeaveRecording, PEOPLE, RECORDINGS};
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

static QUERIES: [QueryHandler; 4] = [
    Query::list::<BalancesParams, BalanceItem>(
        "/v1/leave-balances",
        NAME,
        "balances",
        "Leave balances of a year, by name",
        shape::BALANCE_COLUMNS,
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
    Query::list::<MonthParams, LeaveMonthItem>(
        "/v1/leave",
        NAME,
        "month",
        "Leave and absences of a month, by name",
        shape::MONTH_COLUMNS,
    )
    .for_operators(OperatorAccess::Filter("operator"))
    .scan(query::month),
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
        8
    }

    fn tables(&self) -> &'static [&'static str] {
        &["calendars", "leave", "people", "recordings"]
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
    if event.is_erasure() {
        let contracts = row.contracts.all.values();
        let years: BTreeSet<i32> = contracts.map(|c| c.terms.fiscal_year).collect();
        for year in years {
            let year_key = person::year_key(year, &key);
            if let Some(mut recordings) = RECORDINGS.written(writer, &year_key)? {
                for recording in recordings.values_mut() {
                    recording.personal = None;
                }
                RECORDINGS.put(writer, &year_key, &recordings)?;
            }
        }
    }
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
    if let leave::Event::Recorded(recorded) = event {
        let given = writer.given()?;
        let part = recorded.personal.as_ref();
        let part = part.map(|part| person::opened(writer, part)).transpose()?;
        let recording = LeaveRecording {
            by: given.actor,
            at_ms: given.time.timestamp_millis(),
            personal: person::seal(writer, *id, part.flatten(), Clone::clone)?,
        };
        let mut recordings = RECORDINGS.written(writer, &key)?.unwrap_or_default();
        recordings.insert(recorded.leave_id, recording);
        RECORDINGS.put(writer, &key, &recordings)?;
    }
    LEAVE.put(writer, &key, &row)
}
