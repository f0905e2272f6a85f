//! View `contracts`: who was engaged when, for what money, and the register of people.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use jejak_events::{
    Event, Recorded,
    ids::{ContractId, OperatorId, PackageId, StreamId},
    money::Rupiah,
    operator::{
        self,
        contract::{self, Contract, Ending, Monthly, Warning},
        identity::{self, Profile},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    PriorEvaluation, ProjectionError, QueryError, Reader, View, Write, page, person,
    rows::Rows,
};

/// The view.
pub struct Contracts;

#[derive(Default, Serialize, Deserialize)]
struct Person {
    /// None once erased.
    profile: Option<Profile>,
    contracts: contract::State,
    /// Why a person was hired in spite of a poor evaluation. Personal, so apart from the contracts.
    justifications: BTreeMap<ContractId, String>,
}

const PEOPLE: Rows<Person> = Rows::new("people");
/// Whose a contract is.
const CONTRACTS: Rows<OperatorId> = Rows::new("contracts");
/// The same under `<package>/<contract>`.
const PACKAGES: Rows<OperatorId> = Rows::new("packages");

impl View for Contracts {
    fn name(&self) -> &'static str {
        "contracts"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [&'static str] {
        &["contracts", "packages", "people"]
    }

    fn queries(&self) -> &'static [&'static str] {
        &["list", "get", "operators", "operator"]
    }

    fn apply(&self, write: &Write<'_>, recorded: &Recorded) -> Result<(), ProjectionError> {
        let (StreamId::Operator(id), Event::Operator(event)) = (&recorded.envelope.stream, &recorded.event)
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
                    let part = hired.personal.as_ref().map(|part| person::opened(recorded, part));
                    if let Some(justification) = part.transpose()?.flatten() {
                        row.justifications.insert(hired.contract_id, justification.text.clone());
                    }
                }
                person::evolve_contracts(&mut row.contracts, event);
                PEOPLE.put(write, &key, &row)
            }
            operator::Event::Leave(_) | operator::Event::Appraisal(_) | operator::Event::Evaluation(_) => {
                Ok(())
            }
        }
    }

    fn query(&self, reader: &Reader<'_>, name: &str, params: &[u8]) -> Result<Vec<u8>, QueryError> {
        match name {
            "list" => list(reader, page::params(params)?),
            "get" => get(reader, page::params(params)?),
            "operators" => operators(reader, page::params(params)?),
            "operator" => operator(reader, page::params(params)?),
            _ => Err(QueryError::UnknownQuery),
        }
    }
}

fn index(write: &Write<'_>, id: OperatorId, hired: &contract::Hired) -> Result<(), ProjectionError> {
    let contract_id = hired.contract_id;
    CONTRACTS.put(write, &contract_id.to_string(), &id)?;
    PACKAGES.put(write, &format!("{}/{contract_id}", hired.package_id), &id)
}

/// How a contract stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It has not begun.
    Upcoming,
    /// It runs.
    Active,
    /// It is over, as agreed.
    Ended,
    /// It is over, before its time.
    Terminated,
    /// It was a mistake from the beginning.
    Voided,
}

impl Status {
    fn of(contract: &Contract, on: NaiveDate) -> Self {
        match contract.ending {
            Some(Ending::Voided) => Self::Voided,
            _ if on < contract.terms.start => Self::Upcoming,
            _ if on <= contract.period().end => Self::Active,
            Some(Ending::Terminated(_)) => Self::Terminated,
            None => Self::Ended,
        }
    }
}

/// Which contracts to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContractsParams {
    /// The day the status is asked for; today if absent.
    #[serde(default, deserialize_with = "page::day")]
    pub on: Option<NaiveDate>,
    /// Only those of this status.
    pub status: Option<Status>,
    /// Only those of this package.
    pub package: Option<PackageId>,
    /// Only those of this person.
    pub operator: Option<OperatorId>,
    /// How many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// Which contract to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractParams {
    /// The contract.
    pub contract_id: ContractId,
    /// The day the status is asked for; today if absent.
    #[serde(default, deserialize_with = "page::day")]
    pub on: Option<NaiveDate>,
}

