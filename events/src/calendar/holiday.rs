//! Topic `holiday`: days declared off by joint ministerial decree, and decrees that take them back.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Rejection, date::civil_date, personal::payload};

crate::event::topic! {
    /// A day was declared off.
    Declared = "calendar.holiday.declared.v1",
    /// A day is worked again.
    Revoked = "calendar.holiday.revoked.v1",
}

/// Why a day is off.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = HolidayKind)]
pub enum Kind {
    /// Libur nasional.
    PublicHoliday,
    /// Cuti bersama.
    JointLeave,
}

/// A day's name and the decree that declared it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What the day is called.
    pub name: String,
    /// The decree.
    pub decree: String,
}

/// A day was declared off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// The day.
    pub date: NaiveDate,
    /// Why it is off.
    pub kind: Kind,
    /// What it is called.
    pub name: String,
    /// The decree that declares it.
    pub decree: String,
}

/// A declared day was taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Revoked {
    /// The day.
    pub date: NaiveDate,
    /// As what it had been declared.
    pub kind: Kind,
    /// What it had been called.
    pub name: String,
    /// The decree that takes it back.
    pub decree: String,
}

payload!(Declared, Revoked);

/// Declare or revoke a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decree {
    /// The day.
    #[serde(deserialize_with = "civil_date")]
    #[schema(pattern = "^(19|2[01]|2200)")]
    pub date: NaiveDate,
    /// Why it is off.
    pub kind: Kind,
    /// What it is called.
    #[serde(deserialize_with = "crate::text::filled")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub name: String,
    /// The decree.
    #[serde(deserialize_with = "crate::text::filled")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub decree: String,
}

impl Decree {
    /// The calendar it changes.
    pub fn year(&self) -> i32 {
        self.date.year()
    }
}

/// Declares a day once.
pub(crate) fn declare(
    state: &super::CalendarState,
    command: &Decree,
) -> Result<Vec<Event>, Rejection> {
    let Decree {
        date,
        kind,
        name,
        decree,
    } = command.clone();
    match state.days.get(date, kind) {
        None => Ok(vec![
            Declared {
                date,
                kind,
                name,
                decree,
            }
            .into(),
        ]),
        Some(named) if *named == (Named { name, decree }) => Ok(vec![]),
        Some(_) => Err(Rejection::HolidayAlreadyDeclared { date }),
    }
}

/// Takes a declared day back.
pub(crate) fn revoke(
    state: &super::CalendarState,
    command: &Decree,
) -> Result<Vec<Event>, Rejection> {
    let Decree {
        date,
        kind,
        name,
        decree,
    } = command.clone();
    match state.days.get(date, kind) {
        Some(_) => Ok(vec![
            Revoked {
                date,
                kind,
                name,
                decree,
            }
            .into(),
        ]),
        None => Err(Rejection::HolidayUnknown { date }),
    }
}

#[cfg(test)]
mod specs;
