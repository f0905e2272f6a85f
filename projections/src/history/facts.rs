//! Of each event: the days it is about, and what was written about it. Exhaustive, so that a new event
//! does not compile before it is told here.

use chrono::NaiveDate;
use jejak_events::{
    Event, calendar,
    date::Period,
    ids::ContractId,
    operator::{self, appraisal, contract, evaluation, identity, leave},
    package::{self, officer, slot, terms},
    personal::{Personal, Remark},
};

use super::Before;

/// First day, and last day where it is known.
pub(super) type Days = (NaiveDate, Option<NaiveDate>);

fn period(period: &Period) -> Option<Days> {
    Some((period.start, Some(period.end)))
}

/// The days an event is about, in the state before it.
pub(super) fn effective(before: &Before, event: &Event) -> Option<Days> {
    let on = |day: NaiveDate| Some((day, Some(day)));
    let contract = |id: ContractId| before.person.contracts.all.get(&id);
    match event {
        Event::Package(event) => match event {
            package::Event::Terms(terms::Event::Published(published)) => {
                period(&published.terms.period)
            }
            package::Event::Terms(terms::Event::Amended(amended)) => period(&amended.terms.period),
            package::Event::Officer(officer::Event::Assigned(assigned)) => {
                Some((assigned.from, assigned.to))
            }
            package::Event::Officer(officer::Event::Released(released)) => on(released.on),
            package::Event::Slot(
                slot::Event::Reserved(_) | slot::Event::Adjusted(_) | slot::Event::Released(_),
            ) => None,
        },
        Event::Operator(event) => match event {
            operator::Event::Identity(
                identity::Event::Registered(_)
                | identity::Event::Corrected(_)
                | identity::Event::Erased(_),
            ) => None,
            operator::Event::Contract(event) => match event {
                contract::Event::Hired(hired) => Some((hired.start, Some(hired.end))),
                contract::Event::Amended(amended) => {
                    let contract = contract(amended.contract_id)?;
                    Some((contract.terms.start, Some(amended.end)))
                }
                contract::Event::Terminated(terminated) => on(terminated.on),
                contract::Event::Voided(voided) => period(&contract(voided.contract_id)?.period()),
                contract::Event::Warned(warned) => Some((warned.on, Some(warned.until))),
            },
            operator::Event::Leave(event) => match event {
                leave::Event::Recorded(recorded) => Some((recorded.from, Some(recorded.to))),
                leave::Event::Cancelled(cancelled) => {
                    let entry = before.person.leave.entries.get(&cancelled.leave_id);
                    Some((cancelled.from, entry.map(|entry| entry.granted.end)))
                }
                leave::Event::Absent(absent) => on(absent.on),
            },
            operator::Event::Appraisal(event) => match event {
                appraisal::Event::Submitted(submitted) => period(&submitted.month.period()),
                appraisal::Event::Corrected(corrected) => period(&corrected.month.period()),
                appraisal::Event::Waived(waived) => period(&waived.month.period()),
            },
            operator::Event::Evaluation(event) => match event {
                evaluation::Event::Proposed(proposed) => on(proposed.signed_on),
                evaluation::Event::Finalized(finalized) => on(finalized.signed_on),
                evaluation::Event::Reopened(_) => None,
            },
        },
        Event::Calendar(calendar::Event::Holiday(event)) => match event {
            calendar::holiday::Event::Declared(declared) => on(declared.date),
            calendar::holiday::Event::Revoked(revoked) => on(revoked.date),
        },
    }
}

/// What was written about an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Written<'a> {
    pub(super) reason: Option<&'a str>,
    pub(super) note: Option<&'a str>,
    /// Whether it had a personal part that is gone.
    pub(super) erased: bool,
    /// Whether nobody opened its personal part, which is a fault.
    pub(super) sealed: bool,
}

