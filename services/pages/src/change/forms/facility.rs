//! Forms about facilities.

use super::{
    CommandForm,
    FieldKind::{Choice, Day, Line, Text},
    Group, free, needed,
};
use crate::frame::Section;

pub(in crate::change) const ISSUE_FACILITY: CommandForm = CommandForm {
    command: "issue-facility",
    address: "/orang/{operator_id}/kontrak/{contract_id}/fasilitas",
    back: "/orang/{operator_id}",
    done: "/orang/{operator_id}",
    section: Section::People,
    title: ("Serahkan fasilitas", "Hand out a facility"),
    button: ("Catat penyerahan", "Record it"),
    note: None,
    groups: &[Group {
        legend: ("Fasilitas", "Facility"),
        fields: &[
            needed("kind", Choice(&["access", "badge", "uniform", "other"])),
            needed("label", Line).hint(
                "Nama atau nomornya, misalnya kartu 0012",
                "Its name or number, such as card 0012",
            ),
            needed("on", Day),
        ],
    }],
};

pub(in crate::change) const RETURN_FACILITY: CommandForm = CommandForm {
    command: "return-facility",
    address: "/orang/{operator_id}/fasilitas/{facility_id}/kembali",
    back: "/orang/{operator_id}",
    done: "/orang/{operator_id}",
    section: Section::People,
    title: ("Terima fasilitas kembali", "Take a facility back"),
    button: ("Catat pengembalian", "Record the return"),
    note: None,
    groups: &[Group {
        legend: ("Pengembalian", "Return"),
        fields: &[needed("on", Day), free("note", Text)],
    }],
};
