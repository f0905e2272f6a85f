//! From stored bytes to opened events, up to the first that cannot be read.

use std::time::Duration;

use jejak_bus::patiently;
use jejak_events::{Recorded, envelope};
use jejak_journal::{Journal, JournalError, Keyring, Stored};
use jejak_projections::{LastEvent, Store};

use crate::ProjectorError;

/// How long to wait before asking for a key again.
const PAUSE: Duration = Duration::from_millis(250);

/// The log and the keys to what is sealed in it.
#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) journal: Journal,
    pub(crate) keyring: Keyring,
}

impl Log {
    /// That the log holds what the rows were made of, at least the last of it.
    ///
    /// # Errors
    /// [`JournalError::Diverged`] where it does not; a log or a file that cannot be read. A broker that is
    /// down is waited for.
    pub(crate) async fn confirm(&self, store: &Store) -> Result<(), ProjectorError> {
        let Some(last) = store.last_event()? else { return Ok(()) };
        let position = store.position()?;
        let is_it = |stored: &Stored| {
            let decoded = envelope::decode(position, &stored.payload);
            decoded.is_ok_and(|recorded| LastEvent::of(&recorded.envelope) == last)
        };
        Ok(patiently(|| self.journal.confirm(position, &is_it)).await?)
    }

    /// The events, opened. If one cannot be read, those before it, and why.
    pub(crate) async fn open(&self, batch: &[Stored]) -> (Vec<Recorded>, Option<String>) {
        let mut events = Vec::with_capacity(batch.len());
        for stored in batch {
            match self.open_one(stored).await {
                Ok(recorded) => events.push(recorded),
                Err(reason) => {
                    let reason =
                        format!("the event at position {} cannot be read: {reason}", stored.position);
                    return (events, Some(reason));
                }
            }
        }
        (events, None)
    }

    async fn open_one(&self, stored: &Stored) -> Result<Recorded, String> {
        let decoded = envelope::decode(stored.position, &stored.payload);
        let mut recorded = decoded.map_err(|error| error.to_string())?;
        loop {
            match self.keyring.open(&mut recorded).await {
                Ok(()) => return Ok(recorded),
                // Keys not in memory are fetched: an outage is not the event's fault.
                Err(JournalError::Unavailable(_)) => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}
