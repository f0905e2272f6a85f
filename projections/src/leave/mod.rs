//! View `leave`: what is left of each pool, which days were charged, and the calendar they follow
//! from. Days are counted when asked, by the rules' own functions: a decree corrects every balance.

mod query;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::Datelike;
use jejak_events::{
    Event, RecordedEvent,
    calendar::{self, holiday},
    ids::{OperatorId, StreamId},
    operator::{self, contract, leave},
};
use serde::{Deserialize, Serialize};

pub use shape::{
    BalanceItem, BalancesParams, CalendarItem, CalendarParams, EntriesParams, EntryItem, LeaveItem,
    LeaveStatus,
};

use crate::{
    ProjectionError, QueryError, Reader, View, Write, page,
    parts::{self, LEAVE},
    person,
    rows::Rows,
};

/// The view.
pub struct Leave;

#[derive(Default, Serialize, Deserialize)]
struct Person {
    /// None once erased.
    name: Option<String>,
    contracts: contract::ContractsState,
    /// Of some years: rows of their own, put in when the person is read to answer.
    #[serde(skip)]
    leave: leave::LeaveState,
}

const PEOPLE: Rows<Person> = Rows::new("people");
/// Days declared and not revoked, by year, in order.
const CALENDARS: Rows<Vec<holiday::Declared>> = Rows::new("calendars");

impl View for Leave {
    fn name(&self) -> &'static str {
        "leave"
    }

    fn version(&self) -> u32 {
        4
    }

    fn tables(&self) -> &'static [&'static str] {
        &["calendars", "leave", "people"]
    }

    fn queries(&self) -> &'static [&'static str] {
        &["balances", "entries", "calendar"]
    }

    fn by_key(&self) -> &'static [&'static str] {
        &["entries"]
    }

    fn topics(&self) -> &'static [&'static str] {
        &[
            "calendar.holiday",
            "operator.contract",
            "operator.identity",
            "operator.leave",
        ]
    }

    fn apply(&self, write: &Write, recorded: &RecordedEvent) -> Result<(), ProjectionError> {
        match (&recorded.envelope.stream, &recorded.event) {
            (StreamId::Operator(id), Event::Operator(event)) => {
                apply_person(write, recorded, *id, event)
            }
            (_, Event::Calendar(calendar::Event::Holiday(event))) => declare(write, event),
            (_, Event::Operator(_) | Event::Package(_)) => Ok(()),
        }
    }

    fn query(&self, reader: &Reader<'_>, name: &str, params: &[u8]) -> Result<Vec<u8>, QueryError> {
        match name {
            "balances" => query::balances(reader, page::params(params)?),
            "entries" => query::entries(reader, page::params(params)?),
            "calendar" => query::calendar(reader, page::params(params)?),
            _ => Err(QueryError::UnknownQuery),
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
            let name = person::profile(recorded, event)?.map(|profile| profile.full_name.clone());
            PEOPLE.put(
                write,
                &key,
                &Person {
                    name,
                    ..PEOPLE.held(write, &key)?.unwrap_or_default()
                },
            )
        }
        operator::Event::Contract(event) => {
            let mut row = person::known(recorded, PEOPLE.held(write, &key)?)?;
            if let contract::Event::Hired(hired) = event {
                parts::know_leave(write, &person::of_year(hired.fiscal_year, &key))?;
            }
            person::evolve_contracts(&mut row.contracts, event);
            PEOPLE.put(write, &key, &row)
        }
        operator::Event::Leave(event) => parts::change_leave(write, recorded, &key, event),
        operator::Event::Appraisal(_) | operator::Event::Evaluation(_) => Ok(()),
    }
}

/// A person with the leave of a year, or of all years.
fn held(
    reader: &Reader<'_>,
    key: &str,
    year: Option<i32>,
) -> Result<Option<Person>, ProjectionError> {
    let Some(mut person) = PEOPLE.get(reader, key)? else {
        return Ok(None);
    };
    let years: BTreeSet<i32> = match year {
        Some(year) => [year].into(),
        None => person
            .contracts
            .all
            .values()
            .map(|contract| contract.terms.fiscal_year)
            .collect(),
    };
    for year in years {
        let of_year = LEAVE
            .get(reader, &person::of_year(year, key))?
            .unwrap_or_default();
        person.leave.entries.extend(of_year.entries);
        person.leave.absences.extend(of_year.absences);
    }
    Ok(Some(person))
}

fn declare(write: &Write, event: &holiday::Event) -> Result<(), ProjectionError> {
    let (date, kind) = match event {
        holiday::Event::Declared(declared) => (declared.date, declared.kind),
        holiday::Event::Revoked(revoked) => (revoked.date, revoked.kind),
    };
    let year = date.year().to_string();
    let mut days = CALENDARS.held(write, &year)?.unwrap_or_default();
    days.retain(|day| (day.date, day.kind) != (date, kind));
    if let holiday::Event::Declared(declared) = event {
        days.push(declared.clone());
        days.sort_by_key(|day| (day.date, day.kind));
    }
    CALENDARS.put(write, &year, &days)
}
