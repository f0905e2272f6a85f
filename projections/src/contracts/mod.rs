//! View `contracts`: who was engaged when, for what money, and the register of people.

mod query;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jejak_events::{
    Event, RecordedEvent,
    ids::{ContractId, OperatorId, StreamId},
    operator::{
        self, contract,
        identity::{self, Profile},
    },
};
use serde::{Deserialize, Serialize};

pub use shape::{
    ContractItem, ContractParams, ContractsParams, OperatorItem, OperatorParams, OperatorsParams,
    Status,
};

use crate::{ProjectionError, QueryError, Reader, View, Write, page, person, rows::Rows};

/// The view.
pub struct Contracts;

#[derive(Default, Serialize, Deserialize)]
struct Person {
    /// None once erased.
    profile: Option<Profile>,
    contracts: contract::ContractsState,
    /// Why a person was hired in spite of a poor evaluation. Personal, so apart from the contracts.
    justifications: BTreeMap<ContractId, String>,
}

const PEOPLE: Rows<Person> = Rows::new("people");
/// Whose a contract is: under its id who was hired under it first. Two replicas may let one more person be
/// hired under an id that callers made up twice at one moment: that row is under `<contract>/<person>`.
const CONTRACTS: Rows<OperatorId> = Rows::new("contracts");
/// The same under `<package>/<contract>`. A package never has two contracts of one id.
const PACKAGES: Rows<OperatorId> = Rows::new("packages");

impl View for Contracts {
    fn name(&self) -> &'static str {
        "contracts"
    }

    fn version(&self) -> u32 {
        2
    }

    fn tables(&self) -> &'static [&'static str] {
        &["contracts", "packages", "people"]
    }

    fn queries(&self) -> &'static [&'static str] {
        &["list", "get", "operators", "operator"]
    }

    fn by_key(&self) -> &'static [&'static str] {
        &["get", "operator"]
    }

    fn topics(&self) -> &'static [&'static str] {
        &["operator.contract", "operator.identity"]
    }

    fn apply(&self, write: &Write, recorded: &RecordedEvent) -> Result<(), ProjectionError> {
        let (StreamId::Operator(id), Event::Operator(event)) =
            (&recorded.envelope.stream, &recorded.event)
        else {
            return Ok(());
        };
        let key = person::key(*id);
        match event {
            operator::Event::Identity(event) => {
                let mut row = PEOPLE.held(write, &key)?.unwrap_or_default();
                row.profile = person::profile(recorded, event)?.cloned();
                if matches!(event, identity::Event::Erased(_)) {
                    row.justifications.clear();
                }
                PEOPLE.put(write, &key, &row)
            }
            operator::Event::Contract(event) => {
                let mut row = person::known(recorded, PEOPLE.held(write, &key)?)?;
                if let contract::Event::Hired(hired) = event {
                    index(write, *id, hired)?;
                    let part = hired
                        .personal
                        .as_ref()
                        .map(|part| person::opened(recorded, part));
                    if let Some(justification) = part.transpose()?.flatten() {
                        row.justifications
                            .insert(hired.contract_id, justification.text.clone());
                    }
                }
                person::evolve_contracts(&mut row.contracts, event);
                PEOPLE.put(write, &key, &row)
            }
            operator::Event::Leave(_)
            | operator::Event::Appraisal(_)
            | operator::Event::Evaluation(_) => Ok(()),
        }
    }

    fn query(&self, reader: &Reader<'_>, name: &str, params: &[u8]) -> Result<Vec<u8>, QueryError> {
        match name {
            "list" => query::list(reader, page::params(params)?),
            "get" => query::get(reader, page::params(params)?),
            "operators" => query::operators(reader, page::params(params)?),
            "operator" => query::operator(reader, page::params(params)?),
            _ => Err(QueryError::UnknownQuery),
        }
    }
}

fn index(write: &Write, id: OperatorId, hired: &contract::Hired) -> Result<(), ProjectionError> {
    let contract_id = hired.contract_id;
    let mut key = contract_id.to_string();
    if CONTRACTS
        .held(write, &key)?
        .is_some_and(|first| first != id)
    {
        key = format!("{key}/{}", person::key(id));
    }
    CONTRACTS.put(write, &key, &id)?;
    PACKAGES.put(write, &format!("{}/{contract_id}", hired.package_id), &id)
}
