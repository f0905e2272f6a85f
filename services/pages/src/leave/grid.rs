//! People by the days of a month: which sign stands in which cell.

use chrono::{Datelike, NaiveDate, Weekday};
use jejak_events::date::Month;
use jejak_words::{Language, cell_code};

use super::month::{Calendar, MonthOfPerson};
use crate::{frame::capital, records::LeaveEntry};

/// The layout of a month.
pub(super) struct Grid {
    pub(super) days: Vec<Day>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// Whether a day of the month has a name.
    pub(super) has_names: bool,
}

/// A column.
pub(super) struct Day {
    pub(super) number: u32,
    /// The weekday in two letters, and in full.
    pub(super) short: &'static str,
    pub(super) weekday: &'static str,
    /// A weekend or a declared day.
    pub(super) is_off: bool,
    pub(super) is_today: bool,
    /// The names of the declared days on it.
    pub(super) name: Option<String>,
}

/// A person's day.
pub(super) struct Cell {
    pub(super) class: &'static str,
    pub(super) sign: &'static str,
    /// The meaning of the sign; empty without one.
    pub(super) meaning: String,
}

impl Cell {
    fn plain(class: &'static str) -> Self {
        Self {
            class,
            sign: "",
            meaning: String::new(),
        }
    }
}

impl Grid {
    pub(super) fn of(
        month: Month,
        today: NaiveDate,
        calendar: &Calendar,
        people: &[MonthOfPerson],
        language: Language,
    ) -> Self {
        let dates: Vec<_> = month.period().days().collect();
        let day = |date: &NaiveDate| day(*date, today, calendar, language);
        let days: Vec<_> = dates.iter().map(day).collect();
        let rows = people.iter().map(|person| {
            let cells = dates.iter().zip(&days);
            cells
                .map(|(date, day)| cell(person, *date, day, language))
                .collect()
        });
        Self {
            rows: rows.collect(),
            has_names: days.iter().any(|day| day.name.is_some()),
            days,
        }
    }
}

fn day(date: NaiveDate, today: NaiveDate, calendar: &Calendar, language: Language) -> Day {
    let declared = calendar.holidays.iter().filter(|day| day.date == date);
    let names: Vec<_> = declared.map(|day| day.name.as_str()).collect();
    let (short, weekday) = weekday(date.weekday(), language);
    // A weekend is drawn as one in every package. Charged days are the API's.
    let is_weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
    Day {
        number: date.day(),
        short,
        weekday,
        is_off: is_weekend || !names.is_empty(),
        is_today: date == today,
        name: (!names.is_empty()).then(|| names.join(", ")),
    }
}

fn weekday(weekday: Weekday, language: Language) -> (&'static str, &'static str) {
    let (indonesian, english) = match weekday {
        Weekday::Mon => (("Sn", "Senin"), ("Mo", "Monday")),
        Weekday::Tue => (("Sl", "Selasa"), ("Tu", "Tuesday")),
        Weekday::Wed => (("Rb", "Rabu"), ("We", "Wednesday")),
        Weekday::Thu => (("Km", "Kamis"), ("Th", "Thursday")),
        Weekday::Fri => (("Jm", "Jumat"), ("Fr", "Friday")),
        Weekday::Sat => (("Sb", "Sabtu"), ("Sa", "Saturday")),
        Weekday::Sun => (("Mg", "Minggu"), ("Su", "Sunday")),
    };
    match language {
        Language::Indonesian => indonesian,
        Language::English => english,
    }
}

fn cell(person: &MonthOfPerson, date: NaiveDate, day: &Day, language: Language) -> Cell {
    if person.absences.iter().any(|absence| absence.on == date) {
        return Cell {
            class: "absent",
            sign: "A",
            meaning: language.pick("Tidak hadir", "Absent").to_owned(),
        };
    }
    let is_on = |entry: &&LeaveEntry| entry.from <= date && date <= entry.to;
    if let Some(entry) = person.entries.iter().find(is_on)
        && !entry.free_dates.iter().any(|free| free.on == date)
    {
        let label = cell_code("kind", &entry.kind, language);
        return Cell {
            class: if entry.is_charged_on(date) {
                "leave"
            } else {
                "long"
            },
            sign: sign(&entry.kind, language),
            meaning: capital(label.unwrap_or(&entry.kind)),
        };
    }
    if !person.serves_on(date) {
        return Cell {
            class: "out",
            sign: "–",
            meaning: language
                .pick("Di luar masa kontrak", "Outside the contract")
                .to_owned(),
        };
    }
    Cell::plain(if day.is_off { "off" } else { "" })
}

/// The sign of a kind of leave. The key beneath the grid explains it.
pub(super) fn sign(kind: &str, language: Language) -> &'static str {
    match kind {
        "annual" => language.pick("C", "L"),
        "special" => language.pick("T", "S"),
        "maternity" => language.pick("P", "M"),
        "work_accident" => language.pick("K", "W"),
        _ => "?",
    }
}
