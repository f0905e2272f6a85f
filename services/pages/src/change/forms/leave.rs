//! Forms about leave and absences.

use super::{
    CommandForm,
    FieldKind::{Choice, Day, Line, Text},
    Group, WHY, free, needed,
};
use crate::frame::Section;

pub(in crate::change) const RECORD_LEAVE: CommandForm = CommandForm {
    command: "record-leave",
    address: "/orang/{operator_id}/cuti",
    back: "/orang/{operator_id}",
    done: "/orang/{operator_id}",
    section: Section::Leave,
    title: ("Catat cuti", "Record leave"),
    button: ("Catat cuti", "Record the leave"),
    note: None,
    groups: &[
        Group {
            legend: ("Cuti", "Leave"),
            fields: &[
                needed(
                    "kind",
                    Choice(&["annual", "special", "maternity", "work_accident"]),
                ),
                needed("from", Day),
                needed("to", Day),
            ],
        },
        Group {
            legend: ("Dasar", "Ground"),
            fields: &[
                free("reason", Text),
                free("evidence_sha256", Line).hint(
                    "SHA-256 berkas surat, 64 huruf dan angka",
                    "SHA-256 of the paper's file, 64 letters and digits",
                ),
            ],
        },
    ],
};

pub(in crate::change) const CANCEL_LEAVE: CommandForm = CommandForm {
    command: "cancel-leave",
    address: "/orang/{operator_id}/cuti/{leave_id}/batal",
    back: "/orang/{operator_id}",
    done: "/orang/{operator_id}",
    section: Section::Leave,
    title: ("Batalkan cuti", "Cancel leave"),
    button: ("Batalkan cuti", "Cancel the leave"),
    note: None,
    groups: &[
        Group {
            legend: ("Hari yang dibatalkan", "Days taken back"),
            fields: &[free("from", Day).hint(
                "Hari/bulan/tahun. Kosongkan untuk membatalkan seluruh cuti.",
                "Day/month/year. Leave it empty to take all of it back.",
            )],
        },
        WHY,
    ],
};

pub(in crate::change) const RECORD_ABSENCE: CommandForm = CommandForm {
    command: "record-absence",
    address: "/orang/{operator_id}/tidak-hadir",
    back: "/orang/{operator_id}",
    done: "/orang/{operator_id}",
    section: Section::Leave,
    title: ("Catat tidak hadir", "Record an absence"),
    button: ("Catat tidak hadir", "Record the absence"),
    note: Some((
        "Ketidakhadiran bukan cuti dan tidak mengurangi jatah. Hari itu tidak dapat dicatat lagi sebagai cuti.",
        "An absence is no leave and is not charged. The day cannot be recorded as leave afterwards.",
    )),
    groups: &[
        Group {
            legend: ("Hari", "Day"),
            fields: &[needed("on", Day)],
        },
        WHY,
    ],
};
