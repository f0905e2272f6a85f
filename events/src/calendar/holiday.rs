//! Topic `holiday`: days declared off by joint ministerial decree, and decrees that take them back.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CalendarState;
use crate::{
    Rejection,
    date::civil_date,
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    personal::payload,
    secret::TenantKey,
};

crate::topic::topic! {
    /// A day was declared off.
    Declared = "calendar.holiday.declared.v1",
    /// A day is worked again.
    Revoked = "calendar.holiday.revoked.v1",
}

impl Event {
    /// The day it is about.
    pub fn date(&self) -> NaiveDate {
        match self {
            Self::Declared(declared) => declared.date,
            Self::Revoked(revoked) => revoked.date,
        }
    }
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

impl fmt::Display for Kind {
    /// The kind in English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PublicHoliday => "a public holiday",
            Self::JointLeave => "joint leave",
        })
    }
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

/// Declare a day off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Declare {
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

impl CommandBody for Declare {
    const NAME: &'static str = "declare-holiday";
    const GIVEN_BY: GivenBy = GivenBy::Administration;
    const MOVES_SLOT: bool = false;
    type State = CalendarState;

    fn stream_id(&self, _: &TenantKey) -> i32 {
        self.date.year()
    }

    fn reads(&self, _: &CalendarState) -> Reads {
        Reads::nothing()
    }

    /// A day is declared once. The same name and decree again change nothing.
    fn decide(
        &self,
        state: &CalendarState,
        _: &DecisionContext<'_>,
        (): &(),
    ) -> Result<Vec<super::Event>, Rejection> {
        let Self {
            date,
            kind,
            name,
            decree,
        } = self.clone();
        match state.days.get(date, kind) {
            None => {
                let declared = Declared {
                    date,
                    kind,
                    name,
                    decree,
                };
                Ok(vec![Event::from(declared).into()])
            }
            Some(named) if *named == (Named { name, decree }) => Ok(vec![]),
            Some(_) => Err(Rejection::HolidayAlreadyDeclared { date }),
        }
    }
}

/// Take back a day that was declared off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
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

impl CommandBody for Revoke {
    const NAME: &'static str = "revoke-holiday";
    const GIVEN_BY: GivenBy = GivenBy::Administration;
    const MOVES_SLOT: bool = false;
    type State = CalendarState;

    fn stream_id(&self, _: &TenantKey) -> i32 {
        self.date.year()
    }

    fn reads(&self, _: &CalendarState) -> Reads {
        Reads::nothing()
    }

    fn decide(
        &self,
        state: &CalendarState,
        _: &DecisionContext<'_>,
        (): &(),
    ) -> Result<Vec<super::Event>, Rejection> {
        let Self {
            date,
            kind,
            name,
            decree,
        } = self.clone();
        match state.days.get(date, kind) {
            Some(_) => {
                let revoked = Revoked {
                    date,
                    kind,
                    name,
                    decree,
                };
                Ok(vec![Event::from(revoked).into()])
            }
            None => Err(Rejection::HolidayUnknown { date }),
        }
    }
}

#[cfg(test)]
mod specs;
