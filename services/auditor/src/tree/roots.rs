//! The roots of all level-0 tiles, checked against the signed root.
//!
//! With them, one tile or bundle can be checked alone.

use std::convert::Infallible;

use tlog_tiles::{HASH_SIZE, Hash, Tile, record_hash};

use super::{
    bundle::split,
    error::TreeError,
    frontier::Frontier,
    path::{TILE_WIDTH, TileKind, TilePath},
    read::Tree,
};

const WIDTH: u64 = TILE_WIDTH as u64;

/// The signed hashes of every level-0 tile.
pub(crate) struct TileRoots {
    /// The root of each full tile, one after the other.
    roots: Vec<u8>,
    /// The hashes of the partial tile.
    partial: Vec<u8>,
}

impl TileRoots {
    /// Reads and checks all levels above level 0.
    ///
    /// # Errors
    /// The first file that is missing or does not lead to the signed root.
    pub(crate) fn load(tree: &Tree) -> Result<Self, TreeError> {
        let head = tree.head();
        let full = head.size / WIDTH;
        let mut roots = Vec::new();
        for index in 0..full.div_ceil(WIDTH) {
            roots.extend(tree.read(TilePath::hashes(1, index, width(full, index)))?);
        }
        let partial = match width(head.size, full) {
            0 => vec![],
            width => tree.read(TilePath::hashes(0, full, width))?,
        };
        let loaded = Self { roots, partial };
        let (root, higher) = loaded.build();
        if root != head.root {
            return Err(loaded.damage(tree)?);
        }
        for (resource, hashes) in higher {
            if tree.read(resource)? != hashes {
                let path = tree.folder().join(resource.to_string());
                return Err(TreeError::damaged(
                    path,
                    "its hashes are not those that were signed",
                ));
            }
        }
        Ok(loaded)
    }

    /// Rebuilds the roots from tiles or entries after damage. `None` if neither
    /// leads to the signed root.
    pub(crate) fn rebuild(tree: &Tree) -> Option<Self> {
        [
            TilePath::entries as fn(u64, u32) -> TilePath,
            |index, width| TilePath::hashes(0, index, width),
        ]
        .into_iter()
        .find_map(|preferred| {
            let loaded = Self::from_below(tree, preferred)?;
            (loaded.build().0 == tree.head().root).then_some(loaded)
        })
    }

    /// Takes the root of each tile from two of its three copies that agree. Without such two
    /// it takes the preferred one.
    fn from_below(tree: &Tree, preferred: fn(u64, u32) -> TilePath) -> Option<Self> {
        let size = tree.head().size;
        let full = size / WIDTH;
        let mut roots = Vec::new();
        let mut above: Option<(u64, Vec<u8>)> = None;
        for index in 0..full {
            let of = |resource| hashes(tree, resource).map(|hashes| Tile::subtree_hash(&hashes).0);
            let (first, second) = (
                of(preferred(index, TILE_WIDTH)),
                of(other(preferred(index, TILE_WIDTH))),
            );
            if above.as_ref().is_none_or(|(at, _)| *at != index / WIDTH) {
                let tile = TilePath::hashes(1, index / WIDTH, width(full, index / WIDTH));
                above = Some((index / WIDTH, tree.read(tile).unwrap_or_default()));
            }
            let at = usize::try_from(index % WIDTH).ok()? * HASH_SIZE;
            let third = above
                .as_ref()
                .and_then(|(_, tile)| tile.get(at..at + HASH_SIZE));
            let agreed = second.filter(|second| Some(&second[..]) == third);
            roots.extend_from_slice(&match (first, agreed) {
                (Some(first), _) if Some(&first[..]) == third || second == Some(first) => first,
                (_, Some(second)) => second,
                (first, None) => first.or(second)?,
            });
        }
        let partial = match width(size, full) {
            0 => vec![],
            width => {
                let preferred = preferred(full, width);
                hashes(tree, preferred).or_else(|| hashes(tree, other(preferred)))?
            }
        };
        Some(Self { roots, partial })
    }

