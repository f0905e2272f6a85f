//! Public holidays and joint leave: the naive model's half, and the half that gives commands.

use chrono::{Days, NaiveDate};
use jejak_events::{
    calendar::holiday::HolidayKind::{JointLeave, PublicHoliday},
    date::Period,
    ids::OperatorId,
};
use serde_json::json;

use super::super::{ADMIN, GivenCommand, History, Step};
use crate::naive::{Answer, Asked, World, days::Day, no};

/// A day that the naive model knows as declared.
#[derive(Debug, Clone)]
pub(crate) struct Holiday {
    pub(crate) date: Day,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) decree: String,
}

impl World {
    fn declared(&self, asked: &Asked<'_>) -> Option<usize> {
        let (date, kind) = (asked.day("date"), asked.text("kind"));
        self.topics
            .holidays
            .iter()
            .position(|day| day.date == date && day.kind == kind)
    }

    pub(super) fn declare(&mut self, asked: &Asked<'_>) -> Answer {
        let (name, decree) = (
            asked.text("name").to_owned(),
            asked.text("decree").to_owned(),
        );
        if let Some(at) = self.declared(asked) {
            let held = &self.topics.holidays[at];
            let same = (&held.name, &held.decree) == (&name, &decree);
            return if same {
                Ok(false)
            } else {
                Err(no("holiday.already_declared"))
            };
        }
        self.topics.holidays.push(Holiday {
            date: asked.day("date"),
            kind: asked.text("kind").to_owned(),
            name,
            decree,
        });
        Ok(true)
    }

    pub(super) fn revoke(&mut self, asked: &Asked<'_>) -> Answer {
        let Some(at) = self.declared(asked) else {
            return Err(no("holiday.unknown"));
        };
        self.topics.holidays.remove(at);
        Ok(true)
    }
}

/// Declares a day of either year, or revokes one that is declared.
pub(super) fn command(
    history: &History,
    _: OperatorId,
    &(what, _, a, b): &Step,
) -> Option<GivenCommand> {
    let first = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
    let (date, kind) = (
        first + Days::new(u64::from(a % 731)),
        if b % 2 == 0 {
            PublicHoliday
        } else {
            JointLeave
        },
    );
    let calendar = history.office.calendar();
    let declared: Vec<_> = calendar
        .within(Period {
            start: first,
            end: first + Days::new(731),
        })
        .collect();
    let standing = declared
        .get(usize::from(a) % declared.len().max(1))
        .map(|(date, kind, _)| (*date, *kind));
    let revokes = what % 32 == 27 && b % 2 == 0;
    let (date, kind) = standing
        .filter(|_| revokes || b % 9 == 0)
        .unwrap_or((date, kind));
    let body =
        json!({"date": date, "kind": kind, "name": "Libur", "decree": format!("SKB {}", b % 3)});
    Some((
        if revokes {
            "revoke-holiday"
        } else {
            "declare-holiday"
        },
        body,
        ADMIN.into(),
    ))
}

/// Both hold the same days as declared.
#[track_caller]
pub(super) fn same_end(history: &History, world: &World) {
    let calendar = history.office.calendar();
    // A spoiled date may lie in any year there is.
    let years = Period {
        start: NaiveDate::from_ymd_opt(1900, 1, 1).unwrap(),
        end: NaiveDate::from_ymd_opt(2200, 12, 31).unwrap(),
    };
    let by_rules = calendar
        .within(years)
        .map(|(date, kind, _)| (date.to_string(), json!(kind)));
    let mut by_rules: Vec<_> = by_rules.collect();
    let by_model = world.topics.holidays.iter();
    let by_model = by_model.map(|day| (day.date.to_string(), json!(day.kind)));
    let mut by_model: Vec<_> = by_model.collect();
    let order = |day: &(String, serde_json::Value)| (day.0.clone(), day.1.to_string());
    by_rules.sort_by_key(order);
    by_model.sort_by_key(order);
    assert_eq!(by_rules, by_model);
}
