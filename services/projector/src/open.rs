//! From stored bytes to opened events.

use std::time::Duration;

use jejak_bus::wait_for_log;
use jejak_events::envelope::Unread;
use jejak_journal::{Journal, JournalError, Keyring, StoredEvent};
use jejak_projections::{EventMark, Store, ViewEntry};

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
        let Some(last) = store.last_event()? else {
            return Ok(());
        };
        let position = store.position()?;
        let is_it = |stored: &StoredEvent| {
            Unread::new(&stored.payload).is_ok_and(|found| EventMark::of(&found) == last)
        };
        Ok(wait_for_log(|| self.journal.confirm(position, &is_it)).await?)
    }

    /// What views of some topics make of stored events, opened.
    pub(crate) async fn open(&self, topics: &[&str], batch: &[StoredEvent]) -> Vec<ViewEntry> {
        let mut entries = Vec::with_capacity(batch.len());
        for stored in batch {
            entries.push(self.open_one(topics, stored).await);
        }
        entries
    }

    async fn open_one(&self, topics: &[&str], stored: &StoredEvent) -> ViewEntry {
        let mut entry = ViewEntry::decode(topics, stored.position, &stored.payload);
        let ViewEntry::Event(recorded) = &mut entry else {
            return entry;
        };
        loop {
            match self.keyring.open(recorded).await {
                Ok(()) => return entry,
                // Keys not in memory are fetched: an outage is not the event's fault.
                Err(JournalError::Unavailable(_)) => tokio::time::sleep(PAUSE).await,
                Err(error) => return ViewEntry::unopened(recorded, error.to_string()),
            }
        }
    }
}
