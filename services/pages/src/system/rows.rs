//! The answer about a running office.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::readiness::Readiness;

/// The state of a running office.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct SystemStatus {
    pub(super) version: String,
    pub(super) started: DateTime<Utc>,
    pub(super) readiness: Readiness,
    pub(super) broker: Option<Broker>,
    pub(super) log: Option<Log>,
    pub(super) disk: Option<Disk>,
    /// Latest first.
    pub(super) problems_lately: Vec<ProblemsSince>,
    /// Latest first. None where the access log cannot be read.
    pub(super) noted_lately: Option<Vec<Noted>>,
}

/// A server of the broker.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Broker {
    pub(super) server: String,
    pub(super) version: String,
}

/// The log at the broker.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Log {
    pub(super) position: u64,
    pub(super) bytes: u64,
    pub(super) leader: Option<String>,
    pub(super) replicas: Vec<Replica>,
}

/// A server that keeps a copy of the log.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Replica {
    pub(super) server: String,
    pub(super) current: bool,
    pub(super) offline: bool,
    pub(super) lag: u64,
}

/// A disk, in bytes.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Disk {
    pub(super) free_bytes: u64,
    pub(super) total_bytes: u64,
}

impl Disk {
    /// Whether less than a tenth is free.
    pub(super) fn is_nearly_full(&self) -> bool {
        self.free_bytes < self.total_bytes / 10
    }
}

/// The problems from a time on.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ProblemsSince {
    pub(super) since: DateTime<Utc>,
    pub(super) problems: Vec<String>,
}

/// A line of the access log.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Noted {
    pub(super) time: DateTime<Utc>,
    pub(super) what: String,
    pub(super) who: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) asked: Option<String>,
    pub(super) times: u64,
}
