//! The auditor: follows the log into a signed tree of its own, and everything that proves by that tree what
//! the log holds. It knows no rule, and appends nothing.

pub mod note;
pub mod proof;
pub mod tree;

pub use note::{Head, NoteError, PublicKey};
pub use tree::{Tree, TreeError};