    /// Computes the root of the tree, and the tiles from level 2 up.
    fn build(&self) -> (Hash, Vec<(TilePath, Vec<u8>)>) {
        let (mut frontier, mut higher) = (Frontier::default(), Vec::new());
        // The roots are the leaves of a tree that begins at level 1.
        let above = |tile: TilePath| match tile.kind {
            TileKind::Hashes(level) if level > 0 => Some(TilePath {
                kind: TileKind::Hashes(level + 1),
                ..tile
            }),
            _ => None,
        };
        for root in self.roots.chunks_exact(HASH_SIZE) {
            let mut hash = Hash([0; HASH_SIZE]);
            hash.0.copy_from_slice(root);
            let Ok(()) = frontier.push(hash, |tile, hashes| {
                higher.extend(above(tile).map(|tile| (tile, hashes.to_vec())));
                Ok::<_, Infallible>(())
            });
        }
        higher.extend(
            frontier
                .partial_tiles()
                .filter_map(|(tile, hashes)| Some((above(tile)?, hashes.to_vec()))),
        );
        (frontier.root_with(&self.partial), higher)
    }

    /// The signed hashes of a level-0 tile.
    ///
    /// # Errors
    /// A tile that is missing or damaged.
    pub(crate) fn tile(&self, tree: &Tree, index: u64) -> Result<Vec<u8>, TreeError> {
        let resource = TilePath::hashes(0, index, width(tree.head().size, index));
        let hashes = tree.read(resource)?;
        if self.holds(index, &hashes) {
            return Ok(hashes);
        }
        let path = tree.folder().join(resource.to_string());
        Err(TreeError::damaged(
            path,
            "its hashes are not those that were signed",
        ))
    }

    /// Whether these hashes were signed for a level-0 tile.
    pub(crate) fn holds(&self, index: u64, hashes: &[u8]) -> bool {
        let at = usize::try_from(index)
            .ok()
            .and_then(|index| index.checked_mul(HASH_SIZE));
        match at.and_then(|at| self.roots.get(at..at + HASH_SIZE)) {
            Some(root) => {
                hashes.len() == TILE_WIDTH as usize * HASH_SIZE
                    && Tile::subtree_hash(hashes).0 == root
            }
            None => !hashes.is_empty() && hashes == self.partial,
        }
    }

    /// Finds the first tile that does not fit the tiles below it.
    fn damage(&self, tree: &Tree) -> Result<TreeError, TreeError> {
        let damaged = |resource: TilePath, reason: String| {
            TreeError::damaged(tree.folder().join(resource.to_string()), reason)
        };
        let full = tree.head().size / WIDTH;
        for (index, root) in (0_u64..).zip(self.roots.chunks_exact(HASH_SIZE)) {
            let below = TilePath::hashes(0, index, TILE_WIDTH);
            let hashes = tree.read(below)?;
            if hashes.len() != TILE_WIDTH as usize * HASH_SIZE
                || Tile::subtree_hash(&hashes).0 != root
            {
                let resource = TilePath::hashes(1, index / WIDTH, width(full, index / WIDTH));
                return Ok(damaged(
                    resource,
                    format!("its hash of {below} does not fit"),
                ));
            }
        }
        let partial = TilePath::hashes(0, full, width(tree.head().size, full).max(1));
        Ok(damaged(
            partial,
            "it does not lead to the signed root".to_owned(),
        ))
    }
}

/// The other file that tells the hashes of the same entries.
fn other(resource: TilePath) -> TilePath {
    let kind = match resource.kind {
        TileKind::Entries => TileKind::Hashes(0),
        TileKind::Hashes(_) => TileKind::Entries,
    };
    TilePath { kind, ..resource }
}

/// The hashes of entries, from a tile or a bundle. `None` if one is missing.
fn hashes(tree: &Tree, resource: TilePath) -> Option<Vec<u8>> {
    let bytes = tree.read(resource).ok()?;
    let hashes = match resource.kind {
        TileKind::Hashes(_) => bytes,
        TileKind::Entries => split(&bytes)
            .flatten()
            .flat_map(|entry| record_hash(entry).0)
            .collect(),
    };
    (hashes.len() == resource.width as usize * HASH_SIZE).then_some(hashes)
}

/// The width of the tile at an index, in a level of this many items.
fn width(items: u64, index: u64) -> u32 {
    u32::try_from(items.saturating_sub(index * WIDTH).min(WIDTH)).unwrap_or(TILE_WIDTH)
}
