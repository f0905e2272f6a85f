//! Whether the broker still answers with what was signed: asked before anything more is signed, so that a
//! tree never goes on from a history that has parted from it.

use std::{collections::VecDeque, time::Duration};

use jejak_journal::{Filter, Journal, JournalError};
use tlog_tiles::{Hash, record_hash};

/// How many of the last events are remembered, and compared after every new connection.
const REMEMBERED: usize = 1_000;
/// How long comparing them may take before it is tried again later.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where log and tree part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Parting {
    /// The log is shorter than the tree.
    #[error("the log ends at position {last}, but {size} are signed: positions {} to {size} are missing", .last + 1)]
    Shortened {
        /// The last position of the log.
        last: u64,
        /// How many are signed.
        size: u64,
    },
    /// A position holds other bytes.
    #[error("position {position} of the log holds other bytes than were signed")]
    Changed {
        /// The first that differs.
        position: u64,
    },
    /// A position is not there.
    #[error("position {position} of the log is missing, and was signed")]
    Missing {
        /// The first that is missing.
        position: u64,
    },
    /// The log is not the one that was followed, or cannot be followed any more.
    #[error("{0}")]
    OtherLog(String),
}

/// The last events of the tree, by the hashes of their bytes.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    hashes: VecDeque<Hash>,
    /// The position of the last.
    position: u64,
}

impl Recent {
    /// The hashes of the last events before and at a position.
    pub(crate) fn new(hashes: impl IntoIterator<Item = Hash>, position: u64) -> Self {
        let mut recent = Self { hashes: hashes.into_iter().collect(), position };
        recent.forget();
        recent
    }

    /// How many events from the end are wanted.
    pub(crate) fn wanted() -> u64 {
        REMEMBERED as u64
    }

    pub(crate) fn push(&mut self, payload: &[u8]) {
        self.hashes.push_back(record_hash(payload));
        self.position += 1;
        self.forget();
    }

    fn forget(&mut self) {
        let surplus = self.hashes.len().saturating_sub(REMEMBERED);
        self.hashes.drain(..surplus);
    }

    /// That the log is the same one, as long as the tree at least, and has its last event. `Ok(None)` while
    /// the broker does not say; otherwise how long the log is.
    pub(crate) async fn ends_alike(&self, journal: &Journal) -> Result<Option<u64>, Parting> {
        let asked = async {
            journal.check_incarnation().await?;
            let last = journal.last_position().await?;
            let end = match self.position.min(last) {
                0 => None,
                position => journal.read_leader(position).await?,
            };
            Ok((last, end))
        };
        let Some((last, end)) = passing(asked.await)? else { return Ok(None) };
        if last < self.position {
            return Err(Parting::Shortened { last, size: self.position });
        }
        match (self.hashes.back(), end) {
            (None, _) => Ok(Some(last)),
            (Some(_), None) => Err(Parting::Missing { position: self.first_missing(journal).await }),
            (Some(hash), Some(stored)) if record_hash(&stored.payload) == *hash => Ok(Some(last)),
            // Where they part may be further back.
            (Some(_), Some(_)) => {
                self.compare(journal).await?;
                Err(Parting::Changed { position: self.position })
            }
        }
    }

    /// The first of those missing at the end, as far back as is remembered.
    async fn first_missing(&self, journal: &Journal) -> u64 {
        let lowest = self.position - self.hashes.len() as u64 + 1;
        let mut first = self.position;
        while first > lowest && matches!(journal.read_leader(first - 1).await, Ok(None)) {
            first -= 1;
        }
        first
    }

    /// That the log holds every event that is remembered. `Ok(false)` while the broker does not say.
    pub(crate) async fn compare(&self, journal: &Journal) -> Result<bool, Parting> {
        let mut position = self.position - self.hashes.len() as u64;
        let mut follow = journal.follow(position, Filter::All);
        let mut hashes = self.hashes.iter();
        while position < self.position {
            let Ok(batch) = tokio::time::timeout(PATIENCE, follow.next_batch(REMEMBERED)).await else {
                return Ok(false);
            };
            let batch = match batch {
                Err(JournalError::Gap { after, .. }) => return Err(Parting::Missing { position: after + 1 }),
                batch => passing(batch)?,
            };
            let Some(batch) = batch else { return Ok(false) };
            for (stored, hash) in batch.iter().zip(&mut hashes) {
                position = stored.position;
                if record_hash(&stored.payload) != *hash {
                    return Err(Parting::Changed { position });
                }
            }
        }
        Ok(true)
    }
}

/// An answer, none for now, or a log that is not the one that was followed.
fn passing<T>(asked: Result<T, JournalError>) -> Result<Option<T>, Parting> {
    match asked {
        Ok(answer) => Ok(Some(answer)),
        Err(JournalError::Unavailable(reason)) => {
            tracing::debug!(%reason, "the log cannot be compared with the tree now");
            Ok(None)
        }
        Err(error) => Err(Parting::OtherLog(error.to_string())),
    }
}
