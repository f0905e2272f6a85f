//! The people of the made-up office, its terms, and its closed days.

use serde_json::{Value, json};

/// Key, NIP, name.
pub const OFFICERS: &[(&str, &str, &str)] = &[
    ("hadi", "196804171990031001", "Contoh Hadi, S.H."),
    ("budi", "197701161997031006", "Contoh Budi, S.Sos."),
    ("rina", "198109022005012004", "Contoh Rina, S.E."),
    ("sari", "198503122010012009", "Contoh Sari, S.Kom."),
];

/// Package, office, officer, first day, last day. The ppk of `2023-tik` changes on 1 July.
pub const ASSIGNMENTS: &[(&str, &str, &str, &str, Option<&str>)] = &[
    ("2023-tik", "pa", "hadi", "2023-01-01", None),
    ("2023-tik", "ppk", "budi", "2023-01-01", Some("2023-06-30")),
    ("2023-tik", "ppk", "rina", "2023-07-01", None),
    ("2023-tik", "pptk", "sari", "2023-01-01", None),
    ("2023-arsip", "pa", "hadi", "2023-01-01", None),
    ("2023-arsip", "ppk", "rina", "2023-01-01", None),
    ("2023-arsip", "pptk", "sari", "2023-01-01", None),
];

/// Key, NIK, born, sex, domicile, major. Day of birth + 40 in a woman's NIK.
pub const PEOPLE: &[(&str, &str, &str, &str, &str, &str)] = &[
    (
        "adi",
        "6171011503950001",
        "1995-03-15",
        "male",
        "6171",
        "Teknik Informatika",
    ),
    (
        "bela",
        "6171025107960002",
        "1996-07-11",
        "female",
        "6171",
        "Sistem Informasi",
    ),
    (
        "candra",
        "6171012001900003",
        "1990-01-20",
        "male",
        "6171",
        "Informatika",
    ),
    (
        "dewi",
        "6171034512940004",
        "1994-12-05",
        "female",
        "6171",
        "Teknik Komputer",
    ),
    (
        "eko",
        "6112010804920005",
        "1992-04-08",
        "male",
        "6112",
        "Informatika",
    ),
    (
        "fitri",
        "6171047009980006",
        "1998-09-30",
        "female",
        "6171",
        "Sistem Informasi",
    ),
    (
        "gilang",
        "6171010211910007",
        "1991-11-02",
        "male",
        "6171",
        "Kearsipan",
    ),
    (
        "hana",
        "6171025702970008",
        "1997-02-17",
        "female",
        "6171",
        "Informatika",
    ),
    (
        "indra",
        "6171012505930009",
        "1993-05-25",
        "male",
        "6171",
        "Manajemen Informatika",
    ),
    (
        "joko",
        "6171031408890010",
        "1989-08-14",
        "male",
        "6171",
        "Informatika",
    ),
    (
        "kartika",
        "6171045506870011",
        "1987-06-15",
        "female",
        "6171",
        "Informatika",
    ),
    (
        "lukman",
        "6112011010990012",
        "1999-10-10",
        "male",
        "6112",
        "Teknik Informatika",
    ),
];

/// Date, kind, name; all by one decree, known before the year begins.
pub const HOLIDAYS: &[(&str, &str, &str)] = &[
    ("2023-01-23", "joint_leave", "Cuti bersama Imlek"),
    ("2023-04-21", "joint_leave", "Cuti bersama Idulfitri"),
    ("2023-04-22", "public_holiday", "Idulfitri"),
    ("2023-04-24", "joint_leave", "Cuti bersama Idulfitri"),
    ("2023-04-25", "joint_leave", "Cuti bersama Idulfitri"),
    ("2023-05-01", "public_holiday", "Hari Buruh"),
    ("2023-05-18", "public_holiday", "Kenaikan Isa Almasih"),
    ("2023-06-01", "public_holiday", "Hari Lahir Pancasila"),
    ("2023-06-02", "joint_leave", "Cuti bersama Waisak"),
    ("2023-06-28", "joint_leave", "Cuti bersama Iduladha"),
    ("2023-06-29", "public_holiday", "Iduladha"),
    ("2023-08-17", "public_holiday", "Hari Kemerdekaan"),
    ("2023-09-28", "public_holiday", "Maulid Nabi"),
    ("2023-12-25", "public_holiday", "Natal"),
    ("2023-12-26", "joint_leave", "Cuti bersama Natal"),
];

/// The body of declare-holiday and revoke-holiday.
pub fn decree((date, kind, name): (&str, &str, &str)) -> Value {
    json!({"date": date, "kind": kind, "name": name, "decree": "SKB 3 Menteri 2023"})
}

/// The body of assign-officer.
pub fn assignment(package: &str, role: &str, who: &str, from: &str, to: Option<&str>) -> Value {
    let (_, nip, name) = OFFICERS
        .iter()
        .find(|(key, ..)| *key == who)
        .expect("an officer of the table");
    let officer = json!({"nip": nip, "name": name});
    json!({"package_id": package, "role": role, "officer": officer, "from": from, "to": to})
}

/// The body of register-operator for a line of [`PEOPLE`].
pub fn registration(person: &(&str, &str, &str, &str, &str, &str)) -> Value {
    let (key, nik, birth_date, sex, domicile, major) = person;
    let education = json!({"level": "D3", "major": major, "institution": "Politeknik Contoh",
        "accredited": true, "gpa": "3.00"});
    json!({"nik": nik, "full_name": format!("Contoh {key}"), "birth_date": birth_date, "sex": sex,
        "domicile_code": domicile, "citizenship": "WNI", "education": education})
}

/// The body of publish-terms for a package with the policies of the KAK.
pub fn terms(package: &str, year: i32, start: &str, quota: u32, ceiling: &str) -> Value {
    json!({"package_id": package, "title": format!("Tenaga {package}"), "agency": "Dinas Contoh",
        "fiscal_year": year, "fund_source": "APBD", "budget_ceiling": ceiling, "quota": quota,
        "period": {"start": start, "end": format!("{year}-12-31")}})
}
