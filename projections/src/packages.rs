//! View `packages`: what is procured, by whom it is signed, what is left of quota and budget, and who
//! could be hired for it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use jejak_events::{
    Event, Recorded,
    ids::{Nip, OfficerId, OperatorId, PackageId, StreamId},
    money::Rupiah,
    operator::{self, contract, evaluation, identity::Profile},
    package::{
        self,
        officer::{self, Role},
        slot,
        terms::{self, Terms},
    },
    rejection::Violation,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    PriorEvaluation, ProjectionError, QueryError, Reader, View, Write, page, person, rank::Standing,
    rows::Rows,
};

/// The view.
pub struct Packages;

#[derive(Default, Serialize, Deserialize)]
struct Package {
    terms: terms::State,
    officers: officer::State,
    /// Of each assignment, in the same order, what deciding does not need.
    particulars: Vec<Particulars>,
    slots: slot::State,
}

#[derive(Serialize, Deserialize)]
struct Particulars {
    /// None once erased.
    officer: Option<officer::Officer>,
    acting: bool,
    decree: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
struct Person {
    /// None once erased.
    profile: Option<Profile>,
    contracts: contract::State,
    evaluations: evaluation::State,
}

const PACKAGES: Rows<Package> = Rows::new("packages");
const PEOPLE: Rows<Person> = Rows::new("people");

impl View for Packages {
    fn name(&self) -> &'static str {
        "packages"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> &'static [&'static str] {
        &["packages", "people"]
    }

    fn queries(&self) -> &'static [&'static str] {
        &["list", "get", "candidates"]
    }

    fn apply(&self, write: &Write<'_>, recorded: &Recorded) -> Result<(), ProjectionError> {
        match (&recorded.envelope.stream, &recorded.event) {
            (StreamId::Package(id), Event::Package(event)) => apply_package(write, recorded, id, event),
            (StreamId::Operator(id), Event::Operator(event)) => apply_person(write, recorded, *id, event),
            (_, Event::Operator(_) | Event::Package(_) | Event::Calendar(_)) => Ok(()),
        }
    }

    fn query(&self, reader: &Reader<'_>, name: &str, params: &[u8]) -> Result<Vec<u8>, QueryError> {
        match name {
            "list" => list(reader, page::params(params)?),
            "get" => get(reader, page::params(params)?),
            "candidates" => candidates(reader, page::params(params)?),
            _ => Err(QueryError::UnknownQuery),
        }
    }
}

fn apply_package(
    write: &Write<'_>,
    recorded: &Recorded,
    id: &PackageId,
    event: &package::Event,
) -> Result<(), ProjectionError> {
    let mut row = PACKAGES.held(write, id.as_str())?.unwrap_or_default();
    match event {
        package::Event::Terms(event) => row.terms.evolve(event),
        package::Event::Officer(event) => {
            if let officer::Event::Assigned(assigned) = event {
                row.particulars.push(Particulars {
                    officer: person::opened(recorded, &assigned.personal)?.cloned(),
                    acting: assigned.acting,
                    decree: assigned.decree.clone(),
                });
            }
            row.officers.evolve(event);
        }
        package::Event::Slot(event) => row.slots.evolve(event),
    }
    if row.terms.current.is_none() {
        let reason = "the package's terms were never published";
        return Err(ProjectionError::Inapplicable { position: recorded.position, reason });
    }
    PACKAGES.put(write, id.as_str(), &row)
}

fn apply_person(
    write: &Write<'_>,
    recorded: &Recorded,
    id: OperatorId,
    event: &operator::Event,
) -> Result<(), ProjectionError> {
    let key = person::key(id);
    let held = PEOPLE.held(write, &key)?;
    let mut row = match event {
        operator::Event::Identity(_) => held.unwrap_or_default(),
        _ => person::known(recorded, held)?,
    };
    match event {
        operator::Event::Identity(event) => row.profile = person::profile(recorded, event)?.cloned(),
        operator::Event::Contract(event) => {
            person::evolve_contracts(&mut row.contracts, event);
            row.evaluations.reconsider(event);
        }
        operator::Event::Appraisal(event) => row.evaluations.revisit(event),
        operator::Event::Evaluation(event) => row.evaluations.evolve(event),
        operator::Event::Leave(_) => return Ok(()),
    }
    PEOPLE.put(write, &key, &row)
}

