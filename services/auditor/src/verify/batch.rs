//! Parts of the log on their way to the checks.

use std::sync::Arc;

use jejak_events::RecordedEvent;
use jejak_journal::LogEntry;
use jejak_projections::EventMark;

/// A part of the log, in order.
#[derive(Debug, Clone)]
pub(super) enum VerifyBatch<E> {
    /// Events without a gap.
    Events(Arc<Vec<E>>),
    /// A message in quarantine.
    InQuarantine { position: u64, mark: EventMark },
    /// Positions that the broker does not deliver.
    Missing { from: u64, to: u64 },
    /// An event that cannot be read.
    Unreadable { position: u64, reason: Unreadable },
}

/// Events as they are stored, with their subjects.
pub(super) type StoredBatch = VerifyBatch<LogEntry>;
/// Events that were decoded and opened.
pub(super) type DecodedBatch = VerifyBatch<RecordedEvent>;

/// The reason why a stored event cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// The bytes are no event of Jejak.
    NoEvent,
    /// The sealed part does not open: its data key is missing, or it was altered.
    Sealed,
}

/// The line for a check that needs an event that cannot be read.
pub(super) fn unreadable(position: u64, reason: Unreadable) -> String {
    match reason {
        Unreadable::NoEvent => format!("cannot be done: position {position} cannot be read"),
        Unreadable::Sealed => format!(
            "cannot be done: the sealed part of position {position} does not open with the keys there are"
        ),
    }
}

/// The line for missing positions.
pub(super) fn missing(from: u64, to: u64) -> String {
    if from == to {
        format!("position {from} is missing from the log")
    } else {
        format!("positions {from} to {to} are missing from the log")
    }
}
