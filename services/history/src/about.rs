//! The days an event is about, and the remarks in it. A new event does not compile without both.

use chrono::NaiveDate;
use jejak_events::{
    Event, calendar,
    date::Period,
    ids::ContractId,
    operator::{self, appraisal, contract, evaluation, identity, leave},
    package::{self, officer, slot, terms},
    personal::{Personal, Remark},
};

use crate::states::StatesBefore;

/// The first day, and the last day where it is known.
pub(crate) type EffectiveDays = (NaiveDate, Option<NaiveDate>);

fn period(period: &Period) -> Option<EffectiveDays> {
    Some((period.start, Some(period.end)))
}

/// The days an event is about. Some events name a contract or leave of the state before them.
pub(crate) fn effective_days(before: &StatesBefore, event: &Event) -> Option<EffectiveDays> {
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

/// The texts that were written with an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Remarks<'a> {
    pub(crate) reason: Option<&'a str>,
    pub(crate) note: Option<&'a str>,
    /// Whether the personal part was erased.
    pub(crate) erased: bool,
    /// Whether the personal part is still sealed, which is a fault of the caller.
    pub(crate) sealed: bool,
}

fn part<'a, T>(part: &'a Personal<T>, read: impl FnOnce(&'a T) -> Remarks<'a>) -> Remarks<'a> {
    match part {
        Personal::Open(data) => read(data),
        Personal::Erased => Remarks {
            erased: true,
            ..Remarks::default()
        },
        Personal::Sealed(_) => Remarks {
            sealed: true,
            ..Remarks::default()
        },
    }
}

fn reason(remark: &Personal<Remark>) -> Remarks<'_> {
    part(remark, |remark| Remarks {
        reason: Some(&remark.text),
        ..Remarks::default()
    })
}

fn note(remark: Option<&Personal<Remark>>) -> Remarks<'_> {
    remark.map_or_else(Remarks::default, |remark| {
        part(remark, |remark| Remarks {
            note: Some(&remark.text),
            ..Remarks::default()
        })
    })
}

/// The reason and the note of an event.
pub(crate) fn remarks(event: &Event) -> Remarks<'_> {
    match event {
        Event::Package(event) => match event {
            package::Event::Terms(terms::Event::Amended(amended)) => reason(&amended.personal),
            package::Event::Officer(officer::Event::Assigned(assigned)) => {
                part(&assigned.personal, |_| Remarks::default())
            }
            package::Event::Terms(terms::Event::Published(_))
            | package::Event::Officer(officer::Event::Released(_))
            | package::Event::Slot(
                slot::Event::Reserved(_) | slot::Event::Adjusted(_) | slot::Event::Released(_),
            ) => Remarks::default(),
        },
        Event::Operator(event) => remarks_of_person(event),
        Event::Calendar(calendar::Event::Holiday(
            calendar::holiday::Event::Declared(_) | calendar::holiday::Event::Revoked(_),
        )) => Remarks::default(),
    }
}

fn remarks_of_person(event: &operator::Event) -> Remarks<'_> {
    match event {
        operator::Event::Identity(event) => match event {
            identity::Event::Registered(registered) => {
                part(&registered.personal, |_| Remarks::default())
            }
            identity::Event::Corrected(corrected) => {
                part(&corrected.personal, |correction| Remarks {
                    reason: Some(&correction.reason),
                    ..Remarks::default()
                })
            }
            identity::Event::Erased(erased) => part(&erased.personal, |erasure| Remarks {
                reason: Some(&erasure.reason),
                ..Remarks::default()
            }),
        },
        operator::Event::Contract(event) => match event {
            contract::Event::Hired(hired) => hired
                .personal
                .as_ref()
                .map_or_else(Remarks::default, reason),
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
                    .map_or_else(Remarks::default, |grounds| {
                        part(grounds, |grounds| Remarks {
                            reason: grounds.reason.as_deref(),
                            ..Remarks::default()
                        })
                    })
            }
            leave::Event::Cancelled(cancelled) => reason(&cancelled.personal),
            leave::Event::Absent(absent) => reason(&absent.personal),
        },
        operator::Event::Appraisal(event) => match event {
            appraisal::Event::Submitted(submitted) => note(submitted.personal.as_ref()),
            appraisal::Event::Corrected(corrected) => {
                part(&corrected.personal, |correction| Remarks {
                    reason: Some(&correction.reason),
                    note: correction.note.as_deref(),
                    ..Remarks::default()
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
