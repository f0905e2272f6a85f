//! Adds entries to a tree and signs it. A lock on the folder admits one process at a time.

use std::{
    fs::File,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use tlog_tiles::record_hash;

use super::{
    bundle::{EntryBundle, split},
    config::TreeConfig,
    disk::{OWNER_ONLY, PendingFiles},
    error::TreeError,
    frontier::Frontier,
    open::{OpenedTree, open_or_create},
    path::{CHECKPOINT, TILE_WIDTH, TilePath},
    read::Tree,
    stale,
};
use crate::note::{LogPrivateKey, LogPublicKey, TreeHead};

/// The file that one process locks.
const LOCK: &str = "lock";

/// A tree that takes entries.
pub struct TreeWriter {
    folder: PathBuf,
    last_checkpoint_file: PathBuf,
    key: LogPrivateKey,
    public: LogPublicKey,
    frontier: Frontier,
    bundle: EntryBundle,
    /// The head of the last checkpoint.
    signed: TreeHead,
    /// The partial files of the last checkpoint.
    partial: Vec<TilePath>,
    pending: PendingFiles,
    _lock: File,
}

impl TreeWriter {
    /// Opens the tree at its last checkpoint, or creates and signs an empty one.
    ///
    /// # Errors
    /// See [`TreeError`]: a folder in use, a tree of another log, a lost key or tree, an older
    /// copy, and damage to the files that are needed to go on.
    pub fn open(config: &TreeConfig) -> Result<Self, TreeError> {
        let mut pending = PendingFiles::default();
        pending.make_folder(&config.folder)?;
        let lock = lock(&config.folder)?;
        let OpenedTree {
            key,
            public,
            tree,
            frontier,
        } = open_or_create(config, &mut pending)?;
        let (bundle, partial) = load_bundle(&tree, &frontier)?;
        let signed = tree.head();
        stale::remove(&config.folder, signed.size, &partial)?;
        Ok(Self {
            folder: config.folder.clone(),
            last_checkpoint_file: config.last_checkpoint_file(),
            key,
            public,
            frontier,
            bundle,
            signed,
            partial,
            pending,
            _lock: lock,
        })
    }

    /// The number of entries, signed or not.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The head of the last checkpoint.
    pub fn signed(&self) -> TreeHead {
        self.signed
    }

    /// The key that checks the checkpoints.
    pub fn public_key(&self) -> &LogPublicKey {
        &self.public
    }

    /// The key that signs.
    pub(crate) fn private_key(&self) -> &LogPrivateKey {
        &self.key
    }

    /// The files that wait for their sync.
    pub(super) fn pending(&mut self) -> &mut PendingFiles {
        &mut self.pending
    }

    /// Adds an entry and writes the tiles that become full. Signs nothing.
    ///
    /// # Errors
    /// An entry that is too large, or a refusal of the file system. Open the
    /// tree again after an error.
    pub fn append(&mut self, entry: &[u8]) -> Result<(), TreeError> {
        let position = self.frontier.size() + 1;
        let too_large = || TreeError::TooLarge {
            position,
            bytes: entry.len(),
        };
        self.bundle.push(entry).ok_or_else(too_large)?;
        let Self {
            folder,
            frontier,
            pending,
            ..
        } = self;
        frontier.push(record_hash(entry), |tile, hashes| {
            pending.write(&folder.join(tile.to_string()), hashes, OWNER_ONLY)
        })?;
        if self.bundle.width == TILE_WIDTH {
            let index = (position - 1) / u64::from(TILE_WIDTH);
            self.write_bundle(TilePath::entries(index, TILE_WIDTH))?;
            self.bundle = EntryBundle::default();
        }
        Ok(())
    }

    /// Stores the partial files, signs the tree and stores the checkpoint.
    ///
    /// Removes the partial files of the previous checkpoint. Later requests for them
    /// are served from wider files.
    ///
    /// # Errors
    /// As for [`TreeWriter::append`].
    pub fn sign(&mut self) -> Result<(TreeHead, Vec<u8>), TreeError> {
        let head = TreeHead {
            size: self.frontier.size(),
            root: self.frontier.root(),
        };
        let checkpoint = self.key.sign(head)?;
        if head == self.signed {
            return Ok((head, checkpoint));
        }
        let partial = self.write_partial(head.size)?;
        self.pending.sync()?;
        // The copy beside the key comes first: once anyone sees the checkpoint, no other tree of
        // its size may be signed.
        for path in [
            self.last_checkpoint_file.clone(),
            self.folder.join(CHECKPOINT),
        ] {
            self.pending.write(&path, &checkpoint, OWNER_ONLY)?;
            self.pending.sync()?;
        }
        self.signed = head;
        for superseded in std::mem::replace(&mut self.partial, partial) {
            if !self.partial.contains(&superseded) {
                stale::remove_file(&self.folder.join(superseded.to_string()));
            }
        }
        Ok((head, checkpoint))
    }

    /// Writes the partial tiles and the partial bundle of a tree of this size. Returns their paths.
    fn write_partial(&mut self, size: u64) -> Result<Vec<TilePath>, TreeError> {
        let mut partial = Vec::new();
        for (tile, hashes) in self.frontier.partial_tiles() {
            if !self.partial.contains(&tile) {
                let path = self.folder.join(tile.to_string());
                self.pending.write(&path, hashes, OWNER_ONLY)?;
            }
            partial.push(tile);
        }
        if self.bundle.width > 0 {
            let bundle = TilePath::entries(size / u64::from(TILE_WIDTH), self.bundle.width);
            self.write_bundle(bundle)?;
            partial.push(bundle);
        }
        Ok(partial)
    }

    fn write_bundle(&mut self, bundle: TilePath) -> Result<(), TreeError> {
        let path = self.folder.join(bundle.to_string());
        self.pending.write(&path, &self.bundle.bytes, OWNER_ONLY)
    }
}

fn lock(folder: &Path) -> Result<File, TreeError> {
    let path = folder.join(LOCK);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(OWNER_ONLY)
        .open(&path);
    let file = file.map_err(TreeError::io(path))?;
    file.try_lock()
        .map_err(|_| TreeError::InUse(folder.to_owned()))?;
    Ok(file)
}

/// Loads the partial bundle, checked against the hashes of its entries. Returns the paths
/// of all partial files, too.
fn load_bundle(
    tree: &Tree,
    frontier: &Frontier,
) -> Result<(EntryBundle, Vec<TilePath>), TreeError> {
    let mut partial: Vec<TilePath> = frontier.partial_tiles().map(|(tile, _)| tile).collect();
    let width = u32::try_from(frontier.size() % u64::from(TILE_WIDTH)).unwrap_or(0);
    if width == 0 {
        return Ok((EntryBundle::default(), partial));
    }
    let path = TilePath::entries(frontier.size() / u64::from(TILE_WIDTH), width);
    let bytes = tree.read(path)?;
    let hashes: Vec<u8> = split(&bytes)
        .flatten()
        .flat_map(|entry| record_hash(entry).0)
        .collect();
    let signed = frontier.partial_tiles().next();
    if signed.is_none_or(|(_, tile)| tile != hashes) {
        return Err(TreeError::damaged(
            tree.folder().join(path.to_string()),
            "its entries are not those that were signed",
        ));
    }
    partial.push(path);
    Ok((EntryBundle { bytes, width }, partial))
}
