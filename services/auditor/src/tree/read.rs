//! Reading a tree that another process may be adding to. Files never change once they are in place; an
//! unfinished one may be gone for one that goes on from it.

use std::path::{Path, PathBuf};

use tlog_tiles::{Hash, HashReader, Tile, TileHashReader, TileReader, prove_record, prove_tree};

use super::{
    CHECKPOINT, Kind, Resource, TILE_WIDTH, TreeError, Upper, bundle::cut, disk, edge::Edge,
};
use crate::note::{Head, PublicKey, unchecked_size};

/// Hashes in a tile, as a power of two (C2SP tlog-tiles).
const HEIGHT: u8 = 8;

/// A tree as a checkpoint names it.
pub struct Tree {
    folder: PathBuf,
    checkpoint: Vec<u8>,
    head: Head,
}

impl Tree {
    /// The tree of the latest checkpoint in a folder.
    ///
    /// # Errors
    /// [`TreeError::Missing`], and a checkpoint that the key did not sign.
    pub fn open(folder: &Path, key: &PublicKey) -> Result<Self, TreeError> {
        let path = folder.join(CHECKPOINT);
        let checkpoint = disk::read(&path)?.ok_or_else(|| TreeError::Missing(folder.to_owned()))?;
        Self::of(folder, checkpoint, key, &path)
    }

    /// The tree of a checkpoint that is kept in another file.
    pub(super) fn of(
        folder: &Path,
        checkpoint: Vec<u8>,
        key: &PublicKey,
        path: &Path,
    ) -> Result<Self, TreeError> {
        let head = key
            .open(&checkpoint)
            .map_err(|error| TreeError::damaged(path, error.to_string()))?;
        Ok(Self {
            folder: folder.to_owned(),
            checkpoint,
            head,
        })
    }

