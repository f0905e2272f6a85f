//! Topic `officer`: the assignments of officers to roles in a package, with their days (rule 37).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::PackageState;
use crate::{
    Rejection,
    date::CivilDate,
    decision::{CommandBody, DecisionContext, GivenBy, Reads},
    ids::{Nip, OfficerId, PackageId},
    object::only_objects,
    personal::{Owner, Part, Payload, Personal, payload},
    secret::TenantKey,
    text::Text,
};

mod state;

pub use crate::kinds::OfficerRole;
pub use state::{Assignment, OfficersState};

crate::topic::topic! {
    /// An officer was assigned to a role.
    Assigned = "package.officer.assigned.v1",
    /// An assignment was given its last day.
    Released = "package.officer.released.v1",
}

/// The particulars of an office-holder. Events hold them sealed under the officer's own key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Officer {
    /// The civil-service number (NIP) of 18 digits.
    pub nip: Nip,
    /// The full name with titles.
    pub name: String,
}

only_objects!(Officer);

/// An officer was assigned to a package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assigned {
    /// The officer's id, a pseudonym of the NIP.
    pub officer_id: OfficerId,
    /// The office held, such as `ppk`.
    pub role: OfficerRole,
    /// The first day in office, `YYYY-MM-DD`.
    pub from: NaiveDate,
    /// The last day in office, `YYYY-MM-DD`. Null while it is not known.
    pub to: Option<NaiveDate>,
    /// Whether the officer acts for the holder (Plt, Plh).
    pub acting: bool,
    /// The number of the decree that assigns.
    pub decree: Option<String>,
    /// The NIP and the name, sealed under the officer's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Officer>,
}

/// An assignment was given its last day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// The officer's id, a pseudonym of the NIP.
    pub officer_id: OfficerId,
    /// The office held, such as `ppk`.
    pub role: OfficerRole,
    /// The last day in office, `YYYY-MM-DD`. The day before the first one takes the assignment back.
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

/// The particulars of an office-holder, as a command tells them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct GivenOfficer {
    /// The civil-service number (NIP) of 18 digits.
    pub nip: Nip,
    /// The full name with titles.
    pub name: Text,
}

only_objects!(GivenOfficer);

impl From<GivenOfficer> for Officer {
    fn from(given: GivenOfficer) -> Self {
        Self {
            nip: given.nip,
            name: given.name.into(),
        }
    }
}

/// Assigns an officer to a package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The short name of the package, such as `2020-tenaga-it`.
    pub package_id: PackageId,
    /// The office to hold, such as `ppk`.
    pub role: OfficerRole,
    /// The officer's NIP and name.
    pub officer: GivenOfficer,
    /// The first day in office, `YYYY-MM-DD`.
    pub from: CivilDate,
    /// The last day in office, `YYYY-MM-DD`. Left out while it is not known.
    pub to: Option<CivilDate>,
    /// Whether the officer acts for the holder (Plt, Plh). `false` if left out.
    pub acting: Option<bool>,
    /// The number of the decree that assigns.
    pub decree: Option<Text>,
}

/// Gives an assignment its last day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The short name of the package, such as `2020-tenaga-it`.
    pub package_id: PackageId,
    /// The office held, such as `ppk`.
    pub role: OfficerRole,
    /// The officer's civil-service number (NIP) of 18 digits.
    pub nip: Nip,
    /// The last day in office, `YYYY-MM-DD`. The day before the first one takes the assignment back.
    pub on: CivilDate,
}

impl CommandBody for Assign {
    const NAME: &'static str = "assign-officer";
    const GIVEN_BY: GivenBy = GivenBy::Administration;
    const MOVES_SLOT: bool = false;
    type OwnState = PackageState;

    fn stream_id(&self, _: &TenantKey) -> PackageId {
        self.package_id.clone()
    }

    fn reads(&self, _: &PackageState, _: &TenantKey) -> Reads {
        Reads::nothing()
    }

    /// One holder a role and day (rule 37). The same assignment again with another name, decree or acting flag
    /// corrects the one that stands.
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
            from: self.from.day(),
            to: self.to.map(CivilDate::day),
            acting: self.acting.unwrap_or(false),
            decree: self.decree.clone().map(String::from),
            personal: Personal::Open(self.officer.clone().into()),
        };
        require_forwards(self)?;
        match state
            .officers
            .assignments
            .get(state.officers.place_of(&assigned))
        {
            None => require_no_overlap(&state.officers, self, assigned.officer_id)?,
            Some(held) => {
                let same_name = held
                    .name
                    .as_ref()
                    .is_none_or(|name| *name == *self.officer.name);
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
            from: command.from.day(),
            to: to.day(),
        }),
        _ => Ok(()),
    }
}

/// Rule 37: one holder of a role and day. Several clerks may serve at once, each under one assignment.
fn require_no_overlap(
    officers: &OfficersState,
    command: &Assign,
    officer_id: OfficerId,
) -> Result<(), Rejection> {
    let last = |to: Option<NaiveDate>| to.unwrap_or(NaiveDate::MAX);
    let (from, to) = (command.from.day(), command.to.map(CivilDate::day));
    let served = officers.assignments.iter().filter(|held| held.is_served());
    let clash = served.into_iter().find(|held| {
        let is_rival = !held.role.is_shared() || held.officer_id == officer_id;
        held.role == command.role && is_rival && held.from <= last(to) && from <= last(held.to)
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
    type OwnState = PackageState;

    fn stream_id(&self, _: &TenantKey) -> PackageId {
        self.package_id.clone()
    }

    fn reads(&self, _: &PackageState, _: &TenantKey) -> Reads {
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
        let (role, on) = (self.role, self.on.day());
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
