//! The forms, one for each command.

/// A pair of texts: Indonesian, English.
pub(super) type Words = (&'static str, &'static str);

/// The form of one command.
pub(super) struct CommandForm {
    pub(super) command: &'static str,
    pub(super) title: Words,
    pub(super) button: Words,
    /// What the command does that cannot be seen at once.
    pub(super) note: Option<Words>,
    pub(super) groups: &'static [Group],
}

/// Fields that belong together.
pub(super) struct Group {
    pub(super) legend: Words,
    pub(super) fields: &'static [Field],
}

/// A field of a command.
pub(super) struct Field {
    /// The place in the command's JSON, such as `monthly.wage`.
    pub(super) path: &'static str,
    pub(super) kind: FieldKind,
    pub(super) is_required: bool,
    pub(super) hint: Option<Words>,
}

/// The way a field is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldKind {
    Line,
    /// Digits; a telephone shows keys for them.
    Digits,
    /// Some sentences.
    Text,
    /// `31/12/2020`.
    Day,
    /// `2.601.875`.
    Money,
    /// `3,10`.
    Decimal,
    /// A whole number among these.
    Number(&'static [&'static str]),
    /// A code among these. They have labels, or are labels themselves.
    Choice(&'static [&'static str]),
    /// A package of the office.
    Package,
    /// Yes or no.
    Truth,
}

use FieldKind::{Choice, Day, Decimal, Digits, Line, Money, Number, Package, Text, Truth};

const fn needed(path: &'static str, kind: FieldKind) -> Field {
    Field {
        path,
        kind,
        is_required: true,
        hint: None,
    }
}

const fn free(path: &'static str, kind: FieldKind) -> Field {
    Field {
        path,
        kind,
        is_required: false,
        hint: None,
    }
}

impl Field {
    const fn hint(self, indonesian: &'static str, english: &'static str) -> Self {
        Self {
            hint: Some((indonesian, english)),
            ..self
        }
    }
}

const LEVELS: &[&str] = &["SD", "SMP", "SMA", "D1", "D2", "D3", "D4", "S1", "S2", "S3"];
const WHY: Group = Group {
    legend: ("Alasan", "Reason"),
    fields: &[needed("reason", Text)],
};
const CONTACT: Group = Group {
    legend: ("Alamat dan kontak", "Address and contact"),
    fields: &[
        free("birth_place", Line),
        free("address", Text),
        needed("domicile_code", Line).hint(
            "Kode wilayah, misalnya 6171 untuk Kota Pontianak",
            "Code of the region, such as 6171 for Pontianak",
        ),
        needed("citizenship", Line).hint(
            "WNI untuk warga negara Indonesia",
            "WNI for a citizen of Indonesia",
        ),
        free("phone", Digits),
        free("email", Line),
        free("npwp", Digits),
    ],
};
const EDUCATION: Group = Group {
    legend: ("Pendidikan", "Education"),
    fields: &[
        needed("education.level", Choice(LEVELS)),
        needed("education.major", Line),
        needed("education.institution", Line),
        needed("education.gpa", Decimal).hint("Misalnya 3,10", "Such as 3.10"),
        free("education.accredited", Truth),
    ],
};

pub(super) const REGISTER: CommandForm = CommandForm {
    command: "register-operator",
    title: ("Daftarkan orang", "Register a person"),
    button: ("Daftarkan", "Register"),
    note: None,
    groups: &[
        Group {
            legend: ("Identitas", "Identity"),
            fields: &[
                needed("nik", Digits).hint("16 angka di KTP", "The 16 digits of the identity card"),
                needed("full_name", Line).hint("Seperti di KTP", "As on the identity card"),
                needed("birth_date", Day),
                needed("sex", Choice(&["male", "female"])),
                free("nik_mismatch_evidence", Text).hint(
                    "Hanya bila tanggal lahir atau jenis kelamin tidak cocok dengan NIK",
                    "Only where birth date or sex do not match the NIK",
                ),
            ],
        },
        CONTACT,
        EDUCATION,
    ],
};

pub(super) const CORRECT: CommandForm = CommandForm {
    command: "correct-operator",
    title: ("Perbaiki data diri", "Correct particulars"),
    button: ("Simpan perbaikan", "Keep the correction"),
    note: Some((
        "Data sebelumnya tetap tercatat dalam riwayat.",
        "What was recorded before stays in the history.",
    )),
    groups: &[
        Group {
            legend: ("Identitas", "Identity"),
            fields: &[
                needed("full_name", Line),
                needed("birth_date", Day),
                needed("sex", Choice(&["male", "female"])),
                free("nik_mismatch_evidence", Text),
            ],
        },
        CONTACT,
        EDUCATION,
        WHY,
    ],
};

const MONTHLY: Group = Group {
    legend: ("Uang setiap bulan", "Money of each month"),
    fields: &[
        needed("monthly.wage", Money),
        needed("monthly.health_insurance", Money),
        needed("monthly.employment_insurance", Money),
        free("value", Money).hint(
            "Kosongkan bila masa kontrak ialah bulan penuh",
            "Leave it empty for a contract of whole months",
        ),
    ],
};

pub(super) const HIRE: CommandForm = CommandForm {
    command: "hire-operator",
    title: ("Kontrak baru", "New contract"),
    button: ("Catat kontrak", "Record the contract"),
    note: None,
    groups: &[
        Group {
            legend: ("SPK", "SPK"),
            fields: &[
                needed("package_id", Package),
                needed("spk_number", Line),
                needed("spk_date", Day),
                needed("start", Day),
                needed("end", Day),
            ],
        },
        MONTHLY,
        Group {
            legend: ("Syarat", "Conditions"),
            fields: &[
                free("integrity_pact", Truth).hint("Ditandatangani", "Signed"),
                free("justification", Text).hint(
                    "Hanya bila evaluasi sebelumnya buruk",
                    "Only where the evaluation before was poor",
                ),
            ],
        },
    ],
};

