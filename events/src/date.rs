//! Civil dates: months, periods, birthdays. No clock and no time zone; today arrives as a value.

use std::{fmt, str::FromStr};

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::ids::InvalidId;

/// The years a date of this domain may lie in, so that date arithmetic never overflows.
pub const YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;

/// A month of a year, `YYYY-MM`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, pattern = "^(19[0-9]{2}|2[01][0-9]{2}|2200)-(0[1-9]|1[0-2])$")]
pub struct Month(NaiveDate);

impl Month {
    /// The month a date lies in.
    pub fn of(date: NaiveDate) -> Self {
        Self(date.with_day(1).expect("every month has a first day"))
    }

    /// Its first day.
    pub fn first(self) -> NaiveDate {
        self.0
    }

    /// Its last day.
    pub fn last(self) -> NaiveDate {
        self.next().0 - Days::new(1)
    }

    /// The month after it.
    pub fn next(self) -> Self {
        Self(self.0 + Months::new(1))
    }

    /// The whole month as a period.
    pub fn period(self) -> Period {
        Period {
            start: self.first(),
            end: self.last(),
        }
    }

    /// Its year.
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
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId {
            what: "month",
            expected: "YYYY-MM",
        };
        let plain = text.len() == 7
            && text.bytes().enumerate().all(|(i, b)| {
                if i == 4 {
                    b == b'-'
                } else {
                    b.is_ascii_digit()
                }
            });
        let first = || {
            let (year, month) = text.split_once('-')?;
            NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)
        };
        match plain.then(first).flatten() {
            Some(first) if YEARS.contains(&first.year()) => Ok(Self(first)),
            _ => Err(invalid),
        }
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parse_str(deserializer)
    }
}

/// Days from `start` to `end`, both included. A period read from outside may be the wrong way
/// round: it then has no days, and the rules that need one refuse it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// The first day.
    #[serde(deserialize_with = "civil_date")]
    #[schema(pattern = "^(19|2[01]|2200)")]
    pub start: NaiveDate,
    /// The last day.
    #[serde(deserialize_with = "civil_date")]
    #[schema(pattern = "^(19|2[01]|2200)")]
    pub end: NaiveDate,
}

impl Period {
    /// Whether the day lies in it.
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.start <= day && day <= self.end
    }

    /// Whether all of `other` lies in it.
    pub fn covers(&self, other: &Period) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether they share a day. What is the wrong way round has none to share.
    pub fn overlaps(&self, other: &Period) -> bool {
        self.intersection(other).is_some()
    }

    /// The days they share, if any.
    pub fn intersection(&self, other: &Period) -> Option<Period> {
        let both = Period {
            start: self.start.max(other.start),
            end: self.end.min(other.end),
        };
        (both.start <= both.end).then_some(both)
    }

    /// Its days in order.
    pub fn days(self) -> impl Iterator<Item = NaiveDate> {
        self.start
            .iter_days()
            .take_while(move |day| *day <= self.end)
    }

    /// The months it touches, in order.
    pub fn months(self) -> impl Iterator<Item = Month> {
        let first = (self.start <= self.end).then(|| Month::of(self.start));
        std::iter::successors(first, move |month| {
            (month.next().first() <= self.end).then(|| month.next())
        })
    }

    /// How many whole months it is, if it begins on a first and ends on a last day.
    pub fn whole_months(&self) -> Option<u32> {
        let whole = self.start <= self.end
            && Month::of(self.start).first() == self.start
            && Month::of(self.end).last() == self.end;
        whole.then(|| {
            u32::try_from(self.months().count()).expect("years are bounded, so months are")
        })
    }
}

/// The age in whole years on a day. Someone born on 29 February has the birthday on 1 March in
/// other years (domain.md rule 4).
pub fn age_on(birth: NaiveDate, day: NaiveDate) -> i32 {
    let birthday = birth.with_year(day.year()).unwrap_or_else(|| {
        NaiveDate::from_ymd_opt(day.year(), 3, 1).expect("1 March exists in every year")
    });
    day.year() - birth.year() - i32::from(day < birthday)
}

/// Deserializes a date `YYYY-MM-DD` within [`YEARS`].
pub(crate) fn civil_date<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<NaiveDate, D::Error> {
    crate::text::parse_str::<D, CivilDate>(deserializer).map(|date| date.0)
}

/// [`civil_date`], where the field may be absent or null.
pub(crate) fn civil_date_opt<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<NaiveDate>, D::Error> {
    #[derive(Deserialize)]
    struct Read(#[serde(deserialize_with = "civil_date")] NaiveDate);
    Ok(Option::<Read>::deserialize(deserializer)?.map(|read| read.0))
}

struct CivilDate(NaiveDate);

impl FromStr for CivilDate {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let date = (text.len() == 10)
            .then(|| text.parse::<NaiveDate>().ok())
            .flatten();
        match date {
            Some(date) if YEARS.contains(&date.year()) => Ok(Self(date)),
            _ => Err(InvalidId {
                what: "date",
                expected: "a day that exists, YYYY-MM-DD",
            }),
        }
    }
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
    fn months_are_read_strictly() {
        assert_eq!(
            "2020-02".parse::<Month>().unwrap().last(),
            day("2020-02-29")
        );
        for wrong in ["2020-13", "2020-1", "2020-10-01", "+020-10", "9999-01"] {
            assert!(wrong.parse::<Month>().is_err(), "{wrong}");
        }
    }
}
