//! The paths of a tree's files (C2SP tlog-tiles).
//!
//! Tiles are `tile/<level>/<index>[.p/<width>]`, entry bundles `tile/entries/<index>[.p/<width>]`.

use std::fmt::{self, Write};

/// The file of the latest checkpoint.
pub(crate) const CHECKPOINT: &str = "checkpoint";
/// Hashes in a full tile, and entries in a full bundle.
pub const TILE_WIDTH: u32 = 256;
/// The highest level of a tree of 2^64 entries.
const HIGHEST: u8 = 7;

/// The content of a file: hashes or entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Hashes at a level of tiles. Level 0 holds the hashes of entries.
    Hashes(u8),
    /// Complete entries, in a bundle.
    Entries,
}

/// One file of a tree: a full tile or bundle, or a partial one of `width` items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TilePath {
    /// Whether it holds hashes or entries.
    pub kind: TileKind,
    /// The place within its level, from 0.
    pub index: u64,
    /// The number of items, 1 to 256.
    pub width: u32,
}

impl TilePath {
    /// The path of a hash tile.
    pub fn hashes(level: u8, index: u64, width: u32) -> Self {
        Self {
            kind: TileKind::Hashes(level),
            index,
            width,
        }
    }

    /// The path of an entry bundle.
    pub fn entries(index: u64, width: u32) -> Self {
        Self {
            kind: TileKind::Entries,
            index,
            width,
        }
    }

    /// Parses a path. Only the one canonical spelling is accepted.
    pub fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("tile/")?;
        let (kind, rest) = rest.split_once('/')?;
        let kind = match kind {
            "entries" => TileKind::Entries,
            level => TileKind::Hashes(level.parse().ok().filter(|level| *level <= HIGHEST)?),
        };
        let (digits, width) = match rest.split_once(".p/") {
            Some((digits, width)) => (
                digits,
                width
                    .parse()
                    .ok()
                    .filter(|width| (1..TILE_WIDTH).contains(width))?,
            ),
            None => (rest, TILE_WIDTH),
        };
        let mut index = 0_u64;
        for group in digits.split('/') {
            let group: u64 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
            index = index.checked_mul(1_000)?.checked_add(group)?;
        }
        let parsed = Self { kind, index, width };
        (parsed.to_string() == path).then_some(parsed)
    }

    /// Whether it has all 256 items.
    pub fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// The full file at the same place.
    pub fn full(&self) -> Self {
        Self {
            width: TILE_WIDTH,
            ..*self
        }
    }

    /// Whether a tree of this size contains this file.
    pub fn is_within(&self, size: u64) -> bool {
        let items = match self.kind {
            TileKind::Hashes(level) => size.checked_shr(8 * u32::from(level)).unwrap_or(0),
            TileKind::Entries => size,
        };
        let end = self
            .index
            .checked_mul(u64::from(TILE_WIDTH))
            .map(|start| start + u64::from(self.width));
        end.is_some_and(|end| end <= items)
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        let digits = self.index.to_string();
        let digits = format!("{digits:0>width$}", width = digits.len().div_ceil(3) * 3);
        for (at, digit) in digits.chars().enumerate() {
            if at % 3 == 0 {
                f.write_str(if at == 0 { "" } else { "/" })?;
                f.write_str(if at + 3 < digits.len() { "x" } else { "" })?;
            }
            f.write_char(digit)?;
        }
        if self.is_full() {
            Ok(())
        } else {
            write!(f, ".p/{}", self.width)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        for (text, path) in [
            ("tile/0/000", TilePath::hashes(0, 0, 256)),
            (
                "tile/3/x001/x234/067.p/1",
                TilePath::hashes(3, 1_234_067, 1),
            ),
            ("tile/entries/x001/000", TilePath::entries(1_000, 256)),
            ("tile/entries/999.p/255", TilePath::entries(999, 255)),
        ] {
            assert_eq!(path.to_string(), text);
            assert_eq!(TilePath::parse(text), Some(path));
        }
    }

    #[test]
    fn other_texts_are_no_paths() {
        for path in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "tile/00/000",
            "tile/8/000",
            "tile/64/000",
            "tile/0/0",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/x000/000",
            "tile/0/../000",
            "tile/data/000",
            "checkpoint",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
            "tile/0/000.p/",
            "/tile/0/000",
            "tile/0/000/",
            "tile/-1/000",
        ] {
            assert_eq!(TilePath::parse(path), None, "{path}");
        }
    }

    #[test]
    fn a_size_says_which_files_a_tree_has() {
        assert!(TilePath::entries(0, 3).is_within(3));
        assert!(!TilePath::entries(0, 4).is_within(3));
        assert!(TilePath::hashes(1, 0, 1).is_within(256));
        assert!(!TilePath::hashes(1, 0, 1).is_within(255));
        assert!(!TilePath::hashes(0, u64::MAX, 1).is_within(u64::MAX));
        assert!(!TilePath::hashes(7, 1, 1).is_within(u64::MAX));
    }
}
