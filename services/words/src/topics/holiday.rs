//! The words of public holidays and joint leave.

use chrono::NaiveDate;
use jejak_events::calendar::holiday::{Declared, Event, HolidayKind, Revoked};

use super::context::EventContext;
use crate::{
    Language,
    language::say,
    pages::{ErrorPage, page},
    problem_text::{ProblemText, problem},
};

/// The pages of this topic's refusals.
pub(super) const PAGES: &[ErrorPage] =
    &[page!("holiday.unknown"), page!("holiday.already_declared")];

pub(super) fn kind(kind: HolidayKind, language: Language) -> &'static str {
    match kind {
        HolidayKind::PublicHoliday => language.pick("libur nasional", "a public holiday"),
        HolidayKind::JointLeave => language.pick("cuti bersama", "joint leave"),
    }
}

pub(super) fn sentence(_: &EventContext<'_>, event: &Event, language: Language) -> String {
    match event {
        Event::Declared(declared) => {
            let Declared { name, decree, .. } = declared;
            let (date, kind) = (language.day(&declared.date), kind(declared.kind, language));
            say!(
                language,
                "{date} ditetapkan sebagai {kind}: {name} ({decree}).",
                "{date} was declared {kind}: {name} ({decree})."
            )
        }
        Event::Revoked(revoked) => {
            let Revoked { name, decree, .. } = revoked;
            let (date, kind) = (language.day(&revoked.date), kind(revoked.kind, language));
            say!(
                language,
                "Penetapan {date} sebagai {kind} ({name}) dicabut: {decree}.",
                "{date} is no longer {kind} ({name}): {decree}."
            )
        }
    }
}

pub(super) fn unknown(language: Language, date: &NaiveDate) -> ProblemText {
    let date = language.day(date);
    problem!(language {
        title: "Hari libur tidak ditemukan" | "No such holiday",
        happened: "{date} tidak ditetapkan sebagai hari libur jenis itu."
            | "{date} is not declared as that kind of holiday.",
        next_step: "Periksa tanggal dan jenis liburnya." | "Check the day and the kind.",
    })
}

pub(super) fn already_declared(language: Language, date: &NaiveDate) -> ProblemText {
    let date = language.day(date);
    problem!(language {
        title: "Hari libur sudah ditetapkan" | "Holiday already declared",
        happened: "{date} sudah ditetapkan dengan nama atau keputusan lain."
            | "{date} is declared under another name or decree.",
        next_step: "Cabut penetapan itu lebih dahulu." | "Revoke that first.",
    })
}
