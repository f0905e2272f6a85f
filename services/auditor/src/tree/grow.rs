//! Adding to a tree, and signing it. One process at a time: the folder is locked.

use std::{
    fs::File,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tlog_tiles::record_hash;

use super::{
    CHECKPOINT, Resource, TILE_WIDTH, Tree, TreeError,
    bundle::{Bundle, split},
    disk::{self, Unsynced},
    edge::Edge,
};
use crate::note::{Head, PrivateKey, PublicKey};

/// What the tree is of; written before anything else.
const ABOUT: &str = "log.json";
const LOCK: &str = "lock";
const FORMAT: u32 = 1;
/// Tiles are for auditors, keys for one process.
const OWNER_ONLY: u32 = 0o600;

/// Which tree to open or found.
#[derive(Debug, Clone)]
pub struct Founding {
    /// The tree's folder.
    pub folder: PathBuf,
    /// The signing key; the public one is put beside it.
    pub key_file: PathBuf,
    /// Where the public key is put.
    pub public_key_file: PathBuf,
    /// The origin in checkpoints.
    pub origin: String,
    /// The incarnation of the log.
    pub incarnation: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct About {
    format: u32,
    origin: String,
    incarnation: String,
}

/// A tree that entries are added to.
pub struct Grower {
    folder: PathBuf,
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
    /// See [`TreeError`]: a tree of another log, one that lost its key or a key that lost its tree, a folder
    /// in use, and damage to what is needed to go on.
    pub fn open(founding: &Founding) -> Result<Self, TreeError> {
        let mut unsynced = Unsynced::default();
        unsynced.make_folder(&founding.folder)?;
        let lock = lock(&founding.folder)?;
        let key = found(founding, &mut unsynced)?;
        let public = key.public()?;
        let checkpoint = founding.folder.join(CHECKPOINT);
        if !checkpoint.exists() {
            if founding.folder.join("tile").exists() {
                return Err(TreeError::damaged(&checkpoint, "it is missing"));
            }
            let head = Head { size: 0, root: Edge::default().root() };
            unsynced.write(&checkpoint, &key.sign(head)?, OWNER_ONLY)?;
        }
        unsynced.sync()?;
        let tree = Tree::open(&founding.folder, &public)?;
        let signed = tree.head();
        let edge = Edge::load(signed.size, |resource| tree.read(resource))?;
        if edge.root() != signed.root {
            let reason = "the unfinished tiles do not have its root; put the folder back from a copy";
            return Err(TreeError::damaged(&checkpoint, reason));
        }
        let (bundle, named) = load_bundle(&tree, &edge)?;
        Ok(Self {
            folder: founding.folder.clone(),
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

    /// Adds an entry. What is full by it is stored; nothing is signed yet.
    ///
    /// # Errors
    /// An entry that is too large, and what the file system refuses; the grower is of no use after that and
    /// must be opened again.
    pub fn append(&mut self, entry: &[u8]) -> Result<(), TreeError> {
        let position = self.edge.size() + 1;
        let too_large = || TreeError::TooLarge { position, bytes: entry.len() };
        self.bundle.push(entry).ok_or_else(too_large)?;
        let Self { folder, edge, unsynced, .. } = self;
        edge.push(record_hash(entry), |tile, hashes| {
            unsynced.write(&folder.join(tile.to_string()), hashes, OWNER_ONLY)
        })?;
        if self.bundle.width == TILE_WIDTH {
            let full = Resource::entries((position - 1) / u64::from(TILE_WIDTH), TILE_WIDTH);
            self.unsynced.write(&self.folder.join(full.to_string()), &self.bundle.bytes, OWNER_ONLY)?;
            self.bundle = Bundle::default();
        }
        Ok(())
    }

    /// Stores what is unfinished, signs the whole and stores the signed checkpoint. The files that only the last
    /// checkpoint named are removed: who still asks for one of them is served from what took its place.
    ///
    /// # Errors
    /// As for [`Grower::append`].
    pub fn sign(&mut self) -> Result<(Head, Vec<u8>), TreeError> {
        let head = Head { size: self.edge.size(), root: self.edge.root() };
        let checkpoint = self.key.sign(head)?;
        if head == self.signed {
            return Ok((head, checkpoint));
        }
        let mut named = Vec::new();
        for (tile, hashes) in self.edge.unfinished() {
            if !self.named.contains(&tile) {
                self.unsynced.write(&self.folder.join(tile.to_string()), hashes, OWNER_ONLY)?;
            }
            named.push(tile);
        }
        if self.bundle.width > 0 {
            let bundle = Resource::entries(head.size / u64::from(TILE_WIDTH), self.bundle.width);
            self.unsynced.write(&self.folder.join(bundle.to_string()), &self.bundle.bytes, OWNER_ONLY)?;
            named.push(bundle);
        }
        self.unsynced.sync()?;
        self.unsynced.write(&self.folder.join(CHECKPOINT), &checkpoint, OWNER_ONLY)?;
        self.unsynced.sync()?;
        self.signed = head;
        for stale in std::mem::replace(&mut self.named, named) {
            if !self.named.contains(&stale) {
                remove(&self.folder.join(stale.to_string()));
            }
        }
        Ok((head, checkpoint))
    }
}

/// What is left of it is a few bytes that no checkpoint names.
fn remove(stale: &Path) {
    if let Err(error) = std::fs::remove_file(stale) {
        tracing::debug!(file = %stale.display(), %error, "a superseded file could not be removed");
    }
    if let Some(folder) = stale.parent() {
        // Refused while it holds the file that took its place.
        let _ = std::fs::remove_dir(folder);
    }
}

fn lock(folder: &Path) -> Result<File, TreeError> {
    let path = folder.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).mode(OWNER_ONLY).open(&path);
    let file = file.map_err(TreeError::io(path))?;
    file.try_lock().map_err(|_| TreeError::InUse(folder.to_owned()))?;
    Ok(file)
}

/// The key, checked against what the folder says it is of. The folder says so before the key is made, so
/// that a key without a folder means that a tree was lost.
fn found(founding: &Founding, unsynced: &mut Unsynced) -> Result<PrivateKey, TreeError> {
    let Founding { folder, key_file, public_key_file, origin, incarnation } = founding;
    let about_file = folder.join(ABOUT);
    let key = disk::read(key_file)?;
    match about(folder)? {
        Some(about) => {
            for (expected, found) in [(origin, about.origin), (incarnation, about.incarnation)] {
                if *expected != found {
                    let (folder, expected) = (folder.clone(), expected.clone());
                    return Err(TreeError::OtherLog { folder, expected, found });
                }
            }
        }
        None if key.is_some() => {
            return Err(TreeError::TreeLost { folder: folder.clone(), key: key_file.clone() });
        }
        None => {
            let about = About { format: FORMAT, origin: origin.clone(), incarnation: incarnation.clone() };
            let text = serde_json::to_vec(&about)
                .map_err(|error| TreeError::damaged(&about_file, error.to_string()))?;
            unsynced.write(&about_file, &text, OWNER_ONLY)?;
            unsynced.sync()?;
        }
    }
    let text = match key {
        Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        None if folder.join(CHECKPOINT).exists() => {
            return Err(TreeError::KeyLost { key: key_file.clone(), folder: folder.clone() });
        }
        None => {
            let mut random = [0; 32];
            getrandom::fill(&mut random).map_err(|error| TreeError::Random(error.to_string()))?;
            let text = PrivateKey::text(origin, &random);
            unsynced.write(key_file, format!("{text}\n").as_bytes(), OWNER_ONLY)?;
            text
        }
    };
    let key = PrivateKey::parse(&text).map_err(|error| TreeError::damaged(key_file, error.to_string()))?;
    if disk::read(public_key_file)?.is_none() {
        let text = format!("{}\n", key.public()?.text());
        unsynced.write(public_key_file, text.as_bytes(), OWNER_ONLY)?;
    }
    Ok(key)
}

fn about(folder: &Path) -> Result<Option<About>, TreeError> {
    let path = folder.join(ABOUT);
    let Some(bytes) = disk::read(&path)? else { return Ok(None) };
    let about: About =
        serde_json::from_slice(&bytes).map_err(|error| TreeError::damaged(&path, error.to_string()))?;
    if about.format != FORMAT {
        return Err(TreeError::damaged(&path, format!("format {} is not known", about.format)));
    }
    Ok(Some(about))
}

/// The incarnation of the log a tree was made of.
///
/// # Errors
/// No tree, or one whose description cannot be read.
pub(crate) fn incarnation(folder: &Path) -> Result<String, TreeError> {
    about(folder)?.map(|about| about.incarnation).ok_or_else(|| TreeError::Missing(folder.to_owned()))
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
    let hashes: Vec<u8> = split(&bytes).flatten().flat_map(|entry| record_hash(entry).0).collect();
    if edge.unfinished().next().is_none_or(|(_, tile)| tile != hashes) {
        let path = tree.folder().join(resource.to_string());
        return Err(TreeError::damaged(path, "its entries are not those that were signed"));
    }
    named.push(resource);
    Ok((Bundle { bytes, width }, named))
}
