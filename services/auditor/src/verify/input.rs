//! The log, the tree and the keys that a verification uses.

use std::path::PathBuf;

use jejak_journal::{Journal, Keyring};

use crate::{cosignature::WitnessPublicKey, note::LogPublicKey, tree::Tree, witnesses::WitnessUrl};

/// The objects of a verification.
pub struct VerifyInput {
    /// The log to check.
    pub journal: Journal,
    /// The signed tree.
    pub tree: Tree,
    /// The key that signed the tree.
    pub key: LogPublicKey,
    /// Older checkpoints that the tree must extend.
    pub since: Vec<OlderCheckpoint>,
    /// Witnesses whose cosignatures must be there.
    pub witnesses: Vec<WitnessToCheck>,
    /// The office's keys. Without them, rules and views are not checked.
    pub office: Option<OfficeKeys>,
}

/// An older checkpoint of the log, kept elsewhere.
pub struct OlderCheckpoint {
    /// The file it comes from.
    pub name: String,
    /// The signed checkpoint.
    pub note: Vec<u8>,
}

/// A witness of the log.
pub struct WitnessToCheck {
    /// Its public key.
    pub key: WitnessPublicKey,
    /// Its address, if it is to be asked.
    pub url: Option<WitnessUrl>,
}

/// The means to check sealed data.
pub struct OfficeKeys {
    /// The keys to the sealed parts of the log.
    pub keyring: Keyring,
    /// The folder for fresh views. No file is left there.
    pub scratch: PathBuf,
}
