//! Parts of a person that are rows of their own, so that an event rewrites what it changes and no more:
//! one evaluation, one month, one leave. Keys begin with the person's, so that all of a person stand
//! together. What a person is made of is put together again where questions are answered.

use jejak_events::{
    ids::ContractId,
    operator::{appraisal, evaluation, leave},
};

use crate::{ProjectionError, Reader, Write, rows::Rows};

/// The evaluation of a contract, under `<person>/<contract>`.
const EVALUATIONS: Rows<evaluation::State> = Rows::new("evaluations");
/// A month, under `<person>/<contract>/<month>`.
const MONTHS: Rows<appraisal::State> = Rows::new("months");
/// A leave, under `<person>/<leave>`, or an absence, under `<person>/<day>`.
const LEAVE: Rows<leave::State> = Rows::new("leave");

/// Changes the evaluation of a contract.
pub(crate) fn change_evaluation(
    write: &Write<'_>,
    person: &str,
    contract_id: ContractId,
    change: impl FnOnce(&mut evaluation::State),
) -> Result<(), ProjectionError> {
    let key = format!("{person}/{contract_id}");
    let held = EVALUATIONS.held(write, &key)?.unwrap_or_default();
    let mut changed = held.clone();
    change(&mut changed);
    if changed == held { Ok(()) } else { EVALUATIONS.put(write, &key, &changed) }
}

/// All evaluations of a person.
pub(crate) fn evaluations(reader: &Reader<'_>, person: &str) -> Result<evaluation::State, ProjectionError> {
    let mut all = evaluation::State::default();
    for row in EVALUATIONS.scan(reader, &format!("{person}/"), None)? {
        all.join(row?.1);
    }
    Ok(all)
}

/// Takes in what was said of a month; nothing that was said of it before matters any more.
pub(crate) fn change_month(
    write: &Write<'_>,
    person: &str,
    event: &appraisal::Event,
) -> Result<(), ProjectionError> {
    let (contract_id, month) = event.of();
    let mut changed = appraisal::State::default();
    changed.evolve(event);
    MONTHS.put(write, &format!("{person}/{contract_id}/{month}"), &changed)
}

/// All months of a person.
pub(crate) fn months(reader: &Reader<'_>, person: &str) -> Result<appraisal::State, ProjectionError> {
    let mut all = appraisal::State::default();
    for row in MONTHS.scan(reader, &format!("{person}/"), None)? {
        all.join(row?.1);
    }
    Ok(all)
}

/// Takes in a leave, its end, or an absence.
pub(crate) fn change_leave(
    write: &Write<'_>,
    person: &str,
    event: &leave::Event,
) -> Result<(), ProjectionError> {
    let key = match event {
        leave::Event::Recorded(recorded) => format!("{person}/{}", recorded.leave_id),
        leave::Event::Cancelled(cancelled) => format!("{person}/{}", cancelled.leave_id),
        leave::Event::Absent(absent) => format!("{person}/{}", absent.on),
    };
    let held = match event {
        leave::Event::Cancelled(_) => LEAVE.held(write, &key)?,
        leave::Event::Recorded(_) | leave::Event::Absent(_) => Some(leave::State::default()),
    };
    // A leave that never was has no end.
    let Some(mut changed) = held else { return Ok(()) };
    changed.evolve(event);
    LEAVE.put(write, &key, &changed)
}

/// All leave and absences of a person.
pub(crate) fn leave(reader: &Reader<'_>, person: &str) -> Result<leave::State, ProjectionError> {
    let mut all = leave::State::default();
    for row in LEAVE.scan(reader, &format!("{person}/"), None)? {
        let leave::State { entries, absences } = row?.1;
        all.entries.extend(entries);
        all.absences.extend(absences);
    }
    Ok(all)
}
