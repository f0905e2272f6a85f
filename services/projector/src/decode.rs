//! Stored bytes decoded into entries for the views, with sealed parts opened.

use std::time::Duration;

use jejak_bus::wait_for_log;
use jejak_events::envelope::Unread;
use jejak_journal::{Journal, JournalError, Keyring, StoredEvent};
use jejak_projections::{EventMark, Store, ViewEntry};
use tokio::task::yield_now;

use crate::error::ProjectorError;

/// The pause before a key is asked for again.
const PAUSE: Duration = Duration::from_millis(250);
/// Events that are decoded before other work of the thread has its turn: half a millisecond.
const TURN: usize = 100;

/// The log, and the keys to its sealed parts.
#[derive(Clone)]
pub(crate) struct SealedLog {
    pub(crate) journal: Journal,
    pub(crate) keyring: Keyring,
}

impl SealedLog {
    /// Checks that the log still holds the last event of the rows. Waits while the broker is down.
    ///
    /// # Errors
    /// [`JournalError::Diverged`] where the log holds another event or none; a log or a file that cannot be read.
    pub(crate) async fn confirm(&self, store: &Store) -> Result<(), ProjectorError> {
        let Some(last) = store.last_event()? else {
            return Ok(());
        };
        let position = store.position()?;
        let is_last = |stored: &StoredEvent| {
            Unread::new(&stored.payload).is_ok_and(|found| EventMark::of(&found) == last)
        };
        Ok(wait_for_log(|| self.journal.confirm(position, &is_last)).await?)
    }

    /// Decodes stored events for the views of some topics.
    pub(crate) async fn decode(&self, topics: &[&str], batch: &[StoredEvent]) -> Vec<ViewEntry> {
        let mut entries = Vec::with_capacity(batch.len());
        for turn in batch.chunks(TURN) {
            for stored in turn {
                entries.push(self.decode_one(topics, stored).await);
            }
            if entries.len() < batch.len() {
                yield_now().await;
            }
        }
        entries
    }

    async fn decode_one(&self, topics: &[&str], stored: &StoredEvent) -> ViewEntry {
        let mut entry = ViewEntry::decode(topics, stored.position, &stored.payload);
        let ViewEntry::Event(recorded) = &mut entry else {
            return entry;
        };
        loop {
            match self.keyring.open(recorded).await {
                Ok(()) => return entry,
                // A key that is not in memory is fetched, so an outage is not the event's fault.
                Err(JournalError::Unavailable(_)) => tokio::time::sleep(PAUSE).await,
                Err(error) => return ViewEntry::unopened(recorded, error.to_string()),
            }
        }
    }
}
