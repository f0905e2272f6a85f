//! What a rejection says, in Indonesian and English: a title, and a detail that tells what happened and
//! what to do next. One table a language, so that a new rejection without words, or words without a next
//! step, do not compile.

use std::fmt::Display;

use chrono::{Datelike, NaiveDate};

use super::Rejection;
use crate::{date::Month, money::Rupiah, package::officer::Role};

mod english;
mod indonesian;

/// The languages answers are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Bahasa Indonesia.
    Id,
    /// English.
    En,
}

/// A title and a detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Names the case; the same for every occurrence.
    pub title: String,
    /// Says what happened here, and what to do next.
    pub detail: String,
}

/// The words of a rejection.
pub fn words(rejection: &Rejection, language: Language) -> Words {
    let Said { title, what, next } = said(rejection, language);
    Words {
        title: title.to_owned(),
        detail: format!("{what} {next}"),
    }
}

fn said(rejection: &Rejection, language: Language) -> Said {
    match language {
        Language::Id => indonesian::said(rejection),
        Language::En => english::said(rejection),
    }
}

/// What is said of a case, in one language.
struct Said {
    /// Names it.
    title: &'static str,
    /// What happened here, with its numbers: whole sentences.
    what: String,
    /// What the reader does next: whole sentences.
    next: String,
}

impl Said {
    fn new(title: &'static str, what: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            title,
            what: what.into(),
            next: next.into(),
        }
    }
}

const MONTHS: [&str; 12] = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
];

fn month_name(date: &NaiveDate) -> &'static str {
    MONTHS[usize::try_from(date.month0()).unwrap_or(0).min(11)]
}

/// A day as an office writes it: `28 Desember 2020`.
pub fn day(date: &NaiveDate) -> String {
    format!("{} {} {}", date.day(), month_name(date), date.year())
}

/// A month as an office writes it: `Desember 2020`.
fn month(month: &Month) -> String {
    format!("{} {}", month_name(&month.first()), month.year())
}

/// Rupiah as an office writes it: `Rp 24.750.000`.
pub fn rp(amount: &Rupiah) -> String {
    let text = amount.to_string();
    let (whole, cents) = text.split_once('.').unwrap_or((&text, ""));
    let (sign, digits) = whole
        .strip_prefix('-')
        .map_or(("", whole), |digits| ("-", digits));
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    let cents = if cents.is_empty() {
        String::new()
    } else {
        format!(",{cents}")
    };
    format!("Rp {sign}{}{cents}", groups.join("."))
}

/// A role by the letters everyone knows it by.
pub fn role(role: Role, language: Language) -> &'static str {
    match language {
        Language::Id => indonesian::role(role),
        Language::En => english::role(role),
    }
}

fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items
        .into_iter()
        .map(|item| item.to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

/// Those parts of a sentence that have something to name, each after its label.
fn named<T: Display>(parts: impl IntoIterator<Item = (&'static str, Vec<T>)>) -> String {
    let parts = parts.into_iter().filter(|(_, items)| !items.is_empty());
    list_with(
        "; ",
        parts.map(|(label, items)| format!("{label} {}", list(items))),
    )
}

fn list_with(between: &str, items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests;
