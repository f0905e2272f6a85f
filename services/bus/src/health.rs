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
}

/// What `jejak.<tenant>.cmd.health` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandsHealth {
    /// Why commands cannot be taken now; none when they can.
    pub problem: Option<String>,
}
