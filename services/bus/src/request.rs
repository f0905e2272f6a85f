//! Subjects, headers and bodies of requests between the services.

use async_nats::Message;
use jejak_events::{Command, decision::GivenBy, ids::TenantId};
use serde::{Deserialize, Serialize};

use crate::RequestProblem;

/// Header with the caller, as JSON of [`Actor`].
pub const ACTOR: &str = "jejak-actor";
/// Header with the command's id, the caller's `Idempotency-Key`.
pub const COMMAND_ID: &str = "jejak-command-id";
/// Header of a query with the least position for its answer.
pub const MIN_POSITION: &str = "jejak-min-position";
/// Header with the caller's correlation id.
pub const CORRELATION_ID: &str = "jejak-correlation-id";
/// Header with the W3C trace context.
pub const TRACEPARENT: &str = "traceparent";

/// The longest correlation id or trace context that is passed on, in bytes.
const LONGEST_CONTEXT: usize = 128;

/// Whether a value is an identifier of a request or trace. A sentence about a person does not pass.
pub fn is_context(value: &str) -> bool {
    (1..=LONGEST_CONTEXT).contains(&value.len())
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
}

/// The subject of a command, such as `jejak.pontianak.cmd.record-leave`.
pub fn command_subject(tenant: &TenantId, name: &str) -> String {
    format!("jejak.{tenant}.cmd.{name}")
}

/// The subject of a query, such as `jejak.pontianak.qry.evaluations.get`. Every view answers the
/// query `health`.
pub fn query_subject(tenant: &TenantId, view: &str, query: &str) -> String {
    format!("jejak.{tenant}.qry.{view}.{query}")
}

/// The least position for a query's answer, 0 without the header.
///
/// # Errors
/// `request.malformed` for a header other than a whole number.
pub fn min_position(message: &Message) -> Result<u64, RequestProblem> {
    let Some(header) = message
        .headers
        .as_ref()
        .and_then(|headers| headers.get(MIN_POSITION))
    else {
        return Ok(0);
    };
    header.as_str().parse().map_err(|_| {
        RequestProblem::malformed(
            "min_position",
            "must be a position of the log, a whole number",
        )
    })
}

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

/// The caller, as the gateway or another trusted service vouches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// NIP, operator id or account name. It becomes a pseudonym before it is stored.
    pub sub: String,
    /// The caller's roles, at least one.
    pub roles: Vec<Role>,
}

impl Actor {
    /// Whether one of the roles may give the command.
    pub fn may_command(&self, name: &str) -> bool {
        role_for(name).is_some_and(|role| self.roles.contains(&role))
    }
}

/// The role that may give a command; none for a command that does not exist.
pub fn role_for(command: &str) -> Option<Role> {
    Command::given_by(command).map(|given_by| match given_by {
        GivenBy::Officers => Role::Officer,
        GivenBy::Administration => Role::Admin,
    })
}
