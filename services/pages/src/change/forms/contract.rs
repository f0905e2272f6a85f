//! Forms about a contract.

use super::{
    CommandForm,
    FieldKind::{Choice, Day, Line, Money, Number, Package, Text, Truth},
    Group, WHY, free, needed,
};
use crate::frame::Section;

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

pub(in crate::change) const HIRE: CommandForm = CommandForm {
    command: "hire-operator",
    address: "/orang/{operator_id}/kontrak",
    back: "/orang/{operator_id}",
    done: "/orang/{operator_id}",
    section: Section::People,
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

pub(in crate::change) const AMEND: CommandForm = CommandForm {
    command: "amend-contract",
    address: "/orang/{operator_id}/kontrak/{contract_id}/ubah",
    back: "/orang/{operator_id}",
    done: "/orang/{operator_id}",
    section: Section::People,
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

pub(in crate::change) const WARN: CommandForm = CommandForm {
    command: "issue-warning",
    address: "/orang/{operator_id}/kontrak/{contract_id}/peringatan",
    back: "/orang/{operator_id}",
    done: "/orang/{operator_id}",
    section: Section::People,
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

pub(in crate::change) const TERMINATE: CommandForm = CommandForm {
    command: "terminate-contract",
    address: "/orang/{operator_id}/kontrak/{contract_id}/putus",
    back: "/orang/{operator_id}",
    done: "/orang/{operator_id}",
    section: Section::People,
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

pub(in crate::change) const VOID: CommandForm = CommandForm {
    command: "void-contract",
    address: "/orang/{operator_id}/kontrak/{contract_id}/batal",
    back: "/orang/{operator_id}",
    done: "/orang/{operator_id}",
    section: Section::People,
    title: ("Batalkan kontrak", "Void the contract"),
    button: ("Batalkan", "Void"),
    note: Some((
        "Hanya untuk kontrak yang keliru sejak awal. Kontrak yang benar diputuskan, bukan dibatalkan.",
        "Only for a contract that was a mistake from the beginning. A right one is terminated, not voided.",
    )),
    groups: &[WHY],
};
