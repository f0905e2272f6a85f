//! Whole streams of the log, with their personal parts opened.
//!
//! No message tells this service of an erasure. So it keeps no person's key, and each read looks for the
//! erasure in the person's stream. After an erasure the key counts as destroyed, as of any moment.

use std::time::Duration;

use chrono::{DateTime, Utc};
use jejak_bus::RequestProblem;
use jejak_events::{
    RecordedEvent, envelope,
    ids::StreamId,
    personal::{Key, Owner},
};
use jejak_journal::{EventFilter, Journal, JournalError, Keyring, LogEntry};

/// The longest wait for a position of the log.
const PATIENCE: Duration = Duration::from_secs(5);
/// The seconds after which an asker repeats a request that the broker did not answer.
const RETRY_AFTER_S: u64 = 1;

/// The log, with the keys that open its sealed parts.
#[derive(Clone)]
pub(crate) struct Log {
    pub(crate) journal: Journal,
    pub(crate) keyring: Keyring,
}

impl Log {
    /// The position of the log's last event, once it is at least `min_position`.
    ///
    /// # Errors
    /// `view.behind` where the log does not grow that long in time; `view.stopped` where the log was replaced.
    pub(crate) async fn end(&self, min_position: u64) -> Result<u64, RequestProblem> {
        self.journal
            .check_incarnation()
            .await
            .map_err(|error| log_problem(&error))?;
        let end = self
            .journal
            .last_position()
            .await
            .map_err(|error| log_problem(&error))?;
        if end >= min_position {
            return Ok(end);
        }
        let mut follow = self.journal.subscribe(min_position - 1, EventFilter::All);
        match tokio::time::timeout(PATIENCE, follow.next_batch(1)).await {
            Ok(Ok(_)) => Ok(min_position),
            Ok(Err(error)) => Err(log_problem(&error)),
            Err(_) => Err(RequestProblem::ViewBehind {
                view: jejak_bus::history::NAME.to_owned(),
                position: end,
                min_position,
                lag: min_position - end,
            }),
        }
    }

    /// The time of the event at a position, or of the event before a message in quarantine; none for a
    /// position past the end.
    pub(crate) async fn time_of(
        &self,
        position: u64,
    ) -> Result<Option<DateTime<Utc>>, RequestProblem> {
        let event = self.event_at(position).await?;
        Ok(event.map(|recorded| recorded.envelope.time))
    }

    /// The event at a position, or the one before a message in quarantine; none for a position past the end.
    pub(crate) async fn event_at(
        &self,
        position: u64,
    ) -> Result<Option<RecordedEvent>, RequestProblem> {
        let mut position = position;
        while let Some(entry) = self.read(position).await? {
            let event = self.journal.event(&entry);
            if let Some(recorded) = event.map_err(|error| log_problem(&error))? {
                return Ok(Some(recorded));
            }
            position -= 1;
        }
        Ok(None)
    }

    async fn read(&self, position: u64) -> Result<Option<LogEntry>, RequestProblem> {
        let read = self.journal.read(position).await;
        read.map_err(|error| log_problem(&error))
    }

    /// All events of a stream, opened, in order.
    pub(crate) async fn stream(
        &self,
        stream: &StreamId,
    ) -> Result<Vec<RecordedEvent>, RequestProblem> {
        let stored = self
            .journal
            .load(stream, 0)
            .await
            .map_err(|error| log_problem(&error))?;
        let mut events = Vec::with_capacity(stored.len());
        for entry in &stored {
            let event = self.journal.event(entry);
            events.extend(event.map_err(|error| log_problem(&error))?);
        }
        let erased = events.iter().any(|recorded| recorded.erased().is_some());
        let mut opened = Ok(());
        for recorded in &mut events {
            opened = opened.and(self.open(recorded, erased).await);
        }
        if let StreamId::Operator(id) = stream {
            self.keyring.let_go(&Owner::Operator(*id));
        }
        opened.map(|()| events)
    }

    /// Opens the personal part of an event. A part of an erased person stays closed.
    async fn open(&self, recorded: &mut RecordedEvent, erased: bool) -> Result<(), RequestProblem> {
        let owner = envelope::owner(&recorded.envelope.stream, &recorded.event);
        let opened = match owner {
            Owner::Operator(_) if erased => recorded
                .open(|_| Some(Key::Destroyed))
                .map_err(JournalError::from),
            Owner::Operator(_) | Owner::Officer(_) | Owner::Office | Owner::Actors => {
                self.keyring.open(recorded).await
            }
        };
        opened.map_err(|error| log_problem(&error))
    }

    /// All events of some streams, opened, in the order of the log.
    pub(crate) async fn streams(
        &self,
        streams: impl IntoIterator<Item = StreamId>,
    ) -> Result<Vec<RecordedEvent>, RequestProblem> {
        let mut events = Vec::new();
        for stream in streams {
            events.extend(self.stream(&stream).await?);
        }
        in_order(&mut events);
        Ok(events)
    }
}

/// Puts events of several streams into the order of the log.
pub(crate) fn in_order(events: &mut [RecordedEvent]) {
    events.sort_by_key(|recorded| recorded.position);
}

/// The problem that the asker gets for a fault of the log.
pub(crate) fn log_problem(error: &JournalError) -> RequestProblem {
    match error {
        JournalError::Unavailable(_) | JournalError::StreamMissing(_) => {
            RequestProblem::LogUnavailable {
                retry_after_s: RETRY_AFTER_S,
            }
        }
        JournalError::OtherIncarnation { .. } | JournalError::StreamDiffers { .. } => {
            let view = jejak_bus::history::NAME.to_owned();
            RequestProblem::ViewStopped {
                view,
                position: 0,
                reason: error.to_string(),
            }
        }
        JournalError::NoEvent { position, reason } => RequestProblem::LogUnreadable {
            position: *position,
            reason: reason.clone(),
        },
        error => fault(error),
    }
}

/// A fault of the service, logged under an incident.
pub(crate) fn fault(error: &(impl std::fmt::Display + ?Sized)) -> RequestProblem {
    RequestProblem::fault("a question about the past", error)
}
