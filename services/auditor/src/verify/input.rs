//! The log, the tree and the keys that a verification uses.

use std::path::PathBuf;

use jejak_events::{RecordedEvent, ids::TenantId};
use jejak_journal::{Journal, JournalError, Keyring, LogEntry, Quarantine};

use crate::{
    cosignature::WitnessPublicKey, note::LogPublicKey, tree::Tree, tree_copy::TreeCopy,
    witnesses::WitnessUrl,
};

/// The objects of a verification.
pub struct VerifyInput {
    /// The history to check.
    pub history: CheckedHistory,
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

/// The history to check: the log, or no more than the tree itself.
pub enum CheckedHistory {
    /// The log at the broker.
    Log(Journal),
    /// The entries of the tree, where no broker is there.
    Copy(Box<TreeCopy>),
}

impl CheckedHistory {
    /// The log, if it is there.
    pub(super) fn log(&self) -> Result<&Journal, String> {
        match self {
            Self::Log(journal) => Ok(journal),
            Self::Copy(_) => Err("the log is not here".to_owned()),
        }
    }

    pub(super) fn tenant(&self) -> &TenantId {
        match self {
            Self::Log(journal) => journal.tenant(),
            Self::Copy(copy) => copy.tenant(),
        }
    }

    pub(super) fn quarantine(&self) -> Option<&Quarantine> {
        match self {
            Self::Log(journal) => journal.quarantine(),
            Self::Copy(copy) => copy.quarantine(),
        }
    }

    pub(super) async fn last_position(&self) -> Result<u64, JournalError> {
        match self {
            Self::Log(journal) => journal.last_position().await,
            Self::Copy(copy) => Ok(copy.last_position()),
        }
    }

    /// The event of an entry. `None` for a message in quarantine.
    pub(super) fn event(&self, entry: &LogEntry) -> Result<Option<RecordedEvent>, JournalError> {
        match self {
            Self::Log(journal) => journal.event(entry),
            Self::Copy(copy) => copy.event(entry),
        }
    }

    /// The entry at a position. `None` where it is missing.
    pub(super) async fn read(&self, position: u64) -> Result<Option<LogEntry>, String> {
        match self {
            Self::Log(journal) => journal
                .read(position)
                .await
                .map_err(|error| error.to_string()),
            Self::Copy(copy) => {
                let before = position.checked_sub(1).ok_or("there is no position 0")?;
                let entries = copy.entries_after(before);
                let entries = entries.map_err(|error| error.to_string())?;
                Ok(entries.into_iter().next())
            }
        }
    }
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
