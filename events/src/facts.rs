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
}

impl DecisionContext<'_> {
    /// The [`new_id`] of something this command creates for a person.
    pub fn new_id(&self, kind: &str, operator_id: OperatorId) -> Uuid {
        new_id(self.tenant, kind, operator_id, self.command_id)
    }
}

/// The id of a contract or a leave that a command creates for a person. The same command makes the same id, and
/// the same command id for another person makes another.
pub fn new_id(
    tenant: &TenantKey,
    kind: &str,
    operator_id: OperatorId,
    command_id: &CommandId,
) -> Uuid {
    let name = tenant.digest(format!("{kind}/{operator_id}/{command_id}").as_bytes());
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}
