//! Readiness and events, as far as the pages of audit and system show them.

use chrono::{DateTime, Utc};
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

/// A page of stored events.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Events {
    pub(super) items: Vec<StoredEvent>,
    /// The last position that the page covers.
    pub(super) position: u64,
}

/// A stored event beside its position.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct StoredEvent {
    pub(super) position: u64,
    pub(super) event: CloudEvent,
}

/// An event as it is stored, without its data.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CloudEvent {
    pub(super) r#type: String,
    pub(super) subject: String,
    pub(super) time: DateTime<Utc>,
    pub(super) actor: String,
    pub(super) command: String,
}

impl CloudEvent {
    /// The page about the stream: of a person, a package or a year.
    pub(super) fn place(&self) -> Option<String> {
        let (stream, id) = self.subject.split_once('/')?;
        match stream {
            "operator" => Some(format!("/orang/{id}")),
            "package" => Some(format!("/paket/{id}")),
            "calendar" => Some(format!("/kalender/{id}")),
            _ => None,
        }
    }

    /// The type without what all types share: `operator.contract.hired.v2`.
    pub(super) fn short_type(&self) -> &str {
        self.r#type.strip_prefix("jejak.").unwrap_or(&self.r#type)
    }
}
