//! Every refusal has words in both languages, and they say what to do next.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::PartialSchema;

use super::*;

/// The first words of a next step. One that begins otherwise is no instruction, or a verb to add here.
const DO: &[&str] = &[
    "Akhiri",
    "Batalkan",
    "Biarkan",
    "Cabut",
    "Gunakan",
    "Hapus",
    "Isi",
    "Kirim",
    "Koreksi",
    "Kosongkan",
    "Kurangi",
    "Minta",
    "Nilai",
    "Pakai",
    "Perbaiki",
    "Periksa",
    "Perpendek",
    "Pertimbangkan",
    "Pilih",
    "Sesuaikan",
    "Tandatangani",
    "Terbitkan",
    "Tetapkan",
];
const DO_IN_ENGLISH: &[&str] = &[
    "Adjust", "Amend", "Appraise", "Ask", "Cancel", "Check", "Choose", "Consider", "Correct",
    "End", "Erase", "Give", "Issue", "Leave", "Let", "Lower", "Release", "Revoke", "Set",
    "Shorten", "Sign", "Submit", "Use",
];

/// Every rejection, with numbers that can be recognized. That it is every one is checked.
fn one_of_each() -> Vec<Rejection> {
    serde_json::from_str(include_str!("one_of_each.json")).unwrap()
}

#[test]
fn one_of_each_is_every_rejection_there_is() {
    let schema = serde_json::to_value(Rejection::schema()).unwrap();
    let code = |variant: &Value| {
        variant
            .pointer("/properties/code/enum/0")
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    let all: BTreeSet<String> = schema["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(code)
        .collect();
    assert!(all.len() > 50);
    assert_eq!(
        one_of_each()
            .iter()
            .map(Rejection::code)
            .collect::<BTreeSet<_>>(),
        all
    );
}

/// Goal: no refusal leaves its reader where he stands. Method: the next step of each is whole sentences of
/// its own, the first of which begins with what to do.
#[test]
fn every_refusal_tells_what_to_do_next_in_both_languages() {
    for rejection in one_of_each() {
        for (language, verbs) in [(Language::Id, DO), (Language::En, DO_IN_ENGLISH)] {
            let Said { title, what, next } = said(&rejection, language);
            let first = next.split([' ', ',']).next().unwrap();
            assert!(verbs.contains(&first), "{next}");
            for sentence in [&what, &next] {
                assert!(
                    sentence.ends_with('.') && !sentence.contains("  ") && !sentence.contains("[]"),
                    "{sentence}"
                );
            }
            assert!(!title.is_empty() && !title.ends_with('.'), "{title}");
            let detail = words(&rejection, language).detail;
            assert!(
                detail.starts_with(&what) && detail.ends_with(&next),
                "{detail}"
            );
        }
    }
}

#[test]
fn indonesian_is_indonesian() {
    for rejection in one_of_each() {
        let (id, en) = (
            words(&rejection, Language::Id),
            words(&rejection, Language::En),
        );
        assert_ne!(id.title, en.title);
        for word in id.detail.split(|c: char| !c.is_alphabetic()) {
            assert!(
                !["the", "is", "not", "of", "and", "or", "more", "less", "PPK"].contains(&word),
                "{}",
                id.detail
            );
        }
        assert!(
            !id.detail.contains("2020-1") && !id.detail.contains("2021-0"),
            "dates are written out: {}",
            id.detail
        );
    }
}

#[test]
fn both_languages_say_the_numbers() {
    let rejection = Rejection::PackageBudgetExceeded {
        ceiling: Rupiah::new(24_750_000),
        committed: Rupiah::new(0),
        requested: Rupiah::new(24_750_001),
    };
    let id = words(&rejection, Language::Id);
    assert_eq!(id.title, "Pagu terlampaui");
    assert!(
        id.detail.contains("Rp 24.750.000") && id.detail.contains("Rp 24.750.001"),
        "{}",
        id.detail
    );
    assert!(
        words(&rejection, Language::En)
            .detail
            .contains("Rp 24.750.000")
    );
}

#[test]
fn indonesian_dates_are_written_out() {
    let on = "2020-12-28".parse().unwrap();
    assert!(
        words(&Rejection::HolidayUnknown { date: on }, Language::Id)
            .detail
            .starts_with("28 Desember 2020")
    );
}

#[test]
fn what_there_is_none_of_is_not_named() {
    let scores = one_of_each()
        .into_iter()
        .find(|found| found.code() == "appraisal.invalid_scores")
        .unwrap();
    let detail = words(&scores, Language::Id).detail;
    assert!(
        detail.contains("belum dinilai quality; di luar skala attendance."),
        "{detail}"
    );
}
