//! The words of facilities: badges, uniforms and access.

use chrono::NaiveDate;
use jejak_events::operator::facility::{Event, FacilityKind};

use super::context::EventContext;
use crate::{
    Language,
    changes::Field,
    language::say,
    pages::{ErrorPage, page},
    problem_text::{ProblemText, problem},
};

/// The pages of this topic's refusals.
pub(super) const PAGES: &[ErrorPage] = &[
    page!("facility.unknown"),
    page!("facility.already_returned"),
    page!("facility.not_yet_issued"),
];

/// The fields of commands on facilities.
pub(crate) const FIELDS: &[Field] = &[
    Field::new("facility_id", "nomor fasilitas", "facility id"),
    Field::new("label", "nama fasilitas", "label"),
];

/// A kind of facility, as a sentence begins with it.
pub(super) fn kind(kind: FacilityKind, language: Language) -> &'static str {
    match kind {
        FacilityKind::Access => language.pick("Akses", "Access"),
        FacilityKind::Badge => language.pick("Tanda pengenal", "A badge"),
        FacilityKind::Uniform => language.pick("Seragam", "A uniform"),
        FacilityKind::Other => language.pick("Fasilitas", "A facility"),
    }
}

pub(super) fn sentence(context: &EventContext<'_>, event: &Event, language: Language) -> String {
    match event {
        Event::Issued(issued) => {
            let (kind, on) = (kind(issued.kind, language), language.day(&issued.on));
            let label = issued.personal.known().map(|part| part.label.as_str());
            let label = quoted(label);
            say!(
                language,
                "{kind}{label} diserahkan pada {on}.",
                "{kind}{label} was handed out on {on}."
            )
        }
        Event::Returned(returned) => {
            let held = context.person.facilities.all.get(&returned.facility_id);
            let kind = kind(held.map_or(FacilityKind::Other, |held| held.kind), language);
            let label = quoted(held.and_then(|held| held.label.as_deref()));
            let on = language.day(&returned.on);
            say!(
                language,
                "{kind}{label} dikembalikan pada {on}.",
                "{kind}{label} was given back on {on}."
            )
        }
    }
}

/// A label in quotation marks, after a space; empty where there is none.
fn quoted(label: Option<&str>) -> String {
    label.map_or_else(String::new, |label| format!(" \"{label}\""))
}

pub(super) fn unknown(language: Language) -> ProblemText {
    problem!(language {
        title: "Fasilitas tidak ditemukan" | "No such facility",
        happened: "Fasilitas dengan nomor itu tidak pernah diserahkan kepada orang ini."
            | "No facility of that id was handed out to this person.",
        next_step: "Periksa nomor fasilitas dan orangnya."
            | "Check the facility's id and the person.",
    })
}

pub(super) fn already_returned(language: Language, on: &NaiveDate) -> ProblemText {
    let on = language.day(on);
    problem!(language {
        title: "Fasilitas sudah dikembalikan" | "Facility given back already",
        happened: "Pengembalian fasilitas ini sudah dicatat pada {on}."
            | "The return of this facility is recorded as of {on}.",
        next_step: "Periksa nomor fasilitasnya." | "Check the facility's id.",
    })
}

pub(super) fn not_yet_issued(
    language: Language,
    on: &NaiveDate,
    issued_on: &NaiveDate,
) -> ProblemText {
    let (on, issued_on) = (language.day(on), language.day(issued_on));
    problem!(language {
        title: "Fasilitas belum diserahkan" | "Facility not handed out yet",
        happened: "Pada {on} fasilitas ini belum diserahkan; penyerahannya {issued_on}."
            | "On {on} this facility was not handed out yet; that was on {issued_on}.",
        next_step: "Periksa tanggal pengembaliannya." | "Check the day of the return.",
    })
}
