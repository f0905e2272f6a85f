//! View `evaluations`: how people did, ranked, and the months it follows from. What months add up to is
//! computed by the rules' own functions, whether or not an evaluation is final yet.

use jejak_events::{
    Event, Recorded,
    date::Month,
    ids::{ContractId, OperatorId, PackageId, StreamId},
    operator::{
        self,
        appraisal::{self, Assessment, Scores},
        contract::{self, Contract},
        evaluation::{self, Outcome, Stage},
        identity::Profile,
    },
    package::{
        self,
        policy::{Category, Eligibility},
        terms,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    ProjectionError, QueryError, Reader, View, Write, page, person,
    rank::{Standing, mean},
    rows::Rows,
};

/// The view.
pub struct Evaluations;

#[derive(Default, Serialize, Deserialize)]
struct Person {
    /// None once erased.
    known: Option<Known>,
    contracts: contract::State,
    appraisals: appraisal::State,
    evaluations: evaluation::State,
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
        1
    }

    fn tables(&self) -> &'static [&'static str] {
        &["packages", "people", "years"]
    }

    fn queries(&self) -> &'static [&'static str] {
        &["list", "get"]
    }

    fn apply(&self, write: &Write<'_>, recorded: &Recorded) -> Result<(), ProjectionError> {
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
            "list" => list(reader, page::params(params)?),
            "get" => get(reader, page::params(params)?),
            _ => Err(QueryError::UnknownQuery),
        }
    }
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
        operator::Event::Identity(event) => {
            let known = |profile: &Profile| Known {
                name: profile.full_name.clone(),
                domicile_code: profile.domicile_code.clone(),
            };
            row.known = person::profile(recorded, event)?.map(known);
        }
        operator::Event::Contract(event) => {
            if let contract::Event::Hired(hired) = event {
                YEARS.put(write, &format!("{}/{key}", hired.fiscal_year), &())?;
            }
            person::evolve_contracts(&mut row.contracts, event);
            row.evaluations.reconsider(event);
        }
        operator::Event::Appraisal(event) => {
            row.appraisals.evolve(event);
            row.evaluations.revisit(event);
        }
        operator::Event::Evaluation(event) => row.evaluations.evolve(event),
        operator::Event::Leave(_) => return Ok(()),
    }
    PEOPLE.put(write, &key, &row)
}

/// Which evaluations to rank.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EvaluationsParams {
    /// The fiscal year; this one if absent.
    pub year: Option<i32>,
    /// Only those of this package, ranked among themselves.
    pub package: Option<PackageId>,
    /// How many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// Which evaluation to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluationParams {
    /// The person.
    pub operator_id: OperatorId,
    /// The fiscal year.
    pub year: i32,
}

/// How far an evaluation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvaluationStatus {
    /// Computed from the months so far.
    Provisional,
    /// Proposed by the pptk.
    Proposed,
    /// Made final by the ppk.
    Final,
}

/// One contract's evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvaluationItem {
    /// Place among those listed, from 1.
    pub rank: u32,
    /// The person.
    pub operator_id: OperatorId,
    /// His name; null once erased.
    pub operator_name: Option<String>,
    /// The contract.
    pub contract_id: ContractId,
    /// The package.
    pub package_id: PackageId,
    /// The fiscal year.
    pub year: i32,
    /// Months assessed.
    pub months_assessed: u32,
    /// Months the contract touches.
    pub months_expected: u32,
    /// Sum of monthly totals.
    pub total: u32,
    /// Mean of a month, rounded half-up to two places, as a decimal string; null while no month is
    /// assessed.
    pub mean: Option<String>,
    /// Good or poor; null while no month is assessed.
    pub category: Option<Category>,
    /// How far it has come.
    pub status: EvaluationStatus,
    /// How often it was final.
    pub revision: u32,
    /// How many warnings were issued.
    pub warnings: u32,
}

/// One month that was appraised or waived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MonthItem {
    /// The month.
    pub month: Month,
    /// The contract.
    pub contract_id: ContractId,
    /// Score of each indicator; null for a month that was waived.
    pub scores: Option<Scores>,
    /// Their sum.
    pub total: Option<u32>,
    /// Good or poor.
    pub category: Option<Category>,
    /// Whether it was signed late.
    pub late: bool,
    /// 1 when submitted, one more with each correction; 0 for a month that was waived.
    pub revision: u32,
    /// Whether it is left out of the mean.
    pub waived: bool,
}

/// One person's evaluation of a year, and the months it follows from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvaluationDetail {
    /// The evaluation of the contract that began last in the year, ranked among all of the year.
    #[serde(flatten)]
    pub evaluation: EvaluationItem,
    /// The months of all contracts of the year, in order.
    pub months: Vec<MonthItem>,
}

