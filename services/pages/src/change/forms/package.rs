//! Forms about a package: its terms and its officers.

use super::{
    CommandForm,
    FieldKind::{Choice, Day, Decimal, Digits, Elements, Line, Lines, Money, Truth, Whole},
    Group, WHY, free, needed,
};
use crate::frame::Section;

const LEVELS: &[&str] = &["SD", "SMP", "SMA", "D1", "D2", "D3", "D4", "S1", "S2", "S3"];
const ROLES: &[&str] = &["pa", "ppk", "pptk", "clerk"];

const WORK: Group = Group {
    legend: ("Pekerjaan", "Work"),
    fields: &[
        needed("title", Line),
        needed("agency", Line).hint(
            "Misalnya BKPSDM Kota Pontianak",
            "Such as BKPSDM Kota Pontianak",
        ),
        needed("period.start", Day),
        needed("period.end", Day),
        needed("quota", Whole).hint("Jumlah orang", "The number of people"),
    ],
};

const MONEY: Group = Group {
    legend: ("Anggaran", "Budget"),
    fields: &[
        needed("fiscal_year", Whole),
        needed("fund_source", Line).hint("Misalnya APBD 2020", "Such as APBD 2020"),
        needed("budget_ceiling", Money).hint(
            "Rupiah, untuk semua kontrak bersama",
            "Rupiah, for all contracts together",
        ),
    ],
};

const ELIGIBILITY: Group = Group {
    legend: ("Syarat penyedia", "Qualifications"),
    fields: &[
        free("eligibility.citizenship", Line),
        free("eligibility.age_min", Whole).hint("Tahun", "Years"),
        free("eligibility.age_max", Whole).hint("Tahun", "Years"),
        free("eligibility.education_min", Choice(LEVELS)),
        free("eligibility.gpa_min", Decimal).hint("Misalnya 2,75", "Such as 2.75"),
        free("eligibility.preferred_domicile", Line).hint(
            "Kode wilayah, misalnya 6171. Mengurutkan saja, tidak menggugurkan",
            "Code of the region, such as 6171. It ranks and excludes nobody",
        ),
        free("eligibility.majors", Lines).hint(
            "Satu jurusan setiap baris; kosong berarti semua jurusan",
            "One major a line; empty means every major",
        ),
        free("eligibility.accredited", Truth).hint(
            "Program studi harus terakreditasi",
            "The programme must be accredited",
        ),
        free("eligibility.integrity_pact", Truth).hint(
            "Harus ditandatangani sebelum kontrak",
            "It must be signed before the contract",
        ),
    ],
};

const LEAVE: Group = Group {
    legend: ("Cuti", "Leave"),
    fields: &[
        free("leave.annual_days", Whole).hint("Hari kerja", "Working days"),
        free("leave.special_max_days", Whole).hint(
            "Hari kerja, dari jatah yang sama",
            "Working days, out of the same pool",
        ),
        free("leave.long_max_months", Whole).hint(
            "Bulan: persalinan, kecelakaan kerja",
            "Months: maternity, work accident",
        ),
        free("leave.joint_leave_charged", Truth),
    ],
};

const APPRAISAL: Group = Group {
    legend: ("Penilaian bulanan", "Monthly appraisal"),
    fields: &[
        free("appraisal.elements", Elements).hint(
            "Satu unsur setiap baris, lalu indikatornya: discipline: attendance, roll_call",
            "One element a line, then its indicators: discipline: attendance, roll_call",
        ),
        free("appraisal.scale_min", Whole),
        free("appraisal.scale_max", Whole),
        free("appraisal.good_from", Whole),
        free("appraisal.early_days", Whole).hint(
            "Hari sebelum bulan berakhir",
            "Days before the end of the month",
        ),
        free("appraisal.late_after_day", Whole)
            .hint("Tanggal pada bulan berikutnya", "The day of the next month"),
    ],
};

