//! Following the log into the tree: signed when nothing comes for a moment, and once a second while much
//! comes. Before each signature the broker is asked whether it still has what was signed.

use std::time::Duration;

use jejak_journal::{EventFilter, Journal, JournalError, StoredEvent, Subscription};
use tlog_tiles::Hash;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{
    agree::{Doubt, Parting, Recent, connects},
    desk::Desk,
    tree::{Grower, TILE_WIDTH, Tree, TreeError, Upper},
};

/// Events taken in at once.
const BATCH: usize = 1_000;
/// Nothing new for so long is idle.
const IDLE: Duration = Duration::from_millis(20);
/// The longest an event waits for a signature while more keep coming, and how often the log is looked at.
const SIGN_WITHIN: Duration = Duration::from_secs(1);
/// How long the broker may take, at the end, to say that the last signature may be given.
const LAST_WORD: Duration = Duration::from_secs(2);

/// Why nothing more is signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    #[error(transparent)]
    Doubt(#[from] Doubt),
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error("the work on the tree ended by a fault of ours: {0}")]
    Fault(#[from] tokio::task::JoinError),
}

impl Stop {
    /// Whether it may pass by itself: a disk that is full for a while, a broker that does not answer.
    pub(crate) fn passes(&self) -> bool {
        matches!(
            self,
            Self::Tree(TreeError::Io { .. }) | Self::Doubt(Doubt::Unanswered(_))
        )
    }
}

pub(crate) struct Follower<'a> {
    desk: &'a Desk,
    journal: Journal,
    follow: Subscription,
    /// Absent only while a thread works on it, and after it failed.
    grower: Option<Grower>,
    recent: Recent,
    /// How often the client had connected when all that is remembered was compared.
    compared_at: Option<u64>,
    /// When the first and the last unsigned event came.
    unsigned: Option<(Instant, Instant)>,
}

impl<'a> Follower<'a> {
    pub(crate) fn new(
        desk: &'a Desk,
        journal: Journal,
        grower: Grower,
        tree: &Tree,
    ) -> Result<Self, TreeError> {
        let size = tree.head().size;
        let recent = Recent::new(last_leaves(tree)?, size);
        desk.signed(tree.checkpoint().to_vec(), size);
        let follow = journal.subscribe(size, EventFilter::All);
        Ok(Self {
            desk,
            journal,
            follow,
            grower: Some(grower),
            recent,
            compared_at: None,
            unsigned: None,
        })
    }

    /// Until told to stop, or until log and tree part, by what it sees itself or by the comparison of the whole.
    pub(crate) async fn run(
        mut self,
        shutdown: &CancellationToken,
        whole: &mut AbortOnDropHandle<Stop>,
    ) -> Result<(), Stop> {
        self.go_on(shutdown, whole).await?;
        self.sign(sleep(LAST_WORD)).await
    }

