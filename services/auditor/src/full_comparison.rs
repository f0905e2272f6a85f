//! Compares the whole log with the signed tree, from the first position on.
//!
//! It begins again after every new connection: the broker may have come back with an old
//! event altered. It runs beside following and signing, which never wait for it, and uses a
//! small part of the time.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use jejak_journal::{EventFilter, Journal, JournalError, StoredEvent, Subscription};
use tlog_tiles::{HASH_SIZE, record_hash};
use tokio::time::{sleep, timeout};

use crate::{
    divergence::{CompareError, Divergence, EventOrigin},
    follow::FollowError,
    note::LogPublicKey,
    recent::connections,
    status::SharedStatus,
    tree::{TILE_WIDTH, TileRoots, Tree, TreeError},
};

const WIDTH: u64 = TILE_WIDTH as u64;
/// Events in one step of the comparison.
const BATCH: usize = 1_000;
/// A pause lasts this many times as long as the work before it, up to the longest pause.
const PAUSE_PER_WORK: u32 = 4;
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The interval of checks for a new connection, and of retries.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// A broker that delivers nothing for this long may be unable to read the next event.
const SILENCE: Duration = Duration::from_secs(8);

/// The comparison of a log with the tree in a folder.
pub(crate) struct FullComparison {
    pub(crate) status: Arc<SharedStatus>,
    pub(crate) journal: Journal,
    pub(crate) folder: PathBuf,
    pub(crate) key: LogPublicKey,
}

impl FullComparison {
    /// Compares after every new connection. Ends only if log and tree diverge
    /// or the tree is damaged.
    pub(crate) async fn run(self) -> FollowError {
        loop {
            let connection = connections(&self.journal);
            self.status.compared(0);
            let (mut position, mut up_to) = (0, 0);
            let mut complete = false;
            while connections(&self.journal) == connection {
                if !complete {
                    match self.compare(&mut position, &mut up_to, connection).await {
                        Ok(()) => {
                            self.status.compared_all();
                            complete = true;
                        }
                        // The retry goes on from the position it had reached.
                        Err(error) if error.may_pass() => {
                            self.status.incomparable(error.to_string(), up_to)
                        }
                        Err(error) => return error,
                    }
                }
                sleep(CHECK_EVERY).await;
            }
        }
    }

    /// Compares all signed events after `position` while the connection lasts. A failure leaves in
    /// `up_to` the position it could not pass.
    async fn compare(
        &self,
        position: &mut u64,
        up_to: &mut u64,
        connection: u64,
    ) -> Result<(), FollowError> {
        *up_to = *position + 1;
        let (folder, key) = (self.folder.clone(), self.key.clone());
        let leaves =
            tokio::task::spawn_blocking(move || SignedLeaves::open(&folder, &key)).await??;
        let leaves = Arc::new(leaves);
        let mut follow = self.journal.subscribe(*position, EventFilter::All);
        while *position < leaves.size() {
            let began = Instant::now();
            *up_to = follow.position() + 1;
            let batch = self.next_batch(&mut follow).await?;
            *up_to = follow.position();
            if connections(&self.journal) != connection {
                let reason = "the connection is a new one".to_owned();
                return Err(CompareError::Unanswered(reason).into());
            }
            let leaves_of_batch = leaves.clone();
            let changed =
                tokio::task::spawn_blocking(move || leaves_of_batch.first_changed(&batch))
                    .await??;
            if let Some(position) = changed {
                let origin = EventOrigin::Signed;
                return Err(CompareError::from(Divergence::Changed { position, origin }).into());
            }
            *position = follow.position().min(leaves.size());
            self.status.compared(*position);
            sleep((began.elapsed() * PAUSE_PER_WORK).min(LONGEST_PAUSE)).await;
        }
        Ok(())
    }

    async fn next_batch(
        &self,
        follow: &mut Subscription,
    ) -> Result<Vec<StoredEvent>, CompareError> {
        let next = follow.position() + 1;
        let missing = |position| {
            let origin = EventOrigin::Signed;
            Divergence::Missing { position, origin }.into()
        };
        match timeout(SILENCE, follow.next_batch(BATCH)).await {
            Ok(Err(JournalError::Gap { after, .. })) => Err(missing(after + 1)),
            Ok(batch) => Ok(batch?),
            // The leader knows whether the event is there; a new leader may not deliver it yet.
            Err(_) => match self.journal.confirm(next, |_| true).await {
                Err(JournalError::Diverged { .. }) => Err(missing(next)),
                confirmed => Err(confirmed.map_or_else(CompareError::from, |()| {
                    CompareError::Unanswered(format!("it does not deliver position {next}"))
                })),
            },
        }
    }
}

/// The signed hashes of all entries, read tile by tile.
struct SignedLeaves {
    tree: Tree,
    roots: TileRoots,
}

impl SignedLeaves {
    fn open(folder: &Path, key: &LogPublicKey) -> Result<Self, TreeError> {
        let tree = Tree::open(folder, key)?;
        let roots = TileRoots::load(&tree)?;
        Ok(Self { tree, roots })
    }

    fn size(&self) -> u64 {
        self.tree.head().size
    }

    /// The first position in a batch that holds other bytes than were signed.
    fn first_changed(&self, batch: &[StoredEvent]) -> Result<Option<u64>, TreeError> {
        let mut tile: Option<(u64, Vec<u8>)> = None;
        for StoredEvent { position, payload } in
            batch.iter().filter(|stored| stored.position <= self.size())
        {
            let (index, at) = ((position - 1) / WIDTH, (position - 1) % WIDTH);
            let hashes = match tile.take() {
                Some((loaded, hashes)) if loaded == index => hashes,
                _ => self.roots.tile(&self.tree, index)?,
            };
            let at = usize::try_from(at).unwrap_or(usize::MAX) * HASH_SIZE;
            if hashes.get(at..at + HASH_SIZE) != Some(&record_hash(payload).0) {
                return Ok(Some(*position));
            }
            tile = Some((index, hashes));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::test_tree::TestTree;

    fn batch(positions: impl Iterator<Item = u64>) -> Vec<StoredEvent> {
        positions
            .map(|position| StoredEvent {
                position,
                payload: TestTree::entry(position).into(),
            })
            .collect()
    }

    fn signed(tree: &TestTree) -> Result<SignedLeaves, TreeError> {
        let tree = tree.tree();
        TileRoots::load(&tree).map(|roots| SignedLeaves { tree, roots })
    }

    #[test]
    fn the_first_changed_event_is_named_wherever_it_is() {
        let altered = TestTree::of(600);
        let signed = signed(&altered).unwrap();
        // Positions after the tree are not compared.
        assert_eq!(signed.first_changed(&batch(1..=700)).unwrap(), None);
        for changed in [1, 256, 257, 300, 512, 513, 600] {
            let mut batch = batch(1..=700);
            batch[changed as usize - 1].payload = b"other".as_slice().into();
            batch[600].payload = b"other".as_slice().into();
            assert_eq!(signed.first_changed(&batch).unwrap(), Some(changed));
            assert_eq!(
                signed.first_changed(&batch[changed as usize..]).unwrap(),
                None
            );
        }
    }

    #[test]
    fn a_damaged_tile_is_no_changed_event() {
        for file in ["tile/0/001", "tile/0/002.p/88"] {
            let altered = TestTree::of(600);
            altered.flip(file);
            let error = signed(&altered)
                .and_then(|signed| signed.first_changed(&batch(1..=600)))
                .unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains(&format!("{file} of the signed tree is damaged")),
                "{error}"
            );
        }
    }
}
