//! Positions of messages that hold no event. The service waits at them and takes no commands until
//! they are in quarantine.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jejak_bus::RequestProblem;
use jejak_events::RecordedEvent;
use jejak_journal::{Journal, JournalError, LogEntry};

/// Time between two looks for a record of the message.
const PAUSE: Duration = Duration::from_millis(500);

/// The messages that the followers of the log wait at, with the reasons.
#[derive(Debug, Default)]
pub(crate) struct UnreadablePositions {
    reasons: Mutex<BTreeMap<u64, String>>,
}

impl UnreadablePositions {
    /// The fault of the log at the first of them.
    pub(crate) fn error(&self) -> Option<JournalError> {
        let reasons = self.reasons();
        let (position, reason) = reasons.first_key_value()?;
        Some(JournalError::NoEvent {
            position: *position,
            reason: reason.clone(),
        })
    }

    /// The problem of every command meanwhile.
    pub(crate) fn problem(&self) -> Option<RequestProblem> {
        let reasons = self.reasons();
        let (position, reason) = reasons.first_key_value()?;
        Some(RequestProblem::LogUnreadable {
            position: *position,
            reason: reason.clone(),
        })
    }

    /// The event of a message; `None` for one in quarantine. Waits at a message without an event.
    ///
    /// # Errors
    /// Any other fault of the log.
    pub(crate) async fn wait_for_event(
        &self,
        journal: &Journal,
        entry: &LogEntry,
    ) -> Result<Option<RecordedEvent>, JournalError> {
        loop {
            match journal.event(entry) {
                Err(JournalError::NoEvent { position, reason }) => {
                    self.wait_at(position, reason);
                    tokio::time::sleep(PAUSE).await;
                }
                event => {
                    self.go_on(entry.stored.position);
                    return event;
                }
            }
        }
    }

    fn wait_at(&self, position: u64, reason: String) {
        if !self.reasons().contains_key(&position) {
            tracing::error!(position, %reason, "no commands are taken: the log holds a message that is no event");
        }
        self.reasons().insert(position, reason);
    }

    fn go_on(&self, position: u64) {
        if self.reasons().remove(&position).is_some() {
            tracing::info!(position, "the message is in quarantine, and is passed over");
        }
    }

    fn reasons(&self) -> MutexGuard<'_, BTreeMap<u64, String>> {
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
