//! Decisions: the trait that every command implements, and the inputs a decision may use.
//!
//! A command implements [`CommandBody`] in the file of its topic. The trait has no defaults, so the compiler
//! finds a command that leaves a question open. [`crate::Command`] is the sum of all commands.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Serialize, de::DeserializeOwned};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Rejection, Role,
    ids::{ActorId, CommandId, Nik, NikDigest, OperatorId, PackageId},
    secret::TenantKey,
};

/// The body of a command, as JSON holds it, with everything the office must know to decide it.
pub trait CommandBody: Serialize + DeserializeOwned + ToSchema {
    /// The command's name in addresses and subjects, such as `hire-operator`.
    const NAME: &'static str;
    /// The roles that may give the command.
    const GIVEN_BY: GivenBy;
    /// Whether the command changes a slot of the package it reads, in the same atomic step.
    const MOVES_SLOT: bool;
    /// The state of the stream that the command belongs to.
    type OwnState: CommandState;

    /// The id of that stream. The stream remembers the command's id for good (rule 36).
    fn stream_id(&self, tenant: &TenantKey) -> <Self::OwnState as CommandState>::Id;

    /// The streams that the decision reads besides its own.
    fn reads(&self, state: &Self::OwnState, tenant: &TenantKey) -> Reads;

    /// The events that follow; none where the command is in effect already. Equal inputs decide alike.
    ///
    /// # Errors
    /// The first rule that refuses, in the order of the rules' numbers.
    fn decide(
        &self,
        state: &Self::OwnState,
        context: &DecisionContext<'_>,
        sources: &<Self::OwnState as CommandState>::Readable<'_>,
    ) -> Result<<Self::OwnState as CommandState>::Decided, Rejection>;
}

/// The state of a stream that commands belong to.
pub trait CommandState {
    /// The id of one such stream.
    type Id;
    /// The states of other streams that its commands may read.
    type Readable<'a>;
    /// The events that its commands lead to.
    type Decided;

    /// Requires that the sender may bring these events about (rule 49).
    ///
    /// # Errors
    /// `officer.not_assigned`.
    fn require_authority(
        &self,
        decided: &Self::Decided,
        context: &DecisionContext<'_>,
        sources: &Self::Readable<'_>,
    ) -> Result<(), Rejection>;
}

/// Who may give a command (docs/api.md, Identity).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenBy {
    /// Role `officer`. The rules say which officer.
    Officers,
    /// Role `admin`, of the office's administration.
    Administration,
}

impl GivenBy {
    /// The role of a token that may give the command.
    pub fn role(self) -> Role {
        match self {
            Self::Officers => Role::Officer,
            Self::Administration => Role::Admin,
        }
    }
}

/// The streams that a decision reads besides its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// The package whose terms, officers and slots count.
    pub package: Option<PackageId>,
    /// The packages of a person's contracts, whose officers correct his particulars (rule 49).
    pub officers_of: BTreeSet<PackageId>,
    /// The years of the calendar whose days off count.
    pub years: BTreeSet<i32>,
    /// The citizen numbers whose holders count: the first holding of each, and the person who may hold it without a
    /// claim.
    pub niks: BTreeMap<NikDigest, OperatorId>,
}

impl Reads {
    /// Reads no stream besides the command's own.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// The holders of citizen numbers.
    pub fn niks<'n>(tenant: &TenantKey, niks: impl IntoIterator<Item = &'n Nik>) -> Self {
        let niks = niks.into_iter();
        Self {
            niks: niks
                .map(|nik| (tenant.nik_digest(nik), tenant.operator_id(nik)))
                .collect(),
            ..Self::default()
        }
    }

    /// One package; none where the command names a contract that nobody has.
    pub fn package(id: Option<PackageId>) -> Self {
        Self {
            package: id,
            ..Self::default()
        }
    }

    /// The same, and a year of the calendar.
    #[must_use]
    pub fn and_year(mut self, year: i32) -> Self {
        self.years.insert(year);
        self
    }
}

/// The circumstances of a command: its id, its sender and its day.
#[derive(Debug, Clone, Copy)]
pub struct DecisionContext<'a> {
    /// The civil date in the office's time zone (rule 38).
    pub today: NaiveDate,
    /// The sender, under a pseudonym.
    pub actor: &'a ActorId,
    /// The key that pseudonyms are derived with.
    pub tenant: &'a TenantKey,
    /// The command's id. Ids of what it creates follow from it.
    pub command_id: &'a CommandId,
}

impl DecisionContext<'_> {
    /// The [`new_id`] of something this command creates for a person.
    pub fn new_id(&self, kind: &str, operator_id: OperatorId) -> Uuid {
        new_id(self.tenant, kind, operator_id, self.command_id)
    }
}

/// The id of something that a command creates for a person. The same command makes the same id, and
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