/// Which packages to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PackagesParams {
    /// How many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// Which package to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackageParams {
    /// The package.
    pub package_id: PackageId,
}

/// Whose candidates to rank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidatesParams {
    /// The package.
    pub package_id: PackageId,
    /// How many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// An officer's assignment to a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OfficerItem {
    /// The officer's pseudonym in events.
    pub officer_id: OfficerId,
    /// Civil-service number; null once erased.
    pub nip: Option<Nip>,
    /// Name; null once erased.
    pub name: Option<String>,
    /// The office.
    pub role: Role,
    /// First day.
    pub from: NaiveDate,
    /// Last day, if known.
    pub to: Option<NaiveDate>,
    /// Whether acting (Plt, Plh).
    pub acting: bool,
    /// The decree that assigns.
    pub decree: Option<String>,
}

/// How many people, and how many places are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quota {
    /// Places in all.
    pub total: u32,
    /// Places taken.
    pub filled: u32,
    /// Places left.
    pub free: u32,
}

/// The money, and what is left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Budget {
    /// Pagu.
    pub ceiling: Rupiah,
    /// Committed by contracts.
    pub committed: Rupiah,
    /// What is left.
    pub free: Rupiah,
}

/// A package as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PackageItem {
    /// The package.
    pub package_id: PackageId,
    /// The work's name.
    pub title: String,
    /// The agency that procures it.
    pub agency: String,
    /// The fiscal year that pays.
    pub fiscal_year: i32,
    /// The terms in force.
    pub terms: Terms,
    /// Their version.
    pub terms_version: u32,
    /// Assignments, in the order they were made.
    pub officers: Vec<OfficerItem>,
    /// Places.
    pub quota: Quota,
    /// Money.
    pub budget: Budget,
}

/// A person who could be hired for a package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CandidateItem {
    /// Place among the candidates, from 1.
    pub rank: u32,
    /// The person.
    pub operator_id: OperatorId,
    /// Name.
    pub name: String,
    /// Whether he meets the qualifications on the package's first day.
    pub eligible: bool,
    /// What he does not meet.
    pub violations: Vec<Violation>,
    /// The last final evaluation of an earlier fiscal year, if there is one.
    pub prior_evaluation: Option<PriorEvaluation>,
    /// Whether he lives in the region the package prefers.
    pub preferred_domicile: bool,
    /// Whether he is hired for the package already.
    pub engaged: bool,
}

impl Package {
    fn item(self, package_id: PackageId) -> Option<PackageItem> {
        let terms = self.terms.current?;
        let (filled, committed) = (self.slots.filled(), self.slots.committed());
        let officers = self.officers.assignments.into_iter().zip(self.particulars).map(|(held, more)| {
            let (nip, name) = more.officer.map(|officer| (officer.nip, officer.name)).unzip();
            let officer::Assignment { officer_id, role, from, to } = held;
            OfficerItem { officer_id, nip, name, role, from, to, acting: more.acting, decree: more.decree }
        });
        Some(PackageItem {
            package_id,
            title: terms.title.clone(),
            agency: terms.agency.clone(),
            fiscal_year: terms.fiscal_year,
            terms_version: self.terms.version,
            officers: officers.collect(),
            quota: Quota { total: terms.quota, filled, free: terms.quota.saturating_sub(filled) },
            budget: Budget {
                ceiling: terms.budget_ceiling,
                committed,
                free: terms.budget_ceiling - committed,
            },
            terms,
        })
    }
}

