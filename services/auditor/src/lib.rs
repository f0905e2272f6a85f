//! The auditor: it follows the log into a signed tree, and proves with that
//! tree what the log holds. Witnesses elsewhere keep it from signing a second history.
//!
//! It takes no decisions. It appends only one thing: a history that it puts back into an empty log.

mod answer;
mod divergence;
mod follow;
mod full_comparison;
mod growth;
mod recent;
mod status;
mod tree_copy;

pub mod cosignature;
pub mod line_writer;
pub mod note;
pub mod proof;
pub mod quarantine;
pub mod replay;
pub mod restore;
pub mod rotation;
pub mod service;
pub mod tree;
pub mod verify;
pub mod who;
pub mod witness;
pub mod witnesses;

pub use note::{LogPublicKey, NoteError, TreeHead};
pub use service::{AuditorError, Config, run};
pub use tree::{Tree, TreeError};
pub use tree_copy::TreeCopy;
