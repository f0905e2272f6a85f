//! The words of a person's particulars.

use chrono::NaiveDate;
use jejak_events::{
    ids::{ContractId, OperatorId},
    operator::identity::{
        Corrected, EducationLevel, Erased, Event, IdentityState, NikCorrected, Profile, Registered,
    },
};

use super::context::EventContext;
use crate::{
    Language,
    changes::{self, Field, ValueFormat},
    language::{list, say},
    pages::{ErrorPage, page},
    problem_text::{ProblemText, problem},
};

/// The pages of this topic's refusals.
pub(super) const PAGES: &[ErrorPage] = &[
    page!("operator.unknown"),
    page!("operator.already_registered"),
    page!("operator.erased"),
    page!("operator.engaged"),
    page!("operator.nik_mismatch"),
    page!("operator.birth_date_in_future"),
];

/// The fields of a person's particulars.
pub(crate) const FIELDS: &[Field] = &[
    Field::new("nik", "NIK", "NIK"),
    Field::new("full_name", "nama lengkap", "name"),
    Field::new("birth_date", "tanggal lahir", "date of birth").format(ValueFormat::Day),
    Field::new("sex", "jenis kelamin", "sex").format(ValueFormat::Sex),
    Field::new("birth_place", "tempat lahir", "place of birth"),
    Field::new("address", "alamat", "address"),
    Field::new("domicile_code", "kode domisili", "domicile code"),
    Field::new("citizenship", "kewarganegaraan", "citizenship"),
    Field::new(
        "education.level",
        "jenjang pendidikan",
        "level of education",
    ),
    Field::new("education.major", "jurusan", "major"),
    Field::new("education.institution", "perguruan tinggi", "institution"),
    Field::new("education.accredited", "akreditasi", "accreditation"),
    Field::new("education.gpa", "IPK", "GPA"),
    Field::new("phone", "telepon", "telephone"),
    Field::new("email", "surel", "e-mail"),
    Field::new("npwp", "NPWP", "NPWP"),
    Field::new(
        "nik_mismatch_evidence",
        "bukti ketidakcocokan NIK",
        "evidence for the NIK",
    ),
];

/// A level of education as the civil registry writes it: `D3`.
pub(crate) fn level(level: EducationLevel) -> String {
    format!("{level:?}").to_uppercase()
}

pub(super) fn sentence(context: &EventContext<'_>, event: &Event, language: Language) -> String {
    match event {
        Event::Registered(Registered { personal }) => match personal.known() {
            Some(Profile { full_name, .. }) => say!(
                language,
                "{full_name} didaftarkan sebagai penyedia.",
                "{full_name} was registered as an operator."
            ),
            None => say!(
                language,
                "Seorang penyedia didaftarkan.",
                "An operator was registered."
            ),
        },
        Event::Corrected(Corrected { personal }) => {
            match (&context.person.identity, personal.known()) {
                (IdentityState::Registered(old), Some(correction)) => {
                    let changes =
                        changes::between(old.as_ref(), &correction.profile, FIELDS, language);
                    say!(
                        language,
                        "Data diri diperbaiki: {changes}.",
                        "Particulars were corrected: {changes}."
                    )
                }
                _ => say!(
                    language,
                    "Data diri diperbaiki.",
                    "Particulars were corrected."
                ),
            }
        }
        Event::NikCorrected(NikCorrected { personal }) => {
            match (&context.person.identity, personal.known()) {
                (IdentityState::Registered(old), Some(correction)) => {
                    let changes =
                        changes::between(old.as_ref(), &correction.profile, FIELDS, language);
                    say!(
                        language,
                        "NIK diperbaiki: {changes}.",
                        "The NIK was corrected: {changes}."
                    )
                }
                _ => say!(language, "NIK diperbaiki.", "The NIK was corrected."),
            }
        }
        Event::Erased(Erased { personal }) => {
            let basis = personal.known().map_or("-", |erasure| &erasure.legal_basis);
            say!(
                language,
                "Data pribadi penyedia dihapus; dasar hukum: {basis}.",
                "The operator's personal data was erased; legal basis: {basis}."
            )
        }
    }
}

pub(super) fn unknown(language: Language, operator_id: &OperatorId) -> ProblemText {
    problem!(language {
        title: "Penyedia tidak ditemukan" | "No such operator",
        happened: "Belum ada penyedia yang terdaftar dengan nomor {operator_id}."
            | "Nobody is registered as {operator_id}.",
        next_step: "Periksa nomornya, atau daftarkan penyedia itu lebih dahulu."
            | "Check the id, or register the person first.",
    })
}

pub(super) fn already_registered(language: Language, operator_id: &OperatorId) -> ProblemText {
    problem!(language {
        title: "NIK sudah terdaftar" | "Already registered",
        happened: "NIK ini sudah terdaftar atas nama penyedia dengan nomor {operator_id}."
            | "This NIK belongs to operator {operator_id}.",
        next_step: "Gunakan nomor penyedia itu; bila data atau NIK-nya keliru, perbaiki dengan koreksi data atau koreksi NIK."
            | "Use that id. If a particular or the NIK is wrong there, use correct-operator or correct-nik.",
    })
}

pub(super) fn erased(language: Language, operator_id: &OperatorId) -> ProblemText {
    problem!(language {
        title: "Data sudah dihapus" | "Erased",
        happened: "Data pribadi penyedia {operator_id} telah dihapus berdasarkan UU 27/2022 dan tidak dapat digunakan lagi."
            | "The personal data of operator {operator_id} was erased under UU 27/2022 and cannot be used again.",
        next_step: "Periksa nomornya, atau pilih penyedia lain."
            | "Check the id, or choose another operator.",
    })
}

pub(super) fn engaged(
    language: Language,
    contract_id: &ContractId,
    end: &NaiveDate,
) -> ProblemText {
    let end = language.day(end);
    problem!(language {
        title: "Masih terikat kontrak" | "Still under contract",
        happened: "Kontrak {contract_id} berlaku sampai {end}."
            | "Contract {contract_id} runs until {end}.",
        next_step: "Hapus datanya setelah kontrak itu berakhir atau diputus."
            | "Erase after it has ended or is terminated.",
    })
}

pub(super) fn nik_mismatch<'a>(
    language: Language,
    paths: impl IntoIterator<Item = &'a String>,
) -> ProblemText {
    let labels = paths.into_iter().map(|path| {
        let field = FIELDS.iter().find(|field| field.path == path);
        field.map_or(path.as_str(), |field| field.label(language))
    });
    let fields = list(labels);
    problem!(language {
        title: "NIK tidak cocok" | "NIK mismatch",
        happened: "NIK tidak sesuai dengan {fields}." | "The NIK disagrees with: {fields}.",
        next_step: "Perbaiki isian itu, atau isi bukti ketidakcocokan NIK."
            | "Correct them, or give evidence for the NIK.",
    })
}

pub(super) fn birth_date_in_future(language: Language, today: &NaiveDate) -> ProblemText {
    let today = language.day(today);
    problem!(language {
        title: "Tanggal lahir tidak sah" | "Invalid birth date",
        happened: "Tanggal lahir tidak boleh setelah hari ini ({today})."
            | "The birth date is after today ({today}).",
        next_step: "Perbaiki tanggalnya." | "Correct the date.",
    })
}