/// Which part of the register to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OperatorsParams {
    /// How many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// Which person to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorParams {
    /// The person.
    pub operator_id: OperatorId,
}

/// A contract as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContractItem {
    /// The contract.
    pub contract_id: ContractId,
    /// The person.
    pub operator_id: OperatorId,
    /// His name; null once erased.
    pub operator_name: Option<String>,
    /// The package.
    pub package_id: PackageId,
    /// The contract's number.
    pub spk_number: String,
    /// The day it was signed.
    pub spk_date: NaiveDate,
    /// First day.
    pub start: NaiveDate,
    /// Last day, as last amended.
    pub end: NaiveDate,
    /// Money of a month.
    pub monthly: Monthly,
    /// Money of the whole.
    pub value: Rupiah,
    /// How it stands on the day asked for.
    pub status: Status,
    /// The last day, where it was terminated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminated_on: Option<NaiveDate>,
    /// The evaluation the hire considered, if there was one.
    pub prior_evaluation: Option<PriorEvaluation>,
    /// Why he was hired in spite of a poor one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    /// Warnings issued.
    pub warnings: Vec<Warning>,
}

/// A person and his contracts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OperatorItem {
    /// The person.
    pub operator_id: OperatorId,
    /// Particulars; null once erased.
    pub profile: Option<Profile>,
    /// Contracts as they stand today, earliest first.
    pub contracts: Vec<ContractItem>,
}

impl Person {
    fn item(&self, operator_id: OperatorId, contract_id: ContractId, on: NaiveDate) -> Option<ContractItem> {
        let contract = self.contracts.all.get(&contract_id)?;
        let terms = &contract.terms;
        Some(ContractItem {
            contract_id,
            operator_id,
            operator_name: self.profile.as_ref().map(|profile| profile.full_name.clone()),
            package_id: terms.package_id.clone(),
            spk_number: terms.spk_number.clone(),
            spk_date: terms.spk_date,
            start: terms.start,
            end: terms.end,
            monthly: terms.monthly,
            value: terms.value,
            status: Status::of(contract, on),
            terminated_on: match contract.ending {
                Some(Ending::Terminated(on)) => Some(on),
                Some(Ending::Voided) | None => None,
            },
            prior_evaluation: terms.prior_evaluation.as_ref().map(PriorEvaluation::from),
            justification: self.justifications.get(&contract_id).cloned(),
            warnings: contract.warnings.clone(),
        })
    }

    fn into_operator(self, operator_id: OperatorId, today: NaiveDate) -> OperatorItem {
        let ids = self.contracts.all.keys();
        let mut contracts: Vec<_> = ids.filter_map(|id| self.item(operator_id, *id, today)).collect();
        contracts.sort_by_key(|contract| (contract.start, contract.contract_id));
        OperatorItem { operator_id, profile: self.profile, contracts }
    }
}

fn list(reader: &Reader<'_>, params: ContractsParams) -> Result<Vec<u8>, QueryError> {
    let ContractsParams { on, status, package, operator, limit, cursor } = params;
    let (limit, after) = (page::limit(limit)?, page::after(cursor.as_deref())?);
    let on = on.unwrap_or(reader.today);
    let wanted = |item: &ContractItem| {
        status.is_none_or(|status| item.status == status)
            && package.as_ref().is_none_or(|package| item.package_id == *package)
    };
    if let Some(operator_id) = operator {
        let person = PEOPLE.get(reader, &person::key(operator_id))?.unwrap_or_default();
        let ids = person.contracts.all.keys().map(|id| (id.to_string(), *id));
        let rest = ids.filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
        let items = rest.filter_map(|(key, id)| Some((key, person.item(operator_id, id, on)?)));
        return reader.list(limit, items.filter(|(_, item)| wanted(item)).map(Ok));
    }
    let prefix = package.as_ref().map(|package| format!("{package}/")).unwrap_or_default();
    let rows = if package.is_some() { &PACKAGES } else { &CONTRACTS };
    let items = rows.scan(reader, &prefix, after.as_deref())?.filter_map(|row| {
        let found = row.map_err(QueryError::from).and_then(|(key, operator_id)| {
            Ok(find(reader, &key, operator_id, on)?.map(|item| (key, item)))
        });
        found.transpose().filter(|found| found.as_ref().is_ok_and(|(_, item)| wanted(item)) || found.is_err())
    });
    reader.list(limit, items)
}