fn part<'a, T>(part: &'a Personal<T>, read: impl FnOnce(&'a T) -> Written<'a>) -> Written<'a> {
    match part {
        Personal::Open(data) => read(data),
        Personal::Erased => Written {
            erased: true,
            ..Written::default()
        },
        Personal::Sealed(_) => Written {
            sealed: true,
            ..Written::default()
        },
    }
}

fn reason(written: &Personal<Remark>) -> Written<'_> {
    part(written, |remark| Written {
        reason: Some(&remark.text),
        ..Written::default()
    })
}

fn note(written: Option<&Personal<Remark>>) -> Written<'_> {
    written.map_or_else(Written::default, |written| {
        part(written, |remark| Written {
            note: Some(&remark.text),
            ..Written::default()
        })
    })
}

/// The reason and the note of an event.
pub(super) fn written(event: &Event) -> Written<'_> {
    match event {
        Event::Package(event) => match event {
            package::Event::Terms(terms::Event::Amended(amended)) => reason(&amended.personal),
            package::Event::Officer(officer::Event::Assigned(assigned)) => {
                part(&assigned.personal, |_| Written::default())
            }
            package::Event::Terms(terms::Event::Published(_))
            | package::Event::Officer(officer::Event::Released(_))
            | package::Event::Slot(
                slot::Event::Reserved(_) | slot::Event::Adjusted(_) | slot::Event::Released(_),
            ) => Written::default(),
        },
        Event::Operator(event) => of_person(event),
        Event::Calendar(calendar::Event::Holiday(
            calendar::holiday::Event::Declared(_) | calendar::holiday::Event::Revoked(_),
        )) => Written::default(),
    }
}

fn of_person(event: &operator::Event) -> Written<'_> {
    match event {
        operator::Event::Identity(event) => match event {
            identity::Event::Registered(registered) => {
                part(&registered.personal, |_| Written::default())
            }
            identity::Event::Corrected(corrected) => {
                part(&corrected.personal, |correction| Written {
                    reason: Some(&correction.reason),
                    ..Written::default()
                })
            }
            identity::Event::Erased(erased) => part(&erased.personal, |erasure| Written {
                reason: Some(&erasure.reason),
                ..Written::default()
            }),
        },
        operator::Event::Contract(event) => match event {
            contract::Event::Hired(hired) => hired
                .personal
                .as_ref()
                .map_or_else(Written::default, |justification| reason(justification)),
            contract::Event::Amended(amended) => reason(&amended.personal),
            contract::Event::Terminated(terminated) => reason(&terminated.personal),
            contract::Event::Voided(voided) => reason(&voided.personal),
            contract::Event::Warned(warned) => reason(&warned.personal),
        },
        operator::Event::Leave(event) => match event {
            leave::Event::Recorded(recorded) => {
                recorded
                    .personal
                    .as_ref()
                    .map_or_else(Written::default, |grounds| {
                        part(grounds, |grounds| Written {
                            reason: grounds.reason.as_deref(),
                            ..Written::default()
                        })
                    })
            }
            leave::Event::Cancelled(cancelled) => reason(&cancelled.personal),
            leave::Event::Absent(absent) => reason(&absent.personal),
        },
        operator::Event::Appraisal(event) => match event {
            appraisal::Event::Submitted(submitted) => note(submitted.personal.as_ref()),
            appraisal::Event::Corrected(corrected) => {
                part(&corrected.personal, |correction| Written {
                    reason: Some(&correction.reason),
                    note: correction.note.as_deref(),
                    ..Written::default()
                })
            }
            appraisal::Event::Waived(waived) => reason(&waived.personal),
        },
        operator::Event::Evaluation(event) => match event {
            evaluation::Event::Proposed(proposed) => note(proposed.personal.as_ref()),
            evaluation::Event::Finalized(finalized) => note(finalized.personal.as_ref()),
            evaluation::Event::Reopened(reopened) => reason(&reopened.personal),
        },
    }
}
