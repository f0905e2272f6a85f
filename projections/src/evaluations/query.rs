//! Answering from the rows of the view `evaluations`: tallies are made here, by the rules' functions.

use jejak_events::{
    ids::{ContractId, OperatorId, PackageId},
    operator::{
        appraisal::Assessment,
        contract::Contract,
        evaluation::{Outcome, Stage},
    },
};

use super::{
    EvaluationDetail, EvaluationItem, EvaluationParams, EvaluationStatus, EvaluationsParams, MonthItem,
    PACKAGES, PEOPLE, Person, YEARS,
};
use crate::{
    QueryError, Reader, page, person,
    rank::{Standing, mean},
};

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
        let by_id =
            || (a.item.operator_id, a.item.contract_id).cmp(&(b.item.operator_id, b.item.contract_id));
        a.standing().better_first(&b.standing()).then_with(by_id)
    });
    let ranked = found.into_iter().zip(1..).map(|(unranked, rank)| EvaluationItem { rank, ..unranked.item });
    Ok(ranked.collect())
}

pub(super) fn list(reader: &Reader<'_>, params: EvaluationsParams) -> Result<Vec<u8>, QueryError> {
    let EvaluationsParams { year, package, limit, cursor } = params;
    let (limit, year) = (page::limit(limit)?, page::year(reader, year)?);
    reader.ranked(limit, cursor.as_deref(), ranked(reader, year, package.as_ref())?)
}

pub(super) fn get(reader: &Reader<'_>, params: EvaluationParams) -> Result<Vec<u8>, QueryError> {
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
