//! What files of a tree are called (C2SP tlog-tiles): `tile/<level>/<index>[.p/<width>]` and
//! `tile/entries/<index>[.p/<width>]`.

use std::fmt::{self, Write};

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u32 = 256;
/// The highest level that a tree of 2^64 entries has.
const HIGHEST: u8 = 7;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Hashes at a level of tiles; 0 is that of the entries.
    Hashes(u8),
    /// Entries as they are.
    Entries,
}

/// One file of a tree, full or cut to its first `width` items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource {
    /// What it holds.
    pub kind: Kind,
    /// Its place within the level.
    pub index: u64,
    /// How many items, 1 to 256.
    pub width: u32,
}

impl Resource {
    /// A tile of hashes.
    pub fn hashes(level: u8, index: u64, width: u32) -> Self {
        Self {
            kind: Kind::Hashes(level),
            index,
            width,
        }
    }

    /// A bundle of entries.
    pub fn entries(index: u64, width: u32) -> Self {
        Self {
            kind: Kind::Entries,
            index,
            width,
        }
    }

    /// The file of a path; `None` for what is not the one way to spell it.
    pub fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("tile/")?;
        let (kind, rest) = rest.split_once('/')?;
        let kind = match kind {
            "entries" => Kind::Entries,
            level => Kind::Hashes(level.parse().ok().filter(|level| *level <= HIGHEST)?),
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
        let resource = Self { kind, index, width };
        (resource.to_string() == path).then_some(resource)
    }

    /// Whether it has all its items.
    pub fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// The same file with all its items.
    pub fn full(&self) -> Self {
        Self {
            width: TILE_WIDTH,
            ..*self
        }
    }

    /// Whether a tree of this size has it.
    pub fn is_within(&self, size: u64) -> bool {
        let items = match self.kind {
            Kind::Hashes(level) => size.checked_shr(8 * u32::from(level)).unwrap_or(0),
            Kind::Entries => size,
        };
        let end = self
            .index
            .checked_mul(u64::from(TILE_WIDTH))
            .map(|start| start + u64::from(self.width));
        end.is_some_and(|end| end <= items)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Hashes(level) => write!(f, "tile/{level}/")?,
            Kind::Entries => f.write_str("tile/entries/")?,
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
        for (path, resource) in [
            ("tile/0/000", Resource::hashes(0, 0, 256)),
            (
                "tile/3/x001/x234/067.p/1",
                Resource::hashes(3, 1_234_067, 1),
            ),
            ("tile/entries/x001/000", Resource::entries(1_000, 256)),
            ("tile/entries/999.p/255", Resource::entries(999, 255)),
        ] {
            assert_eq!(resource.to_string(), path);
            assert_eq!(Resource::parse(path), Some(resource));
        }
    }

    #[test]
    fn whatever_else_is_no_path() {
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
            assert_eq!(Resource::parse(path), None, "{path}");
        }
    }

    #[test]
    fn a_tree_has_what_its_size_says() {
        assert!(Resource::entries(0, 3).is_within(3));
        assert!(!Resource::entries(0, 4).is_within(3));
        assert!(Resource::hashes(1, 0, 1).is_within(256));
        assert!(!Resource::hashes(1, 0, 1).is_within(255));
        assert!(!Resource::hashes(0, u64::MAX, 1).is_within(u64::MAX));
        assert!(!Resource::hashes(7, 1, 1).is_within(u64::MAX));
    }
}
