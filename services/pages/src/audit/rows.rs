//! The answers about stored events.

use chrono::{DateTime, Utc};
use serde::Deserialize;

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
