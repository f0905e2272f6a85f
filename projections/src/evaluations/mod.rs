//! View `evaluations`: how people did, ranked, and the months it follows from. What months add up to is
//! computed by the rules' own functions, whether or not an evaluation is final yet.

mod query;
mod ranking;
mod shape;
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

use crate::{
    ProjectionError, QueryError, Reader, View, Write, deeds::Deeds, page, parts, person, rows::Rows,
};

/// The view.
pub struct Evaluations;

#[derive(Default, Serialize, Deserialize)]
struct Person {
    /// None once erased.
    known: Option<Known>,
    contracts: contract::State,
    /// A row of their own, put in when the person is read to answer.
    #[serde(skip)]
    deeds: Deeds,
}

/// Of the particulars, what ranking and showing need.
#[derive(Serialize, Deserialize)]
struct Known {
    name: String,
    domicile_code: String,
}

const PEOPLE: Rows<Person> = Rows::new("people");
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
        &["deeds", "packages", "people", "years"]
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
            PEOPLE.put(write, &key, &row)?;
            parts::know_deeds(write, &key)
        }
        operator::Event::Contract(event) => {
            let mut row = person::known(recorded, PEOPLE.held(write, &key)?)?;
            if let contract::Event::Hired(hired) = event {
                YEARS.put(write, &format!("{}/{key}", hired.fiscal_year), &())?;
            }
            person::evolve_contracts(&mut row.contracts, event);
            PEOPLE.put(write, &key, &row)?;
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

/// A person with all that is his.
fn held(reader: &Reader<'_>, key: &str) -> Result<Option<Person>, ProjectionError> {
    let Some(person) = PEOPLE.get(reader, key)? else { return Ok(None) };
    Ok(Some(Person { deeds: parts::deeds(reader, key)?, ..person }))
}
