//! What a decision is told about the world outside its own stream.

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    calendar::Calendar,
    ids::{ActorId, CommandId, OperatorId},
    package,
    secret::TenantKey,
};

/// Everything a decision reads besides the state it decides on.
#[derive(Debug, Clone, Copy)]
pub struct DecisionContext<'a> {
    /// The civil date in the tenant's time zone (rule 38).
    pub today: NaiveDate,
    /// Who gives the command.
    pub actor: &'a ActorId,
    /// The key pseudonyms are derived with.
    pub tenant: &'a TenantKey,
    /// The command's id, from which ids not given are derived.
    pub command_id: &'a CommandId,
    /// The package the command concerns; empty where there is none.
    pub package: &'a package::PackageState,
    /// Public holidays and joint leave of all years.
    pub calendar: &'a Calendar,
    /// The first who was hired under the id that [`crate::Command::chosen_contract`] says, in any package.
    pub contract_holder: Option<OperatorId>,
}

impl DecisionContext<'_> {
    /// An id for something this command creates: the same for the same command.
    pub fn new_id(&self, of: &str) -> Uuid {
        let made_from = self
            .tenant
            .digest(format!("{of}/{}", self.command_id).as_bytes());
        Uuid::new_v5(&Uuid::NAMESPACE_OID, made_from.as_bytes())
    }
}
