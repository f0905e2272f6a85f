//! The refusals of changes to a contract, and of warnings.

use chrono::NaiveDate;
use jejak_events::{
    date::Month,
    ids::{ContractId, LeaveId},
    money::Rupiah,
};

use crate::{
    Language,
    language::{labelled, rupiah},
    problem_text::{ProblemText, problem},
};

pub(in crate::topics) fn unknown(language: Language, contract_id: &ContractId) -> ProblemText {
    problem!(language {
        title: "Kontrak tidak ditemukan" | "No such contract",
        happened: "Penyedia ini tidak memiliki kontrak {contract_id}."
            | "This operator has no contract {contract_id}.",
        next_step: "Periksa nomor kontrak dan nomor penyedianya."
            | "Check the ids of contract and operator.",
    })
}

pub(in crate::topics) fn value_required(
    language: Language,
    start: &NaiveDate,
    end: &NaiveDate,
) -> ProblemText {
    let (start, end) = (language.day(start), language.day(end));
    problem!(language {
        title: "Nilai kontrak wajib diisi" | "Value required",
        happened: "Masa {start} sampai {end} tidak terdiri atas bulan penuh."
            | "{start} to {end} is not whole months.",
        next_step: "Isi nilai kontrak." | "Give a value.",
    })
}

pub(in crate::topics) fn value_mismatch(
    language: Language,
    expected: &Rupiah,
    given: &Rupiah,
) -> ProblemText {
    let (expected, given) = (rupiah(expected), rupiah(given));
    problem!(language {
        title: "Nilai kontrak tidak cocok" | "Value mismatch",
        happened: "Nilai kontrak untuk bulan penuh adalah {expected}, sedangkan yang diisi {given}."
            | "Whole months are worth {expected}, given {given}.",
        next_step: "Kosongkan nilai kontrak atau samakan." | "Leave the value out or correct it.",
    })
}

pub(in crate::topics) fn has_later_facts(
    language: Language,
    leave_ids: &[LeaveId],
    months: &[Month],
    absences: &[NaiveDate],
    warnings: &[NaiveDate],
) -> ProblemText {
    let days = |days: &[NaiveDate]| days.iter().map(|day| language.day(day)).collect();
    let months = months.iter().map(|month| language.month(*month)).collect();
    let facts = labelled([
        (
            language.pick("cuti", "leave"),
            leave_ids.iter().map(ToString::to_string).collect(),
        ),
        (
            language.pick("penilaian bulan", "the appraisals of"),
            months,
        ),
        (
            language.pick("ketidakhadiran", "absences on"),
            days(absences),
        ),
        (
            language.pick("surat peringatan", "warnings of"),
            days(warnings),
        ),
    ]);
    problem!(language {
        title: "Ada catatan yang menghalangi" | "Later facts stand in the way",
        happened: "Catatan yang menghalangi: {facts}." | "In the way stand: {facts}.",
        next_step: "Pilih hari terakhir sesudah semua itu, atau batalkan cuti yang keliru. Kontrak yang sudah dijalani tidak dibatalkan, melainkan diputus."
            | "Choose a last day after all of them, or cancel leave that is wrong. A contract that was served is terminated, not voided.",
    })
}

pub(in crate::topics) fn closed(language: Language, contract_id: &ContractId) -> ProblemText {
    problem!(language {
        title: "Kontrak sudah diakhiri" | "Contract closed",
        happened: "Kontrak {contract_id} sudah diputus atau dibatalkan sehingga tidak dapat diubah lagi."
            | "Contract {contract_id} was terminated or voided and cannot change any more.",
        next_step: "Periksa nomornya, atau buat kontrak baru bila pekerjaannya berlanjut."
            | "Check the id, or hire under a new contract if the work goes on.",
    })
}

pub(in crate::topics) fn not_in_force(
    language: Language,
    on: &NaiveDate,
    start: &NaiveDate,
    end: &NaiveDate,
) -> ProblemText {
    let (on, start, end) = (language.day(on), language.day(start), language.day(end));
    problem!(language {
        title: "Di luar masa kontrak" | "Not in force",
        happened: "Tanggal {on} tidak termasuk masa kontrak, {start} sampai {end}."
            | "{on} is not within {start} to {end}.",
        next_step: "Perbaiki tanggalnya." | "Correct the day.",
    })
}

pub(in crate::topics) fn warning_out_of_order(
    language: Language,
    expected: Option<u8>,
    requested: u8,
) -> ProblemText {
    match expected {
        Some(expected) => problem!(language {
            title: "Urutan surat peringatan keliru" | "Warning out of order",
            happened: "Surat peringatan berikutnya adalah SP{expected}, bukan SP{requested}."
                | "The next warning is SP{expected}, not SP{requested}.",
            next_step: "Terbitkan SP{expected}." | "Issue SP{expected}.",
        }),
        None => problem!(language {
            title: "Urutan surat peringatan keliru" | "Warning out of order",
            happened: "SP{requested} tidak dapat diterbitkan karena peringatan tertinggi masih berlaku."
                | "SP{requested} cannot be issued: the highest warning still stands.",
            next_step: "Pertimbangkan pemutusan kontrak." | "Consider termination.",
        }),
    }
}

pub(in crate::topics) fn warning_back_dated(
    language: Language,
    on: &NaiveDate,
    latest: &NaiveDate,
) -> ProblemText {
    let (on, latest) = (language.day(on), language.day(latest));
    problem!(language {
        title: "Tanggal surat peringatan mendahului" | "Warning back-dated",
        happened: "Surat peringatan tanggal {on} mendahului surat peringatan yang diterbitkan {latest}."
            | "The warning of {on} is before the one of {latest}.",
        next_step: "Pilih tanggal yang tidak mendahuluinya."
            | "Choose a day that is not before it.",
    })
}
