//! The words of officer assignments.

use chrono::NaiveDate;
use jejak_events::package::officer::{Assigned, Event, Officer, OfficerRole, Released};

use super::context::EventContext;
use crate::{
    Language,
    language::say,
    pages::{ErrorPage, page},
    problem_text::{ProblemText, problem},
};

/// The pages of this topic's refusals.
pub(super) const PAGES: &[ErrorPage] = &[
    page!("officer.not_assigned"),
    page!("officer.not_serving"),
    page!("officer.own_case"),
    page!("officer.overlaps"),
    page!("officer.period_invalid"),
];

/// The office, in Indonesian by its letters: `PPK`.
pub(crate) fn role(role: OfficerRole, language: Language) -> &'static str {
    match role {
        OfficerRole::Pa => language.pick("PA", "budget user (PA)"),
        OfficerRole::Ppk => language.pick("PPK", "commitment officer (PPK)"),
        OfficerRole::Pptk => language.pick("PPTK", "technical officer (PPTK)"),
        OfficerRole::Clerk => language.pick("pengelola kepegawaian", "clerk"),
    }
}

pub(super) fn sentence(context: &EventContext<'_>, event: &Event, language: Language) -> String {
    match event {
        Event::Assigned(assigned) => assignment(assigned, language),
        Event::Released(Released {
            officer_id,
            role: office,
            on,
        }) => {
            let name = name(context.officers.get(officer_id), language);
            let (office, on) = (role(*office, language), language.day(on));
            say!(
                language,
                "{name} berhenti bertugas sebagai {office}, hari terakhir {on}.",
                "{name} was released as {office}, last day {on}."
            )
        }
    }
}

fn assignment(assigned: &Assigned, language: Language) -> String {
    let Assigned { from, to, .. } = assigned;
    let name = name(assigned.personal.known(), language);
    let office = role(assigned.role, language);
    let acting = match assigned.acting {
        true => language.pick("Plt. ", "acting "),
        false => "",
    };
    let decree = assigned.decree.as_ref();
    let decree = decree.map_or_else(String::new, |decree| format!(" ({decree})"));
    let days = match to {
        Some(to) => language.days(from, to),
        None => {
            let from = language.day(from);
            say!(language, "mulai {from}", "from {from} on")
        }
    };
    say!(
        language,
        "{name} ditugaskan sebagai {acting}{office}, {days}{decree}.",
        "{name} was assigned as {acting}{office}, {days}{decree}."
    )
}

fn name(officer: Option<&Officer>, language: Language) -> String {
    match officer {
        Some(Officer { nip, name }) => format!("{name} (NIP {})", nip.as_str()),
        None => language.pick("Seorang pejabat", "An officer").to_owned(),
    }
}

pub(super) fn not_assigned(
    language: Language,
    office: Option<OfficerRole>,
    on: &NaiveDate,
) -> ProblemText {
    let on = language.day(on);
    let Some(office) = office else {
        return problem!(language {
            title: "Pejabat tidak ditugaskan" | "Officer not assigned",
            happened: "Anda tidak ditugaskan pada paket ini pada {on}, maupun pada tanggal yang dicatat."
                | "You are not assigned to this package on {on}, nor on the days that this concerns.",
            next_step: "Minta pejabat paket ini melakukannya, atau perbaiki penugasan pejabat."
                | "Ask an officer of the package to do it, or correct the officer assignments.",
        });
    };
    let office = role(office, language);
    problem!(language {
        title: "Pejabat tidak ditugaskan" | "Officer not assigned",
        happened: "Tindakan ini hanya dapat dilakukan oleh {office} yang ditugaskan pada paket ini pada {on}."
            | "Only the {office} assigned to this package on {on} may do this.",
        next_step: "Minta pejabat itu melakukannya, atau perbaiki penugasan pejabat."
            | "Ask that officer to do it, or correct the officer assignments.",
    })
}

pub(super) fn not_serving(language: Language, office: OfficerRole, on: &NaiveDate) -> ProblemText {
    let (office, on) = (role(office, language), language.day(on));
    problem!(language {
        title: "Pejabat tidak sedang bertugas" | "Officer not in office",
        happened: "Pejabat itu bukan {office} paket ini pada {on}."
            | "That officer is not the {office} of this package on {on}.",
        next_step: "Periksa NIP, jabatan, dan hari terakhirnya; untuk membatalkan penugasan, isi hari sebelum penugasan itu mulai."
            | "Check the NIP, the office and the last day; to take an assignment back, give the day before it begins.",
    })
}

pub(super) fn own_case(language: Language) -> ProblemText {
    problem!(language {
        title: "Menilai diri sendiri" | "Appraising oneself",
        happened: "Seorang pejabat tidak boleh menilai dirinya sendiri."
            | "Nobody may appraise himself.",
        next_step: "Minta PPK lain yang ditugaskan untuk menilainya."
            | "Ask another commitment officer who is assigned to appraise.",
    })
}

pub(super) fn overlaps(
    language: Language,
    office: OfficerRole,
    from: &NaiveDate,
    to: Option<&NaiveDate>,
) -> ProblemText {
    let (office, from) = (role(office, language), language.day(from));
    let until = to.map_or_else(
        || say!(language, "waktu yang belum ditentukan", "further notice"),
        |to| language.day(to),
    );
    problem!(language {
        title: "Masa tugas bertumpang tindih" | "Assignments overlap",
        happened: "Sudah ada {office} yang ditugaskan sejak {from} sampai {until}."
            | "There is a {office} from {from} until {until}.",
        next_step: "Akhiri penugasan itu lebih dahulu atau pilih tanggal lain."
            | "Release that assignment first, or choose other days.",
    })
}

pub(super) fn period_invalid(language: Language, from: &NaiveDate, to: &NaiveDate) -> ProblemText {
    let (from, to) = (language.day(from), language.day(to));
    problem!(language {
        title: "Masa tugas tidak sah" | "Invalid assignment period",
        happened: "Tanggal akhir tidak boleh sebelum tanggal mulai: penugasan mulai {from} dan berakhir {to}."
            | "It begins on {from} and ends on {to}.",
        next_step: "Perbaiki tanggalnya." | "Correct the dates.",
    })
}
