//! Topic `holiday`: days that a joint ministerial decree declares off, and decrees that take them back.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CalendarState;
use crate::{
    Rejection,
    date::CivilDate,
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    personal::payload,
    secret::TenantKey,
    text::Text,
};

mod facts;

crate::topic::topic! {
    /// A day was declared off.
    Declared = "calendar.holiday.declared.v1",
    /// A declared day was taken back.
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

/// The kinds of days off.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = HolidayKind)]
pub enum HolidayKind {
    /// Libur nasional: a public holiday.
    PublicHoliday,
    /// Cuti bersama: joint leave by decree.
    JointLeave,
}

impl fmt::Display for HolidayKind {
    /// The kind in plain English, for the auditor's findings.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PublicHoliday => "a public holiday",
            Self::JointLeave => "joint leave",
        })
    }
}

/// The name of a day and the decree that declared it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredDay {
    /// The name of the day, such as `Hari Raya Natal`.
    pub name: String,
    /// The number or title of the decree.
    pub decree: String,
}

/// A day was declared off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// The day that is off, `YYYY-MM-DD`.
    pub date: NaiveDate,
    /// The kind, `public_holiday` or `joint_leave`.
    pub kind: HolidayKind,
    /// The name of the day, such as `Hari Raya Natal`.
    pub name: String,
    /// The number or title of the decree that declares it.
    pub decree: String,
}

/// A declared day was taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Revoked {
    /// The day that is worked again, `YYYY-MM-DD`.
    pub date: NaiveDate,
    /// The kind under which the day was declared.
    pub kind: HolidayKind,
    /// The name of the day, such as `Hari Raya Natal`.
    pub name: String,
    /// The number or title of the decree that takes it back.
    pub decree: String,
}

payload!(Declared, Revoked);

/// Declares a day off by decree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Declare {
    /// The day to declare, `YYYY-MM-DD`.
    pub date: CivilDate,
    /// The kind, `public_holiday` or `joint_leave`.
    pub kind: HolidayKind,
    /// The name of the day, such as `Hari Raya Natal`.
    pub name: Text,
    /// The number or title of the decree.
    pub decree: Text,
}

impl CommandBody for Declare {
    const NAME: &'static str = "declare-holiday";
    const GIVEN_BY: GivenBy = GivenBy::Administration;
    const MOVES_SLOT: bool = false;
    type OwnState = CalendarState;

    fn stream_id(&self, _: &TenantKey) -> i32 {
        self.date.day().year()
    }

    fn reads(&self, _: &CalendarState, _: &TenantKey) -> Reads {
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
        let (date, name, decree) = (date.day(), name.into(), decree.into());
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
            Some(named) if *named == (DeclaredDay { name, decree }) => Ok(vec![]),
            Some(_) => Err(Rejection::HolidayAlreadyDeclared { date }),
        }
    }
}

/// Takes back a day that was declared off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// The day that was declared, `YYYY-MM-DD`.
    pub date: CivilDate,
    /// The kind under which the day was declared.
    pub kind: HolidayKind,
    /// The name of the day, such as `Hari Raya Natal`.
    pub name: Text,
    /// The number or title of the decree that takes it back.
    pub decree: Text,
}

impl CommandBody for Revoke {
    const NAME: &'static str = "revoke-holiday";
    const GIVEN_BY: GivenBy = GivenBy::Administration;
    const MOVES_SLOT: bool = false;
    type OwnState = CalendarState;

    fn stream_id(&self, _: &TenantKey) -> i32 {
        self.date.day().year()
    }

    fn reads(&self, _: &CalendarState, _: &TenantKey) -> Reads {
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
        let (date, name, decree) = (date.day(), name.into(), decree.into());
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