    async fn go_on(
        &mut self,
        shutdown: &CancellationToken,
        whole: &mut AbortOnDropHandle<Stop>,
    ) -> Result<(), Stop> {
        let mut beat = interval(SIGN_WITHIN);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let sign_at = self
                .unsigned
                .map(|(first, last)| (first + SIGN_WITHIN).min(last + IDLE));
            let batch = tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(()),
                stop = &mut *whole => return Err(stop.unwrap_or_else(Stop::from)),
                () = sleep_until(sign_at.unwrap_or_else(Instant::now)), if sign_at.is_some() => None,
                _ = beat.tick() => None,
                batch = self.follow.next_batch(BATCH) => Some(batch),
            };
            match batch {
                Some(batch) => self.take_in(batch).await?,
                None if sign_at.is_some_and(|at| at <= Instant::now()) => {
                    self.sign(shutdown.cancelled()).await?;
                }
                None => drop(self.agrees(shutdown.cancelled()).await?),
            }
        }
    }

    async fn take_in(&mut self, batch: Result<Vec<StoredEvent>, JournalError>) -> Result<(), Stop> {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => return Err(self.parting(error).await.into()),
        };
        let now = Instant::now();
        self.unsigned = Some((self.unsigned.map_or(now, |(first, _)| first), now));
        for stored in &batch {
            self.recent.push(&stored.payload);
            self.desk.saw_log(stored.position);
        }
        self.work(move |grower| {
            batch
                .iter()
                .try_for_each(|stored| grower.append(&stored.payload))
        })
        .await
    }

    /// Signs what is unsigned, if the broker says, before it is enough, that it still has what was signed;
    /// otherwise it is tried again later.
    async fn sign(&mut self, enough: impl Future<Output = ()>) -> Result<(), Stop> {
        if self.unsigned.is_none() {
            return Ok(());
        }
        if !self.agrees(enough).await? {
            let now = Instant::now();
            self.unsigned = Some((now, now + SIGN_WITHIN));
            return Ok(());
        }
        let (head, checkpoint) = self.work(Grower::sign).await?;
        self.unsigned = None;
        self.recent.signed();
        self.desk.signed(checkpoint, head.size);
        Ok(())
    }

    /// Where log and tree part, as precisely as can be said, once the log cannot be followed any more.
    async fn parting(&self, error: JournalError) -> Doubt {
        match self.recent.ends_alike(&self.journal).await {
            Err(parting @ Doubt::Parted(_)) => parting,
            _ => Parting::OtherLog(error.to_string()).into(),
        }
    }

    /// Whether the broker has what is in the tree; `false` while it does not say, which the desk hears of, and
    /// if it is enough before it does.
    async fn agrees(&mut self, enough: impl Future<Output = ()>) -> Result<bool, Doubt> {
        let compared = tokio::select! {
            compared = self.compare() => compared,
            () = enough => return Ok(false),
        };
        match compared {
            Ok(last) => {
                self.desk.answered();
                self.desk.saw_log(last);
                Ok(true)
            }
            Err(Doubt::Unanswered(reason)) => {
                self.desk.unanswered(reason);
                Ok(false)
            }
            Err(parted) => Err(parted),
        }
    }

    /// That the log ends like the tree and, over a new connection, holds all that is remembered; how long it is.
    async fn compare(&mut self) -> Result<u64, Doubt> {
        let connection = connects(&self.journal);
        let last = self.recent.ends_alike(&self.journal).await?;
        if self.compared_at != Some(connection) {
            self.recent.compare(&self.journal).await?;
            self.compared_at = Some(connection);
        }
        Ok(last)
    }

    /// Files are written on a thread that may block.
    async fn work<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Grower) -> Result<T, TreeError> + Send + 'static,
    ) -> Result<T, Stop> {
        let Some(mut grower) = self.grower.take() else {
            return Err(TreeError::damaged("tree", "an earlier write to it failed").into());
        };
        let (grower, outcome) = tokio::task::spawn_blocking(move || {
            let outcome = work(&mut grower);
            (grower, outcome)
        })
        .await?;
        let outcome = outcome?;
        self.grower = Some(grower);
        Ok(outcome)
    }
}

/// The hashes of the last entries of a tree, as they were signed: a tile that is damaged is no reason to say that
/// the log holds other events.
fn last_leaves(tree: &Tree) -> Result<Vec<Hash>, TreeError> {
    let (size, width) = (tree.head().size, u64::from(TILE_WIDTH));
    let upper = Upper::load(tree)?;
    let mut hashes = Vec::new();
    for index in size.saturating_sub(Recent::wanted()) / width..size.div_ceil(width) {
        let tile = upper.tile(tree, index)?;
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
    use crate::tree::altered::Altered;

    #[test]
    fn a_damaged_tile_is_never_taken_for_what_was_signed() {
        let altered = Altered::of(1_400);
        let hashes = last_leaves(&altered.tree()).unwrap();
        let expected = (257..=1_400).map(|position| record_hash(&Altered::entry(position)));
        assert!(hashes.into_iter().eq(expected));
        for file in ["tile/0/002", "tile/0/005.p/120", "tile/1/000.p/5"] {
            altered.flip(file);
            let error = last_leaves(&altered.tree()).unwrap_err().to_string();
            assert!(error.contains(file) && error.contains("damaged"), "{error}");
            altered.flip(file);
        }
        last_leaves(&altered.tree()).unwrap();
    }
}
