//! Answering from the rows of the view `evaluations`: tallies are made here, by the rules' functions.

use std::{
    cmp::Reverse,
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use jejak_events::{
    date::Month,
    ids::{ContractId, OperatorId, PackageId},
    operator::{
        appraisal::Assessment,
        contract::Contract,
        evaluation::{Outcome, Stage},
    },
    package::policy::Eligibility,
    rejection::thing::Thing,
};

use super::{
    EvaluationDetail, EvaluationItem, EvaluationOfMonths, EvaluationParams, EvaluationStatus,
    EvaluationsParams, MonthItem, PACKAGES, Person, YEARS, held,
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
            Stage::Proposed(proposal) => (EvaluationStatus::Proposed, Some(proposal.result)),
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
            notice: evaluation.notice,
            warnings: u32::try_from(contract.warnings.len()).unwrap_or(u32::MAX),
        }
    }

    /// The months of a contract; one waived past an end that came sooner is none of them any more.
    fn months(&self, contract_id: ContractId, contract: &Contract) -> impl Iterator<Item = MonthItem> {
        let last = Month::of(contract.period().end);
        let months = self.appraisals.months_of(contract_id).filter(move |(month, _)| *month <= last);
        months.map(move |(month, assessment)| match assessment.clone() {
            Assessment::Appraised { scores, total, category, late, revision, .. } => MonthItem {
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

/// All evaluations of a year, best first, and where each stands among them.
struct Ranking {
    items: Vec<EvaluationItem>,
    places: HashMap<(OperatorId, ContractId), usize>,
}

/// The ranking of a year. It takes everyone's rows, so answers at one position share it.
fn ranking(reader: &Reader<'_>, year: i32) -> Result<Arc<Ranking>, QueryError> {
    reader.memo.get(format!("ranking of {year}"), reader.position, || {
        let items = ranked(reader, year)?;
        let places = items
            .iter()
            .enumerate()
            .map(|(place, item)| ((item.operator_id, item.contract_id), place))
            .collect();
        Ok(Ranking { items, places })
    })
}

fn ranked(reader: &Reader<'_>, year: i32) -> Result<Vec<EvaluationItem>, QueryError> {
    let mut preferences: HashMap<PackageId, Option<Eligibility>> = HashMap::new();
    let mut found = Vec::new();
    for row in YEARS.scan(reader, &format!("{year}/"), None)? {
        let (key, ()) = row?;
        let (operator_id, person) = (person::id(&key)?, held(reader, &key)?.unwrap_or_default());
        for (contract_id, contract) in person.of_year(year) {
            let eligibility = match preferences.entry(contract.terms.package_id.clone()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let eligibility = PACKAGES.get(reader, new.key().as_str())?;
                    new.insert(eligibility)
                }
            };
            let preferred = eligibility.as_ref().zip(person.known.as_ref());
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
    let ranking = ranking(reader, year)?;
    let Some(package) = package else {
        return reader.ranked(limit, cursor.as_deref(), ranking.items.iter().collect());
    };
    let of_package = ranking.items.iter().filter(|item| item.package_id == package);
    let ranked = of_package.zip(1..).map(|(item, rank)| EvaluationItem { rank, ..item.clone() });
    reader.ranked(limit, cursor.as_deref(), ranked.collect())
}

pub(super) fn get(reader: &Reader<'_>, params: EvaluationParams) -> Result<Vec<u8>, QueryError> {
    let EvaluationParams { operator_id, year } = params;
    let year = page::year(reader, Some(year))?;
    let unknown =
        || QueryError::unknown(Thing::Evaluation, format!("operators/{operator_id}/evaluations/{year}"));
    let nobody = || QueryError::unknown(Thing::Operator, format!("operators/{operator_id}"));
    let person = held(reader, &person::key(operator_id))?.ok_or_else(nobody)?;
    let mut contracts: Vec<_> = person.of_year(year).collect();
    contracts.sort_by_key(|(id, contract)| {
        let is_final = matches!(person.evaluations.get(*id).stage, Stage::Final(_));
        Reverse((is_final, contract.terms.start, *id))
    });
    let ranking = ranking(reader, year)?;
    let mut found = contracts.into_iter().filter_map(|(contract_id, contract)| {
        let evaluation = ranking.items[*ranking.places.get(&(operator_id, contract_id))?].clone();
        Some(EvaluationOfMonths { evaluation, months: person.months(contract_id, contract).collect() })
    });
    let answering = found.next().ok_or_else(unknown)?;
    reader.one(EvaluationDetail { answering, others: found.collect() })
}
