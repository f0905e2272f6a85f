//! View `evaluations`: how people did, ranked, and the months it follows from. What months add up to is
//! computed by the rules' own functions, whether or not an evaluation is final yet.

mod engaged;
mod query;
mod ranking;
mod shape;
#[cfg(test)]
mod tests;

use jejak_events::{
    Event, RecordedEvent,
    ids::{ContractId, OperatorId, StreamId},
    operator::{self, contract, identity::Profile},
    package::{self, policy::Eligibility, terms},
};

pub use shape::{
    EvaluationDetail, EvaluationItem, EvaluationOfMonths, EvaluationParams, EvaluationStatus,
    EvaluationsParams, MonthItem,
};

use self::engaged::Engaged;
use crate::{
    ProjectionError, QueryError, Reader, View, Write,
    deeds::Deeds,
    packed::{self, Left, Pack},
    page, parts, person,
    rows::{Packed, Rows},
};

/// The view.
pub struct Evaluations;

/// Who someone is, and where what he did stands.
#[derive(Debug, Default, PartialEq, Eq)]
struct Person {
    /// None once erased.
    known: Option<Known>,
    /// The fiscal year of each contract, in order of hires.
    years: Vec<(ContractId, i32)>,
}

/// A year of a person, to answer with.
#[derive(Default)]
struct Year {
    known: Option<Known>,
    /// Contracts that stand.
    engaged: Engaged,
    deeds: Deeds,
}

/// Of the particulars, what ranking and showing need.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    name: String,
    domicile_code: String,
}

const PEOPLE: Rows<Person, Packed> = Rows::new("people");
/// What the rules hold of the contracts of a year, under `<year>/<person>` as all that grows with years: an event
/// concerns one year, and the rows of a year lie side by side.
const CONTRACTS: Rows<contract::ContractsState> = Rows::new("contracts");
/// The same as far as answers need it.
const ENGAGED: Rows<Engaged, Packed> = Rows::new("engaged");
/// Whom a package prefers.
const PACKAGES: Rows<Eligibility> = Rows::new("packages");

impl View for Evaluations {
    fn name(&self) -> &'static str {
        "evaluations"
    }

    fn version(&self) -> u32 {
        5
    }

    fn tables(&self) -> &'static [&'static str] {
        &["contracts", "deeds", "engaged", "packages", "people"]
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

    fn apply(&self, write: &Write, recorded: &RecordedEvent) -> Result<(), ProjectionError> {
        match (&recorded.envelope.stream, &recorded.event) {
            (StreamId::Operator(id), Event::Operator(event)) => {
                apply_person(write, recorded, *id, event)
            }
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
    recorded: &RecordedEvent,
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
            let mut person = PEOPLE.held(write, &key)?.unwrap_or_default();
            person.known = person::profile(recorded, event)?.map(known);
            PEOPLE.put(write, &key, &person)
        }
        operator::Event::Contract(event) => {
            let mut person = person::known(recorded, PEOPLE.held(write, &key)?)?;
            if let contract::Event::Hired(hired) = event {
                person.years.push((hired.contract_id, hired.fiscal_year));
                PEOPLE.put(write, &key, &person)?;
                parts::know_deeds(write, &person::of_year(hired.fiscal_year, &key))?;
            }
            let year = person.year_of(recorded, event.contract_id())?;
            apply_contract(write, recorded, &person::of_year(year, &key), event)
        }
        // A contract and so its months are of one year (rule 7).
        operator::Event::Appraisal(event) => {
            let (_, month) = event.of();
            parts::change_month(write, recorded, &person::of_year(month.year(), &key), event)
        }
        operator::Event::Evaluation(event) => {
            let person = person::known(recorded, PEOPLE.held(write, &key)?)?;
            let contract_id = event.contract_id();
            let year = person::of_year(person.year_of(recorded, contract_id)?, &key);
            parts::change_evaluation(write, recorded, &year, contract_id, |held| {
                held.evolve(event)
            })
        }
        operator::Event::Leave(_) => Ok(()),
    }
}

fn apply_contract(
    write: &Write,
    recorded: &RecordedEvent,
    of_year: &str,
    event: &contract::Event,
) -> Result<(), ProjectionError> {
    let mut contracts = CONTRACTS.held(write, of_year)?.unwrap_or_default();
    person::evolve_contracts(&mut contracts, event);
    CONTRACTS.put(write, of_year, &contracts)?;
    ENGAGED.put(write, of_year, &Engaged::of(&contracts))?;
    parts::change_evaluation(write, recorded, of_year, event.contract_id(), |held| {
        held.reconsider(event)
    })
}

/// A year of a person who is known; without contracts where there were none.
fn held(reader: &Reader<'_>, person: &str, year: i32) -> Result<Option<Year>, ProjectionError> {
    let Some(Person { known, .. }) = PEOPLE.get(reader, person)? else {
        return Ok(None);
    };
    let key = person::of_year(year, person);
    let engaged = ENGAGED.get(reader, &key)?.unwrap_or_default();
    Ok(Some(Year {
        known,
        engaged,
        deeds: parts::deeds(reader, &key)?,
    }))
}

impl Person {
    /// The fiscal year of a contract of this person.
    fn year_of(
        &self,
        recorded: &RecordedEvent,
        contract_id: ContractId,
    ) -> Result<i32, ProjectionError> {
        let of = self.years.iter().find(|(of, _)| *of == contract_id);
        let of = of.map(|(_, year)| *year);
        let reason = "the person was never hired under the contract";
        of.ok_or(ProjectionError::Inapplicable {
            position: recorded.position,
            reason,
        })
    }
}

impl Pack for Person {
    fn pack(&self, out: &mut Vec<u8>) {
        self.known.pack(out);
        for (ContractId(id), year) in &self.years {
            id.pack(out);
            year.cast_unsigned().pack(out);
        }
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        let known = Pack::unpack(left)?;
        let mut years = Vec::new();
        while !left.is_empty() {
            years.push((
                ContractId(Pack::unpack(left)?),
                u32::unpack(left)?.cast_signed(),
            ));
        }
        Some(Self { known, years })
    }
}

impl Pack for Known {
    fn pack(&self, out: &mut Vec<u8>) {
        packed::bytes(self.name.as_bytes(), out);
        packed::bytes(self.domicile_code.as_bytes(), out);
    }

    fn unpack(left: &mut Left<'_>) -> Option<Self> {
        Some(Self {
            name: left.text()?.to_owned(),
            domicile_code: left.text()?.to_owned(),
        })
    }
}
