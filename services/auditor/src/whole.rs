//! The whole log against the signed tree, from the first position on and again after every new connection: the
//! broker may have come back with an old event altered. Goes on beside following and signing, which never wait
//! for it, and takes a small part of the time.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use jejak_journal::{EventFilter, Journal, JournalError, StoredEvent, Subscription};
use tlog_tiles::{HASH_SIZE, record_hash};
use tokio::time::{sleep, timeout};

use crate::{
    agree::{Doubt, Known, Parting, connects},
    desk::Desk,
    follow::Stop,
    note::PublicKey,
    tree::{TILE_WIDTH, Tree, TreeError, Upper},
};

const WIDTH: u64 = TILE_WIDTH as u64;
/// Events compared at once.
const PART: usize = 1_000;
/// How much longer it pauses than it worked, and the longest pause.
const PAUSE_PER_WORK: u32 = 4;
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How often it looks whether the connection is a new one, and how soon it tries again what failed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A broker that delivers nothing for so long, though there is more, may not be able to read what comes next.
const SILENCE: Duration = Duration::from_secs(8);

/// Compares the log with the tree in a folder.
pub(crate) struct Whole {
    pub(crate) desk: Arc<Desk>,
    pub(crate) journal: Journal,
    pub(crate) folder: PathBuf,
    pub(crate) key: PublicKey,
}

impl Whole {
    /// Compares after every new connection, until log and tree part or the tree is found damaged. What fails and may
    /// pass is tried again from where it stopped.
    pub(crate) async fn watch(self) -> Stop {
        loop {
            let connection = connects(&self.journal);
            self.desk.compared(0);
            let (mut position, mut up_to) = (0, 0);
            let mut whole = false;
            while connects(&self.journal) == connection {
                if !whole {
                    match self.compare(&mut position, &mut up_to, connection).await {
                        Ok(()) => {
                            self.desk.compared_whole();
                            whole = true;
                        }
                        Err(stop) if stop.passes() => {
                            self.desk.incomparable(stop.to_string(), up_to)
                        }
                        Err(stop) => return stop,
                    }
                }
                sleep(LOOK_EVERY).await;
            }
        }
    }

    /// Compares all that is signed by now after a position, as long as the connection is the same. Where it fails it
    /// was about to come to `up_to`.
    async fn compare(
        &self,
        position: &mut u64,
        up_to: &mut u64,
        connection: u64,
    ) -> Result<(), Stop> {
        *up_to = *position + 1;
        let (folder, key) = (self.folder.clone(), self.key.clone());
        let signed = tokio::task::spawn_blocking(move || Signed::open(&folder, &key)).await??;
        let signed = Arc::new(signed);
        let mut follow = self.journal.subscribe(*position, EventFilter::All);
        while *position < signed.size() {
            let began = Instant::now();
            *up_to = follow.position() + 1;
            let part = self.next_part(&mut follow).await?;
            *up_to = follow.position();
            if connects(&self.journal) != connection {
                return Err(Doubt::Unanswered("the connection is a new one".to_owned()).into());
            }
            let of = signed.clone();
            let changed = tokio::task::spawn_blocking(move || of.first_changed(&part)).await??;
            if let Some(position) = changed {
                return Err(Doubt::from(Parting::Changed {
                    position,
                    known: Known::Signed,
                })
                .into());
            }
            *position = follow.position().min(signed.size());
            self.desk.compared(*position);
            sleep((began.elapsed() * PAUSE_PER_WORK).min(LONGEST_PAUSE)).await;
        }
        Ok(())
    }

    async fn next_part(&self, follow: &mut Subscription) -> Result<Vec<StoredEvent>, Doubt> {
        let next = follow.position() + 1;
        let missing = |position| {
            Parting::Missing {
                position,
                known: Known::Signed,
            }
            .into()
        };
        match timeout(SILENCE, follow.next_batch(PART)).await {
            Ok(Err(JournalError::Gap { after, .. })) => Err(missing(after + 1)),
            Ok(part) => Ok(part?),
            // A new leader may not show it yet.
            Err(_) => match self.journal.confirm(next, |_| true).await {
                Err(JournalError::Diverged { .. }) => Err(missing(next)),
                found => Err(found.map_or_else(Doubt::from, |()| {
                    Doubt::Unanswered(format!("it does not deliver position {next}"))
                })),
            },
        }
    }
}

/// What was signed, by a tree's tiles checked against its root.
struct Signed {
    tree: Tree,
    upper: Upper,
}

impl Signed {
    fn open(folder: &std::path::Path, key: &PublicKey) -> Result<Self, TreeError> {
        let tree = Tree::open(folder, key)?;
        let upper = Upper::load(&tree)?;
        Ok(Self { tree, upper })
    }

    fn size(&self) -> u64 {
        self.tree.head().size
    }

    /// The first position that holds other bytes than were signed.
    fn first_changed(&self, part: &[StoredEvent]) -> Result<Option<u64>, TreeError> {
        let mut tile: Option<(u64, Vec<u8>)> = None;
        for StoredEvent { position, payload } in
            part.iter().filter(|stored| stored.position <= self.size())
        {
            let (index, at) = ((position - 1) / WIDTH, (position - 1) % WIDTH);
            let hashes = match tile.take() {
                Some((of, hashes)) if of == index => hashes,
                _ => self.upper.tile(&self.tree, index)?,
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
    use crate::tree::altered::Altered;

    fn part(positions: impl Iterator<Item = u64>) -> Vec<StoredEvent> {
        positions
            .map(|position| StoredEvent {
                position,
                payload: Altered::entry(position).into(),
            })
            .collect()
    }

    fn signed(altered: &Altered) -> Result<Signed, TreeError> {
        let tree = altered.tree();
        Upper::load(&tree).map(|upper| Signed { tree, upper })
    }

    #[test]
    fn the_first_changed_event_is_named_wherever_it_is() {
        let altered = Altered::of(600);
        let signed = signed(&altered).unwrap();
        // Beyond the tree nothing is signed to compare with.
        assert_eq!(signed.first_changed(&part(1..=700)).unwrap(), None);
        for changed in [1, 256, 257, 300, 512, 513, 600] {
            let mut part = part(1..=700);
            part[changed as usize - 1].payload = b"other".as_slice().into();
            part[600].payload = b"other".as_slice().into();
            assert_eq!(signed.first_changed(&part).unwrap(), Some(changed));
            assert_eq!(
                signed.first_changed(&part[changed as usize..]).unwrap(),
                None
            );
        }
    }

    #[test]
    fn a_damaged_tile_is_no_changed_event() {
        for file in ["tile/0/001", "tile/0/002.p/88"] {
            let altered = Altered::of(600);
            altered.flip(file);
            let error = signed(&altered)
                .and_then(|signed| signed.first_changed(&part(1..=600)))
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
