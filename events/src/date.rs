//! Civil days, months and periods. There is no clock and no time zone; today arrives as a value.

use std::{fmt, str::FromStr};

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{object::only_objects, text::serde_as_text};

/// The years of this domain. Date arithmetic never overflows within them.
pub const YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;

/// A text that is no day of this domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("date must be a day that exists, YYYY-MM-DD")]
pub struct InvalidDate;

/// A text that is no month of this domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("month must be YYYY-MM")]
pub struct InvalidMonth;

// Commands carry this type. Events hold the plain day, which may lie past the last year.
/// A day that exists, of the years 1900 to 2200: `2020-10-01`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, format = Date, pattern = "^(19|2[01]|2200)")]
pub struct CivilDate(NaiveDate);

impl CivilDate {
    /// The plain day, for arithmetic.
    pub fn day(self) -> NaiveDate {
        self.0
    }
}

impl From<CivilDate> for NaiveDate {
    fn from(date: CivilDate) -> Self {
        date.0
    }
}

impl TryFrom<NaiveDate> for CivilDate {
    type Error = InvalidDate;

    fn try_from(day: NaiveDate) -> Result<Self, InvalidDate> {
        let is_valid = YEARS.contains(&day.year());
        is_valid.then_some(Self(day)).ok_or(InvalidDate)
    }
}

impl FromStr for CivilDate {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        // Other lengths are years with a sign, or numbers without leading zeros.
        if text.len() != 10 {
            return Err(InvalidDate);
        }
        let day: NaiveDate = text.parse().map_err(|_| InvalidDate)?;
        day.try_into()
    }
}

impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A month of the years 1900 to 2200: `2020-10`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, pattern = "^(19[0-9]{2}|2[01][0-9]{2}|2200)-(0[1-9]|1[0-2])$")]
pub struct Month(NaiveDate);

impl Month {
    /// The month in which a day lies.
    pub fn of(day: impl Into<NaiveDate>) -> Self {
        Self(day.into().with_day(1).expect("every month has a first day"))
    }

    /// The first day of the month.
    pub fn first(self) -> NaiveDate {
        self.0
    }

    /// The last day of the month.
    pub fn last(self) -> NaiveDate {
        self.next().0 - Days::new(1)
    }

    /// The following month.
    pub fn next(self) -> Self {
        Self(self.0 + Months::new(1))
    }

    /// All days of the month.
    pub fn period(self) -> Period {
        Period {
            start: self.first(),
            end: self.last(),
        }
    }

    /// The year, such as 2020.
    pub fn year(self) -> i32 {
        self.0.year()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Month {
    type Err = InvalidMonth;

    fn from_str(text: &str) -> Result<Self, InvalidMonth> {
        let is_plain = |(i, b): (usize, u8)| {
            if i == 4 {
                b == b'-'
            } else {
                b.is_ascii_digit()
            }
        };
        if text.len() != 7 || !text.bytes().enumerate().all(is_plain) {
            return Err(InvalidMonth);
        }
        let (year, month) = text.split_once('-').ok_or(InvalidMonth)?;
        let (year, month) = (year.parse(), month.parse());
        let (year, month) = (
            year.map_err(|_| InvalidMonth)?,
            month.map_err(|_| InvalidMonth)?,
        );
        let first = NaiveDate::from_ymd_opt(year, month, 1).ok_or(InvalidMonth)?;
        let is_valid = YEARS.contains(&year);
        is_valid.then_some(Self(first)).ok_or(InvalidMonth)
    }
}

serde_as_text!(CivilDate, Month);

// An end before the start makes a period without days. The rules that need days refuse it.
/// The days from `start` to `end`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Period {
    /// The first day, `YYYY-MM-DD`.
    #[serde(deserialize_with = "civil")]
    #[schema(value_type = CivilDate)]
    pub start: NaiveDate,
    /// The last day, `YYYY-MM-DD`, not before the first.
    #[serde(deserialize_with = "civil")]
    #[schema(value_type = CivilDate)]
    pub end: NaiveDate,
}

only_objects!(Period);

fn civil<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    CivilDate::deserialize(deserializer).map(CivilDate::day)
}

