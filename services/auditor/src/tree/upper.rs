//! The levels of a tree above its entries, checked against the signed root, so that a tile of entries can be
//! told to be the signed one by itself.

use std::convert::Infallible;

use tlog_tiles::{HASH_SIZE, Hash, Tile, record_hash};

use super::{Kind, Resource, TILE_WIDTH, Tree, TreeError, bundle::split, edge::Edge};

const WIDTH: u64 = TILE_WIDTH as u64;

/// What was signed of every tile of entries.
pub(crate) struct Upper {
    /// The root of each full tile.
    roots: Vec<u8>,
    /// The hashes of the unfinished one.
    unfinished: Vec<u8>,
}

impl Upper {
    /// Reads all levels but the entries', and checks them.
    ///
    /// # Errors
    /// A file that is missing or does not fit, named as well as can be.
    pub(crate) fn load(tree: &Tree) -> Result<Self, TreeError> {
        let head = tree.head();
        let full = head.size / WIDTH;
        let mut roots = Vec::new();
        for index in 0..full.div_ceil(WIDTH) {
            roots.extend(tree.read(Resource::hashes(1, index, width(full, index)))?);
        }
        let unfinished = match width(head.size, full) {
            0 => vec![],
            width => tree.read(Resource::hashes(0, full, width))?,
        };
        let upper = Self { roots, unfinished };
        let (root, higher) = upper.build();
        if root != head.root {
            return Err(upper.damage(tree)?);
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
        Ok(upper)
    }

    /// What was signed, found again from whichever of tiles and entries lead to the signed root; `None` if none do.
    pub(crate) fn rebuild(tree: &Tree) -> Option<Self> {
        [
            Resource::entries as fn(u64, u32) -> Resource,
            |index, width| Resource::hashes(0, index, width),
        ]
        .into_iter()
        .find_map(|preferred| {
            let upper = Self::from_below(tree, preferred)?;
            (upper.build().0 == tree.head().root).then_some(upper)
        })
    }

    /// Of every tile of entries what two of its three copies say, and otherwise what the preferred one does.
    fn from_below(tree: &Tree, preferred: fn(u64, u32) -> Resource) -> Option<Self> {
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
                let tile = Resource::hashes(1, index / WIDTH, width(full, index / WIDTH));
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
        let unfinished = match width(size, full) {
            0 => vec![],
            width => {
                let preferred = preferred(full, width);
                hashes(tree, preferred).or_else(|| hashes(tree, other(preferred)))?
            }
        };
        Some(Self { roots, unfinished })
    }

    /// The root of the tree, and the tiles from level 2 up.
    fn build(&self) -> (Hash, Vec<(Resource, Vec<u8>)>) {
        let (mut edge, mut higher) = (Edge::default(), Vec::new());
        // The roots are the entries of the tree that begins at level 1.
        let above = |resource: Resource| match resource.kind {
            Kind::Hashes(level) if level > 0 => Some(Resource {
                kind: Kind::Hashes(level + 1),
                ..resource
            }),
            _ => None,
        };
        for root in self.roots.chunks_exact(HASH_SIZE) {
            let mut hash = Hash([0; HASH_SIZE]);
            hash.0.copy_from_slice(root);
            let Ok(()) = edge.push(hash, |tile, hashes| {
                higher.extend(above(tile).map(|tile| (tile, hashes.to_vec())));
                Ok::<_, Infallible>(())
            });
        }
        higher.extend(
            edge.unfinished()
                .filter_map(|(tile, hashes)| Some((above(tile)?, hashes.to_vec()))),
        );
        (edge.root_over(&self.unfinished), higher)
    }

    /// The hashes of a tile of entries, as they were signed.
    ///
    /// # Errors
    /// A tile that is missing or damaged.
    pub(crate) fn tile(&self, tree: &Tree, index: u64) -> Result<Vec<u8>, TreeError> {
        let resource = Resource::hashes(0, index, width(tree.head().size, index));
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

    /// Whether hashes are those that were signed for a tile of entries.
    pub(crate) fn holds(&self, index: u64, hashes: &[u8]) -> bool {
        let at = usize::try_from(index)
            .ok()
            .and_then(|index| index.checked_mul(HASH_SIZE));
        match at.and_then(|at| self.roots.get(at..at + HASH_SIZE)) {
            Some(root) => {
                hashes.len() == TILE_WIDTH as usize * HASH_SIZE
                    && Tile::subtree_hash(hashes).0 == root
            }
            None => !hashes.is_empty() && hashes == self.unfinished,
        }
    }

    /// The first tile that does not fit the ones below it.
    fn damage(&self, tree: &Tree) -> Result<TreeError, TreeError> {
        let damaged = |resource: Resource, reason: String| {
            TreeError::damaged(tree.folder().join(resource.to_string()), reason)
        };
        let full = tree.head().size / WIDTH;
        for (index, root) in (0_u64..).zip(self.roots.chunks_exact(HASH_SIZE)) {
            let below = Resource::hashes(0, index, TILE_WIDTH);
            let hashes = tree.read(below)?;
            if hashes.len() != TILE_WIDTH as usize * HASH_SIZE
                || Tile::subtree_hash(&hashes).0 != root
            {
                let resource = Resource::hashes(1, index / WIDTH, width(full, index / WIDTH));
                return Ok(damaged(
                    resource,
                    format!("its hash of {below} does not fit"),
                ));
            }
        }
        let unfinished = Resource::hashes(0, full, width(tree.head().size, full).max(1));
        Ok(damaged(
            unfinished,
            "it does not lead to the signed root".to_owned(),
        ))
    }
}

/// The other file that says what the entries' hashes are.
fn other(resource: Resource) -> Resource {
    let kind = match resource.kind {
        Kind::Entries => Kind::Hashes(0),
        Kind::Hashes(_) => Kind::Entries,
    };
    Resource { kind, ..resource }
}

/// The entries' hashes by a tile or by a bundle, if there is one for each.
fn hashes(tree: &Tree, resource: Resource) -> Option<Vec<u8>> {
    let bytes = tree.read(resource).ok()?;
    let hashes = match resource.kind {
        Kind::Hashes(_) => bytes,
        Kind::Entries => split(&bytes)
            .flatten()
            .flat_map(|entry| record_hash(entry).0)
            .collect(),
    };
    (hashes.len() == resource.width as usize * HASH_SIZE).then_some(hashes)
}

/// How many items the tile at an index has, of a level of so many.
fn width(items: u64, index: u64) -> u32 {
    u32::try_from(items.saturating_sub(index * WIDTH).min(WIDTH)).unwrap_or(TILE_WIDTH)
}
