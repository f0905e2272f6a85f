//! Stream `package`: the terms, officers and slots of one piece of work.

use chrono::NaiveDate;

use crate::{
    Rejection,
    command_log::CommandLog,
    decision::{CommandState, DecisionContext},
    ids::{ContractId, OfficerId, PackageId},
    kinds::OfficerRole,
};

mod admits;
mod facts;
pub mod officer;
pub mod policy;
pub mod slot;
pub mod terms;

crate::topic::stream!("package", PackageState, PackageId; Terms::terms, Officer::officer, Slot::slot);

impl Event {
    /// The contract that changes in the same batch; none where the event changes the package alone.
    pub fn contract_id(&self) -> Option<ContractId> {
        match self {
            Self::Slot(event) => Some(event.contract_id()),
            Self::Terms(_) | Self::Officer(_) => None,
        }
    }
}

/// The state of a package.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PackageState {
    /// The terms in force, once published.
    pub terms: terms::TermsState,
    /// The assignments of officers, past and present.
    pub officers: officer::OfficersState,
    /// The slots that contracts take of quota and budget.
    pub slots: slot::SlotsState,
    /// The commands that belong to this stream.
    pub commands: CommandLog,
}

impl CommandState for PackageState {
    type Id = PackageId;
    type Readable<'a> = ();
    type Decided = Vec<Event>;

    /// The administration gives every command on a package.
    fn require_authority(
        &self,
        _: &Vec<Event>,
        _: &DecisionContext<'_>,
        (): &(),
    ) -> Result<(), Rejection> {
        Ok(())
    }
}

impl PackageState {
    /// Takes in an event, in order.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Terms(event) => self.terms.evolve(event),
            Event::Officer(event) => self.officers.evolve(event),
            Event::Slot(event) => self.slots.evolve(event),
        }
    }

    /// The terms in force.
    ///
    /// # Errors
    /// `package.unknown` before any were published.
    pub fn published(&self, package_id: &PackageId) -> Result<&terms::Terms, Rejection> {
        self.terms
            .current
            .as_ref()
            .ok_or_else(|| Rejection::PackageUnknown {
                package_id: package_id.clone(),
            })
    }

    /// Requires that the officer holds the role on the day (rules 26, 32 and 33).
    ///
    /// # Errors
    /// `officer.not_assigned`.
    pub fn require(
        &self,
        officer: Option<OfficerId>,
        role: OfficerRole,
        on: NaiveDate,
    ) -> Result<OfficerId, Rejection> {
        officer
            .filter(|id| self.officers.holder(role, on) == Some(*id))
            .ok_or(Rejection::OfficerNotAssigned {
                role: Some(role),
                on,
            })
    }
}
