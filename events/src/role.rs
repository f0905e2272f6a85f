//! The roles of a token. They decide whom its subject names, and never the form of the subject.

use serde::{Deserialize, Serialize};

use crate::ids::OperatorId;

/// A role of a token's bearer. Each names the commands and questions it allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// An office-holder, such as a PPK or PPTK.
    Officer,
    /// A person hired under a contract.
    Operator,
    /// An auditor: reads everything, commands nothing.
    Auditor,
    /// Another system of the office.
    Service,
    /// The office's administration: publishes terms, assigns officers, declares holidays, erases
    /// people.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [
        Self::Officer,
        Self::Operator,
        Self::Auditor,
        Self::Service,
        Self::Admin,
    ];
}

/// The operator whom a subject names. The role says so, unless the token is an administrator's or a service's.
pub fn named_operator(subject: &str, roles: &[Role]) -> Option<OperatorId> {
    let is_person = roles.contains(&Role::Operator)
        && !roles.contains(&Role::Admin)
        && !roles.contains(&Role::Service);
    subject.parse().ok().filter(|_| is_person)
}
