//! The log, the tree and the keys that a verification uses.

use std::path::PathBuf;

use jejak_journal::{Journal, Keyring};

use crate::{note::LogPublicKey, tree::Tree};

/// The objects of a verification.
pub struct VerifyInput {
    /// The log to check.
    pub journal: Journal,
    /// The signed tree.
    pub tree: Tree,
    /// The key that signed the tree.
    pub key: LogPublicKey,
    /// An older checkpoint that the tree must extend.
    pub since: Option<Vec<u8>>,
    /// The office's keys. Without them, rules and views are not checked.
    pub office: Option<OfficeKeys>,
}

/// The means to check sealed data.
pub struct OfficeKeys {
    /// The keys to the sealed parts of the log.
    pub keyring: Keyring,
    /// The folder for fresh views. No file is left there.
    pub scratch: PathBuf,
}
