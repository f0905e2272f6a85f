//! Every refusal has words in both languages and a page, and says the next step.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use jejak_events::{Rejection, kinds::ItemKind, money::Rupiah};
use jejak_words::{Language, ProblemText, error_page, error_pages, refusal_text, requests};
use serde_json::Value;
use utoipa::PartialSchema;

#[cfg(test)]
mod pages_of_errors;

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

/// The codes that have a file.
fn files() -> BTreeSet<String> {
    let names = std::fs::read_dir(pages_of_errors::folder()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let codes = names.filter_map(|name| Some(name.strip_suffix(".md")?.to_owned()));
    codes.filter(|code| code != "README").collect()
}

/// The codes of all rejections.
fn codes() -> BTreeSet<String> {
    let schema = serde_json::to_value(Rejection::schema()).unwrap();
    let code = |variant: &Value| {
        let code = variant.pointer("/properties/code/enum/0").unwrap();
        code.as_str().unwrap().to_owned()
    };
    schema["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(code)
        .collect()
}

/// The examples on the pages of all rejections.
fn examples() -> Vec<Rejection> {
    let texts = codes().into_iter().flat_map(|code| {
        let page = error_page(&code).unwrap_or_else(|| panic!("{code} has no page"));
        pages_of_errors::examples(page.markdown)
    });
    let examples: Vec<_> = texts
        .map(|text| serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}")))
        .collect();
    let named: BTreeSet<_> = examples.iter().map(Rejection::code).collect();
    assert_eq!(named, codes(), "each page shows its own code");
    examples
}

/// Goal: a page quotes the code's own words. Method: the quotes are made anew from the page's examples. With
/// `JEJAK_WRITE_DOCS=1`, the pages are written instead.
#[test]
fn the_pages_of_refusals_quote_the_code() {
    for code in codes() {
        let text = |example: &str, language| {
            let rejection = serde_json::from_str(example).unwrap();
            vec![("", refusal_text(&rejection, language))]
        };
        pages_of_errors::check(&code, text);
    }
}

/// Goal: each page is served, and each served page belongs to a code. Method: the files are compared with the
/// list of the program, and the topics of the list with the codes of rejections.
#[test]
fn each_page_is_served() {
    let served: Vec<_> = error_pages().map(|page| page.code.to_owned()).collect();
    let set: BTreeSet<_> = served.iter().cloned().collect();
    assert_eq!(served.len(), set.len(), "a page is listed twice");
    assert_eq!(set, files());
    assert!(codes().is_subset(&set));
}

/// Goal: no refusal leaves its reader where he stands. Method: the next step of each is whole sentences of
/// its own, the first of which begins with what to do.
#[test]
fn every_refusal_tells_what_to_do_next_in_both_languages() {
    for rejection in examples() {
        for (language, verbs) in [
            (Language::Indonesian, DO),
            (Language::English, DO_IN_ENGLISH),
        ] {
            let ProblemText {
                title,
                happened: what,
                next_step: next,
            } = refusal_text(&rejection, language);
            let first = next.split([' ', ',']).next().unwrap();
            assert!(verbs.contains(&first), "{next}");
            for sentence in [&what, &next] {
                assert!(
                    sentence.ends_with('.') && !sentence.contains("  ") && !sentence.contains("[]"),
                    "{sentence}"
                );
            }
            assert!(!title.is_empty() && !title.ends_with('.'), "{title}");
            let detail = refusal_text(&rejection, language).detail();
            assert!(
                detail.starts_with(&what) && detail.ends_with(&next),
                "{detail}"
            );
        }
    }
}

#[test]
fn indonesian_is_indonesian() {
    for rejection in examples() {
        let (id, en) = (
            refusal_text(&rejection, Language::Indonesian),
            refusal_text(&rejection, Language::English),
        );
        assert_ne!(id.title, en.title);
        for word in id.detail().split(|c: char| !c.is_alphabetic()) {
            assert!(
                !["the", "is", "not", "of", "and", "or", "more", "less"].contains(&word),
                "{}",
                id.detail()
            );
        }
        assert!(
            !id.detail().contains("2020-1") && !id.detail().contains("2021-0"),
            "dates are written out: {}",
            id.detail()
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
    let id = refusal_text(&rejection, Language::Indonesian);
    assert_eq!(id.title, "Pagu terlampaui");
    assert!(
        id.detail().contains("Rp 24.750.000") && id.detail().contains("Rp 24.750.001"),
        "{}",
        id.detail()
    );
    assert!(
        refusal_text(&rejection, Language::English)
            .detail()
            .contains("Rp 24.750.000")
    );
}

#[test]
fn indonesian_dates_are_written_out() {
    let on = "2020-12-28".parse().unwrap();
    assert!(
        refusal_text(
            &Rejection::HolidayUnknown { date: on },
            Language::Indonesian
        )
        .detail()
        .starts_with("28 Desember 2020")
    );
}

#[test]
fn what_there_is_none_of_is_not_named() {
    let scores = examples()
        .into_iter()
        .find(|found| found.code() == "appraisal.invalid_scores")
        .unwrap();
    let detail = refusal_text(&scores, Language::Indonesian).detail();
    assert!(
        detail.contains("belum dinilai kualitas pekerjaan; di luar skala kehadiran."),
        "{detail}"
    );
}

/// Goal: one code has one title, whether a command or a query did not find the thing.
#[test]
fn an_unknown_thing_has_one_title() {
    let mut shared = 0;
    for thing in ItemKind::ALL {
        let code = serde_json::to_value(thing).unwrap();
        let same = |refusal: &&Rejection| code == refusal.code();
        let examples = examples();
        let Some(refusal) = examples.iter().find(same) else {
            continue;
        };
        for language in Language::ALL {
            assert_eq!(
                requests::item_unknown(language, thing, "x").title,
                refusal_text(refusal, language).title
            );
        }
        shared += 1;
    }
    assert_eq!(shared, 3);
}
