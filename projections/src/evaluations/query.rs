//! Answers of the view `evaluations`.

use std::cmp::Reverse;

use jejak_events::{
    date::Month,
    ids::OperatorId,
    kinds::ItemKind,
    operator::{appraisal::Assessment, evaluation::EvaluationStage},
    personal::Owner,
};

use super::{
    ranked,
    rows::{EvaluatedContract, MonthText, MonthTexts, TEXTS, number},
    shape::{EvaluationDetail, EvaluationOfMonths, EvaluationParams, EvaluationsParams, MonthItem},
    year::EvaluatedYear,
};
use crate::{
    error::{ProjectionError, QueryError},
    page, person,
    reader::Reader,
};

/// The months of a contract up to its end. A waived month may lie after an end that came sooner.
fn months(
    reader: &Reader<'_>,
    operator_id: OperatorId,
    contract: &EvaluatedContract,
    texts: &MonthTexts,
) -> Result<Vec<MonthItem>, ProjectionError> {
    let (contract_id, last) = (contract.contract_id, Month::of(contract.period.end));
    let months = contract.months().filter(|(month, _)| *month <= last);
    let item = |(month, assessment)| match assessment {
        Assessment::Appraised {
            scores,
            total,
            category,
            late,
            revision,
            signed_on,
            note: _,
        } => MonthItem {
            month,
            contract_id,
            scores: Some(scores),
            total: Some(total),
            category: Some(category),
            late,
            revision,
            waived: false,
            signed_on: Some(signed_on),
            signer: contract.signer(month).cloned(),
            note: None,
            reason: None,
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
            signed_on: None,
            signer: None,
            note: None,
            reason: None,
        },
    };
    let with_text = |item: MonthItem| {
        let text = texts.get(&(contract_id, number(item.month)));
        let MonthText { note, reason } = reader
            .open(Owner::Operator(operator_id), text)?
            .unwrap_or_default();
        Ok(MonthItem {
            note,
            reason,
            ..item
        })
    };
    months.map(item).map(with_text).collect()
}

pub(super) fn list(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let EvaluationsParams {
        year,
        package,
        limit,
        cursor,
    } = page::params(params)?;
    let (limit, year) = (page::limit(limit)?, page::year(reader, year)?);
    let skipped = page::skipped(cursor.as_deref())?;
    // One more than the limit tells whether the list goes on.
    let places: Vec<_> = ranked::with(reader, year, |ranking| {
        ranking
            .places(package.as_ref())
            .skip(skipped as usize)
            .take(limit + 1)
            .cloned()
            .collect()
    })?;
    let ranked = places.into_iter().zip(skipped.saturating_add(1)..);
    let items = ranked.map(|(place, rank)| {
        let unknown = || {
            QueryError::unknown(
                ItemKind::Contract,
                format!("contracts/{}", place.contract_id),
            )
        };
        let person = person::key(place.operator_id);
        let evaluated = EvaluatedYear::get(reader, &person, year)?.ok_or_else(unknown)?;
        let contract = evaluated
            .standing()
            .find(|contract| contract.contract_id == place.contract_id)
            .ok_or_else(unknown)?;
        let name = evaluated.name(reader, place.operator_id)?;
        let item = EvaluatedYear::item(place.operator_id, name, contract, rank);
        Ok((rank.to_string(), item))
    });
    reader.list(limit, items)
}

pub(super) fn get(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let EvaluationParams { operator_id, year } = page::params(params)?;
    let year = page::year(reader, Some(year))?;
    let evaluated =
        EvaluatedYear::get(reader, &person::key(operator_id), year)?.ok_or_else(|| {
            QueryError::unknown(ItemKind::Operator, format!("operators/{operator_id}"))
        })?;
    let unknown = || {
        QueryError::unknown(
            ItemKind::Evaluation,
            format!("operators/{operator_id}/evaluations/{year}"),
        )
    };
    let mut contracts: Vec<_> = evaluated.standing().collect();
    if contracts.is_empty() {
        return Err(unknown());
    }
    contracts.sort_by_key(|contract| {
        let is_final = matches!(contract.evaluation.stage, EvaluationStage::Final(_));
        Reverse((is_final, contract.period.start, contract.contract_id))
    });
    let ranked: Vec<_> = ranked::with(reader, year, |ranking| {
        let rank = |contract: &&EvaluatedContract| ranking.rank(operator_id, contract.contract_id);
        contracts
            .iter()
            .filter_map(|contract| Some((*contract, rank(contract)?)))
            .collect()
    })?;
    let name = evaluated.name(reader, operator_id)?;
    let texts = TEXTS.get(reader, &person::year_key(year, &person::key(operator_id)))?;
    let texts = texts.unwrap_or_default();
    let mut evaluations = Vec::with_capacity(ranked.len());
    for (contract, rank) in ranked {
        evaluations.push(EvaluationOfMonths {
            evaluation: EvaluatedYear::item(operator_id, name.clone(), contract, rank),
            months: months(reader, operator_id, contract, &texts)?,
        });
    }
    let mut evaluations = evaluations.into_iter();
    let answering = evaluations.next().ok_or_else(unknown)?;
    reader.one(EvaluationDetail {
        answering,
        others: evaluations.collect(),
    })
}
