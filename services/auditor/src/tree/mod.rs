//! The signed tree on disk: a C2SP tlog-tiles log (hash tiles, entry bundles, one checkpoint) in a folder.
//! Entry n is the payload of position n + 1, byte for byte. Nothing here knows what an event is, or where
//! events come from.
//!
//! Files are written beside their place, synced, moved, and only then named by a checkpoint. A folder killed
//! at any instant therefore holds the tree of its checkpoint whole, and perhaps files no checkpoint names,
//! which are written again. What is signed is stored before anyone sees it, so that no two trees of one size
//! are ever signed.

#[cfg(test)]
pub(crate) mod altered;
mod bundle;
mod disk;
mod edge;
mod error;
mod found;
mod grow;
mod leftovers;
mod path;
mod read;
mod upper;

pub use bundle::{LARGEST_ENTRY, split};
pub use error::TreeError;
pub(crate) use found::incarnation;
pub use grow::{Founding, Grower};
pub use path::{Kind, Resource, TILE_WIDTH};
pub use read::Tree;
pub(crate) use read::{read, signed};
pub(crate) use upper::Upper;

/// The file of the latest checkpoint.
pub(crate) const CHECKPOINT: &str = "checkpoint";
