//! Adding to a tree, and signing it. One process at a time: the folder is locked.

use std::{
    fs::File,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use tlog_tiles::record_hash;

use super::{
    CHECKPOINT, Resource, TILE_WIDTH, Tree, TreeError,
    bundle::{Bundle, split},
    disk::Unsynced,
    edge::Edge,
    found::{Found, found, last_file},
    leftovers,
};
use crate::note::{Head, PrivateKey, PublicKey};

const LOCK: &str = "lock";
/// Tiles are for auditors, keys for one process.
pub(super) const OWNER_ONLY: u32 = 0o600;

/// Which tree to open or found.
#[derive(Debug, Clone)]
pub struct Founding {
    /// The tree's folder.
    pub folder: PathBuf,
    /// The signing key; what was signed last is kept beside it, in a file that ends in `.checkpoint`.
    pub key_file: PathBuf,
    /// Where the public key is put.
    pub public_key_file: PathBuf,
    /// The origin in checkpoints.
    pub origin: String,
    /// The incarnation of the log.
    pub incarnation: String,
}

/// A tree that entries are added to.
pub struct Grower {
    folder: PathBuf,
    /// Where the last checkpoint is kept beside the key.
    last_file: PathBuf,
    key: PrivateKey,
    public: PublicKey,
    edge: Edge,
    bundle: Bundle,
    /// What the last checkpoint names.
    signed: Head,
    /// The unfinished files the last checkpoint names.
    named: Vec<Resource>,
    unsynced: Unsynced,
    _lock: File,
}

impl Grower {
    /// Opens the tree as its last checkpoint says, or founds an empty one, signed.
    ///
    /// # Errors
    /// See [`TreeError`]: a tree of another log, one that lost its key or a key that lost its tree, one that is
    /// older than what was signed, a folder in use, and damage to what is needed to go on.
    pub fn open(founding: &Founding) -> Result<Self, TreeError> {
        let mut unsynced = Unsynced::default();
        unsynced.make_folder(&founding.folder)?;
        let lock = lock(&founding.folder)?;
        let Found {
            key,
            public,
            tree,
            edge,
        } = found(founding, &mut unsynced)?;
        let (bundle, named) = load_bundle(&tree, &edge)?;
        let signed = tree.head();
        leftovers::remove(&founding.folder, signed.size, &named)?;
        Ok(Self {
            folder: founding.folder.clone(),
            last_file: last_file(&founding.key_file),
            key,
            public,
            edge,
            bundle,
            signed,
            named,
            unsynced,
            _lock: lock,
        })
    }

    /// How many entries it has, signed or not.
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The head of the last checkpoint.
    pub fn signed(&self) -> Head {
        self.signed
    }

    /// The key that checks its checkpoints.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Adds an entry. What is full by it is written; nothing is signed yet.
    ///
    /// # Errors
    /// An entry that is too large, and what the file system refuses; the grower is of no use after that and
    /// must be opened again.
    pub fn append(&mut self, entry: &[u8]) -> Result<(), TreeError> {
        let position = self.edge.size() + 1;
        let too_large = || TreeError::TooLarge {
            position,
            bytes: entry.len(),
        };
        self.bundle.push(entry).ok_or_else(too_large)?;
        let Self {
            folder,
            edge,
            unsynced,
            ..
        } = self;
        edge.push(record_hash(entry), |tile, hashes| {
            unsynced.write(&folder.join(tile.to_string()), hashes, OWNER_ONLY)
        })?;
        if self.bundle.width == TILE_WIDTH {
            let full = Resource::entries((position - 1) / u64::from(TILE_WIDTH), TILE_WIDTH);
            self.unsynced.write(
                &self.folder.join(full.to_string()),
                &self.bundle.bytes,
                OWNER_ONLY,
            )?;
            self.bundle = Bundle::default();
        }
        Ok(())
    }

    /// Stores what is unfinished, signs the whole and stores the signed checkpoint, beside the key first. The files that
    /// only the last checkpoint named are removed: who still asks for one of them is served from what took its place.
    ///
    /// # Errors
    /// As for [`Grower::append`].
    pub fn sign(&mut self) -> Result<(Head, Vec<u8>), TreeError> {
        let head = Head {
            size: self.edge.size(),
            root: self.edge.root(),
        };
        let checkpoint = self.key.sign(head)?;
        if head == self.signed {
            return Ok((head, checkpoint));
        }
        let mut named = Vec::new();
        for (tile, hashes) in self.edge.unfinished() {
            if !self.named.contains(&tile) {
                self.unsynced
                    .write(&self.folder.join(tile.to_string()), hashes, OWNER_ONLY)?;
            }
            named.push(tile);
        }
        if self.bundle.width > 0 {
            let bundle = Resource::entries(head.size / u64::from(TILE_WIDTH), self.bundle.width);
            self.unsynced.write(
                &self.folder.join(bundle.to_string()),
                &self.bundle.bytes,
                OWNER_ONLY,
            )?;
            named.push(bundle);
        }
        self.unsynced.sync()?;
        // Once it may be seen, no other tree of its size may be signed, whatever becomes of the folder.
        self.unsynced
            .write(&self.last_file, &checkpoint, OWNER_ONLY)?;
        self.unsynced.sync()?;
        self.unsynced
            .write(&self.folder.join(CHECKPOINT), &checkpoint, OWNER_ONLY)?;
        self.unsynced.sync()?;
        self.signed = head;
        for stale in std::mem::replace(&mut self.named, named) {
            if !self.named.contains(&stale) {
                leftovers::remove_file(&self.folder.join(stale.to_string()));
            }
        }
        Ok((head, checkpoint))
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

/// The unfinished bundle, checked against the hashes of its entries, and all that is unfinished.
fn load_bundle(tree: &Tree, edge: &Edge) -> Result<(Bundle, Vec<Resource>), TreeError> {
    let mut named: Vec<Resource> = edge.unfinished().map(|(resource, _)| resource).collect();
    let width = u32::try_from(edge.size() % u64::from(TILE_WIDTH)).unwrap_or(0);
    if width == 0 {
        return Ok((Bundle::default(), named));
    }
    let resource = Resource::entries(edge.size() / u64::from(TILE_WIDTH), width);
    let bytes = tree.read(resource)?;
    let hashes: Vec<u8> = split(&bytes)
        .flatten()
        .flat_map(|entry| record_hash(entry).0)
        .collect();
    if edge
        .unfinished()
        .next()
        .is_none_or(|(_, tile)| tile != hashes)
    {
        let path = tree.folder().join(resource.to_string());
        return Err(TreeError::damaged(
            path,
            "its entries are not those that were signed",
        ));
    }
    named.push(resource);
    Ok((Bundle { bytes, width }, named))
}
