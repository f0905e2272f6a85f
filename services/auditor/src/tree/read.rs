//! Reads a tree while another process may add to it.
//!
//! A file in its place never changes. A partial file may disappear once a
//! wider one has replaced it.

use std::path::{Path, PathBuf};

use super::{
    bundle::cut,
    disk,
    error::TreeError,
    frontier::Frontier,
    key_change,
    path::{CHECKPOINT, TileKind, TilePath},
};
use crate::note::{KeyChange, LogPublicKey, NoteError, TreeHead, unchecked_head, unchecked_size};

/// A tree at one signed checkpoint.
#[derive(Clone)]
pub struct Tree {
    folder: PathBuf,
    checkpoint: Vec<u8>,
    head: TreeHead,
    /// The key that signs the tree from this checkpoint on.
    successor: Option<LogPublicKey>,
}

impl Tree {
    /// The tree of the latest checkpoint in a folder that the key signed. A key that was replaced opens
    /// the tree as it was then ([`Tree::successor`]).
    ///
    /// # Errors
    /// [`TreeError::Missing`], or a checkpoint that the key did not sign.
    pub fn open(folder: &Path, key: &LogPublicKey) -> Result<Self, TreeError> {
        let path = folder.join(CHECKPOINT);
        let checkpoint = disk::read(&path)?.ok_or_else(|| TreeError::Missing(folder.to_owned()))?;
        if let Err(NoteError::Signature { .. }) = key.open(&checkpoint)
            && let Some(last) = key_change::last_of(folder, key)?
        {
            return Self::of(folder, last, key, &key_change::file(folder, key));
        }
        Self::of(folder, checkpoint, key, &path)
    }

    /// The tree of the latest checkpoint in a folder, whose signature nobody checks.
    ///
    /// # Errors
    /// [`TreeError::Missing`], or a file that is no checkpoint.
    pub fn open_unchecked(folder: &Path) -> Result<Self, TreeError> {
        let path = folder.join(CHECKPOINT);
        let checkpoint = disk::read(&path)?.ok_or_else(|| TreeError::Missing(folder.to_owned()))?;
        let (_, head) = unchecked_head(&checkpoint)
            .ok_or_else(|| TreeError::damaged(path, "it is no checkpoint"))?;
        Ok(Self {
            folder: folder.to_owned(),
            checkpoint,
            head,
            successor: None,
        })
    }

    /// The tree of a checkpoint from the file at `path`.
    pub(super) fn of(
        folder: &Path,
        checkpoint: Vec<u8>,
        key: &LogPublicKey,
        path: &Path,
    ) -> Result<Self, TreeError> {
        let head = key
            .open(&checkpoint)
            .map_err(|error| TreeError::damaged(path, error.to_string()))?;
        let change = KeyChange::open(&checkpoint, key).filter(|change| change.old == *key);
        Ok(Self {
            folder: folder.to_owned(),
            checkpoint,
            head,
            successor: change.map(|change| change.new),
        })
    }

    /// The frontier of the tree, checked against the signed root.
    pub(crate) fn frontier(&self) -> Result<Frontier, TreeError> {
        let frontier = Frontier::load(self.head.size, |tile| self.read(tile))?;
        if frontier.root() == self.head.root {
            return Ok(frontier);
        }
        let reason = "the partial tiles do not lead to its root; put the folder back from a copy";
        Err(TreeError::damaged(self.folder.join(CHECKPOINT), reason))
    }

    /// The folder of the tree.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The signed size and root.
    pub fn head(&self) -> TreeHead {
        self.head
    }

    /// The key that signs the tree from this checkpoint on, where the key that opened it was replaced.
    pub fn successor(&self) -> Option<&LogPublicKey> {
        self.successor.as_ref()
    }

    /// The signed checkpoint, as stored.
    pub fn checkpoint(&self) -> &[u8] {
        &self.checkpoint
    }

    /// The bytes of a tile or bundle. Their hashes are not checked here.
    ///
    /// # Errors
    /// A file that is missing or too short.
    pub fn read(&self, file: TilePath) -> Result<Vec<u8>, TreeError> {
        let path = || self.folder.join(file.to_string());
        let found = read(&self.folder, file)?;
        found.ok_or_else(|| TreeError::damaged(path(), "it is missing or cut short"))
    }
}

/// The tree in a folder and the origin of the public key in a file. `None` if either is missing.
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
    let key = LogPublicKey::parse(&String::from_utf8_lossy(&text))
        .map_err(|error| TreeError::damaged(public_key_file, error.to_string()))?;
    match Tree::open(folder, &key) {
        Ok(tree) => Ok(Some((tree, key.origin().to_owned()))),
        Err(TreeError::Missing(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The bytes of a file, or the first items of a wider one that is signed.
///
/// Unsigned wider files are ignored: a killed auditor may have left them.
pub(crate) fn read(folder: &Path, wanted: TilePath) -> Result<Option<Vec<u8>>, TreeError> {
    let stored = |file: TilePath| disk::read(&folder.join(file.to_string()));
    if let Some(bytes) = stored(wanted)? {
        return Ok(first_items(wanted, bytes));
    }
    let mut searched_at = None;
    loop {
        let signed = disk::read(&folder.join(CHECKPOINT))?
            .and_then(|note| unchecked_size(&note))
            .unwrap_or(0);
        for candidate in wider(folder, wanted).filter(|candidate| candidate.is_within(signed)) {
            if let Some(bytes) = stored(candidate)? {
                return Ok(first_items(wanted, bytes));
            }
        }
        // A wider file may have been superseded during the search. Search
        // again while the checkpoint moves.
        if searched_at.replace(signed) == Some(signed) {
            return Ok(None);
        }
    }
}

/// The full file and all wider partial files at the same place.
fn wider(folder: &Path, wanted: TilePath) -> impl Iterator<Item = TilePath> {
    let partial = folder.join(format!("{}.p", wanted.full()));
    let widths = std::fs::read_dir(&partial).into_iter().flatten().flatten();
    let widths = widths.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let wider = widths.filter(move |width| *width > wanted.width);
    std::iter::once(wanted.full()).chain(wider.map(move |width| TilePath { width, ..wanted }))
}

fn first_items(wanted: TilePath, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let length = match wanted.kind {
        TileKind::Hashes(_) => wanted.width as usize * tlog_tiles::HASH_SIZE,
        TileKind::Entries => cut(&bytes, wanted.width)?.len(),
    };
    (length <= bytes.len()).then(|| {
        bytes.truncate(length);
        bytes
    })
}
