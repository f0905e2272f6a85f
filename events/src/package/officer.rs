//! Topic `officer`: who holds which office in a package, and when (rule 37).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::PackageState;
use crate::{
    Rejection,
    date::{civil_date, civil_date_opt},
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::{Nip, OfficerId, PackageId},
    kinds::OfficerRole,
    personal::{Owner, Part, Payload, Personal, payload},
    secret::TenantKey,
};

pub use crate::kinds::OfficerRole as Role;

crate::topic::topic! {
    /// An officer was assigned.
    Assigned = "package.officer.assigned.v1",
    /// An assignment was given an end.
    Released = "package.officer.released.v1",
}

/// An office-holder's particulars: sealed under his own key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    /// Civil-service number.
    pub nip: Nip,
    /// Name with titles.
    #[serde(deserialize_with = "crate::text::filled")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub name: String,
}

/// An officer was assigned to a package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assigned {
    /// The officer's pseudonym.
    pub officer_id: OfficerId,
    /// The office.
    pub role: OfficerRole,
    /// First day.
    pub from: NaiveDate,
    /// Last day, if known.
    pub to: Option<NaiveDate>,
    /// Whether acting (Plt, Plh).
    pub acting: bool,
    /// The decree that assigns.
    pub decree: Option<String>,
    /// NIP and name.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Officer>,
}

/// An assignment was given its last day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// The officer's pseudonym.
    pub officer_id: OfficerId,
    /// The office.
    pub role: OfficerRole,
    /// Last day in office; the day before the first where the assignment was taken back.
    pub on: NaiveDate,
}

impl Payload for Assigned {
    fn part(&mut self) -> Option<&mut dyn Part> {
        Some(&mut self.personal)
    }
    fn owner(&self) -> Option<Owner> {
        Some(Owner::Officer(self.officer_id))
    }
}
payload!(Released);

/// Assign an officer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The package.
    pub package_id: PackageId,
    /// The office.
    pub role: OfficerRole,
    /// Who.
    #[serde(deserialize_with = "crate::text::object")]
    pub officer: Officer,
    /// First day.
    #[serde(deserialize_with = "civil_date")]
    #[schema(pattern = "^(19|2[01]|2200)")]
    pub from: NaiveDate,
    /// Last day, if known.
    #[serde(default, deserialize_with = "civil_date_opt")]
    #[schema(pattern = "^(19|2[01]|2200)")]
    pub to: Option<NaiveDate>,
    /// Whether acting (Plt, Plh).
    pub acting: Option<bool>,
    /// The decree that assigns.
    #[serde(default, deserialize_with = "crate::text::filled_opt")]
    #[schema(pattern = r"[^\s\x85]|\uFEFF", max_length = 2000)]
    pub decree: Option<String>,
}

/// End an assignment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The package.
    pub package_id: PackageId,
    /// The office.
    pub role: OfficerRole,
    /// Who.
    pub nip: Nip,
    /// Last day in office.
    #[serde(deserialize_with = "civil_date")]
    #[schema(pattern = "^(19|2[01]|2200)")]
    pub on: NaiveDate,
}

/// One assignment, bounded or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// Who.
    pub officer_id: OfficerId,
    /// The office.
    pub role: OfficerRole,
    /// First day.
    pub from: NaiveDate,
    /// Last day, if known.
    pub to: Option<NaiveDate>,
    /// Whether acting (Plt, Plh).
    pub acting: bool,
    /// The decree that assigns.
    pub decree: Option<String>,
    /// The name, while it can be read: decisions compare it, and it is stored with no state.
    #[serde(skip)]
    pub name: Option<String>,
}

impl Assignment {
    /// Whether it is the same person in the same office on the same days, be it under another decree.
    fn is_of(
        &self,
        officer_id: OfficerId,
        role: OfficerRole,
        from: NaiveDate,
        to: Option<NaiveDate>,
    ) -> bool {
        (self.officer_id, self.role, self.from, self.to) == (officer_id, role, from, to)
    }

    /// Whether it is in force on the day.
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// Whether it has a day at all; one that was taken back has none.
    pub fn is_served(&self) -> bool {
        self.to.is_none_or(|to| self.from <= to)
    }

    /// Whether it can be given this last day: one of its own, or the day before its first, by which it is
    /// taken back.
    pub fn can_end(&self, on: NaiveDate) -> bool {
        self.covers(on) || (self.is_served() && self.from.pred_opt() == Some(on))
    }
}