impl Person {
    /// The final evaluation of the contract that began last in a fiscal year before `year`.
    fn prior_evaluation(&self, year: i32) -> Option<PriorEvaluation> {
        let earlier = self.contracts.all.iter().filter(|(_, contract)| contract.terms.fiscal_year < year);
        let earlier = contract::State { all: earlier.map(|(id, contract)| (*id, contract.clone())).collect() };
        self.evaluations.last_final(&earlier).as_ref().map(PriorEvaluation::from)
    }

    /// None for a person who was erased.
    fn candidate(&self, operator_id: OperatorId, terms: &Terms, engaged: bool) -> Option<CandidateItem> {
        let profile = self.profile.as_ref()?;
        let violations = terms.eligibility.violations(profile, terms.period.start);
        Some(CandidateItem {
            rank: 0,
            operator_id,
            name: profile.full_name.clone(),
            eligible: violations.is_empty(),
            violations,
            prior_evaluation: self.prior_evaluation(terms.fiscal_year),
            preferred_domicile: terms.eligibility.prefers(&profile.domicile_code),
            engaged,
        })
    }
}

impl CandidateItem {
    fn standing(&self) -> Standing<'_> {
        let prior = self.prior_evaluation.as_ref();
        Standing {
            category: prior.map(|prior| prior.category),
            total: prior.map_or(0, |prior| prior.total),
            months: prior.map_or(0, |prior| prior.months),
            preferred: self.preferred_domicile,
            name: Some(&self.name),
        }
    }
}

fn parse(key: &str) -> Result<PackageId, ProjectionError> {
    key.parse().map_err(|_| ProjectionError::Damaged(format!("{key} is not the key of a package")))
}

fn list(reader: &Reader<'_>, params: PackagesParams) -> Result<Vec<u8>, QueryError> {
    let (limit, after) = (page::limit(params.limit)?, page::after(params.cursor.as_deref())?);
    let items = PACKAGES.scan(reader, "", after.as_deref())?.map(|row| {
        let (key, package) = row?;
        Ok(package.item(parse(&key)?).map(|item| (key, item)))
    });
    reader.list(limit, items.filter_map(Result::transpose))
}

fn held(reader: &Reader<'_>, package_id: &PackageId) -> Result<Package, QueryError> {
    let package = PACKAGES.get(reader, package_id.as_str())?;
    package.ok_or_else(|| QueryError::unknown(format!("packages/{package_id}")))
}

fn get(reader: &Reader<'_>, PackageParams { package_id }: PackageParams) -> Result<Vec<u8>, QueryError> {
    let unknown = QueryError::unknown(format!("packages/{package_id}"));
    reader.one(held(reader, &package_id)?.item(package_id).ok_or(unknown)?)
}