impl Period {
    /// Whether the day lies in the period.
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.start <= day && day <= self.end
    }

    /// Whether all of `other` lies in the period.
    pub fn covers(&self, other: &Period) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether both periods have a day in common.
    pub fn overlaps(&self, other: &Period) -> bool {
        self.intersection(other).is_some()
    }

    /// The days in common, if there are any.
    pub fn intersection(&self, other: &Period) -> Option<Period> {
        let both = Period {
            start: self.start.max(other.start),
            end: self.end.min(other.end),
        };
        (both.start <= both.end).then_some(both)
    }

    /// The days of the period in order.
    pub fn days(self) -> impl Iterator<Item = NaiveDate> {
        self.start
            .iter_days()
            .take_while(move |day| *day <= self.end)
    }

    /// The months in which the period has a day, in order.
    pub fn months(self) -> impl Iterator<Item = Month> {
        let first = (self.start <= self.end).then(|| Month::of(self.start));
        std::iter::successors(first, move |month| {
            (month.next().first() <= self.end).then(|| month.next())
        })
    }

    /// The number of months, if the period begins on a first day and ends on a last day of a month.
    pub fn whole_months(&self) -> Option<u32> {
        let whole = self.start <= self.end
            && Month::of(self.start).first() == self.start
            && Month::of(self.end).last() == self.end;
        whole.then(|| {
            u32::try_from(self.months().count()).expect("years are bounded, so months are")
        })
    }
}

/// The age in whole years on a day. A birthday on 29 February falls on 1 March in other years
/// (rule 4).
pub fn age_on(birth: NaiveDate, day: NaiveDate) -> i32 {
    let birthday = birth.with_year(day.year()).unwrap_or_else(|| {
        NaiveDate::from_ymd_opt(day.year(), 3, 1).expect("1 March exists in every year")
    });
    day.year() - birth.year() - i32::from(day < birthday)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn rule_4_the_birthday_of_29_february_is_1_march() {
        assert_eq!(age_on(day("2000-02-29"), day("2021-02-28")), 20);
        assert_eq!(age_on(day("2000-02-29"), day("2021-03-01")), 21);
        assert_eq!(age_on(day("2000-02-29"), day("2020-02-29")), 20);
    }

    #[test]
    fn months_of_a_period() {
        let quarter = Period {
            start: day("2020-10-01"),
            end: day("2020-12-31"),
        };
        assert_eq!(quarter.whole_months(), Some(3));
        let broken = Period {
            start: day("2020-10-15"),
            end: day("2020-12-31"),
        };
        assert_eq!(broken.whole_months(), None);
        assert_eq!(
            broken.months().map(|m| m.to_string()).collect::<Vec<_>>(),
            ["2020-10", "2020-11", "2020-12"]
        );
        let backwards = Period {
            start: day("2020-12-31"),
            end: day("2020-10-01"),
        };
        assert_eq!(
            (backwards.months().count(), backwards.days().count()),
            (0, 0)
        );
    }

    #[test]
    fn days_and_months_are_read_strictly() {
        for text in ["1900-01-01", "2020-02-29", "2200-12-31"] {
            assert_eq!(text.parse::<CivilDate>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "2021-02-29",
            "1899-12-31",
            "2201-01-01",
            "2020-1-01",
            "+2020-01-01",
            "2020-01-01 ",
            "01-01-2020",
        ] {
            assert_eq!(text.parse::<CivilDate>(), Err(InvalidDate), "{text}");
        }
        for text in ["1900-01", "2020-02", "2200-12"] {
            assert_eq!(text.parse::<Month>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "2020-13",
            "2020-1",
            "2020-10-01",
            "+020-10",
            "1899-12",
            "9999-01",
        ] {
            assert_eq!(text.parse::<Month>(), Err(InvalidMonth), "{text}");
        }
        let february: Month = "2020-02".parse().unwrap();
        assert_eq!(february.last(), day("2020-02-29"));
    }

    #[test]
    fn a_period_is_an_object_of_two_days() {
        let read = |json: &str| serde_json::from_str::<Period>(json);
        let json = r#"{"start":"2020-10-01","end":"2020-12-31"}"#;
        let quarter = read(json).unwrap();
        assert_eq!(quarter.whole_months(), Some(3));
        assert_eq!(serde_json::to_string(&quarter).unwrap(), json);
        for wrong in [
            r#"["2020-10-01","2020-12-31"]"#,
            r#"{"start":"2020-10-01"}"#,
            r#"{"start":"2020-10-01","end":"2020-12-31","x":1}"#,
            r#"{"start":"2020-10-01","end":"9999-12-31"}"#,
            "null",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
