//! Forms about the calendar: one day off at a time. `calendar/decree.rs` takes many.

use super::{
    CommandForm,
    FieldKind::{Choice, Day, Line},
    Group, needed,
};
use crate::frame::Section;

const KINDS: &[&str] = &["public_holiday", "joint_leave"];

pub(in crate::change) const DECLARE: CommandForm = CommandForm {
    command: "declare-holiday",
    address: "/kalender/tetapkan",
    back: "/kalender",
    done: "/kalender?tanggal={date}",
    section: Section::Calendar,
    title: ("Tetapkan hari libur", "Declare a day off"),
    button: ("Tetapkan", "Declare"),
    note: None,
    groups: &[Group {
        legend: ("Hari libur", "Day off"),
        fields: &[
            needed("date", Day),
            needed("kind", Choice(KINDS)),
            needed("name", Line).hint("Misalnya Hari Raya Natal", "Such as Hari Raya Natal"),
            needed("decree", Line).hint("Nomor atau judul", "Its number or title"),
        ],
    }],
};

pub(in crate::change) const REVOKE: CommandForm = CommandForm {
    command: "revoke-holiday",
    address: "/kalender/cabut",
    back: "/kalender",
    done: "/kalender?tanggal={date}",
    section: Section::Calendar,
    title: ("Cabut hari libur", "Revoke a day off"),
    button: ("Cabut", "Revoke"),
    note: Some((
        "Hari itu menjadi hari kerja lagi, dan cuti pada hari itu mengurangi jatah.",
        "The day is worked again, and leave on it is charged.",
    )),
    groups: &[Group {
        legend: ("Hari libur", "Day off"),
        fields: &[
            needed("date", Day),
            needed("kind", Choice(KINDS)),
            needed("name", Line).hint("Nama hari yang dicabut", "The name of the day"),
            needed("decree", Line).hint(
                "Keputusan yang mencabut: nomor atau judul",
                "The decree that takes it back: its number or title",
            ),
        ],
    }],
};
