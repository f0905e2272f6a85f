//! Follows the log into the tree and signs it.
//!
//! A pause in the log is signed after a moment; a busy log is signed once a second. Before each
//! signature the broker must confirm that it still has the events of the tree. A message that is no
//! event is not signed, nor anything after it, until it is in quarantine.

use std::time::Duration;

use jejak_journal::{EventFilter, Journal, JournalError, LogEntry, Subscription};
use tlog_tiles::Hash;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{
    divergence::{CompareError, Divergence},
    recent::{self, RecentEvents, connections},
    status::SharedStatus,
    tree::{TILE_WIDTH, TileRoots, Tree, TreeError, TreeWriter},
};

/// Events that one step appends at most.
const BATCH: usize = 1_000;
/// A log without a new event for this long is idle, and is signed.
const IDLE: Duration = Duration::from_millis(20);
/// The longest wait of an event for a signature.
const SIGN_WITHIN: Duration = Duration::from_secs(1);
/// The interval of checks on an idle log. An idle office must cost next to nothing.
const CHECK_EVERY: Duration = Duration::from_secs(5);
/// The time that the broker has at the end to confirm the last signature.
const LAST_CHECK: Duration = Duration::from_secs(2);

/// The reason why the auditor signs no more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FollowError {
    #[error(transparent)]
    Compare(#[from] CompareError),
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error("{0}")]
    Witness(String),
    #[error("a task on the tree panicked: {0}; this is a fault of Jejak")]
    Panic(#[from] tokio::task::JoinError),
}

impl FollowError {
    /// The proof of a witness that the tree is not the one that was signed.
    pub(crate) fn proof(proof: Result<String, tokio::task::JoinError>) -> Self {
        proof.map_or_else(Self::from, Self::Witness)
    }

    /// Whether the cause may pass by itself: a full disk, or a broker that does not answer.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Tree(TreeError::Io { .. }) | Self::Compare(CompareError::Unanswered(_))
        )
    }
}

/// Follows the log into one opened tree.
pub(crate) struct TreeFollower<'a> {
    status: &'a SharedStatus,
    journal: Journal,
    follow: Subscription,
    /// Absent while a thread works on it, and after a failure.
    writer: Option<TreeWriter>,
    recent: RecentEvents,
    /// The number of connections at the time of the last comparison of all recent events.
    compared_at: Option<u64>,
    /// The arrival of the first and of the last unsigned event.
    unsigned: Option<(Instant, Instant)>,
    /// Messages that are not appended yet. The first one holds no event.
    held: Vec<LogEntry>,
}

impl<'a> TreeFollower<'a> {
    pub(crate) fn new(
        status: &'a SharedStatus,
        journal: Journal,
        writer: TreeWriter,
        tree: &Tree,
    ) -> Result<Self, TreeError> {
        let size = tree.head().size;
        let recent = RecentEvents::new(last_leaves(tree)?, size);
        status.signed(tree.checkpoint().to_vec(), size);
        let follow = journal.subscribe(size, EventFilter::All);
        Ok(Self {
            status,
            journal,
            follow,
            writer: Some(writer),
            recent,
            compared_at: None,
            unsigned: None,
            held: vec![],
        })
    }

    /// Follows and signs until the shutdown, or until log and tree diverge. The full
    /// comparison may find that, too.
    pub(crate) async fn run(
        mut self,
        shutdown: &CancellationToken,
        comparison: &mut AbortOnDropHandle<FollowError>,
    ) -> Result<(), FollowError> {
        self.follow_log(shutdown, comparison).await?;
        self.sign(sleep(LAST_CHECK)).await
    }

