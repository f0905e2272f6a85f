//! From stored bytes to opened events, up to the first that cannot be read.

use std::time::Duration;

use jejak_bus::patiently;
use jejak_events::envelope::Unread;
use jejak_journal::{Journal, JournalError, Keyring, Stored};
use jejak_projections::{Entry, LastEvent, Store, View};

use crate::ProjectorError;

/// How long to wait before asking for a key again.
const PAUSE: Duration = Duration::from_millis(250);

/// Events in order, up to one that cannot be read.
pub(crate) struct Batch {
    pub(crate) entries: Vec<Entry>,
    pub(crate) unreadable: Option<String>,
}

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
        let is_it =
            |stored: &Stored| Unread::new(&stored.payload).is_ok_and(|found| LastEvent::of(&found) == last);
        Ok(patiently(|| self.journal.confirm(position, &is_it)).await?)
    }

    /// What a view makes of stored events, opened. If one cannot be read, those before it, and why.
    pub(crate) async fn open(&self, view: &dyn View, batch: &[Stored]) -> Batch {
        let mut entries = Vec::with_capacity(batch.len());
        for stored in batch {
            match self.open_one(view, stored).await {
                Ok(entry) => entries.push(entry),
                Err(reason) => {
                    let reason =
                        format!("the event at position {} cannot be read: {reason}", stored.position);
                    return Batch { entries, unreadable: Some(reason) };
                }
            }
        }
        Batch { entries, unreadable: None }
    }

    async fn open_one(&self, view: &dyn View, stored: &Stored) -> Result<Entry, String> {
        let decoded = Entry::of(view, stored.position, &stored.payload);
        let mut entry = decoded.map_err(|error| error.to_string())?;
        let Entry::Read(recorded) = &mut entry else { return Ok(entry) };
        loop {
            match self.keyring.open(recorded).await {
                Ok(()) => return Ok(entry),
                // Keys not in memory are fetched: an outage is not the event's fault.
                Err(JournalError::Unavailable(_)) => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}
