//! The auditor: follows the log into a signed tree of its own, and everything that proves by that tree what
//! the log holds. It decides nothing, and appends nothing but a history it puts back into an empty log.

mod agree;
mod answer;
mod desk;
mod follow;
mod whole;

pub mod note;
pub mod output;
pub mod proof;
pub mod replay;
pub mod restore;
pub mod service;
pub mod tree;
pub mod verify;

pub use note::{Head, NoteError, PublicKey};
pub use service::{AuditorError, Config, run};
pub use tree::{Tree, TreeError};
