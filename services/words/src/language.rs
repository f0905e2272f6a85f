//! The two languages, and the way each of them writes days, months and lists.

use std::fmt::Display;

use chrono::{Datelike, NaiveDate};
use jejak_events::{
    date::{Month, Period},
    money::Rupiah,
};

/// A language that answers are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Bahasa Indonesia, the language of the office.
    Indonesian,
    /// English, for readers who prefer it.
    English,
}

/// A formatted sentence in one of the two languages. Both read the same variables.
macro_rules! say {
    ($language:expr, $indonesian:literal, $english:literal $(,)?) => {
        match $language {
            crate::Language::Indonesian => format!($indonesian),
            crate::Language::English => format!($english),
        }
    };
}
pub(crate) use say;

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

impl Language {
    /// Both languages; an office reads Indonesian first.
    pub const ALL: [Self; 2] = [Self::Indonesian, Self::English];

    /// The text of this language.
    pub fn pick(self, indonesian: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::Indonesian => indonesian,
            Self::English => english,
        }
    }

    /// A day: `28 Desember 2020`, in English `2020-12-28`.
    pub fn day(self, date: &NaiveDate) -> String {
        match self {
            Self::Indonesian => {
                format!("{} {} {}", date.day(), month_name(*date), date.year())
            }
            Self::English => date.to_string(),
        }
    }

    /// A month: `Desember 2020`, in English `2020-12`.
    pub fn month(self, month: Month) -> String {
        match self {
            Self::Indonesian => format!("{} {}", month_name(month.first()), month.year()),
            Self::English => month.to_string(),
        }
    }

    /// A range of days; a range of one day is written as that day.
    pub fn days(self, from: &NaiveDate, to: &NaiveDate) -> String {
        let (first, last) = (self.day(from), self.day(to));
        if from == to {
            first
        } else {
            say!(self, "{first} sampai {last}", "{first} to {last}")
        }
    }

    /// The days of a period, first to last.
    pub(crate) fn period(self, period: &Period) -> String {
        self.days(&period.start, &period.end)
    }
}

fn month_name(date: NaiveDate) -> &'static str {
    MONTHS[usize::try_from(date.month0()).unwrap_or(0).min(11)]
}

/// An amount as an office writes it: `Rp 24.750.000`.
pub fn rupiah(amount: &Rupiah) -> String {
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

/// Items with a comma between them.
pub(crate) fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    joined(", ", items)
}

/// Items with a separator between them.
pub(crate) fn joined<T: Display>(between: &str, items: impl IntoIterator<Item = T>) -> String {
    items
        .into_iter()
        .map(|item| item.to_string())
        .collect::<Vec<_>>()
        .join(between)
}

/// Labelled lists, as in `cuti 1, 2; penilaian bulan Oktober 2020`. Empty lists are left out.
pub(crate) fn labelled<T: Display>(
    lists: impl IntoIterator<Item = (&'static str, Vec<T>)>,
) -> String {
    let filled = lists.into_iter().filter(|(_, items)| !items.is_empty());
    joined(
        "; ",
        filled.map(|(label, items)| format!("{label} {}", list(items))),
    )
}
