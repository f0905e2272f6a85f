//! Answering from the rows of the view `evaluations`: tallies are made here, by the rules' functions.

use std::cmp::Reverse;

use jejak_events::{
    date::Month,
    ids::OperatorId,
    operator::{
        appraisal::Assessment,
        evaluation::{Outcome, Stage},
    },
    package::policy::Category,
    rejection::thing::Thing,
};

use super::{
    EvaluationDetail, EvaluationItem, EvaluationOfMonths, EvaluationParams, EvaluationStatus,
    EvaluationsParams, MonthItem, Year,
    engaged::Engagement,
    held,
    ranking::{self, Ranking},
};
use crate::{ProjectionError, QueryError, Reader, page, person, rank::mean};

impl Year {
    /// An evaluation whose rank is not known yet.
    pub(super) fn item(
        &self,
        operator_id: OperatorId,
        contract: &Engagement,
    ) -> Result<EvaluationItem, ProjectionError> {
        let contract_id = contract.contract_id;
        let evaluation = self.deeds.evaluation(contract_id);
        let (status, signed) = match evaluation.stage {
            Stage::Provisional => (EvaluationStatus::Provisional, None),
            Stage::Proposed(proposal) => (EvaluationStatus::Proposed, Some(proposal.result)),
            Stage::Final(outcome) => (EvaluationStatus::Final, Some(outcome)),
        };
        let outcome = match signed {
            Some(outcome) => outcome,
            None => {
                let months = self.deeds.summed(contract_id).ok_or_else(unreadable)?;
                let tally = months.tally(contract_id, contract.period);
                let category = Category::of(tally.total, tally.assessed, contract.good_from);
                Outcome {
                    months: tally.assessed,
                    expected: tally.expected,
                    total: tally.total,
                    category,
                }
            }
        };
        Ok(EvaluationItem {
            rank: 0,
            operator_id,
            operator_name: self.known.as_ref().map(|known| known.name.clone()),
            contract_id,
            package_id: contract.package_id.clone(),
            year: contract.fiscal_year,
            months_assessed: outcome.months,
            months_expected: outcome.expected,
            total: outcome.total,
            mean: mean(outcome.total, outcome.months),
            category: (outcome.months > 0).then_some(outcome.category),
            status,
            revision: evaluation.revision,
            notice: evaluation.notice,
            warnings: contract.warnings,
        })
    }

    /// The months of a contract; one waived past an end that came sooner is none of them any more.
    fn months(&self, contract: &Engagement) -> Result<Vec<MonthItem>, ProjectionError> {
        let (contract_id, last) = (contract.contract_id, Month::of(contract.period.end));
        let months = self
            .deeds
            .months(contract_id)
            .ok_or_else(unreadable)?
            .into_iter();
        let months = months
            .filter(|(month, _)| *month <= last)
            .map(|(month, assessment)| match assessment {
                Assessment::Appraised {
                    scores,
                    total,
                    category,
                    late,
                    revision,
                    ..
                } => MonthItem {
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
            });
        Ok(months.collect())
    }
}

fn unreadable() -> ProjectionError {
    ProjectionError::Damaged("the months of a contract are unreadable".to_owned())
}

pub(super) fn list(reader: &Reader<'_>, params: EvaluationsParams) -> Result<Vec<u8>, QueryError> {
    let EvaluationsParams {
        year,
        package,
        limit,
        cursor,
    } = params;
    let (limit, year) = (page::limit(limit)?, page::year(reader, year)?);
    let skipped = page::skipped(cursor.as_deref())?;
    // One more tells whether there are more.
    let of_page = |ranking: &Ranking| -> Vec<_> {
        ranking
            .places(package.as_ref())
            .skip(skipped as usize)
            .take(limit + 1)
            .cloned()
            .collect()
    };
    let places = ranking::with(reader, year, of_page)?;
    let items = places
        .into_iter()
        .zip(skipped.saturating_add(1)..)
        .map(|(place, rank)| {
            let unknown =
                || QueryError::unknown(Thing::Contract, format!("contracts/{}", place.contract_id));
            let of_year =
                held(reader, &person::key(place.operator_id), year)?.ok_or_else(unknown)?;
            let mut contracts = of_year.engaged.contracts.iter();
            let contract = contracts
                .find(|of| of.contract_id == place.contract_id)
                .ok_or_else(unknown)?;
            let item = of_year.item(place.operator_id, contract)?;
            Ok((rank.to_string(), EvaluationItem { rank, ..item }))
        });
    reader.list(limit, items)
}

pub(super) fn get(reader: &Reader<'_>, params: EvaluationParams) -> Result<Vec<u8>, QueryError> {
    let EvaluationParams { operator_id, year } = params;
    let year = page::year(reader, Some(year))?;
    let unknown = || {
        QueryError::unknown(
            Thing::Evaluation,
            format!("operators/{operator_id}/evaluations/{year}"),
        )
    };
    let nobody = || QueryError::unknown(Thing::Operator, format!("operators/{operator_id}"));
    let of_year = held(reader, &person::key(operator_id), year)?.ok_or_else(nobody)?;
    let mut contracts: Vec<_> = of_year.engaged.contracts.iter().collect();
    if contracts.is_empty() {
        return Err(unknown());
    }
    contracts.sort_by_key(|contract| {
        let is_final = matches!(
            of_year.deeds.evaluation(contract.contract_id).stage,
            Stage::Final(_)
        );
        Reverse((is_final, contract.period.start, contract.contract_id))
    });
    let ranks = |ranking: &Ranking| -> Vec<_> {
        contracts
            .iter()
            .map(|contract| ranking.rank(operator_id, contract.contract_id))
            .collect()
    };
    let ranks = ranking::with(reader, year, ranks)?;
    let ranked = contracts
        .into_iter()
        .zip(ranks)
        .filter_map(|(of, rank)| Some((of, rank?)));
    let mut found = ranked.map(|(contract, rank)| {
        let item = of_year.item(operator_id, contract)?;
        let evaluation = EvaluationItem { rank, ..item };
        Ok(EvaluationOfMonths {
            evaluation,
            months: of_year.months(contract)?,
        })
    });
    let answering = found.next().ok_or_else(unknown)??;
    let others = found.collect::<Result<_, ProjectionError>>()?;
    reader.one(EvaluationDetail { answering, others })
}
