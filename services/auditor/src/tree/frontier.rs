//! The frontier of a tree (RFC 6962): the partial tile of each level.
//!
//! It suffices to add entries and to compute the root.

use tlog_tiles::{Hash, Tile, node_hash};

use super::path::{TILE_WIDTH, TilePath};

/// Bytes in one hash.
const HASH: usize = tlog_tiles::HASH_SIZE;
/// Bytes in a full tile.
const FULL: usize = TILE_WIDTH as usize * HASH;

/// The partial tiles, from the level of the entries up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frontier {
    levels: Vec<Vec<u8>>,
    size: u64,
}

impl Frontier {
    /// Loads the frontier of a tree of this size. `read` gives each partial tile.
    pub(super) fn load<E>(
        size: u64,
        mut read: impl FnMut(TilePath) -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        let mut levels = Vec::new();
        let mut items = size;
        while items > 0 {
            let width = u32::try_from(items % u64::from(TILE_WIDTH)).unwrap_or(0);
            let level = u8::try_from(levels.len()).unwrap_or(u8::MAX);
            let index = items / u64::from(TILE_WIDTH);
            levels.push(if width == 0 {
                vec![]
            } else {
                read(TilePath::hashes(level, index, width))?
            });
            items = index;
        }
        Ok(Self { levels, size })
    }

    /// The number of entries in the tree.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Adds the hash of an entry. `finished` receives every tile that becomes full.
    pub(crate) fn push<E>(
        &mut self,
        leaf: Hash,
        mut finished: impl FnMut(TilePath, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut hash, mut index) = (leaf, self.size / u64::from(TILE_WIDTH));
        self.size += 1;
        for level in 0_u8.. {
            let at = usize::from(level);
            if self.levels.len() == at {
                self.levels.push(Vec::with_capacity(FULL));
            }
            self.levels[at].extend_from_slice(&hash.0);
            if self.levels[at].len() < FULL {
                break;
            }
            finished(TilePath::hashes(level, index, TILE_WIDTH), &self.levels[at])?;
            hash = Tile::subtree_hash(&self.levels[at]);
            index /= u64::from(TILE_WIDTH);
            self.levels[at].clear();
        }
        Ok(())
    }

    /// The partial tiles that are not empty.
    pub(super) fn partial_tiles(&self) -> impl Iterator<Item = (TilePath, &[u8])> {
        self.levels
            .iter()
            .enumerate()
            .filter(|(_, tile)| !tile.is_empty())
            .map(|(level, tile)| {
                let level = u8::try_from(level).unwrap_or(u8::MAX);
                let index = self
                    .size
                    .checked_shr(8 * (u32::from(level) + 1))
                    .unwrap_or(0);
                let width = u32::try_from(tile.len() / HASH).unwrap_or(TILE_WIDTH);
                (TilePath::hashes(level, index, width), tile.as_slice())
            })
    }

    /// The root hash of all entries.
    pub(crate) fn root(&self) -> Hash {
        join(self.levels.iter().map(Vec::as_slice))
    }

    /// The root of a tree one level higher: `self` holds the roots of its full level-0 tiles,
    /// `partial` the hashes of its last one.
    pub(super) fn root_with(&self, partial: &[u8]) -> Hash {
        join(std::iter::once(partial).chain(self.levels.iter().map(Vec::as_slice)))
    }
}

/// Joins the largest full subtrees from the right. Tiles come from the lowest level up.
fn join<'a>(tiles: impl Iterator<Item = &'a [u8]>) -> Hash {
    let mut root = None;
    for tile in tiles {
        let mut end = tile.len() / HASH;
        while end > 0 {
            let start = end - (1 << end.trailing_zeros());
            let part = Tile::subtree_hash(&tile[start * HASH..end * HASH]);
            root = Some(root.map_or(part, |right| node_hash(part, right)));
            end = start;
        }
    }
    root.unwrap_or(tlog_tiles::EMPTY_HASH)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, convert::Infallible};

    use tlog_tiles::record_hash;

    use super::*;

    /// The recursive definition of RFC 6962, 2.1.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => tlog_tiles::EMPTY_HASH,
            [leaf] => *leaf,
            more => {
                let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
                node_hash(by_definition(left), by_definition(right))
            }
        }
    }

    #[test]
    fn roots_are_those_of_the_definition_at_every_size_and_after_every_reload() {
        let mut frontier = Frontier::default();
        let (mut leaves, mut tiles) = (vec![], BTreeMap::new());
        for n in 0..1_100_u32 {
            assert_eq!(frontier.root(), by_definition(&leaves), "size {n}");
            let leaf = record_hash(&n.to_be_bytes());
            leaves.push(leaf);
            frontier
                .push(leaf, |resource, tile| {
                    tiles.insert(resource, tile.to_vec());
                    Ok::<_, Infallible>(())
                })
                .unwrap();
            let partial: BTreeMap<_, _> = frontier
                .partial_tiles()
                .map(|(resource, tile)| (resource, tile.to_vec()))
                .collect();
            let loaded = Frontier::load(frontier.size(), |tile| {
                partial.get(&tile).cloned().ok_or(tile)
            });
            frontier = loaded.unwrap();
        }
        assert_eq!(
            tiles.keys().map(ToString::to_string).collect::<Vec<_>>(),
            ["tile/0/000", "tile/0/001", "tile/0/002", "tile/0/003"]
        );
    }
}
