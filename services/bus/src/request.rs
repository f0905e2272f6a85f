//! Subjects, headers and bodies of requests between services.

use async_nats::Message;
use jejak_events::ids::TenantId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::RequestProblem;

/// Header: who asks, as JSON of [`Actor`].
pub const ACTOR: &str = "jejak-actor";
/// Header: the command's id (the caller's `Idempotency-Key`).
pub const COMMAND_ID: &str = "jejak-command-id";
/// Header of a query: the least position the answer must be computed at.
pub const MIN_POSITION: &str = "jejak-min-position";
/// Header: what the caller says this belongs to.
pub const CORRELATION_ID: &str = "jejak-correlation-id";
/// Header: W3C trace context.
pub const TRACEPARENT: &str = "traceparent";

/// Where a command is asked.
pub fn command_subject(tenant: &TenantId, name: &str) -> String {
    format!("jejak.{tenant}.cmd.{name}")
}

/// Where a query is asked. Every view answers the query `health`.
pub fn query_subject(tenant: &TenantId, view: &str, query: &str) -> String {
    format!("jejak.{tenant}.qry.{view}.{query}")
}

/// The least position a query must be answered at; 0 where none is asked for.
///
/// # Errors
/// `request.malformed` for what is no position.
pub fn min_position(message: &Message) -> Result<u64, RequestProblem> {
    let Some(header) = message
        .headers
        .as_ref()
        .and_then(|headers| headers.get(MIN_POSITION))
    else {
        return Ok(0);
    };
    header
        .as_str()
        .parse()
        .map_err(|_| RequestProblem::Malformed {
            path: "min_position".to_owned(),
            reason: "must be a position of the log, a whole number".to_owned(),
        })
}

/// What a token's bearer may do (api.md, Identity).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Office-holders.
    Officer,
    /// People hired.
    Operator,
    /// Auditors.
    Auditor,
    /// Other services.
    Service,
    /// The office's administration.
    Admin,
}

/// Who asks, as the gateway (or another trusted service) vouches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// NIP, operator id or account name. Becomes a pseudonym before it is stored.
    pub sub: String,
    /// What he may do.
    pub roles: Vec<Role>,
}

impl Actor {
    /// Whether one of his roles may give the command (api.md, Identity): the office's administration
    /// its own commands, office-holders all others.
    pub fn may_command(&self, name: &str) -> bool {
        self.roles.contains(&role_for(name))
    }
}

/// The role a command needs.
pub fn role_for(command: &str) -> Role {
    if jejak_events::Command::admin_only(command) {
        Role::Admin
    } else {
        Role::Officer
    }
}

/// What a command answers (api.md, Commands).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CommandAnswer {
    /// The command's id.
    pub command_id: String,
    /// Position of the last event; where nothing changed, of the state it was decided on.
    pub position: u64,
    /// Whether this is the first result, again.
    pub replayed: bool,
    /// The events as stored.
    pub events: Vec<Box<RawValue>>,
}