/// An evaluation before its rank is known.
struct Unranked {
    item: EvaluationItem,
    preferred: bool,
}

impl Unranked {
    fn standing(&self) -> Standing<'_> {
        Standing {
            category: self.item.category,
            total: self.item.total,
            months: self.item.months_assessed,
            preferred: self.preferred,
            name: self.item.operator_name.as_deref(),
        }
    }
}

impl Person {
    /// Contracts of a fiscal year that stand.
    fn of_year(&self, year: i32) -> impl Iterator<Item = (ContractId, &Contract)> {
        self.contracts.standing().filter(move |(_, contract)| contract.terms.fiscal_year == year)
    }

    fn item(&self, operator_id: OperatorId, contract_id: ContractId, contract: &Contract) -> EvaluationItem {
        let evaluation = self.evaluations.get(contract_id);
        let (status, signed) = match evaluation.stage {
            Stage::Provisional => (EvaluationStatus::Provisional, None),
            Stage::Proposed(_, outcome) => (EvaluationStatus::Proposed, Some(outcome)),
            Stage::Final(outcome) => (EvaluationStatus::Final, Some(outcome)),
        };
        let outcome = signed.unwrap_or_else(|| {
            let tally = self.appraisals.tally(contract_id, contract.period());
            let category = contract.terms.appraisal.category(tally.total, tally.assessed);
            Outcome { months: tally.assessed, expected: tally.expected, total: tally.total, category }
        });
        EvaluationItem {
            rank: 0,
            operator_id,
            operator_name: self.known.as_ref().map(|known| known.name.clone()),
            contract_id,
            package_id: contract.terms.package_id.clone(),
            year: contract.terms.fiscal_year,
            months_assessed: outcome.months,
            months_expected: outcome.expected,
            total: outcome.total,
            mean: mean(outcome.total, outcome.months),
            category: (outcome.months > 0).then_some(outcome.category),
            status,
            revision: evaluation.revision,
            warnings: u32::try_from(contract.warnings.len()).unwrap_or(u32::MAX),
        }
    }

    fn months(&self, contract_id: ContractId) -> impl Iterator<Item = MonthItem> {
        self.appraisals.months_of(contract_id).map(move |(month, assessment)| match assessment.clone() {
            Assessment::Appraised { scores, total, category, late, revision } => MonthItem {
                month,
                contract_id,
                scores: Some(scores),
                total: Some(total),
                category: Some(category),
                late,
                revision,
                waived: false,
            },
            Assessment::Waived => MonthItem {
                month,
                contract_id,
                scores: None,
                total: None,
                category: None,
                late: false,
                revision: 0,
                waived: true,
            },
        })
    }
}

/// All evaluations of a year, best first.
fn ranked(
    reader: &Reader<'_>,
    year: i32,
    package: Option<&PackageId>,
) -> Result<Vec<EvaluationItem>, QueryError> {
    let mut found = Vec::new();
    for row in YEARS.scan(reader, &format!("{year}/"), None)? {
        let (key, ()) = row?;
        let (operator_id, person) = (person::id(&key)?, PEOPLE.get(reader, &key)?.unwrap_or_default());
        for (contract_id, contract) in person.of_year(year) {
            let of = &contract.terms.package_id;
            if package.is_some_and(|package| package != of) {
                continue;
            }
            let eligibility = PACKAGES.get(reader, of.as_str())?;
            let preferred = eligibility.zip(person.known.as_ref());
            let preferred = preferred.is_some_and(|(package, known)| package.prefers(&known.domicile_code));
            found.push(Unranked { item: person.item(operator_id, contract_id, contract), preferred });
        }
    }
    found.sort_by(|a, b| {
        let by_id = || (a.item.operator_id, a.item.contract_id).cmp(&(b.item.operator_id, b.item.contract_id));
        a.standing().better_first(&b.standing()).then_with(by_id)
    });
    let ranked = found.into_iter().zip(1..).map(|(unranked, rank)| EvaluationItem { rank, ..unranked.item });
    Ok(ranked.collect())
}

fn list(reader: &Reader<'_>, params: EvaluationsParams) -> Result<Vec<u8>, QueryError> {
    let EvaluationsParams { year, package, limit, cursor } = params;
    let (limit, year) = (page::limit(limit)?, page::year(reader, year)?);
    reader.ranked(limit, cursor.as_deref(), ranked(reader, year, package.as_ref())?)
}

