//! View `evaluations`: how people did, ranked, and the months it follows from. What months add up to is
//! computed by the rules' own functions, whether or not an evaluation is final yet.

mod query;
mod ranking;
mod shape;
mod shown;
#[cfg(test)]
mod tests;

use jejak_events::{
    Event, Recorded,
    ids::{OperatorId, StreamId},
    operator::{self, contract, identity::Profile},
    package::{self, policy::Eligibility, terms},
};
use serde::{Deserialize, Serialize};

pub use shape::{
    EvaluationDetail, EvaluationItem, EvaluationOfMonths, EvaluationParams, EvaluationStatus,
    EvaluationsParams, MonthItem,
};

use self::shown::Shown;
use crate::{
    ProjectionError, QueryError, Reader, View, Write,
    deeds::Deeds,
    page, parts, person,
    rows::{Packed, Rows},
};

/// The view.
pub struct Evaluations;

/// All that events of a person and his contracts change. What it says is shown by a smaller one.
#[derive(Default, Serialize, Deserialize)]
struct Row {
    /// None once erased.
    known: Option<Known>,
    contracts: contract::State,
}

/// A person with all that is his, to answer with.
#[derive(Default)]
struct Person {
    shown: Shown,
    deeds: Deeds,
}

/// Of the particulars, what ranking and showing need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    name: String,
    domicile_code: String,
}

const PEOPLE: Rows<Row> = Rows::new("people");
const SHOWN: Rows<Shown, Packed> = Rows::new("shown");
/// Who was ever engaged in a year, under `<year>/<person>`.
const YEARS: Rows<()> = Rows::new("years");
/// Whom a package prefers.
const PACKAGES: Rows<Eligibility> = Rows::new("packages");

impl View for Evaluations {
    fn name(&self) -> &'static str {
        "evaluations"
    }

    fn version(&self) -> u32 {
        4
    }

    fn tables(&self) -> &'static [&'static str] {
        &["deeds", "packages", "people", "shown", "years"]
    }

    fn queries(&self) -> &'static [&'static str] {
        &["list", "get"]
    }

    fn by_key(&self) -> &'static [&'static str] {
        &["get"]
    }

    fn topics(&self) -> &'static [&'static str] {
        &[
            "operator.appraisal",
            "operator.contract",
            "operator.evaluation",
            "operator.identity",
            "package.terms",
        ]
    }

    fn apply(&self, write: &Write, recorded: &Recorded) -> Result<(), ProjectionError> {
        match (&recorded.envelope.stream, &recorded.event) {
            (StreamId::Operator(id), Event::Operator(event)) => apply_person(write, recorded, *id, event),
            (StreamId::Package(id), Event::Package(package::Event::Terms(event))) => {
                let terms = match event {
                    terms::Event::Published(published) => &published.terms,
                    terms::Event::Amended(amended) => &amended.terms,
                };
                PACKAGES.put(write, id.as_str(), &terms.eligibility)
            }
            (_, Event::Operator(_) | Event::Package(_) | Event::Calendar(_)) => Ok(()),
        }
    }

    fn query(&self, reader: &Reader<'_>, name: &str, params: &[u8]) -> Result<Vec<u8>, QueryError> {
        match name {
            "list" => query::list(reader, page::params(params)?),
            "get" => query::get(reader, page::params(params)?),
            _ => Err(QueryError::UnknownQuery),
        }
    }
}

fn apply_person(
    write: &Write,
    recorded: &Recorded,
    id: OperatorId,
    event: &operator::Event,
) -> Result<(), ProjectionError> {
    let key = person::key(id);
    match event {
        operator::Event::Identity(event) => {
            let known = |profile: &Profile| Known {
                name: profile.full_name.clone(),
                domicile_code: profile.domicile_code.clone(),
            };
            let mut row = PEOPLE.held(write, &key)?.unwrap_or_default();
            row.known = person::profile(recorded, event)?.map(known);
            put(write, &key, &row)?;
            parts::know_deeds(write, &key)
        }
        operator::Event::Contract(event) => {
            let mut row = person::known(recorded, PEOPLE.held(write, &key)?)?;
            if let contract::Event::Hired(hired) = event {
                YEARS.put(write, &format!("{}/{key}", hired.fiscal_year), &())?;
            }
            person::evolve_contracts(&mut row.contracts, event);
            put(write, &key, &row)?;
            parts::change_evaluation(write, recorded, &key, event.contract_id(), |held| {
                held.reconsider(event)
            })
        }
        operator::Event::Appraisal(event) => parts::change_month(write, recorded, &key, event),
        operator::Event::Evaluation(event) => {
            parts::change_evaluation(write, recorded, &key, event.contract_id(), |held| held.evolve(event))
        }
        operator::Event::Leave(_) => Ok(()),
    }
}

fn put(write: &Write, key: &str, row: &Row) -> Result<(), ProjectionError> {
    PEOPLE.put(write, key, row)?;
    SHOWN.put(write, key, &Shown::of(row))
}

/// A person with all that is his.
fn held(reader: &Reader<'_>, key: &str) -> Result<Option<Person>, ProjectionError> {
    let Some(shown) = SHOWN.get(reader, key)? else { return Ok(None) };
    Ok(Some(Person { shown, deeds: parts::deeds(reader, key)? }))
}