/// All assignments ever made; a replaced officer keeps his.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OfficersState {
    /// In the order they were made.
    pub assignments: Vec<Assignment>,
}

impl OfficersState {
    /// Who holds the office on the day.
    pub fn holder(&self, role: OfficerRole, on: NaiveDate) -> Option<OfficerId> {
        self.assignments
            .iter()
            .find(|a| a.role == role && a.covers(on))
            .map(|a| a.officer_id)
    }

    /// Which assignment a fact is about: one of those there are, whose particulars it corrects, or the
    /// next.
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

    /// Takes in a fact.
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
                let name = personal.known().map(|officer| officer.name.clone());
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

impl CommandBody for Assign {
    const NAME: &'static str = "assign-officer";
    const GIVEN_BY: GivenBy = GivenBy::Administration;
    const MOVES_SLOT: bool = false;
    type State = PackageState;

    fn stream_id(&self, _: &TenantKey) -> PackageId {
        self.package_id.clone()
    }

    fn reads(&self, _: &PackageState) -> Reads {
        Reads::nothing()
    }

    /// One holder an office and day (rule 37). The same assignment again, acting, under a decree or by a name
    /// as told now, corrects how it stands.
    fn decide(
        &self,
        state: &PackageState,
        context: &DecisionContext<'_>,
        (): &(),
    ) -> Result<Vec<super::Event>, Rejection> {
        state.published(&self.package_id)?;
        let assigned = Assigned {
            officer_id: context.tenant.officer_id(&self.officer.nip),
            role: self.role,
            from: self.from,
            to: self.to,
            acting: self.acting.unwrap_or(false),
            decree: self.decree.clone(),
            personal: Personal::Open(self.officer.clone()),
        };
        require_forwards(self)?;
        match state
            .officers
            .assignments
            .get(state.officers.place_of(&assigned))
        {
            None => require_no_overlap(&state.officers, self)?,
            Some(held) => {
                let same_name = held
                    .name
                    .as_ref()
                    .is_none_or(|name| *name == self.officer.name);
                if same_name && (held.acting, &held.decree) == (assigned.acting, &assigned.decree) {
                    return Ok(vec![]);
                }
            }
        }
        Ok(vec![Event::from(assigned).into()])
    }
}

fn require_forwards(command: &Assign) -> Result<(), Rejection> {
    match command.to {
        Some(to) if to < command.from => Err(Rejection::OfficerPeriodInvalid {
            from: command.from,
            to,
        }),
        _ => Ok(()),
    }
}

fn require_no_overlap(officers: &OfficersState, command: &Assign) -> Result<(), Rejection> {
    let last = |to: Option<NaiveDate>| to.unwrap_or(NaiveDate::MAX);
    let served = officers.assignments.iter().filter(|held| held.is_served());
    let clash = served.into_iter().find(|held| {
        held.role == command.role && held.from <= last(command.to) && command.from <= last(held.to)
    });
    match clash {
        None => Ok(()),
        Some(held) => Err(Rejection::OfficerOverlaps {
            role: held.role,
            from: held.from,
            to: held.to,
        }),
    }
}

impl CommandBody for Release {
    const NAME: &'static str = "release-officer";
    const GIVEN_BY: GivenBy = GivenBy::Administration;
    const MOVES_SLOT: bool = false;
    type State = PackageState;

    fn stream_id(&self, _: &TenantKey) -> PackageId {
        self.package_id.clone()
    }

    fn reads(&self, _: &PackageState) -> Reads {
        Reads::nothing()
    }

    /// Gives an assignment its last day. The day before its first takes back one that was made by mistake
    /// (rule 37).
    fn decide(
        &self,
        state: &PackageState,
        context: &DecisionContext<'_>,
        (): &(),
    ) -> Result<Vec<super::Event>, Rejection> {
        state.published(&self.package_id)?;
        let officer_id = context.tenant.officer_id(&self.nip);
        let Release { role, on, .. } = *self;
        let mut mine = state
            .officers
            .assignments
            .iter()
            .filter(|a| a.officer_id == officer_id && a.role == role);
        if mine
            .clone()
            .any(|held| held.to != Some(on) && held.can_end(on))
        {
            Ok(vec![
                Event::from(Released {
                    officer_id,
                    role,
                    on,
                })
                .into(),
            ])
        } else if mine.any(|held| held.to == Some(on)) {
            Ok(vec![])
        } else {
            Err(Rejection::OfficerNotServing { role, on })
        }
    }
}

#[cfg(test)]
mod specs;
