//! The words of terms of reference (KAK).

use jejak_events::{
    ids::PackageId,
    money::Rupiah,
    package::terms::{Amended, Event, Published, Terms},
    rejection::TermsFault,
};

use super::context::EventContext;
use crate::{
    Language,
    changes::{self, Field, ValueFormat},
    language::{joined, rupiah, say},
    pages::{ErrorPage, page},
    problem_text::{ProblemText, problem},
};

/// The pages of this topic's refusals.
pub(super) const PAGES: &[ErrorPage] = &[
    page!("package.unknown"),
    page!("package.already_published"),
    page!("terms.invalid"),
    page!("package.below_commitments"),
];

/// The fields of terms. A policy is one field: only its name is said.
pub(crate) const FIELDS: &[Field] = &[
    Field::new("title", "judul", "title"),
    Field::new("agency", "perangkat daerah", "agency"),
    Field::new("fiscal_year", "tahun anggaran", "fiscal year"),
    Field::new("fund_source", "sumber dana", "source of funds"),
    Field::new("budget_ceiling", "pagu", "budget ceiling").format(ValueFormat::Rupiah),
    Field::new("quota", "kuota", "quota"),
    Field::new("period.start", "awal masa pelaksanaan", "first day").format(ValueFormat::Day),
    Field::new("period.end", "akhir masa pelaksanaan", "last day").format(ValueFormat::Day),
    Field::new("eligibility", "syarat penyedia", "qualifications"),
    Field::new("leave", "ketentuan cuti", "leave policy"),
    Field::new("appraisal", "ketentuan penilaian", "appraisal policy"),
    Field::new("evaluation", "ketentuan evaluasi", "evaluation policy"),
    Field::new("warnings", "ketentuan surat peringatan", "warning policy"),
];

/// The fields of policies, as faults and requests name them.
pub(crate) const POLICY_FIELDS: &[Field] = &[
    Field::new("period", "masa pelaksanaan", "period"),
    Field::new("eligibility.citizenship", "kewarganegaraan", "citizenship"),
    Field::new("eligibility.age_min", "usia terendah", "lowest age"),
    Field::new("eligibility.age_max", "usia tertinggi", "highest age"),
    Field::new(
        "eligibility.education_min",
        "jenjang pendidikan terendah",
        "lowest level of education",
    ),
    Field::new("eligibility.majors", "jurusan", "majors"),
    Field::new("eligibility.accredited", "akreditasi", "accreditation"),
    Field::new("eligibility.gpa_min", "IPK terendah", "lowest GPA"),
    Field::new(
        "eligibility.preferred_domicile",
        "domisili yang diutamakan",
        "preferred domicile",
    ),
    Field::new(
        "leave.annual_days",
        "jatah cuti setahun",
        "yearly days of leave",
    ),
    Field::new(
        "leave.special_max_days",
        "cuti alasan tertentu paling lama",
        "most days of special leave",
    ),
    Field::new(
        "leave.long_max_months",
        "cuti panjang paling lama",
        "most months of long leave",
    ),
    Field::new("leave.unit", "satuan cuti", "unit of leave"),
    Field::new(
        "leave.joint_leave_charged",
        "cuti bersama mengurangi jatah",
        "joint leave is charged",
    ),
    Field::new(
        "evaluation.different_signers",
        "penandatangan evaluasi harus berbeda",
        "different signers of an evaluation",
    ),
    Field::new(
        "officers_may",
        "pejabat yang boleh bertindak",
        "officers who may act",
    ),
    Field::new("appraisal.elements", "unsur penilaian", "elements"),
    Field::new("appraisal.scale_min", "nilai terendah", "lowest score"),
    Field::new("appraisal.scale_max", "nilai tertinggi", "highest score"),
    Field::new(
        "appraisal.good_from",
        "jumlah terendah untuk kategori baik",
        "lowest total that is good",
    ),
    Field::new(
        "appraisal.early_days",
        "hari penilaian lebih awal",
        "days a month may be signed early",
    ),
    Field::new(
        "appraisal.late_after_day",
        "batas tanggal penilaian",
        "last day that is not late",
    ),
    Field::new(
        "warnings.levels",
        "jumlah tingkat surat peringatan",
        "levels of warnings",
    ),
    Field::new(
        "warnings.months",
        "masa berlaku surat peringatan",
        "months that a warning runs",
    ),
];

pub(super) fn sentence(context: &EventContext<'_>, event: &Event, language: Language) -> String {
    match event {
        Event::Published(Published { terms }) => {
            let Terms {
                title,
                agency,
                fiscal_year,
                fund_source,
                quota,
                ..
            } = terms;
            let ceiling = rupiah(&terms.budget_ceiling);
            let period = language.period(&terms.period);
            say!(
                language,
                "KAK versi 1 diterbitkan: {title}, {agency}, tahun anggaran {fiscal_year} ({fund_source}), kuota {quota} orang, pagu {ceiling}, masa pelaksanaan {period}.",
                "Terms version 1 were published: {title}, {agency}, fiscal year {fiscal_year} ({fund_source}), quota {quota}, ceiling {ceiling}, period {period}."
            )
        }
        Event::Amended(Amended { version, terms, .. }) => {
            let old = context.package.terms.current.as_ref();
            let changes = old.map(|old| changes::between(old, terms, FIELDS, language));
            let changes = changes.unwrap_or_default();
            say!(
                language,
                "KAK diubah menjadi versi {version}: {changes}.",
                "Terms were amended to version {version}: {changes}."
            )
        }
    }
}

