//! Health of services, as they report it over NATS.

use serde::{Deserialize, Serialize};

/// The answer of a view's query `health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewHealth {
    /// The view's name, such as `leave`.
    pub view: String,
    /// The version of the view's row format.
    pub version: u32,
    /// The position of the last applied event.
    pub position: u64,
    /// The log's last position known to the projector.
    pub log_position: u64,
    /// Milliseconds since the view fell behind; 0 while it is current.
    pub behind_ms: u64,
    /// The reason for a stop at an event. A view never skips one.
    pub stopped: Option<String>,
    /// The last rebuild requested since the projector started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebuild: Option<RebuildProgress>,
}

/// Progress of a rebuild. The query `rebuild` starts one unless one is running, and answers the
/// view's health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RebuildProgress {
    /// The position of the new rows' last applied event.
    pub position: u64,
    /// `running`, `done`, or `failed` with its reason.
    pub state: RebuildStatus,
}

/// The status of a rebuild.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RebuildStatus {
    /// Queries are answered from the old rows.
    Running,
    /// Queries are answered from the new rows.
    Done,
    /// Queries are still answered from the old rows, for this reason.
    Failed(String),
}

/// The answer at `jejak.<tenant>.cmd.health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandsHealth {
    /// The reason for not taking commands now; `None` while commands are taken.
    pub problem: Option<String>,
}

/// The answer at `jejak.<tenant>.qry.audit.health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHealth {
    /// The last signed position.
    pub position: u64,
    /// The log's last position known to the auditor.
    pub log_position: u64,
    /// Milliseconds since the auditor fell behind; 0 while it is current.
    pub behind_ms: u64,
    /// The reason for signing no more: the log differs from the signed tree, the tree is damaged,
    /// or the disk is full. The auditor retries after a full disk.
    pub stopped: Option<String>,
    /// The position up to which the log has been compared with the signed tree since the last
    /// connection to the broker. It is less than `position` until the comparison ends.
    #[serde(default)]
    pub compared_position: u64,
    /// Set while the broker does not confirm the last signed event.
    #[serde(default)]
    pub unanswered: Option<AuditFailure>,
    /// Set while the comparison of the whole log with the signed tree cannot go on.
    #[serde(default)]
    pub incomparable: Option<AuditFailure>,
    /// The witnesses elsewhere that receive the checkpoints.
    #[serde(default)]
    pub witnesses: Vec<WitnessHealth>,
}

/// A witness elsewhere, as the auditor knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessHealth {
    /// The name of its key, or `folder`.
    pub name: String,
    /// The size of the last checkpoint that it has.
    pub position: u64,
    /// Set while it gets no checkpoint. That shows nothing of the tree.
    pub away: Option<AuditFailure>,
    /// Set while it has a checkpoint that the signed tree does not extend.
    pub contradicts: Option<String>,
}

/// A step of the auditor that fails for now and is retried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditFailure {
    /// Milliseconds since it began to fail.
    pub for_ms: u64,
    /// The last error, in English.
    pub reason: String,
}

/// The query of every view that is answered by [`ViewContent`].
pub const CONTENT_HASH: &str = "content-hash";
/// The query of every service about itself.
pub const HEALTH: &str = "health";

/// A hash of a view's rows. An auditor compares it with the hash of a fresh view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewContent {
    /// The position of the last event in the rows.
    pub position: u64,
    /// SHA-256 of all rows, in hexadecimal.
    pub hash: String,
}