fn candidates(reader: &Reader<'_>, params: CandidatesParams) -> Result<Vec<u8>, QueryError> {
    let CandidatesParams { package_id, limit, cursor } = params;
    let limit = page::limit(limit)?;
    let package = held(reader, &package_id)?;
    let unknown = || QueryError::unknown(format!("packages/{package_id}"));
    let terms = package.terms.current.ok_or_else(unknown)?;
    let open = package.slots.slots.values().filter(|slot| slot.open);
    let engaged: BTreeSet<_> = open.map(|slot| slot.operator_id).collect();
    let mut found = Vec::new();
    for row in PEOPLE.scan(reader, "", None)? {
        let (key, person) = row?;
        let operator_id = person::id(&key)?;
        found.extend(person.candidate(operator_id, &terms, engaged.contains(&operator_id)));
    }
    found.sort_by(|a, b| {
        let eligible_first = b.eligible.cmp(&a.eligible);
        let better_first = || a.standing().better_first(&b.standing());
        eligible_first.then_with(better_first).then_with(|| a.operator_id.cmp(&b.operator_id))
    });
    let ranked = found.into_iter().zip(1..).map(|(item, rank)| CandidateItem { rank, ..item });
    reader.ranked(limit, cursor.as_deref(), ranked.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::story::{ADMIN, Built, Office, PPK, expected};

    #[test]
    fn quota_and_budget_of_the_kak_are_as_expected() {
        let view = Built::of(&Packages, &Office::of_2020().events);
        let package = view.ask("get", json!({ "package_id": "2020-tenaga-it" }));
        let wanted = expected();
        assert_eq!(package["quota"], wanted["package"]["quota"]);
        assert_eq!(package["budget"], wanted["package"]["budget"]);
        assert_eq!(package["terms_version"], 1);
        assert_eq!(package["officers"][1]["name"], "Ahmad Fadli, S.Sos");
        let all = view.column("list", json!({}), "package_id");
        assert_eq!(all, ["2020-tenaga-it", "2021-tenaga-it"]);
    }

    #[test]
    fn candidates_of_2021_are_ranked_by_the_year_before() {
        let office = Office::of_2020();
        let view = Built::of(&Packages, &office.events);
        let answer = view.ask("candidates", json!({ "package_id": "2021-tenaga-it" }));
        let wanted = expected();
        let wanted: Vec<_> =
            wanted["candidates_2021"].as_array().unwrap().iter().map(|who| office.id(who.as_str().unwrap())).collect();
        let items = answer["items"].as_array().unwrap();
        let found: Vec<_> = items.iter().map(|item| item["operator_id"].as_str().unwrap()).collect();
        assert_eq!(found, wanted);
        assert_eq!((&items[0]["engaged"], &items[0]["rank"]), (&json!(true), &json!(1)));
        assert_eq!(items[2]["prior_evaluation"], json!(null));
        assert_eq!(items[3]["prior_evaluation"]["mean"], "17.33");
        let of_2020 = view.ask("candidates", json!({ "package_id": "2020-tenaga-it" }));
        let prior = &of_2020["items"][0]["prior_evaluation"];
        assert_eq!(*prior, json!(null), "a year is not selected by its own outcome");
    }

    #[test]
    fn rule_13_a_terminated_contract_frees_its_place_and_what_was_not_earned() {
        let mut office = Office::of_2020();
        let terminate = json!({ "operator_id": "$op1", "contract_id": "$op1.contract21", "on": "2021-01-31",
            "cause": "resignation", "reason": "pindah" });
        office.give(PPK, "terminate-contract", terminate).unwrap();
        let view = Built::of(&Packages, &office.events);
        let package = view.ask("get", json!({ "package_id": "2021-tenaga-it" }));
        assert_eq!(package["quota"], json!({ "total": 2, "filled": 0, "free": 2 }));
        assert_eq!(package["budget"]["committed"], "2927120");
    }

    #[test]
    fn an_officer_replaced_keeps_his_record() {
        let mut office = Office::of_2020();
        let release = json!({ "package_id": "2021-tenaga-it", "role": "ppk", "nip": PPK, "on": "2021-06-30" });
        office.give(ADMIN, "release-officer", release).unwrap();
        let next = json!({ "package_id": "2021-tenaga-it", "role": "ppk", "from": "2021-07-01", "acting": true,
            "officer": { "nip": "198203052006042001", "name": "Contoh PPTK" }, "decree": "SK 1" });
        office.give(ADMIN, "assign-officer", next).unwrap();
        let view = Built::of(&Packages, &office.events);
        let officers = view.ask("get", json!({ "package_id": "2021-tenaga-it" }))["officers"].clone();
        assert_eq!((&officers[0]["to"], &officers[0]["nip"]), (&json!("2021-06-30"), &json!(PPK)));
        assert_eq!((&officers[1]["acting"], &officers[1]["decree"]), (&json!(true), &json!("SK 1")));
    }

    #[test]
    fn what_is_not_there_is_unknown() {
        let view = Built::of(&Packages, &[]);
        for query in ["get", "candidates"] {
            let refused = view.refused(query, json!({ "package_id": "none" }));
            assert!(matches!(refused, QueryError::ItemUnknown { item } if item == "packages/none"));
        }
        assert!(matches!(view.refused("nothing", json!({})), QueryError::UnknownQuery));
    }
}