    /// Its unfinished tiles, which have its root.
    pub(super) fn edge(&self) -> Result<Edge, TreeError> {
        let edge = Edge::load(self.head.size, |resource| self.read(resource))?;
        if edge.root() == self.head.root {
            return Ok(edge);
        }
        let reason = "the unfinished tiles do not have its root; put the folder back from a copy";
        Err(TreeError::damaged(self.folder.join(CHECKPOINT), reason))
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its size and root, as signed.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The signed checkpoint.
    pub fn checkpoint(&self) -> &[u8] {
        &self.checkpoint
    }

    /// The bytes of a tile or bundle of this tree.
    ///
    /// # Errors
    /// A file that is missing or too short. Hashes are not checked here.
    pub fn read(&self, resource: Resource) -> Result<Vec<u8>, TreeError> {
        let path = || self.folder.join(resource.to_string());
        let found = read(&self.folder, resource)?;
        found.ok_or_else(|| TreeError::damaged(path(), "it is missing or cut short"))
    }

    /// The proof that the tree holds an entry, with every tile it needs checked against the signed root.
    ///
    /// # Errors
    /// Tiles that are damaged. `index` must be below the size.
    pub fn prove(&self, index: u64) -> Result<Vec<Hash>, TreeError> {
        self.check_tiles(index)?;
        let tiles = Tiles(self);
        self.checked(prove_record(self.head.size, index, &self.hashes(&tiles)))
    }

    /// The proof that the tree goes on from an older one.
    ///
    /// # Errors
    /// Tiles that are damaged. `older` must be from 1 to the size.
    pub fn prove_growth(&self, older: u64) -> Result<Vec<Hash>, TreeError> {
        self.check_tiles(older)?;
        let tiles = Tiles(self);
        self.checked(prove_tree(self.head.size, older, &self.hashes(&tiles)))
    }

    /// That every tile a proof about an entry, or about the entries before it, is made of is what was signed.
    /// `TileHashReader` checks some of them only, and says of none where it is.
    fn check_tiles(&self, index: u64) -> Result<(), TreeError> {
        let upper = Upper::load(self)?;
        if index < self.head.size {
            upper.tile(self, index / u64::from(TILE_WIDTH))?;
        }
        Ok(())
    }

    fn hashes<'a>(&self, tiles: &'a Tiles<'a>) -> impl HashReader + 'a {
        Whole(TileHashReader::new(self.head.size, self.head.root, tiles))
    }

    fn checked<T>(&self, proved: Result<T, tlog_tiles::Error>) -> Result<T, TreeError> {
        proved.map_err(|error| {
            let reason = format!(
                "its tiles do not lead to the signed root ({error}); `jejak audit verify` says where"
            );
            TreeError::damaged(&self.folder, reason)
        })
    }
}

/// The tree in a folder by the public key in a file, and the origin of that key; none where one of the two is not.
///
/// # Errors
/// A key or a checkpoint that is damaged.
pub(crate) fn signed(
    folder: &Path,
    public_key_file: &Path,
) -> Result<Option<(Tree, String)>, TreeError> {
    let Some(text) = disk::read(public_key_file)? else {
        return Ok(None);
    };
    let key = PublicKey::parse(&String::from_utf8_lossy(&text))
        .map_err(|error| TreeError::damaged(public_key_file, error.to_string()))?;
    match Tree::open(folder, &key) {
        Ok(tree) => Ok(Some((tree, key.origin().to_owned()))),
        Err(TreeError::Missing(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The bytes of a file, or of the first items of one that goes on from it and is signed too: a killed auditor may
/// leave files behind that were never signed.
pub(crate) fn read(folder: &Path, resource: Resource) -> Result<Option<Vec<u8>>, TreeError> {
    let own = |resource: Resource| disk::read(&folder.join(resource.to_string()));
    if let Some(bytes) = own(resource)? {
        return Ok(first(resource, bytes));
    }
    let mut looked_at = None;
    loop {
        let signed = disk::read(&folder.join(CHECKPOINT))?
            .and_then(|note| unchecked_size(&note))
            .unwrap_or(0);
        for candidate in wider(folder, resource).filter(|candidate| candidate.is_within(signed)) {
            if let Some(bytes) = own(candidate)? {
                return Ok(first(resource, bytes));
            }
        }
        // A file is removed after another has taken its place and a checkpoint names that one: look again as
        // long as there are new ones.
        if looked_at.replace(signed) == Some(signed) {
            return Ok(None);
        }
    }
}

/// Later widths of the same file.
fn wider(folder: &Path, resource: Resource) -> impl Iterator<Item = Resource> {
    let unfinished = folder.join(format!("{}.p", resource.full()));
    let widths = std::fs::read_dir(&unfinished)
        .into_iter()
        .flatten()
        .flatten();
    let widths = widths.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let later = widths.filter(move |width| *width > resource.width);
    std::iter::once(resource.full()).chain(later.map(move |width| Resource { width, ..resource }))
}

fn first(resource: Resource, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let length = match resource.kind {
        Kind::Hashes(_) => resource.width as usize * tlog_tiles::HASH_SIZE,
        Kind::Entries => cut(&bytes, resource.width)?.len(),
    };
    (length <= bytes.len()).then(|| {
        bytes.truncate(length);
        bytes
    })
}

/// `TileHashReader` reads what a list of indexes needs; none at all it would look up in vain.
struct Whole<'a>(TileHashReader<'a>);

impl HashReader for Whole<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        if indexes.is_empty() {
            Ok(vec![])
        } else {
            self.0.read_hashes(indexes)
        }
    }
}

struct Tiles<'a>(&'a Tree);

impl TileReader for Tiles<'_> {
    fn height(&self) -> u8 {
        HEIGHT
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile: &Tile| {
            let resource = Resource::hashes(tile.level(), tile.level_index(), tile.width());
            self.0
                .read(resource)
                .map_err(|error| tlog_tiles::Error::InvalidInput(error.to_string()))
        };
        tiles.iter().map(read).collect()
    }

    fn save_tiles(&self, _tiles: &[Tile], _data: &[Vec<u8>]) {}
}
