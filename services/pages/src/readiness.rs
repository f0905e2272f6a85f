//! The answer about readiness, as the pages of audit and system show it.

use serde::Deserialize;

/// The readiness of an office.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Readiness {
    pub(crate) ready: bool,
    pub(crate) parts: Vec<Part>,
    pub(crate) views: Vec<View>,
    /// None while the auditor does not answer.
    pub(crate) audit: Option<Tree>,
}

/// A part of the office: `broker`, `commands`, `view leave` and so on.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Part {
    pub(crate) part: String,
    pub(crate) ready: bool,
    pub(crate) problems: Vec<String>,
}

/// The progress of a view.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct View {
    pub(crate) view: String,
    pub(crate) version: u32,
    pub(crate) position: u64,
    pub(crate) log_position: u64,
    pub(crate) behind_ms: u64,
    pub(crate) stopped: Option<String>,
}

/// The progress of the signed tree.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Tree {
    pub(crate) position: u64,
    pub(crate) log_position: u64,
    pub(crate) stopped: Option<String>,
    /// The log was compared with what was signed up to this position.
    pub(crate) compared_position: u64,
    pub(crate) witnesses: Vec<Witness>,
}

/// A witness elsewhere.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Witness {
    pub(crate) name: String,
    pub(crate) position: u64,
    pub(crate) away: Option<String>,
    pub(crate) contradicts: Option<String>,
}
