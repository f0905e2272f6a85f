//! View `contracts`: engagements with their days and money, and the register of people.

mod query;
mod rows;
#[cfg(test)]
mod search_tests;
mod shape;
#[cfg(test)]
mod tests;

use jejak_events::{
    ids::{OperatorId, PackageId},
    kinds::ItemKind,
    operator::{
        contract,
        identity::{self, Profile},
    },
    package::terms,
};

pub use shape::{
    ContractItem, ContractParams, ContractStatus, ContractsParams, OperatorItem, OperatorParams,
    OperatorsParams,
};

use self::rows::{CONTRACTS, PACKAGES, PEOPLE, PROFILES, TITLES};
use crate::{
    error::ProjectionError,
    person,
    query::{OperatorAccess, Query, QueryHandler},
    view::{TopicHandler, View},
    writer::RowWriter,
};

/// The view `contracts`, without state of its own.
pub struct Contracts;

const NAME: &str = "contracts";

static QUERIES: [QueryHandler; 4] = [
    Query::list::<ContractsParams, ContractItem>(
        "/v1/contracts",
        NAME,
        "list",
        "Contracts as they stand on a day",
        shape::CONTRACT_COLUMNS,
    )
    .for_operators(OperatorAccess::Filter("operator"))
    .for_services()
    .scan(query::list),
    Query::one::<ContractParams, ContractItem>(
        "/v1/contracts/{contract_id}",
        NAME,
        "get",
        "One contract",
    )
    .for_operators(OperatorAccess::Answer("operator_id"))
    .also_as_of("contract-as-of")
    .for_services()
    .may_miss(&[ItemKind::Contract])
    .by_key(query::get),
    Query::list::<OperatorsParams, OperatorItem>(
        "/v1/operators",
        NAME,
        "operators",
        "The register of people, by name",
        shape::OPERATOR_COLUMNS,
    )
    .scan(query::operators),
    Query::one::<OperatorParams, OperatorItem>(
        "/v1/operators/{operator_id}",
        NAME,
        "operator",
        "One person and his contracts",
    )
    .for_operators(OperatorAccess::Path("operator_id"))
    .may_miss(&[ItemKind::Operator])
    .by_key(query::operator),
];

impl View for Contracts {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u32 {
        6
    }

    fn tables(&self) -> &'static [&'static str] {
        &["contracts", "packages", "people", "profiles", "titles"]
    }

    fn handlers(&self) -> Vec<TopicHandler> {
        vec![
            TopicHandler::new(identity),
            TopicHandler::new(contract),
            TopicHandler::new(terms),
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
    let profile = person::profile(writer, event)?;
    row.name = person::name(writer, *id, event)?;
    match person::seal(writer, *id, profile, Profile::clone)? {
        Some(cell) => PROFILES.put(writer, &key, &cell)?,
        None => PROFILES.remove(writer, &key),
    }
    if event.is_erasure() {
        row.particulars.clear();
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
        index(writer, *id, hired)?;
        let part = hired.personal.as_ref();
        let part = part.map(|part| person::opened(writer, part)).transpose()?;
        let is_erased = part.is_some_and(|part| part.is_none());
        let particulars = contract::HireParticulars {
            spk_number: hired.spk_number().map(str::to_owned),
            ..part.flatten().cloned().unwrap_or_default()
        };
        let particulars = Some(particulars).filter(|_| !is_erased);
        let cell = person::seal(writer, *id, particulars.as_ref(), Clone::clone)?;
        if let Some(cell) = cell {
            row.particulars.insert(hired.contract_id, cell);
        }
    }
    if let contract::Event::Terminated(terminated) = event {
        row.earned.insert(terminated.contract_id, terminated.earned);
    }
    person::evolve_contracts(&mut row.contracts, event);
    PEOPLE.put(writer, &key, &row)
}

fn terms(writer: &RowWriter, id: &PackageId, event: &terms::Event) -> Result<(), ProjectionError> {
    let terms = match event {
        terms::Event::Published(published) => &published.terms,
        terms::Event::Amended(amended) => &amended.terms,
    };
    TITLES.put(writer, id.as_str(), &terms.title)
}

fn index(
    writer: &RowWriter,
    id: OperatorId,
    hired: &contract::Hired,
) -> Result<(), ProjectionError> {
    let contract_id = hired.contract_id;
    let mut key = contract_id.to_string();
    if CONTRACTS
        .written(writer, &key)?
        .is_some_and(|first| first != id)
    {
        key = format!("{key}/{}", person::key(id));
    }
    CONTRACTS.put(writer, &key, &id)?;
    PACKAGES.put(writer, &format!("{}/{contract_id}", hired.package_id), &id)
}
