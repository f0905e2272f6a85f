//! How services say how they are.

use serde::{Deserialize, Serialize};

/// What a view's query `health` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewHealth {
    /// The view's name.
    pub view: String,
    /// The version of its rows.
    pub version: u32,
    /// The last position it has applied.
    pub position: u64,
    /// The last position of the log that it knows of.
    pub log_position: u64,
    /// For how long it has been behind, in milliseconds; 0 when it is not.
    pub behind_ms: u64,
    /// Why it stopped, if it did: it never skips an event.
    pub stopped: Option<String>,
    /// The last rebuild that was asked for since the projector started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebuild: Option<RebuildProgress>,
}

/// How far a rebuild has come. The query `rebuild` starts one, unless one runs, and answers the
/// view's health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RebuildProgress {
    /// The position the new rows have reached.
    pub position: u64,
    /// Running, done, or failed.
    pub state: RebuildStatus,
}

/// Whether a rebuild is over, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RebuildStatus {
    /// The old rows still answer.
    Running,
    /// The new rows answer.
    Done,
    /// The old rows go on answering; this is why.
    Failed(String),
}

/// What `jejak.<tenant>.cmd.health` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandsHealth {
    /// Why commands cannot be taken now; none when they can.
    pub problem: Option<String>,
}

/// What `jejak.<tenant>.qry.audit.health` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHealth {
    /// The last position that is signed.
    pub position: u64,
    /// The last position of the log that the auditor knows of.
    pub log_position: u64,
    /// For how long it has been behind, in milliseconds; 0 when it is not.
    pub behind_ms: u64,
    /// Why it signs no more, if it does not: the log is not what was signed, the tree is damaged, or the disk is
    /// full, which is tried again.
    pub stopped: Option<String>,
    /// Up to which position the log was compared with what was signed since the last connection to the broker.
    /// Less than `position` while that goes on.
    #[serde(default)]
    pub compared_position: u64,
    /// That the broker does not say whether it has what was signed, while it does not.
    #[serde(default)]
    pub unanswered: Option<AuditFailure>,
    /// That the whole log cannot be compared any further with what was signed, while it cannot.
    #[serde(default)]
    pub incomparable: Option<AuditFailure>,
}

/// What keeps the auditor from something for now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditFailure {
    /// For how long, in milliseconds.
    pub for_ms: u64,
    /// What it is.
    pub reason: String,
}

/// The query of every view that answers [`ViewContent`].
pub const CONTENT_HASH: &str = "content-hash";

/// What a view holds, for auditors to compare with one built anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewContent {
    /// The position of the rows.
    pub position: u64,
    /// SHA-256 of all rows, in hexadecimal.
    pub hash: String,
}
