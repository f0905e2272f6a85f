//! Reads the history to its end and passes over positions that cannot be read.

use std::{sync::Arc, time::Duration};

use jejak_journal::{EventFilter, Journal, JournalError, Subscription};

use super::{
    batch::{StoredBatch, VerifyBatch},
    input::CheckedHistory,
};
use crate::{tree::TILE_WIDTH, tree_copy::TreeCopy};

/// Events in a batch.
const BATCH: usize = 2_000;
/// A broker that delivers nothing for this long cannot read the next event.
const SILENCE: Duration = Duration::from_secs(8);

/// A reader of the history from its first position to `end`.
pub(super) enum HistoryReader<'a> {
    Log(Box<LogReader>),
    Copy(CopyReader<'a>),
}

impl<'a> HistoryReader<'a> {
    pub(super) fn new(history: &'a CheckedHistory, end: u64) -> Self {
        match history {
            CheckedHistory::Log(journal) => Self::Log(Box::new(LogReader::new(journal, end))),
            CheckedHistory::Copy(copy) => Self::Copy(CopyReader { copy, position: 0 }),
        }
    }

    /// The last position that was read or passed over.
    pub(super) fn position(&self) -> u64 {
        match self {
            Self::Log(log) => log.position,
            Self::Copy(copy) => copy.position,
        }
    }

    /// The next batch, or `None` at the end.
    ///
    /// # Errors
    /// The broker does not answer at all.
    pub(super) async fn next(&mut self) -> Result<Option<StoredBatch>, JournalError> {
        match self {
            Self::Log(log) => log.next().await,
            Self::Copy(copy) => Ok(copy.next()),
        }
    }
}

/// A reader of a tree's entries. It passes over a bundle that cannot be read: the check `tree` names it.
pub(super) struct CopyReader<'a> {
    copy: &'a TreeCopy,
    position: u64,
}

impl CopyReader<'_> {
    fn next(&mut self) -> Option<StoredBatch> {
        let (after, end) = (self.position, self.copy.last_position());
        if after >= end {
            return None;
        }
        let entries = self.copy.entries_after(after).unwrap_or_default();
        match entries.last() {
            Some(last) => {
                self.position = last.stored.position;
                Some(VerifyBatch::Events(Arc::new(entries)))
            }
            None => {
                let width = u64::from(TILE_WIDTH);
                self.position = end.min((after / width + 1) * width);
                let (from, to) = (after + 1, self.position);
                Some(VerifyBatch::Missing { from, to })
            }
        }
    }
}

/// A reader of the log from its first position to `end`.
pub(super) struct LogReader {
    journal: Journal,
    follow: Subscription,
    position: u64,
    end: u64,
    /// The first position after missing ones, if the reader must begin there again.
    resume: Option<u64>,
}

impl LogReader {
    fn new(journal: &Journal, end: u64) -> Self {
        let follow = journal.subscribe(0, EventFilter::All);
        Self {
            journal: journal.clone(),
            follow,
            position: 0,
            end,
            resume: None,
        }
    }

    async fn next(&mut self) -> Result<Option<StoredBatch>, JournalError> {
        if self.position >= self.end {
            return Ok(None);
        }
        if let Some(position) = self.resume.take() {
            self.follow = self.journal.subscribe(position - 1, EventFilter::All);
        }
        match tokio::time::timeout(SILENCE, self.follow.next_entries(BATCH)).await {
            Ok(Ok(mut events)) => {
                events.retain(|event| event.stored.position <= self.end);
                self.position = events
                    .last()
                    .map_or(self.end, |event| event.stored.position);
                Ok(Some(VerifyBatch::Events(Arc::new(events))))
            }
            Ok(Err(JournalError::Gap { after, found })) => {
                Ok(Some(self.pass_over(after + 1, found.min(self.end + 1))))
            }
            Ok(Err(error)) => Err(error),
            Err(_) => self.pass_over_unreadable().await.map(Some),
        }
    }

    fn pass_over(&mut self, from: u64, next: u64) -> StoredBatch {
        self.position = next - 1;
        self.resume = Some(next);
        VerifyBatch::Missing { from, to: next - 1 }
    }

    /// Tries position by position until one can be read.
    async fn pass_over_unreadable(&mut self) -> Result<StoredBatch, JournalError> {
        // Fails if the broker is away; then no event is at fault.
        self.journal.last_position().await?;
        let from = self.position + 1;
        for position in from..=self.end {
            match self.journal.read_from_leader(position).await {
                Ok(Some(_)) if position == from => {
                    return Err(JournalError::Unavailable(format!(
                        "it stopped delivering at position {from}"
                    )));
                }
                Ok(Some(_)) => return Ok(self.pass_over(from, position)),
                Ok(None) | Err(_) => {}
            }
        }
        Ok(self.pass_over(from, self.end + 1))
    }
}