fn get(reader: &Reader<'_>, params: EvaluationParams) -> Result<Vec<u8>, QueryError> {
    let EvaluationParams { operator_id, year } = params;
    let year = page::year(reader, Some(year))?;
    let unknown = || QueryError::unknown(format!("operators/{operator_id}/evaluations/{year}"));
    let person = PEOPLE.get(reader, &person::key(operator_id))?.ok_or_else(unknown)?;
    let latest = person.of_year(year).max_by_key(|(_, contract)| contract.terms.start);
    let (latest, _) = latest.ok_or_else(unknown)?;
    let all = ranked(reader, year, None)?;
    let evaluation = all.into_iter().find(|item| item.contract_id == latest).ok_or_else(unknown)?;
    let mut months: Vec<_> = person.of_year(year).flat_map(|(id, _)| person.months(id)).collect();
    months.sort_by_key(|month| (month.month, month.contract_id));
    reader.one(EvaluationDetail { evaluation, months })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::story::{Built, Office, PPK, expected};

    #[test]
    fn the_ranking_of_the_kak_is_as_expected() {
        let office = Office::of_2020();
        let view = Built::of(&Evaluations, &office.events);
        let answer = view.ask("list", json!({ "year": 2020 }));
        let wanted = expected();
        let wanted = wanted["evaluations_2020_ranked"].as_array().unwrap();
        assert_eq!(answer["items"].as_array().unwrap().len(), wanted.len());
        for (item, wanted) in answer["items"].as_array().unwrap().iter().zip(wanted) {
            assert_eq!(item["operator_id"], *office.id(wanted["operator"].as_str().unwrap()));
            for (field, value) in wanted.as_object().unwrap().iter().filter(|(field, _)| *field != "operator") {
                assert_eq!(item[field], *value, "{field}");
            }
        }
    }

    #[test]
    fn late_and_waived_months_are_marked() {
        let office = Office::of_2020();
        let view = Built::of(&Evaluations, &office.events);
        let months = |who: &str| {
            let params = json!({ "operator_id": office.id(who), "year": 2020 });
            view.ask("get", params)["months"].as_array().unwrap().clone()
        };
        let late = |who| months(who).iter().filter(|m| m["late"] == true).map(|m| m["month"].clone()).collect();
        let late: Value = Value::Array(late("op2"));
        assert_eq!(late, expected()["late_months"]["op2"]);
        assert_eq!(months("op2")[1]["revision"], 2);
        let waived = &months("op3")[2];
        assert_eq!((&waived["waived"], &waived["scores"]), (&json!(true), &json!(null)));
    }

    #[test]
    fn a_correction_after_reopening_makes_it_provisional() {
        let mut office = Office::of_2020();
        let of = json!({ "operator_id": "$op2", "contract_id": "$op2.contract", "reason": "keberatan" });
        office.give(PPK, "reopen-evaluation", of).unwrap();
        let scores = json!({ "attendance": 4, "roll_call": 4, "completion": 4, "timeliness": 4, "quality": 4,
            "obligations": 4, "prohibitions": 4 });
        let correct = json!({ "operator_id": "$op2", "contract_id": "$op2.contract", "month": "2020-12",
            "scores": scores, "reason": "salah" });
        office.give(PPK, "correct-monthly-appraisal", correct).unwrap();
        let view = Built::of(&Evaluations, &office.events);
        let answer = view.ask("get", json!({ "operator_id": office.id("op2"), "year": 2020 }));
        assert_eq!((&answer["status"], &answer["revision"]), (&json!("provisional"), &json!(1)));
        assert_eq!((&answer["total"], &answer["category"]), (&json!(63), &json!("good")));
        assert_eq!(answer["rank"], 2, "63 of 3 months is as good as 42 of 2, and longer");
    }

    #[test]
    fn not_yet_evaluated_stands_between_good_and_poor() {
        let office = Office::of_2020();
        let view = Built::of(&Evaluations, &office.events);
        let answer = view.ask("list", json!({ "year": 2021, "package": "2021-tenaga-it" }));
        let item = &answer["items"][0];
        assert_eq!((&item["mean"], &item["category"]), (&json!(null), &json!(null)));
        assert_eq!((&item["status"], &item["months_expected"]), (&json!("provisional"), &json!(12)));
    }

    #[test]
    fn ranked_lists_are_given_in_parts() {
        let view = Built::of(&Evaluations, &Office::of_2020().events);
        let first = view.ask("list", json!({ "year": 2020, "limit": 2 }));
        let rest = view.ask("list", json!({ "year": 2020, "limit": 2, "cursor": first["next"] }));
        assert_eq!((&rest["items"][0]["rank"], &rest["next"]), (&json!(3), &json!(null)));
    }

    #[test]
    fn a_year_without_a_contract_is_unknown() {
        let office = Office::of_2020();
        let view = Built::of(&Evaluations, &office.events);
        let refused = view.refused("get", json!({ "operator_id": office.id("op4"), "year": 2020 }));
        assert!(matches!(refused, QueryError::ItemUnknown { .. }));
    }
}