const SIGNING: Group = Group {
    legend: (
        "Evaluasi, peringatan, pejabat",
        "Evaluation, warnings, officers",
    ),
    fields: &[
        free("evaluation.different_signers", Truth),
        free("warnings.levels", Whole),
        free("warnings.months", Whole),
        free("officers_may", Choice(&["assigned", "any"])),
    ],
};

pub(in crate::change) const PUBLISH: CommandForm = CommandForm {
    command: "publish-terms",
    address: "/paket/baru",
    back: "/paket",
    done: "/paket/{package_id}",
    section: Section::Packages,
    title: ("Terbitkan KAK", "Publish terms"),
    button: ("Terbitkan", "Publish"),
    note: Some((
        "Yang sudah terisi ialah ketentuan yang lazim. Ubah yang berbeda dalam KAK paket ini.",
        "The usual terms are filled in. Change what differs in the terms of this package.",
    )),
    groups: &[
        Group {
            legend: ("Paket", "Package"),
            fields: &[needed("package_id", Line).hint(
                "Huruf kecil, angka dan tanda hubung, misalnya 2021-tenaga-it. Tidak dapat diubah",
                "Small letters, digits and hyphens, such as 2021-tenaga-it. It cannot be changed",
            )],
        },
        WORK,
        MONEY,
        ELIGIBILITY,
        LEAVE,
        APPRAISAL,
        SIGNING,
    ],
};

pub(in crate::change) const AMEND_TERMS: CommandForm = CommandForm {
    command: "amend-terms",
    address: "/paket/{package_id}/ubah",
    back: "/paket/{package_id}",
    done: "/paket/{package_id}",
    section: Section::Packages,
    title: ("Ubah KAK", "Amend the terms"),
    button: ("Catat perubahan", "Record the amendment"),
    note: Some((
        "Kontrak yang berjalan tetap memakai ketentuan cuti dan penilaian saat ditandatangani.",
        "Running contracts keep the rules of leave and appraisal under which they were signed.",
    )),
    groups: &[WORK, MONEY, ELIGIBILITY, LEAVE, APPRAISAL, SIGNING, WHY],
};

pub(in crate::change) const ASSIGN: CommandForm = CommandForm {
    command: "assign-officer",
    address: "/paket/{package_id}/pejabat",
    back: "/paket/{package_id}",
    done: "/paket/{package_id}",
    section: Section::Packages,
    title: ("Tugaskan pejabat", "Assign an officer"),
    button: ("Tugaskan", "Assign"),
    note: None,
    groups: &[
        Group {
            legend: ("Pejabat", "Officer"),
            fields: &[
                needed("role", Choice(ROLES)),
                needed("officer.nip", Digits).hint("18 angka", "18 digits"),
                needed("officer.name", Line).hint("Dengan gelar", "With titles"),
            ],
        },
        Group {
            legend: ("Penugasan", "Assignment"),
            fields: &[
                needed("from", Day),
                free("to", Day).hint(
                    "Hari/bulan/tahun. Kosongkan bila belum diketahui",
                    "Day/month/year. Leave it empty while it is not known",
                ),
                free("decree", Line),
                free("acting", Truth).hint("Plt. atau Plh.", "Plt. or Plh."),
            ],
        },
    ],
};

pub(in crate::change) const RELEASE: CommandForm = CommandForm {
    command: "release-officer",
    address: "/paket/{package_id}/pejabat/akhiri",
    back: "/paket/{package_id}",
    done: "/paket/{package_id}",
    section: Section::Packages,
    title: ("Akhiri penugasan", "Release an officer"),
    button: ("Akhiri", "Release"),
    note: None,
    groups: &[Group {
        legend: ("Penugasan", "Assignment"),
        fields: &[
            needed("role", Choice(ROLES)),
            needed("nip", Digits).hint("18 angka", "18 digits"),
            needed("on", Day).hint(
                "Hari terakhir bertugas. Hari sebelum penugasan mulai membatalkannya",
                "The last day in office. The day before the first one takes the assignment back",
            ),
        ],
    }],
};
