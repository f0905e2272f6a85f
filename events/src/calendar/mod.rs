//! Stream `calendar`: public holidays and joint leave of a year, with the working days that follow from them.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, Weekday};

use crate::{
    Rejection,
    command_log::CommandLog,
    date::Period,
    decision::{CommandState, DecisionContext},
};

pub mod holiday;

crate::topic::stream!("calendar", CalendarState, i32; Holiday::holiday);

/// The state of a calendar year.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CalendarState {
    /// Days declared and not revoked.
    pub days: Calendar,
    /// The commands that belong to this stream.
    pub commands: CommandLog,
}

impl CalendarState {
    /// Takes in an event, in order.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Holiday(event) => self.days.evolve(event),
        }
    }
}

impl CalendarState {
    /// Checks that a stored event can follow the events of this state, in the calendar of a year.
    ///
    /// # Errors
    /// The fault, in English.
    pub fn admits(&self, event: &Event, year: i32) -> Result<(), String> {
        let Event::Holiday(event) = event;
        let date = event.date();
        if date.year() != year {
            return Err(format!("{date} is not in this year"));
        }
        match event {
            holiday::Event::Declared(declared) => match self.days.get(date, declared.kind) {
                None => Ok(()),
                Some(_) => Err(format!("{date} is declared already")),
            },
            holiday::Event::Revoked(revoked) => match self.days.get(date, revoked.kind) {
                Some(_) => Ok(()),
                None => Err(format!("{date} is not declared as {}", revoked.kind)),
            },
        }
    }
}

impl CommandState for CalendarState {
    type Id = i32;
    type Readable<'a> = ();
    type Decided = Vec<Event>;

    /// The administration gives every command on a calendar.
    fn require_authority(
        &self,
        _: &Vec<Event>,
        _: &DecisionContext<'_>,
        (): &(),
    ) -> Result<(), Rejection> {
        Ok(())
    }
}

/// Declared days of any number of years.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    days: BTreeMap<(NaiveDate, holiday::HolidayKind), holiday::DeclaredDay>,
}

/// The days that are not worked, besides weekends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DaysOff {
    /// Public holidays alone; joint leave is charged.
    HolidaysOnly,
    /// Public holidays and joint leave.
    HolidaysAndJointLeave,
}

impl Calendar {
    /// Takes in an event, in order.
    pub fn evolve(&mut self, event: &holiday::Event) {
        match event {
            holiday::Event::Declared(holiday::Declared {
                date,
                kind,
                name,
                decree,
            }) => {
                self.days.insert(
                    (*date, *kind),
                    holiday::DeclaredDay {
                        name: name.clone(),
                        decree: decree.clone(),
                    },
                );
            }
            holiday::Event::Revoked(holiday::Revoked { date, kind, .. }) => {
                self.days.remove(&(*date, *kind));
            }
        }
    }

    /// Name and decree of a day that is declared as a kind.
    pub fn get(
        &self,
        date: NaiveDate,
        kind: holiday::HolidayKind,
    ) -> Option<&holiday::DeclaredDay> {
        self.days.get(&(date, kind))
    }

    /// Declared days of a period, in order.
    pub fn within(
        &self,
        period: Period,
    ) -> impl Iterator<Item = (NaiveDate, holiday::HolidayKind, &holiday::DeclaredDay)> {
        self.days
            .iter()
            .filter(move |((date, _), _)| period.contains(*date))
            .map(|((date, kind), named)| (*date, *kind, named))
    }

    /// Replaces the days of a year by those of another calendar.
    pub fn replace_year(&mut self, year: i32, from: &Calendar) {
        self.days.retain(|(date, _), _| date.year() != year);
        self.days
            .extend(from.days.iter().map(|(key, named)| (*key, named.clone())));
    }

    /// Whether the day is worked: Monday to Friday, less the days off.
    pub fn is_working_day(&self, date: NaiveDate, off: DaysOff) -> bool {
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        let holiday = self
            .days
            .contains_key(&(date, holiday::HolidayKind::PublicHoliday));
        let joint_leave = self
            .days
            .contains_key(&(date, holiday::HolidayKind::JointLeave));
        let is_off = weekend || holiday || (joint_leave && off == DaysOff::HolidaysAndJointLeave);
        !is_off
    }

    /// The working days of a period, in order. Rules and views charge leave by this function alone.
    pub fn working_days(
        &self,
        period: Period,
        off: DaysOff,
    ) -> impl Iterator<Item = NaiveDate> + '_ {
        period
            .days()
            .filter(move |day| self.is_working_day(*day, off))
    }

    /// The number of working days of a period.
    pub fn count_working_days(&self, period: Period, off: DaysOff) -> u32 {
        u32::try_from(self.working_days(period, off).count()).unwrap_or(u32::MAX)
    }
}