pub(super) fn unknown(language: Language, package_id: &PackageId) -> ProblemText {
    problem!(language {
        title: "Paket pekerjaan tidak ditemukan" | "No such package",
        happened: "KAK paket {package_id} belum diterbitkan."
            | "No terms are published for package {package_id}.",
        next_step: "Periksa kode paketnya, atau terbitkan KAK-nya lebih dahulu."
            | "Check the id, or publish its terms first.",
    })
}

pub(super) fn already_published(language: Language, package_id: &PackageId) -> ProblemText {
    problem!(language {
        title: "KAK sudah diterbitkan" | "Terms already published",
        happened: "KAK paket {package_id} sudah diterbitkan dengan isi yang berbeda."
            | "Package {package_id} already has other terms.",
        next_step: "Gunakan perubahan KAK." | "Amend the terms instead.",
    })
}

pub(super) fn invalid(language: Language, faults: &[TermsFault]) -> ProblemText {
    let faults = joined("; ", faults.iter().map(|fault| in_words(fault, language)));
    problem!(language {
        title: "KAK tidak sah" | "Invalid terms",
        happened: "Isian yang keliru beserta ketentuannya: {faults}."
            | "These fields are wrong, and may be: {faults}.",
        next_step: "Perbaiki semuanya, lalu kirim ulang." | "Correct all of them and send again.",
    })
}

pub(super) fn below_commitments(
    language: Language,
    filled: u32,
    committed: &Rupiah,
) -> ProblemText {
    let committed = rupiah(committed);
    problem!(language {
        title: "Di bawah kontrak yang sudah terikat" | "Below commitments",
        happened: "Sudah terikat {filled} kontrak dengan nilai {committed}."
            | "{filled} contracts worth {committed} are committed.",
        next_step: "Tetapkan kuota dan pagu paling sedikit sebesar itu."
            | "Set quota and ceiling to at least that.",
    })
}

/// One fault with its bound: `kuota (1 atau lebih)`.
fn in_words(fault: &TermsFault, language: Language) -> String {
    let field = FIELDS
        .iter()
        .chain(POLICY_FIELDS)
        .find(|field| field.path == fault.field);
    let label = field.map_or(fault.field.as_str(), |field| field.label(language));
    match language {
        Language::English => format!("{label} ({})", fault.expected),
        Language::Indonesian => match ketentuan(&fault.expected) {
            Some(expected) => format!("{label} ({expected})"),
            None => label.to_owned(),
        },
    }
}

/// The bound of a fault of terms, which the rule states in English.
pub fn bound(expected: &str, language: Language) -> &str {
    match language {
        Language::English => expected,
        Language::Indonesian => ketentuan(expected).unwrap_or(expected),
    }
}

/// The Indonesian of a bound that the rule of terms states in English.
pub(crate) fn ketentuan(expected: &str) -> Option<&'static str> {
    Some(match expected {
        "1 or more" => "1 atau lebih",
        "more than 0" => "lebih dari 0",
        "a year from 1900 to 2200" => "tahun 1900 sampai 2200",
        "an end that is not before its start" => "tanggal akhir tidak boleh sebelum tanggal mulai",
        "days of the fiscal year" => "seluruhnya dalam tahun anggaran",
        "at most age_max" => "tidak boleh melebihi usia tertinggi",
        "a citizenship" => "kewarganegaraan",
        "a major each" => "nama setiap jurusan harus diisi",
        "a domicile code" => "kode domisili",
        "a name and indicators in each" => {
            "setiap unsur harus bernama dan memuat indikator yang bernama"
        }
        "0 to 366" => "0 sampai 366",
        "at most annual_days" => "tidak boleh melebihi jatah cuti setahun",
        "0 to 12" => "0 sampai 12",
        "less than scale_max" => "harus kurang dari nilai tertinggi",
        "at least one indicator" => "paling sedikit satu indikator",
        "at most 100 indicators" => "paling banyak 100 indikator",
        "every indicator in one element only" => "setiap indikator hanya dalam satu unsur",
        "a total the scale can reach" => "jumlah yang dapat dicapai dengan skala itu",
        "0 to 31" => "0 sampai 31",
        "0 to 28" => "0 sampai 28",
        "1 to 3" => "1 sampai 3",
        "as it is once contracts are signed" => "tidak dapat diubah karena sudah ada kontrak",
        _ => return None,
    })
}