pub(super) const AMEND: CommandForm = CommandForm {
    command: "amend-contract",
    title: ("Ubah kontrak", "Amend the contract"),
    button: ("Catat perubahan", "Record the amendment"),
    note: None,
    groups: &[
        Group {
            legend: ("Masa", "Period"),
            fields: &[needed("end", Day)],
        },
        MONTHLY,
        WHY,
    ],
};

pub(super) const WARN: CommandForm = CommandForm {
    command: "issue-warning",
    title: ("Surat peringatan", "Warning"),
    button: ("Catat peringatan", "Record the warning"),
    note: None,
    groups: &[
        Group {
            legend: ("Surat", "Letter"),
            fields: &[needed("level", Number(&["1", "2", "3"])), needed("on", Day)],
        },
        WHY,
    ],
};

pub(super) const TERMINATE: CommandForm = CommandForm {
    command: "terminate-contract",
    title: ("Putuskan kontrak", "Terminate the contract"),
    button: ("Putuskan", "Terminate"),
    note: Some((
        "Kontrak berakhir sebelum waktunya. Yang terjadi sampai hari itu tetap tercatat.",
        "The contract ends before its time. What happened until then stays recorded.",
    )),
    groups: &[
        Group {
            legend: ("Pemutusan", "Termination"),
            fields: &[
                needed("on", Day).hint("Hari kerja terakhir", "The last day of work"),
                needed(
                    "cause",
                    Choice(&["resignation", "breach", "death", "budget", "other"]),
                ),
            ],
        },
        WHY,
    ],
};

pub(super) const VOID: CommandForm = CommandForm {
    command: "void-contract",
    title: ("Batalkan kontrak", "Void the contract"),
    button: ("Batalkan", "Void"),
    note: Some((
        "Hanya untuk kontrak yang keliru sejak awal. Kontrak yang benar diputuskan, bukan dibatalkan.",
        "Only for a contract that was a mistake from the beginning. A right one is terminated, not voided.",
    )),
    groups: &[WHY],
};

/// The fields that a refusal is about, by its code. The first one that a form has shows it.
const ABOUT: &[(&str, &[&str])] = &[
    ("operator.already_registered", &["nik"]),
    ("operator.nik_mismatch", &["nik", "birth_date"]),
    ("operator.birth_date_in_future", &["birth_date"]),
    ("operator.poor_evaluation", &["justification"]),
    ("contract.spk_number_taken", &["spk_number"]),
    ("contract.overlaps", &["start", "end"]),
    ("contract.outside_period", &["start", "end"]),
    ("contract.value_required", &["value"]),
    ("contract.value_mismatch", &["value"]),
    ("contract.not_in_force", &["on"]),
    ("contract.has_later_facts", &["on", "end"]),
    ("contract.warning_out_of_order", &["level"]),
    ("contract.warning_back_dated", &["on"]),
    ("signature.in_future", &["spk_date"]),
    ("fact.in_future", &["on"]),
    ("package.unknown", &["package_id"]),
    ("package.quota_exceeded", &["package_id"]),
    ("package.budget_exceeded", &["monthly.wage"]),
    ("officer.not_assigned", &["package_id"]),
];

impl CommandForm {
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.groups.iter().flat_map(|group| group.fields)
    }

    /// The field that a refusal of this code is about.
    pub(super) fn about(&self, code: &str) -> Option<&'static str> {
        let (_, paths) = ABOUT.iter().find(|(known, _)| *known == code)?;
        paths.iter().copied().find(|path| self.at(path).is_some())
    }

    /// The field at a path of the command, or the first one inside or around it.
    pub(super) fn at(&self, path: &str) -> Option<&'static str> {
        let inside = |outer: &str, inner: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.starts_with(['.', '[']))
        };
        let exact = self.fields().find(|field| field.path == path);
        let near = |field: &&Field| inside(path, field.path) || inside(field.path, path);
        let found = exact.or_else(|| self.fields().find(near));
        found.map(|field| field.path)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jejak_events::Command;
    use jejak_words::{Language, error_page, field_label};

    use super::*;

    const ALL: [CommandForm; 7] = [REGISTER, CORRECT, HIRE, AMEND, WARN, TERMINATE, VOID];

    #[test]
    fn every_form_gives_a_command_and_every_field_has_a_label() {
        for form in ALL {
            assert!(
                Command::static_name(form.command).is_some(),
                "{}",
                form.command
            );
            let paths: Vec<_> = form.fields().map(|field| field.path).collect();
            let different: BTreeSet<_> = paths.iter().collect();
            assert_eq!(different.len(), paths.len(), "{}", form.command);
            for path in paths {
                for language in Language::ALL {
                    assert!(field_label(path, language).is_some(), "{path}");
                }
            }
        }
    }

    #[test]
    fn every_refusal_that_has_a_field_exists_and_is_shown_somewhere() {
        for (code, _) in ABOUT {
            assert!(error_page(code).is_some(), "{code}");
            assert!(ALL.iter().any(|form| form.about(code).is_some()), "{code}");
        }
    }

    #[test]
    fn a_path_finds_its_field_or_the_nearest_one() {
        assert_eq!(HIRE.at("monthly.wage"), Some("monthly.wage"));
        assert_eq!(HIRE.at("monthly"), Some("monthly.wage"));
        assert_eq!(HIRE.at("spk_number.x"), Some("spk_number"));
        assert_eq!(HIRE.at("."), None);
        assert_eq!(HIRE.at("spk"), None);
    }
}
