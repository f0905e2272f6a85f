//! The place that a history is read from: the log, or a copy of the signed tree.

use jejak_events::{RecordedEvent, ids::StreamId};
use jejak_journal::{EventFilter, Journal, JournalError, LogEntry, StoredEvent, Subscription};
use tokio_util::sync::CancellationToken;

use super::ReplayError;
use crate::tree_copy::TreeCopy;

/// Events that are read at once.
const BATCH: usize = 1_000;

/// The log, or a copy of the signed tree.
pub enum ReplaySource {
    /// The log at the broker.
    Log(Journal),
    /// A copy of the tree. The broker is not asked.
    Copy(Box<TreeCopy>),
}

impl ReplaySource {
    pub(super) async fn last_position(&self) -> Result<u64, JournalError> {
        match self {
            Self::Log(journal) => journal.last_position().await,
            Self::Copy(copy) => Ok(copy.last_position()),
        }
    }

    fn event(&self, entry: &LogEntry) -> Result<Option<RecordedEvent>, JournalError> {
        match self {
            Self::Log(journal) => journal.event(entry),
            Self::Copy(copy) => copy.event(entry),
        }
    }
}

/// A reader of a part of the history, in order.
pub(super) struct HistoryReader<'a> {
    source: &'a ReplaySource,
    stream: Option<&'a StreamId>,
    follow: Option<Subscription>,
    /// The last position that was read or passed over.
    pub(super) position: u64,
    to: u64,
}

impl<'a> HistoryReader<'a> {
    /// A reader of the positions after `after`, up to `to`, of one stream or of all.
    pub(super) fn new(
        source: &'a ReplaySource,
        stream: Option<&'a StreamId>,
        after: u64,
        to: u64,
    ) -> Self {
        Self {
            source,
            stream,
            follow: None,
            position: after,
            to,
        }
    }

    /// The next events. It passes over messages in quarantine.
    ///
    /// # Errors
    /// [`ReplayError::Stopped`], a history that cannot be read, and a message that is no event.
    pub(super) async fn next(
        &mut self,
        stop: &CancellationToken,
    ) -> Result<Vec<StoredEvent>, ReplayError> {
        let after = self.position;
        let entries = tokio::select! {
            biased;
            () = stop.cancelled() => return Err(ReplayError::Stopped { after, cut: false }),
            entries = self.entries() => entries?,
        };
        let last = entries.last().map(|entry| entry.stored.position);
        // The log gives a stream as a whole.
        let is_whole = matches!((self.source, self.stream), (ReplaySource::Log(_), Some(_)));
        self.position = match last {
            Some(last) if !is_whole => last.min(self.to),
            Some(_) | None => self.to,
        };
        let mut events = Vec::with_capacity(entries.len());
        for entry in entries {
            if entry.stored.position > self.to {
                break;
            }
            let Some(recorded) = self.source.event(&entry)? else {
                continue;
            };
            if self
                .stream
                .is_none_or(|stream| *stream == recorded.envelope.stream)
            {
                events.push(entry.stored);
            }
        }
        Ok(events)
    }

    async fn entries(&mut self) -> Result<Vec<LogEntry>, ReplayError> {
        let after = self.position;
        match (self.source, self.stream) {
            (ReplaySource::Log(journal), Some(stream)) => Ok(journal.load(stream, after).await?),
            (ReplaySource::Log(journal), None) => {
                let follow = self
                    .follow
                    .get_or_insert_with(|| journal.subscribe(after, EventFilter::All));
                Ok(follow.next_entries(BATCH).await?)
            }
            (ReplaySource::Copy(copy), _) => Ok(copy.entries_after(after)?),
        }
    }
}