    async fn follow_log(
        &mut self,
        shutdown: &CancellationToken,
        comparison: &mut AbortOnDropHandle<FollowError>,
    ) -> Result<(), FollowError> {
        let mut checks = interval(CHECK_EVERY);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let sign_at = self
                .unsigned
                .map(|(first, last)| (first + SIGN_WITHIN).min(last + IDLE));
            let batch = tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(()),
                error = &mut *comparison => return Err(error.unwrap_or_else(FollowError::from)),
                () = sleep_until(sign_at.unwrap_or_else(Instant::now)), if sign_at.is_some() => None,
                _ = checks.tick() => None,
                batch = self.follow.next_entries(BATCH), if self.held.is_empty() => Some(batch),
            };
            match batch {
                Some(batch) => self.append(batch).await?,
                None if sign_at.is_some_and(|at| at <= Instant::now()) => {
                    self.sign(shutdown.cancelled()).await?;
                }
                None => {
                    self.confirm(shutdown.cancelled()).await?;
                    let held = std::mem::take(&mut self.held);
                    self.append_events(held).await?;
                }
            }
        }
    }

    async fn append(
        &mut self,
        batch: Result<Vec<LogEntry>, JournalError>,
    ) -> Result<(), FollowError> {
        match batch {
            Ok(batch) => self.append_events(batch).await,
            Err(error) => Err(self.divergence(error).await.into()),
        }
    }

    /// Appends messages up to the first that is no event. It holds that one and all later ones until
    /// it is in quarantine, so no checkpoint covers it before.
    async fn append_events(&mut self, mut batch: Vec<LogEntry>) -> Result<(), FollowError> {
        let Some(last) = batch.last() else {
            return Ok(());
        };
        self.status.saw_log(last.stored.position);
        let is_no_event = |entry: &LogEntry| self.journal.event(entry).err();
        let first = batch
            .iter()
            .map(is_no_event)
            .position(|error| error.is_some());
        self.held = batch.split_off(first.unwrap_or(batch.len()));
        self.status
            .no_event(self.held.first().and_then(is_no_event));
        if batch.is_empty() {
            return Ok(());
        }
        let now = Instant::now();
        self.unsigned = Some((self.unsigned.map_or(now, |(first, _)| first), now));
        for entry in &batch {
            self.recent.push(&entry.stored.payload);
        }
        self.on_thread(move |writer| {
            batch
                .iter()
                .try_for_each(|entry| writer.append(&entry.stored.payload))
        })
        .await
    }

    /// Signs the unsigned events, once the broker confirms the tree. Without a
    /// confirmation it tries again later.
    async fn sign(&mut self, deadline: impl Future<Output = ()>) -> Result<(), FollowError> {
        if self.unsigned.is_none() {
            return Ok(());
        }
        if !self.confirm(deadline).await? {
            let now = Instant::now();
            self.unsigned = Some((now, now + SIGN_WITHIN));
            return Ok(());
        }
        let (head, checkpoint) = self.on_thread(TreeWriter::sign).await?;
        self.unsigned = None;
        self.recent.mark_signed();
        self.status.signed(checkpoint, head.size);
        Ok(())
    }

    /// Finds the first difference between log and tree after the log could no longer be followed.
    async fn divergence(&self, error: JournalError) -> CompareError {
        match self.recent.check_end(&self.journal).await {
            Err(diverged @ CompareError::Diverged(_)) => diverged,
            _ => Divergence::OtherLog(error.to_string()).into(),
        }
    }

    /// Asks the broker whether it has the events of the tree. Returns `false` if it
    /// does not answer in time.
    async fn confirm(&mut self, deadline: impl Future<Output = ()>) -> Result<bool, CompareError> {
        let compared = tokio::select! {
            compared = self.compare() => compared,
            () = deadline => return Ok(false),
        };
        match compared {
            Ok(last) => {
                self.status.answered();
                self.status.saw_log(last);
                Ok(true)
            }
            Err(CompareError::Unanswered(reason)) => {
                self.status.unanswered(reason);
                Ok(false)
            }
            Err(diverged) => Err(diverged),
        }
    }

    /// Compares the end of the log and, over a new connection, all recent events.
    /// Returns the log's last position.
    async fn compare(&mut self) -> Result<u64, CompareError> {
        let connection = connections(&self.journal);
        let last = self.recent.check_end(&self.journal).await?;
        if self.compared_at != Some(connection) {
            self.recent.check_all(&self.journal).await?;
            self.compared_at = Some(connection);
        }
        Ok(last)
    }

    /// Works on the files of the tree, on a thread that may block.
    async fn on_thread<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut TreeWriter) -> Result<T, TreeError> + Send + 'static,
    ) -> Result<T, FollowError> {
        let Some(mut writer) = self.writer.take() else {
            return Err(TreeError::damaged("tree", "an earlier write to it failed").into());
        };
        let (writer, outcome) = tokio::task::spawn_blocking(move || {
            let outcome = work(&mut writer);
            (writer, outcome)
        })
        .await?;
        let outcome = outcome?;
        self.writer = Some(writer);
        Ok(outcome)
    }
}

/// The signed hashes of the last entries. A damaged tile is an error: it must not
/// look like a changed log.
fn last_leaves(tree: &Tree) -> Result<Vec<Hash>, TreeError> {
    let (size, width) = (tree.head().size, u64::from(TILE_WIDTH));
    let roots = TileRoots::load(tree)?;
    let mut hashes = Vec::new();
    for index in size.saturating_sub(recent::KEPT as u64) / width..size.div_ceil(width) {
        let tile = roots.tile(tree, index)?;
        hashes.extend(
            tile.chunks_exact(tlog_tiles::HASH_SIZE)
                .filter_map(|hash| hash.try_into().ok().map(Hash)),
        );
    }
    Ok(hashes)
}

#[cfg(test)]
mod tests {
    use tlog_tiles::record_hash;

    use super::*;
    use crate::tree::test_tree::TestTree;

    #[test]
    fn a_damaged_tile_is_never_taken_for_a_signed_one() {
        let tree = TestTree::of(1_400);
        let hashes = last_leaves(&tree.tree()).unwrap();
        let expected = (257..=1_400).map(|position| record_hash(&TestTree::entry(position)));
        assert!(hashes.into_iter().eq(expected));
        for file in ["tile/0/002", "tile/0/005.p/120", "tile/1/000.p/5"] {
            tree.flip(file);
            let error = last_leaves(&tree.tree()).unwrap_err().to_string();
            assert!(error.contains(file) && error.contains("damaged"), "{error}");
            tree.flip(file);
        }
        last_leaves(&tree.tree()).unwrap();
    }
}
