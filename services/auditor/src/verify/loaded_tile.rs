//! One level-0 tile and its bundle, both checked against the signed root.

use tlog_tiles::{HASH_SIZE, record_hash};

use super::check::FirstFault;
use crate::tree::{TILE_WIDTH, TilePath, TileRoots, Tree, TreeError, split};

const WIDTH: u64 = TILE_WIDTH as u64;

/// The signed hashes of up to 256 entries, and the copies of these entries.
pub(super) struct LoadedTile {
    pub(super) index: u64,
    /// The hash of each entry. Empty if neither tile nor bundle leads to the root.
    hashes: Vec<u8>,
    /// The copy of each entry, if it was signed.
    entries: Vec<Option<Vec<u8>>>,
}

impl LoadedTile {
    /// Loads a tile and its bundle. Notes the first damaged file in `files`.
    pub(super) fn load(
        tree: &Tree,
        roots: Option<&TileRoots>,
        index: u64,
        files: &mut FirstFault,
    ) -> Self {
        let width =
            u32::try_from((tree.head().size - index * WIDTH).min(WIDTH)).unwrap_or(TILE_WIDTH);
        let (tile, bundle) = (
            TilePath::hashes(0, index, width),
            TilePath::entries(index, width),
        );
        let stored = tree.read(bundle);
        let entries: Vec<Vec<u8>> = match &stored {
            Ok(bytes) => split(bytes)
                .map_while(|entry| entry.map(<[u8]>::to_vec))
                .collect(),
            Err(_) => vec![],
        };
        let entry_hashes: Vec<u8> = entries
            .iter()
            .flat_map(|entry| record_hash(entry).0)
            .collect();
        let leads_to_root = |hashes: &[u8]| roots.is_some_and(|roots| roots.holds(index, hashes));
        let hashes = match tree.read(tile) {
            Ok(hashes) if leads_to_root(&hashes) => hashes,
            other => {
                let fault = other.err().unwrap_or_else(|| {
                    damaged(tree, tile, "its hashes are not those that were signed")
                });
                files.note(|| fault.to_string());
                if leads_to_root(&entry_hashes) {
                    entry_hashes.clone()
                } else {
                    vec![]
                }
            }
        };
        if let Err(error) = &stored {
            files.note(|| error.to_string());
        }
        let mut kept = Vec::with_capacity(entries.len());
        for (at, entry) in entries.into_iter().enumerate() {
            let signed = hash_at(&hashes, at);
            let is_signed = signed.is_some() && signed == hash_at(&entry_hashes, at);
            if !is_signed && !hashes.is_empty() {
                let position = index * WIDTH + at as u64 + 1;
                let reason = format!("its entry of position {position} is not what was signed");
                files.note(|| damaged(tree, bundle, &reason).to_string());
            }
            kept.push(is_signed.then_some(entry));
        }
        Self {
            index,
            hashes,
            entries: kept,
        }
    }

    /// Whether the entry at a place in this tile was signed with these bytes. `None` if
    /// the signed hash is unknown.
    pub(super) fn was_signed(&self, at: usize, payload: &[u8]) -> Option<bool> {
        // Comparing bytes costs less than hashing them.
        let copy = self.entries.get(at).and_then(Option::as_deref);
        if copy == Some(payload) {
            return Some(true);
        }
        hash_at(&self.hashes, at).map(|signed| signed == record_hash(payload).0)
    }
}

fn hash_at(hashes: &[u8], at: usize) -> Option<&[u8]> {
    hashes.get(at * HASH_SIZE..(at + 1) * HASH_SIZE)
}

fn damaged(tree: &Tree, file: TilePath, reason: &str) -> TreeError {
    TreeError::damaged(tree.folder().join(file.to_string()), reason)
}
