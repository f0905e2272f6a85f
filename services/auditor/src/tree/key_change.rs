//! The last checkpoints of keys that were replaced. Each stands in the tree's folder, under the hash of
//! the old key, and is signed by the old key and by the new one.

use std::path::{Path, PathBuf};

use super::{disk, error::TreeError};
use crate::note::{KeyChange, LogPublicKey};

/// The folder of these checkpoints.
const FOLDER: &str = "rotation";

/// The file of the last checkpoint of an old key.
pub(super) fn file(folder: &Path, old: &LogPublicKey) -> PathBuf {
    folder.join(FOLDER).join(old.id())
}

/// The last checkpoint of a key that was replaced.
pub(super) fn last_of(folder: &Path, key: &LogPublicKey) -> Result<Option<Vec<u8>>, TreeError> {
    disk::read(&file(folder, key))
}

/// Whether the old key was replaced by the new one.
pub(super) fn is_successor(
    folder: &Path,
    old: &LogPublicKey,
    new: &LogPublicKey,
) -> Result<bool, TreeError> {
    let note = last_of(folder, old)?;
    let change = note.and_then(|note| KeyChange::open(&note, new));
    Ok(change.is_some_and(|change| change.old == *old && change.new == *new))
}

/// The keys that signed the tree before this one, the latest first. The newer key of each change
/// vouches for the older one.
pub(crate) fn predecessors(
    folder: &Path,
    key: &LogPublicKey,
) -> Result<Vec<LogPublicKey>, TreeError> {
    let mut notes = Vec::new();
    for file in disk::files(&folder.join(FOLDER))? {
        notes.extend(disk::read(&file)?);
    }
    let mut keys = vec![key.clone()];
    loop {
        let newest = keys.len() - 1;
        let changes = notes
            .iter()
            .filter_map(|note| KeyChange::open(note, &keys[newest]));
        let mut before = changes
            .filter(|change| change.new == keys[newest] && !keys.contains(&change.old))
            .map(|change| change.old);
        match before.next() {
            Some(old) => keys.push(old),
            None => return Ok(keys.split_off(1)),
        }
    }
}
