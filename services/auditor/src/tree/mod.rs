//! The signed tree on disk: a C2SP tlog-tiles log in one folder.
//!
//! The folder holds hash tiles, entry bundles and one checkpoint. Entry n is the payload of
//! position n + 1, byte for byte. This module knows nothing of events or of the broker.
//!
//! Each file is written beside its place, synced and moved. Only then does a checkpoint name it.
//! A process killed at any instant leaves the tree of its last checkpoint complete. Files without
//! a checkpoint are written again. A checkpoint is stored before anyone sees it, so two trees of
//! one size are never signed.

mod bundle;
mod config;
mod disk;
mod error;
mod frontier;
mod hand_over;
mod key_change;
mod open;
mod path;
mod proofs;
mod read;
mod roots;
mod stale;
#[cfg(test)]
pub(crate) mod test_tree;
mod write;

pub use bundle::{LARGEST_ENTRY, split};
pub use config::TreeConfig;
pub(crate) use config::incarnation;
pub(crate) use disk::{files as folder_files, make_folder, read as read_file, write as write_file};
pub use error::TreeError;
pub use hand_over::Rotation;
pub(crate) use key_change::predecessors;
pub use path::{TILE_WIDTH, TileKind, TilePath};
pub use read::Tree;
pub(crate) use read::{read, signed};
pub(crate) use roots::TileRoots;
pub use write::TreeWriter;
