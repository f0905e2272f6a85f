//! Topic `officer`: who holds which office in a package, and when (rule 37).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    DecisionContext, Rejection,
    date::{civil_date, civil_date_opt},
    ids::{Nip, OfficerId, PackageId},
    personal::{Owner, Part, Payload, Personal, payload},
};

crate::event::topic! {
    /// An officer was assigned.
    Assigned = "package.officer.assigned.v1",
    /// An assignment was given an end.
    Released = "package.officer.released.v1",
}

/// The three offices of a package.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Pengguna Anggaran, budget user.
    Pa,
    /// Pejabat Pembuat Komitmen, commitment officer.
    Ppk,
    /// Pejabat Pelaksana Teknis Kegiatan, technical officer.
    Pptk,
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
    pub role: Role,
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
    pub role: Role,
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
    pub role: Role,
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
    pub role: Role,
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
    pub role: Role,
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
        role: Role,
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
    pub fn holder(&self, role: Role, on: NaiveDate) -> Option<OfficerId> {
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

/// One holder an office and day (rule 37). The same assignment again, acting, under a decree or by a name
/// as told now, corrects how it stands.
pub(crate) fn assign(
    state: &super::PackageState,
    command: &Assign,
    facts: &DecisionContext<'_>,
) -> Result<Vec<Event>, Rejection> {
    state.published(&command.package_id)?;
    let assigned = Assigned {
        officer_id: facts.tenant.officer_id(&command.officer.nip),
        role: command.role,
        from: command.from,
        to: command.to,
        acting: command.acting.unwrap_or(false),
        decree: command.decree.clone(),
        personal: Personal::Open(command.officer.clone()),
    };
    require_forwards(command)?;
    match state
        .officers
        .assignments
        .get(state.officers.place_of(&assigned))
    {
        None => require_no_overlap(&state.officers, command)?,
        Some(held) => {
            let same_name = held
                .name
                .as_ref()
                .is_none_or(|name| *name == command.officer.name);
            if same_name && (held.acting, &held.decree) == (assigned.acting, &assigned.decree) {
                return Ok(vec![]);
            }
        }
    }
    Ok(vec![assigned.into()])
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

/// Gives an assignment its last day. The day before its first takes back one that was made by mistake
/// (rule 37).
pub(crate) fn release(
    state: &super::PackageState,
    command: &Release,
    facts: &DecisionContext<'_>,
) -> Result<Vec<Event>, Rejection> {
    state.published(&command.package_id)?;
    let officer_id = facts.tenant.officer_id(&command.nip);
    let Release { role, on, .. } = *command;
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
            Released {
                officer_id,
                role,
                on,
            }
            .into(),
        ])
    } else if mine.any(|held| held.to == Some(on)) {
        Ok(vec![])
    } else {
        Err(Rejection::OfficerNotServing { role, on })
    }
}

#[cfg(test)]
mod specs;
