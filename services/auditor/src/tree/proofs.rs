//! Proofs of a tree: that it holds an entry, and that it extends an older tree.

use tlog_tiles::{Hash, HashReader, Tile, TileHashReader, TileReader, prove_record, prove_tree};

use super::{
    error::TreeError,
    path::{TILE_WIDTH, TilePath},
    read::Tree,
    roots::TileRoots,
};

/// Hashes in a tile, as a power of two (C2SP tlog-tiles).
const HEIGHT: u8 = 8;

impl Tree {
    /// The audit path of an entry. Every tile it needs is checked against the signed root.
    ///
    /// # Errors
    /// Tiles that are damaged. `index` must be below the size.
    pub fn prove(&self, index: u64) -> Result<Vec<Hash>, TreeError> {
        self.check_tiles(index)?;
        let tiles = TileFiles(self);
        self.checked(prove_record(self.head().size, index, &self.hashes(&tiles)))
    }

    /// The proof that this tree extends an older one of size `older`.
    ///
    /// # Errors
    /// Tiles that are damaged. `older` must be from 1 to the size.
    pub fn prove_growth(&self, older: u64) -> Result<Vec<Hash>, TreeError> {
        self.check_tiles(older)?;
        let tiles = TileFiles(self);
        self.checked(prove_tree(self.head().size, older, &self.hashes(&tiles)))
    }

    /// Checks every tile that a proof about an entry needs.
    ///
    /// `TileHashReader` checks only some of them, and its errors do not name the file.
    fn check_tiles(&self, index: u64) -> Result<(), TreeError> {
        let roots = TileRoots::load(self)?;
        if index < self.head().size {
            roots.tile(self, index / u64::from(TILE_WIDTH))?;
        }
        Ok(())
    }

    fn hashes<'a>(&self, tiles: &'a TileFiles<'a>) -> impl HashReader + 'a {
        EmptyAware(TileHashReader::new(
            self.head().size,
            self.head().root,
            tiles,
        ))
    }

    fn checked<T>(&self, proved: Result<T, tlog_tiles::Error>) -> Result<T, TreeError> {
        proved.map_err(|error| {
            let reason = format!(
                "its tiles do not lead to the signed root ({error}); `jejak audit verify` says where"
            );
            TreeError::damaged(self.folder(), reason)
        })
    }
}

/// Answers an empty list of indexes without a look at any tile; `TileHashReader` fails on it.
struct EmptyAware<'a>(TileHashReader<'a>);

impl HashReader for EmptyAware<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        if indexes.is_empty() {
            Ok(vec![])
        } else {
            self.0.read_hashes(indexes)
        }
    }
}

/// The hash tiles of a tree, for `tlog_tiles`.
struct TileFiles<'a>(&'a Tree);

impl TileReader for TileFiles<'_> {
    fn height(&self) -> u8 {
        HEIGHT
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile: &Tile| {
            let path = TilePath::hashes(tile.level(), tile.level_index(), tile.width());
            self.0
                .read(path)
                .map_err(|error| tlog_tiles::Error::InvalidInput(error.to_string()))
        };
        tiles.iter().map(read).collect()
    }

    fn save_tiles(&self, _tiles: &[Tile], _data: &[Vec<u8>]) {}
}
