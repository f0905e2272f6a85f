//! Appraisals of every month of every contract: their totals, signers and days.

use serde_json::{Value, json};

/// One contract's months: person, contract, package, first month, totals (0 is a month not appraised).
pub type Year = (&'static str, u32, &'static str, u32, &'static [u32]);

/// All totals of 2023.
pub const TOTALS: &[Year] = &[
    (
        "adi",
        1,
        "2023-tik",
        1,
        &[26, 26, 25, 26, 27, 26, 25, 26, 26, 27, 26, 26],
    ),
    (
        "bela",
        2,
        "2023-tik",
        1,
        &[24, 22, 0, 0, 23, 24, 24, 25, 24, 24, 24, 24],
    ),
    (
        "candra",
        3,
        "2023-tik",
        1,
        &[18, 17, 18, 17, 18, 17, 18, 17, 18, 17, 18, 17],
    ),
    (
        "dewi",
        4,
        "2023-tik",
        1,
        &[18, 18, 18, 18, 18, 18, 18, 18, 18, 18, 18, 17],
    ),
    ("eko", 5, "2023-tik", 1, &[20, 21, 20, 19, 20]),
    ("hana", 7, "2023-tik", 2, &[22, 22, 22, 22, 22]),
    ("fitri", 8, "2023-tik", 6, &[28, 27, 28, 28, 27, 28, 28]),
    (
        "gilang",
        9,
        "2023-arsip",
        3,
        &[20, 20, 20, 20, 20, 20, 20, 20, 20, 20],
    ),
    (
        "indra",
        10,
        "2023-arsip",
        3,
        &[21, 20, 21, 20, 21, 20, 21, 20, 21, 20],
    ),
    (
        "joko",
        11,
        "2023-arsip",
        3,
        &[19, 20, 21, 0, 19, 20, 21, 20],
    ),
    (
        "kartika",
        12,
        "2023-arsip",
        3,
        &[27, 27, 27, 27, 27, 27, 27, 27, 27, 27],
    ),
    (
        "lukman",
        13,
        "2023-arsip",
        4,
        &[16, 17, 18, 17, 16, 17, 18, 17, 16],
    ),
    ("hana", 14, "2023-arsip", 7, &[23, 23, 23, 23, 23, 23]),
];

/// Signed on another day than the third of the next month: person, month, day. Late from the sixth on.
const SIGNED: &[(&str, u32, &str)] = &[
    ("adi", 3, "2023-04-10"),
    ("lukman", 8, "2023-09-06"),
    ("indra", 8, "2023-09-05"),
    ("eko", 5, "2023-05-16"),
];

/// The months that are late, by that table.
pub const LATE: [(&str, &str); 2] = [("adi", "2023-03"), ("lukman", "2023-08")];

/// The day a month's appraisal is signed.
pub fn signed_on(who: &str, month: u32) -> String {
    let other = SIGNED
        .iter()
        .find(|(key, of, _)| (*key, *of) == (who, month));
    match (other, month) {
        (Some((_, _, day)), _) => (*day).to_owned(),
        (None, 12) => "2024-01-03".to_owned(),
        (None, _) => format!("2023-{:02}-03", month + 1),
    }
}

/// The PPK of a package on a day; days are compared as text.
pub fn ppk(package: &str, day: &str) -> &'static str {
    if package == "2023-tik" && day < "2023-07-01" {
        "budi"
    } else {
        "rina"
    }
}

/// Scores of the seven indicators that add up to a total.
pub fn scores(total: u32) -> Value {
    let indicators = [
        "attendance",
        "roll_call",
        "completion",
        "timeliness",
        "quality",
        "obligations",
        "prohibitions",
    ];
    let one_more = usize::try_from(total % 7).expect("less than seven");
    let score = |n: usize| total / 7 + u32::from(n < one_more);
    indicators
        .iter()
        .enumerate()
        .map(|(n, name)| ((*name).to_owned(), json!(score(n))))
        .collect()
}