fn find(
    reader: &Reader<'_>,
    contract_id: &str,
    operator_id: OperatorId,
    on: NaiveDate,
) -> Result<Option<ContractItem>, QueryError> {
    let Ok(contract_id) = contract_id.parse() else { return Ok(None) };
    let person = PEOPLE.get(reader, &person::key(operator_id))?;
    Ok(person.and_then(|person| person.item(operator_id, contract_id, on)))
}

fn get(reader: &Reader<'_>, params: ContractParams) -> Result<Vec<u8>, QueryError> {
    let key = params.contract_id.to_string();
    let on = params.on.unwrap_or(reader.today);
    let item = match CONTRACTS.get(reader, &key)? {
        Some(operator_id) => find(reader, &key, operator_id, on)?,
        None => None,
    };
    reader.one(item.ok_or_else(|| QueryError::unknown(format!("contracts/{key}")))?)
}

fn operators(reader: &Reader<'_>, params: OperatorsParams) -> Result<Vec<u8>, QueryError> {
    let (limit, after) = (page::limit(params.limit)?, page::after(params.cursor.as_deref())?);
    let today = reader.today;
    let items = PEOPLE.scan(reader, "", after.as_deref())?.map(|row| {
        let (key, person) = row?;
        let operator_id = person::id(&key)?;
        Ok((key, person.into_operator(operator_id, today)))
    });
    reader.list(limit, items)
}

