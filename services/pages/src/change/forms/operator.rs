//! Forms about a person.

use super::{
    CommandForm,
    FieldKind::{Choice, Day, Decimal, Digits, Line, Text, Truth},
    Group, WHY, free, needed,
};
use crate::frame::Section;

const LEVELS: &[&str] = &["SD", "SMP", "SMA", "D1", "D2", "D3", "D4", "S1", "S2", "S3"];
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

pub(in crate::change) const REGISTER: CommandForm = CommandForm {
    command: "register-operator",
    address: "/orang/baru",
    back: "/orang",
    done: "/orang/{operator_id}",
    section: Section::People,
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

pub(in crate::change) const CORRECT: CommandForm = CommandForm {
    command: "correct-operator",
    address: "/orang/{operator_id}/perbaiki",
    back: "/orang/{operator_id}",
    done: "/orang/{operator_id}",
    section: Section::People,
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
