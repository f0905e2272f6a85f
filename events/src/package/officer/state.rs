//! The assignments of a package, from its events.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Assigned, Event, Released};
use crate::{ids::OfficerId, kinds::OfficerRole};

/// One assignment of an officer to an office of the package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The officer's id, a pseudonym of the NIP.
    pub officer_id: OfficerId,
    /// The role held in the package.
    pub role: OfficerRole,
    /// The first day in office.
    pub from: NaiveDate,
    /// The last day in office, if it is known.
    pub to: Option<NaiveDate>,
    /// Whether the officer acts for the holder (Plt, Plh).
    pub acting: bool,
    /// The number of the decree that assigns.
    pub decree: Option<String>,
    /// The name, if the sealed part was opened. Decisions compare it; no stored form has it.
    #[serde(skip)]
    pub name: Option<String>,
}

impl Assignment {
    /// Whether person, office and days are the same. The decree may be another one.
    fn is_of(
        &self,
        officer_id: OfficerId,
        role: OfficerRole,
        from: NaiveDate,
        to: Option<NaiveDate>,
    ) -> bool {
        (self.officer_id, self.role, self.from, self.to) == (officer_id, role, from, to)
    }

    /// Whether the assignment is in force on the day.
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// Whether the assignment has a day. One that was taken back has none.
    pub fn is_served(&self) -> bool {
        self.to.is_none_or(|to| self.from <= to)
    }

    /// Whether the assignment can get this last day. The day before the first one takes it back.
    pub fn can_end(&self, on: NaiveDate) -> bool {
        self.covers(on) || (self.is_served() && self.from.pred_opt() == Some(on))
    }
}

/// All assignments ever made, those of replaced officers too.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OfficersState {
    /// The assignments in the order of their events.
    pub assignments: Vec<Assignment>,
}

impl OfficersState {
    /// The holder of the office on the day, if there is one.
    pub fn holder(&self, role: OfficerRole, on: NaiveDate) -> Option<OfficerId> {
        self.assignments
            .iter()
            .find(|a| a.role == role && a.covers(on))
            .map(|a| a.officer_id)
    }

    /// Whether the officer holds any role on a day from the first to the last; without a last day, on the
    /// first or later.
    pub fn serves_within(
        &self,
        officer: OfficerId,
        first: NaiveDate,
        last: Option<NaiveDate>,
    ) -> bool {
        let mut held = self.assignments.iter().filter(|held| held.is_served());
        held.any(|held| {
            held.officer_id == officer
                && last.is_none_or(|last| held.from <= last)
                && held.to.is_none_or(|to| first <= to)
        })
    }

    /// The index of the assignment that an event corrects, or the next free index.
    pub fn place_of(&self, assigned: &Assigned) -> usize {
        let Assigned {
            officer_id,
            role,
            from,
            to,
            ..
        } = assigned;
        let held = self
            .assignments
            .iter()
            .position(|held| held.is_of(*officer_id, *role, *from, *to));
        held.unwrap_or(self.assignments.len())
    }

    /// Takes in an event, in order.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::Assigned(assigned) => {
                let place = self.place_of(assigned);
                let Assigned {
                    officer_id,
                    role,
                    from,
                    to,
                    acting,
                    decree,
                    personal,
                } = assigned.clone();
                let name = personal.known().map(|officer| officer.name.to_string());
                let assignment = Assignment {
                    officer_id,
                    role,
                    from,
                    to,
                    acting,
                    decree,
                    name,
                };
                match self.assignments.get_mut(place) {
                    Some(held) => *held = assignment,
                    None => self.assignments.push(assignment),
                }
            }
            Event::Released(Released {
                officer_id,
                role,
                on,
            }) => {
                for assignment in &mut self.assignments {
                    if assignment.officer_id == *officer_id
                        && assignment.role == *role
                        && assignment.can_end(*on)
                    {
                        assignment.to = Some(*on);
                    }
                }
            }
        }
    }
}
