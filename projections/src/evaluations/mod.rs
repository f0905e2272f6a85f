//! View `evaluations`: the evaluations of a year in ranked order, and the months that make them.

mod appraisals;
mod query;
mod ranked;
mod rows;
mod shape;
#[cfg(test)]
mod tests;
mod year;

use jejak_events::{
    ids::{ContractId, OperatorId, PackageId},
    kinds::ItemKind,
    operator::{appraisal, contract, evaluation, identity},
    package::terms,
};

pub use shape::{
    AppraisalItem, AppraisalStatus, AppraisalsParams, EvaluationDetail, EvaluationItem,
    EvaluationOfMonths, EvaluationParams, EvaluationStatus, EvaluationsParams, MonthItem,
};

use self::rows::{
    CONTRACTS, ELIGIBILITY, EvaluatedContract, MonthText, PEOPLE, RankedParticulars, TEXTS, number,
};
use crate::{
    error::ProjectionError,
    person,
    query::{OperatorAccess, Query, QueryHandler},
    view::{TopicHandler, View},
    writer::RowWriter,
};

/// The view `evaluations`, without state of its own.
pub struct Evaluations;

const NAME: &str = "evaluations";

static QUERIES: [QueryHandler; 3] = [
    Query::list::<EvaluationsParams, EvaluationItem>(
        "/v1/evaluations",
        NAME,
        "list",
        "Evaluations of a year, ranked",
        shape::EVALUATION_COLUMNS,
    )
    .scan(query::list),
    Query::one::<EvaluationParams, EvaluationDetail>(
        "/v1/operators/{operator_id}/evaluations/{year}",
        NAME,
        "get",
        "One evaluation, month by month",
    )
    .for_operators(OperatorAccess::Path("operator_id"))
    .may_miss(&[ItemKind::Operator, ItemKind::Evaluation])
    .by_key(query::get),
    Query::list::<AppraisalsParams, AppraisalItem>(
        "/v1/appraisals",
        NAME,
        "appraisals",
        "The months to appraise, appraised or not, by name",
        shape::APPRAISAL_COLUMNS,
    )
    .for_operators(OperatorAccess::Filter("operator"))
    .scan(appraisals::list),
];