fn operator(reader: &Reader<'_>, params: OperatorParams) -> Result<Vec<u8>, QueryError> {
    let OperatorParams { operator_id } = params;
    let person = PEOPLE.get(reader, &person::key(operator_id))?;
    let person = person.ok_or_else(|| QueryError::unknown(format!("operators/{operator_id}")))?;
    reader.one(person.into_operator(operator_id, reader.today))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::story::{ADMIN, Built, Office, PPK, expected, forget};

    #[test]
    fn contracts_of_the_kak_run_on_2_november_2020() {
        let office = Office::of_2020();
        let view = Built::of(&Contracts, &office.events);
        let wanted = &expected()["contracts_on_2020_11_02"];
        let params = json!({ "on": "2020-11-02", "status": "active" });
        let mut active = view.column("list", params.clone(), "operator_id");
        let mut people: Vec<_> =
            wanted["active"].as_array().unwrap().iter().map(|who| json!(office.id(who.as_str().unwrap()))).collect();
        active.sort_by_key(ToString::to_string);
        people.sort_by_key(ToString::to_string);
        assert_eq!(active, people);
        assert!(view.column("list", params, "value").iter().all(|value| *value == wanted["value_each"]));
        let ended = view.column("list", json!({ "on": "2021-01-01", "status": "ended" }), "operator_id");
        assert_eq!(ended.len(), 3);
    }

    #[test]
    fn a_hire_shows_the_evaluation_it_considered() {
        let office = Office::of_2020();
        let view = Built::of(&Contracts, &office.events);
        let contract = view.ask("get", json!({ "contract_id": office.id("op1.contract21") }));
        assert_eq!(contract["prior_evaluation"]["mean"], "25");
        assert_eq!((&contract["status"], &contract["spk_date"]), (&json!("active"), &json!("2020-12-31")));
        assert!(contract.get("justification").is_none() && contract.get("terminated_on").is_none());
    }

    #[test]
    fn lists_filter_and_go_on_where_they_stopped() {
        let office = Office::of_2020();
        let view = Built::of(&Contracts, &office.events);
        let of_op1 = view.column("list", json!({ "operator": office.id("op1") }), "contract_id");
        assert_eq!(of_op1.len(), 2);
        let of_package = view.column("list", json!({ "package": "2021-tenaga-it" }), "contract_id");
        assert_eq!(of_package, [office.id("op1.contract21")]);
        let mut seen = Vec::new();
        let mut cursor = json!(null);
        loop {
            let part = view.ask("list", json!({ "limit": 1, "cursor": cursor }));
            seen.extend(part["items"].as_array().unwrap().iter().map(|item| item["contract_id"].clone()));
            cursor = part["next"].clone();
            if cursor.is_null() {
                break;
            }
        }
        assert_eq!(seen, view.column("list", json!({}), "contract_id"));
        assert_eq!(view.column("operators", json!({}), "operator_id").len(), 4);
    }

    #[test]
    fn parameters_that_are_not_the_query_s_are_refused_with_their_path() {
        let view = Built::of(&Contracts, &[]);
        let cases = [
            (json!({ "status": "gone" }), "status"),
            (json!({ "on": "2020-02-30" }), "on"),
            (json!({ "on": "2020-2-3" }), "on"),
            (json!({ "limit": 501 }), "limit"),
            (json!({ "cursor": "?" }), "cursor"),
            (json!({ "package": "No Slug" }), "package"),
        ];
        for (params, wanted) in cases {
            let refused = view.refused("list", params);
            assert!(matches!(&refused, QueryError::Malformed { path, .. } if path == wanted), "{refused}");
        }
        assert!(matches!(view.refused("list", json!({ "colour": 1 })), QueryError::Malformed { .. }));
        assert!(matches!(view.refused("list", json!([1])), QueryError::Malformed { .. }));
    }

    #[test]
    fn an_erased_person_is_forgotten_and_the_rest_stays() {
        let mut office = Office::of_2020();
        let hire = json!({ "package_id": "2021-tenaga-it", "operator_id": "$op2", "spk_number": "2",
            "spk_date": "2021-01-04", "start": "2021-01-01", "end": "2021-01-31", "integrity_pact": true,
            "justification": "Alasan rahasia",
            "monthly": { "wage": "2800000", "health_insurance": "112000", "employment_insurance": "15120" } });
        let contract = office.give(PPK, "hire-operator", hire).unwrap();
        let shown = Built::of(&Contracts, &office.events).ask("get", json!({ "contract_id": contract }));
        assert_eq!(shown["justification"], "Alasan rahasia");
        let erase = json!({ "operator_id": "$op2", "reason": "permintaan", "legal_basis": "UU 27/2022" });
        office.give(ADMIN, "erase-operator", erase).unwrap();
        let view = Built::of(&Contracts, &office.events);
        let operator = view.ask("operator", json!({ "operator_id": office.id("op2") }));
        assert_eq!(operator["profile"], json!(null));
        assert_eq!(operator["contracts"].as_array().unwrap().len(), 2);
        assert!(!operator.to_string().contains("rahasia"));
        let rebuilt = Built::of(&Contracts, &forget(&office.events, office.id("op2")));
        assert_eq!(view.store.content_hash().unwrap(), rebuilt.store.content_hash().unwrap());
    }

    #[test]
    fn statuses_follow_the_day_and_the_ending() {
        let mut office = Office::of_2020();
        let terminate = json!({ "operator_id": "$op1", "contract_id": "$op1.contract21", "on": "2021-01-03",
            "cause": "resignation", "reason": "pindah" });
        office.give(PPK, "terminate-contract", terminate).unwrap();
        let view = Built::of(&Contracts, &office.events);
        for (on, status) in [("2020-12-31", "upcoming"), ("2021-01-03", "active"), ("2021-01-04", "terminated")] {
            let contract = view.ask("get", json!({ "contract_id": office.id("op1.contract21"), "on": on }));
            assert_eq!((&contract["status"], &contract["terminated_on"]), (&json!(status), &json!("2021-01-03")));
        }
    }
}
