//! The refusals of a hire.

use chrono::NaiveDate;
use jejak_events::{ids::ContractId, rejection::Violation};

use crate::{
    Language,
    language::{joined, list, say},
    problem_text::{ProblemText, problem},
    topics::identity::level,
};

pub(in crate::topics) fn not_eligible(language: Language, violations: &[Violation]) -> ProblemText {
    let violations = joined(
        "; ",
        violations
            .iter()
            .map(|failure| violation(failure, language)),
    );
    problem!(language {
        title: "Tidak memenuhi syarat" | "Not eligible",
        happened: "Syarat KAK yang tidak dipenuhi: {violations}."
            | "Qualifications not met: {violations}.",
        next_step: "Perbaiki atau lengkapi datanya bila keliru; bila tidak, pilih penyedia lain."
            | "Correct or complete the particulars if they are wrong; choose another operator if not.",
    })
}

/// A qualification that a person does not meet, in a few words.
pub fn violation(violation: &Violation, language: Language) -> String {
    match violation {
        Violation::Citizenship { required } => say!(
            language,
            "kewarganegaraan bukan {required}",
            "citizenship is not {required}"
        ),
        Violation::Age {
            age_min,
            age_max,
            age,
        } => say!(
            language,
            "usia {age} tahun, syaratnya {age_min} sampai {age_max} tahun",
            "age {age}, required {age_min} to {age_max}"
        ),
        Violation::Education { required } => {
            let level = level(*required);
            say!(
                language,
                "pendidikan di bawah {level}",
                "education below {level}"
            )
        }
        Violation::Accreditation => say!(
            language,
            "program studi tidak terakreditasi",
            "programme not accredited"
        ),
        Violation::Major { accepted } => {
            let accepted = list(accepted);
            say!(
                language,
                "jurusan tidak termasuk {accepted}",
                "major is none of {accepted}"
            )
        }
        Violation::Gpa { required } => {
            let comma = required.to_string().replace('.', ",");
            say!(language, "IPK di bawah {comma}", "GPA below {required}")
        }
        Violation::IntegrityPact => say!(
            language,
            "pakta integritas belum ditandatangani",
            "integrity pact not signed"
        ),
    }
}

pub(in crate::topics) fn poor_evaluation(
    language: Language,
    fiscal_year: i32,
    months: u32,
    total: u32,
) -> ProblemText {
    problem!(language {
        title: "Evaluasi terakhir buruk" | "Poor evaluation",
        happened: "Evaluasi tahun {fiscal_year} berkategori buruk (jumlah {total} dalam {months} bulan)."
            | "The evaluation of {fiscal_year} is poor (total {total} in {months} months).",
        next_step: "Pilih penyedia lain, atau isi alasan pertimbangan bila tetap akan dikontrak."
            | "Choose another operator, or give a justification to hire nevertheless.",
    })
}

pub(in crate::topics) fn overlaps(
    language: Language,
    contract_id: &ContractId,
    start: &NaiveDate,
    end: &NaiveDate,
) -> ProblemText {
    let (start, end) = (language.day(start), language.day(end));
    problem!(language {
        title: "Kontrak bertumpang tindih" | "Contracts overlap",
        happened: "Penyedia ini sudah terikat kontrak {contract_id}, yang berlaku {start} sampai {end}."
            | "Contract {contract_id} runs from {start} to {end}.",
        next_step: "Pilih tanggal di luar masa itu." | "Choose days outside of it.",
    })
}

pub(in crate::topics) fn outside_period(
    language: Language,
    start: &NaiveDate,
    end: &NaiveDate,
    fiscal_year: i32,
) -> ProblemText {
    let (start, end) = (language.day(start), language.day(end));
    problem!(language {
        title: "Di luar masa paket" | "Outside the package period",
        happened: "Tanggal akhir tidak boleh sebelum tanggal mulai, dan kontrak harus seluruhnya dalam masa paket, {start} sampai {end}, tahun anggaran {fiscal_year}."
            | "A contract ends no sooner than it begins, and lies inside the package's days, {start} to {end}, fiscal year {fiscal_year}.",
        next_step: "Sesuaikan tanggal kontrak." | "Adjust the contract's days.",
    })
}

pub(in crate::topics) fn spk_number_taken(language: Language, spk_number: &str) -> ProblemText {
    problem!(language {
        title: "Nomor SPK sudah digunakan" | "SPK number taken",
        happened: "Nomor SPK {spk_number} sudah digunakan dalam paket ini."
            | "The number {spk_number} is used in this package already.",
        next_step: "Gunakan nomor lain." | "Use another one.",
    })
}
