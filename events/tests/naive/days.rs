//! Days, counted the slow way: one after the other.

use std::fmt;

/// A day of the calendar on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Day {
    pub(crate) year: i32,
    pub(crate) month: u32,
    pub(crate) day: u32,
}

/// A month of it: year and month.
pub(crate) type Month = (i32, u32);

fn is_leap(year: i32) -> bool {
    year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
}

fn length(year: i32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Day {
    /// Of `YYYY-MM-DD`.
    pub(crate) fn read(text: &str) -> Self {
        let mut parts = text.split('-').map(|part| part.parse::<u32>().unwrap());
        let mut part = || parts.next().unwrap();
        Self {
            year: part().cast_signed(),
            month: part(),
            day: part(),
        }
    }

    pub(crate) fn next(self) -> Self {
        if self.day < length(self.year, self.month) {
            return Self {
                day: self.day + 1,
                ..self
            };
        }
        Self { day: 1, ..self }.later_by_months(1)
    }

    pub(crate) fn previous(self) -> Self {
        if self.day > 1 {
            return Self {
                day: self.day - 1,
                ..self
            };
        }
        let (year, month) = if self.month == 1 {
            (self.year - 1, 12)
        } else {
            (self.year, self.month - 1)
        };
        last_of((year, month))
    }

    pub(crate) fn earlier_by(self, days: u32) -> Self {
        (0..days).fold(self, |day, _| day.previous())
    }

    /// The same day so many months on, or the last of that month where it is shorter.
    pub(crate) fn later_by_months(self, months: u32) -> Self {
        let (mut year, mut month) = (self.year, self.month);
        for _ in 0..months {
            (year, month) = if month == 12 {
                (year + 1, 1)
            } else {
                (year, month + 1)
            };
        }
        Self {
            year,
            month,
            day: self.day.min(length(year, month)),
        }
    }

    pub(crate) fn month(self) -> Month {
        (self.year, self.month)
    }

    /// Counted from 1 January 2000, which was a Saturday.
    pub(crate) fn is_weekend(self) -> bool {
        let mut days = 0;
        for year in 2000..self.year {
            days += if is_leap(year) { 366 } else { 365 };
        }
        for month in 1..self.month {
            days += length(self.year, month);
        }
        (days + self.day - 1) % 7 < 2
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

pub(crate) fn first_of((year, month): Month) -> Day {
    Day {
        year,
        month,
        day: 1,
    }
}

pub(crate) fn last_of((year, month): Month) -> Day {
    Day {
        year,
        month,
        day: length(year, month),
    }
}

pub(crate) fn read_month(text: &str) -> Month {
    Day::read(&format!("{text}-01")).month()
}

pub(crate) fn write_month((year, month): Month) -> String {
    format!("{year:04}-{month:02}")
}

/// Every day from one to another; none where they are the wrong way round.
pub(crate) fn days(from: Day, to: Day) -> Vec<Day> {
    let mut all = Vec::new();
    let mut day = from;
    while day <= to {
        all.push(day);
        day = day.next();
    }
    all
}

/// Every month that has a day from one to another.
pub(crate) fn months(from: Day, to: Day) -> Vec<Month> {
    let mut all: Vec<Month> = days(from, to).into_iter().map(Day::month).collect();
    all.dedup();
    all
}

/// Whether any day is in both.
pub(crate) fn share_a_day((a, b): (Day, Day), (c, d): (Day, Day)) -> bool {
    days(a, b).iter().any(|day| c <= *day && *day <= d)
}
