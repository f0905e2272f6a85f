//! Stored events, decoded. Their personal parts stay sealed.

use jejak_events::{RecordedEvent, envelope};
use jejak_journal::StoredEvent;

use crate::error::CommandsError;

/// Decodes an event.
pub(crate) fn decode(stored: &StoredEvent) -> Result<RecordedEvent, CommandsError> {
    let decoded = envelope::decode(stored.position, &stored.payload);
    decoded.map_err(|source| CommandsError::Decode {
        position: stored.position,
        source,
    })
}