impl View for Evaluations {
    fn name(&self) -> &'static str {
        NAME
    }

    fn version(&self) -> u32 {
        9
    }

    fn tables(&self) -> &'static [&'static str] {
        &["contracts", "eligibility", "people", "texts"]
    }

    fn handlers(&self) -> Vec<TopicHandler> {
        vec![
            TopicHandler::new(identity),
            TopicHandler::new(contract),
            TopicHandler::new(appraisal),
            TopicHandler::new(evaluation),
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
    row.particulars = person::seal(writer, *id, profile, |profile| RankedParticulars {
        name: profile.full_name.to_string(),
        domicile_code: profile.domicile_code.to_string(),
    })?;
    if event.is_erasure() {
        for (_, year) in &row.years {
            TEXTS.remove(writer, &person::year_key(*year, &key));
        }
    }
    PEOPLE.put(writer, &key, &row)
}

fn contract(
    writer: &RowWriter,
    id: &OperatorId,
    event: &contract::Event,
) -> Result<(), ProjectionError> {
    let contract::Event::Hired(hired) = event else {
        return change(writer, *id, event.contract_id(), |contract| {
            contract.change(event)
        });
    };
    let person = person::key(*id);
    let mut row = person::registered(writer, PEOPLE.written(writer, &person)?)?;
    row.years.push((hired.contract_id, hired.fiscal_year));
    PEOPLE.put(writer, &person, &row)?;
    let key = person::year_key(hired.fiscal_year, &person);
    let mut contracts = CONTRACTS.written(writer, &key)?.unwrap_or_default();
    contracts.0.push(EvaluatedContract::new(hired));
    CONTRACTS.put(writer, &key, &contracts)
}

fn appraisal(
    writer: &RowWriter,
    id: &OperatorId,
    event: &appraisal::Event,
) -> Result<(), ProjectionError> {
    let (contract_id, month) = event.of();
    // The month tells the year (rule 7), so the person's own row is not read.
    let key = person::year_key(month.year(), &person::key(*id));
    let signer = writer.given()?.actor;
    let has_indicators = change_row(writer, &key, contract_id, |contract| {
        contract.change_month(event, signer)
    })?;
    if !has_indicators {
        return Err(writer.inapplicable("its indicators are not those of the contract"));
    }
    let text = month_text(writer, event)?;
    // A submission is the first event of its month, so without a text there is none to replace.
    if text.is_none() && matches!(event, appraisal::Event::Submitted(_)) {
        return Ok(());
    }
    let mut texts = TEXTS.written(writer, &key)?.unwrap_or_default();
    let month = (contract_id, number(month));
    match person::seal(writer, *id, text.as_ref(), Clone::clone)? {
        Some(text) => drop(texts.insert(month, text)),
        None if texts.remove(&month).is_none() => return Ok(()),
        None => {}
    }
    TEXTS.put(writer, &key, &texts)
}

/// What an event writes about its month; none without a text, and once erased.
fn month_text(
    writer: &RowWriter,
    event: &appraisal::Event,
) -> Result<Option<MonthText>, ProjectionError> {
    Ok(match event {
        appraisal::Event::Submitted(submitted) => {
            let part = submitted.personal.as_ref();
            let part = part.map(|part| person::opened(writer, part)).transpose()?;
            part.flatten().map(|remark| MonthText {
                note: Some(remark.text.clone()),
                reason: None,
            })
        }
        appraisal::Event::Corrected(corrected) => {
            let part = person::opened(writer, &corrected.personal)?;
            part.map(|correction| MonthText {
                note: correction.note.clone(),
                reason: Some(correction.reason.clone()),
            })
        }
        appraisal::Event::Waived(waived) => {
            let part = person::opened(writer, &waived.personal)?;
            part.map(|remark| MonthText {
                note: None,
                reason: Some(remark.text.clone()),
            })
        }
    })
}

fn evaluation(
    writer: &RowWriter,
    id: &OperatorId,
    event: &evaluation::Event,
) -> Result<(), ProjectionError> {
    change(writer, *id, event.contract_id(), |contract| {
        contract.change_evaluation(|evaluations| evaluations.evolve(event));
    })
}

fn terms(writer: &RowWriter, id: &PackageId, event: &terms::Event) -> Result<(), ProjectionError> {
    let terms = match event {
        terms::Event::Published(published) => &published.terms,
        terms::Event::Amended(amended) => &amended.terms,
    };
    ELIGIBILITY.put(writer, id.as_str(), &terms.eligibility)
}

/// Changes a contract of a person.
fn change(
    writer: &RowWriter,
    id: OperatorId,
    contract_id: ContractId,
    change: impl FnOnce(&mut EvaluatedContract),
) -> Result<(), ProjectionError> {
    let person = person::key(id);
    let row = person::registered(writer, PEOPLE.written(writer, &person)?)?;
    let mut years = row.years.iter();
    let (_, year) = years
        .find(|(held, _)| *held == contract_id)
        .ok_or_else(|| never_hired(writer))?;
    change_row(
        writer,
        &person::year_key(*year, &person),
        contract_id,
        change,
    )
}

/// Changes a contract in the row under a key.
fn change_row<R>(
    writer: &RowWriter,
    key: &str,
    contract_id: ContractId,
    change: impl FnOnce(&mut EvaluatedContract) -> R,
) -> Result<R, ProjectionError> {
    let mut contracts = CONTRACTS.written(writer, key)?.unwrap_or_default();
    let contract = contracts
        .0
        .iter_mut()
        .find(|contract| contract.contract_id == contract_id)
        .ok_or_else(|| never_hired(writer))?;
    let changed = change(contract);
    CONTRACTS.put(writer, key, &contracts)?;
    Ok(changed)
}

fn never_hired(writer: &RowWriter) -> ProjectionError {
    writer.inapplicable("the person was never hired under the contract")
}
