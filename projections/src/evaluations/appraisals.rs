//! The months to appraise, by the names of people: those that are appraised, those that are not, and since when.

use chrono::NaiveDate;
use jejak_events::{
    date::{Month, Period},
    ids::{ContractId, OperatorId, PackageId},
    operator::appraisal::Assessment,
    personal::Owner,
};
use zeroize::Zeroizing;

use super::{
    ranked,
    rows::{EvaluatedContract, MonthText, TEXTS, number},
    shape::{AppraisalItem, AppraisalStatus, AppraisalsParams, EvaluationStatus},
    year::EvaluatedYear,
};
use crate::{
    error::{ProjectionError, QueryError},
    name::folded,
    page, person,
    reader::Reader,
};

/// A contract with a day in the month.
struct Served {
    operator_id: OperatorId,
    /// The name as it is read, and as it is sorted; none once erased.
    name: Option<(String, Zeroizing<String>)>,
    contract: EvaluatedContract,
    days: Period,
}

impl Served {
    /// Erased people come last.
    fn order(&self) -> impl Ord + '_ {
        let name = self.name.as_ref().map(|(_, folded)| folded.as_str());
        let first = self.days.start;
        (
            name.is_none(),
            name,
            self.operator_id,
            first,
            self.contract.contract_id,
        )
    }
}

pub(super) fn list(reader: &Reader<'_>, params: &[u8]) -> Result<Vec<u8>, QueryError> {
    let AppraisalsParams {
        month,
        package,
        operator,
        status,
        on,
        limit,
        cursor,
    } = page::params(params)?;
    let (limit, on) = (page::limit(limit)?, on.unwrap_or(reader.today));
    let month = month.unwrap_or(Month::of(on));
    let after = after(cursor.as_deref())?;
    let mut served = Vec::new();
    for operator_id in people(reader, month, package.as_ref(), operator)? {
        served.extend(of_person(reader, operator_id, month, package.as_ref())?);
    }
    served.sort_by(|a, b| a.order().cmp(&b.order()));
    let numbered = (1_usize..).zip(&served);
    // The contract of the cursor is found again wherever it stands now. A month that is done meanwhile does not
    // move those behind it.
    let skipped = after.map_or(0, |(place, contract_id)| {
        let is_it =
            |(_, served): &(usize, &Served)| Some(served.contract.contract_id) == contract_id;
        numbered
            .clone()
            .find(is_it)
            .map_or(place, |(place, _)| place)
    });
    let listed = numbered.skip(skipped).filter(|(_, served)| {
        status.is_none_or(|status| status == status_of(&served.contract, served.days, month, on))
    });
    let items = listed.map(|(place, served)| {
        let key = format!("{place}/{}", served.contract.contract_id);
        Ok((key, item(reader, served, month, on)?))
    });
    reader.list(limit, items)
}

/// The place of a cursor, and its contract. A place alone is one too.
fn after(cursor: Option<&str>) -> Result<Option<(usize, Option<ContractId>)>, QueryError> {
    let Some(key) = page::after(cursor)? else {
        return Ok(None);
    };
    let read = match key.split_once('/') {
        None => key.parse().ok().map(|place| (place, None)),
        Some((place, id)) => place.parse().ok().zip(id.parse().ok().map(Some)),
    };
    read.map(Some).ok_or_else(page::no_cursor)
}

/// The people who may have a contract in the month, each once.
fn people(
    reader: &Reader<'_>,
    month: Month,
    package: Option<&PackageId>,
    operator: Option<OperatorId>,
) -> Result<Vec<OperatorId>, QueryError> {
    if let Some(operator_id) = operator {
        return Ok(vec![operator_id]);
    }
    let mut people: Vec<OperatorId> = ranked::with(reader, month.year(), |ranking| {
        let places = ranking.places(package);
        places.map(|place| place.operator_id).collect()
    })?;
    people.sort_unstable();
    people.dedup();
    Ok(people)
}

fn of_person(
    reader: &Reader<'_>,
    operator_id: OperatorId,
    month: Month,
    package: Option<&PackageId>,
) -> Result<Vec<Served>, ProjectionError> {
    let person = person::key(operator_id);
    let Some(evaluated) = EvaluatedYear::get(reader, &person, month.year())? else {
        return Ok(vec![]);
    };
    let name = evaluated.name(reader, operator_id)?;
    let contracts = evaluated
        .standing()
        .filter(|contract| package.is_none_or(|package| contract.package_id == *package));
    let served = contracts.filter_map(|contract| {
        let days = contract.period.intersection(&month.period())?;
        Some(Served {
            operator_id,
            name: name.clone().map(|name| (name.clone(), folded(&name))),
            contract: contract.clone(),
            days,
        })
    });
    Ok(served.collect())
}

fn status_of(
    contract: &EvaluatedContract,
    days: Period,
    month: Month,
    on: NaiveDate,
) -> AppraisalStatus {
    match contract.month(month) {
        Some(Assessment::Appraised { .. }) => AppraisalStatus::Appraised,
        Some(Assessment::Waived) => AppraisalStatus::Waived,
        None if on < since(contract, days) => AppraisalStatus::Upcoming,
        None => AppraisalStatus::Open,
    }
}

/// The first day on which a month may be signed, and a day was served (rule 28).
fn since(contract: &EvaluatedContract, days: Period) -> NaiveDate {
    let earliest = contract.appraisal.earliest_signature(days.end);
    earliest.max(days.start)
}

fn item(
    reader: &Reader<'_>,
    served: &Served,
    month: Month,
    on: NaiveDate,
) -> Result<AppraisalItem, QueryError> {
    let Served {
        operator_id,
        name,
        contract,
        days,
    } = served;
    let (contract_id, policy) = (contract.contract_id, &contract.appraisal);
    let due = policy.last_day_in_time(month);
    let status = status_of(contract, *days, month, on);
    let texts = TEXTS.get(
        reader,
        &person::year_key(month.year(), &person::key(*operator_id)),
    )?;
    let texts = texts.unwrap_or_default();
    let text = texts.get(&(contract_id, number(month)));
    let MonthText { note, reason } = reader
        .open(Owner::Operator(*operator_id), text)?
        .unwrap_or_default();
    let open = AppraisalItem {
        operator_id: *operator_id,
        operator_name: name.as_ref().map(|(name, _)| name.clone()),
        contract_id,
        package_id: contract.package_id.clone(),
        month,
        from: days.start,
        to: days.end,
        elements: policy.elements.clone(),
        scale_min: policy.scale_min,
        scale_max: policy.scale_max,
        since: since(contract, *days),
        due,
        status,
        late: status == AppraisalStatus::Open && on > due,
        scores: None,
        total: None,
        category: None,
        revision: 0,
        signed_on: None,
        signer: None,
        note,
        reason,
        evaluation: EvaluationStatus::of(&contract.evaluation.stage),
    };
    Ok(match contract.month(month) {
        None | Some(Assessment::Waived) => open,
        Some(Assessment::Appraised {
            scores,
            total,
            category,
            late,
            revision,
            signed_on,
            note: _,
        }) => AppraisalItem {
            late,
            scores: Some(scores),
            total: Some(total),
            category: Some(category),
            revision,
            signed_on: Some(signed_on),
            signer: contract.signer(month).cloned(),
            ..open
        },
    })
}

#[cfg(test)]
#[path = "appraisals_tests.rs"]
mod tests;
