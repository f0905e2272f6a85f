//! Messages of the log decoded into entries for the views, with sealed parts opened.

use std::{sync::Arc, time::Duration};

use jejak_bus::wait_for_log;
use jejak_journal::{Journal, JournalError, Keyring, LogEntry, StoredEvent, check_place};
use jejak_projections::{CellKeys, EventMark, Store, ViewEntry};
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
    /// The keys in memory, which seal and open the cells of rows.
    pub(crate) fn cell_keys(&self) -> CellKeys {
        let keyring = self.keyring.clone();
        Arc::new(move |owner| keyring.get(owner))
    }

    /// Checks that the log still holds the last event of the rows. Waits while the broker is down.
    ///
    /// # Errors
    /// [`JournalError::Diverged`] where the log holds another event or none; a log or a file that cannot be read.
    pub(crate) async fn confirm(&self, store: &Store) -> Result<(), ProjectorError> {
        let Some(last) = store.last_event()? else {
            return Ok(());
        };
        let position = store.position()?;
        let is_last = |stored: &StoredEvent| EventMark::of_bytes(&stored.payload) == last;
        Ok(wait_for_log(|| self.journal.confirm(position, &is_last)).await?)
    }

    /// Whether the message at a position holds no event and is in quarantine by now.
    pub(crate) async fn is_in_quarantine(&self, position: u64) -> bool {
        match self.journal.read(position).await {
            Ok(Some(entry)) => matches!(self.journal.event(&entry), Ok(None)),
            Ok(None) | Err(_) => false,
        }
    }

    /// Decodes messages for the views of some topics.
    pub(crate) async fn decode(&self, topics: &[&str], batch: &[LogEntry]) -> Vec<ViewEntry> {
        let mut entries = Vec::with_capacity(batch.len());
        for turn in batch.chunks(TURN) {
            for entry in turn {
                entries.push(self.decode_one(topics, entry).await);
            }
            if entries.len() < batch.len() {
                yield_now().await;
            }
        }
        entries
    }

    async fn decode_one(&self, topics: &[&str], entry: &LogEntry) -> ViewEntry {
        let StoredEvent { position, payload } = &entry.stored;
        let mut decoded = ViewEntry::decode(topics, *position, payload);
        let no_event = match &decoded {
            ViewEntry::Event(recorded) => check_place(self.journal.tenant(), entry, recorded).err(),
            ViewEntry::Unreadable { reason, .. } => Some(reason.clone()),
            ViewEntry::PassedOver { .. } => None,
        };
        if let Some(reason) = no_event {
            let reason = match self.journal.pass_over(entry, reason) {
                Ok(()) => return ViewEntry::in_quarantine(*position, payload),
                Err(JournalError::NoEvent { reason, .. }) => reason,
                Err(error) => error.to_string(),
            };
            return decoded.into_unreadable(reason);
        }
        let ViewEntry::Event(recorded) = &mut decoded else {
            return decoded;
        };
        loop {
            match self.keyring.open(recorded).await {
                Ok(()) => return decoded,
                // A key that is not in memory is fetched, so an outage is not the event's fault.
                Err(JournalError::Unavailable(_)) => tokio::time::sleep(PAUSE).await,
                Err(error) => return ViewEntry::unopened(recorded, error.to_string()),
            }
        }
    }
}
