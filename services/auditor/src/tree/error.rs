//! Faults of a tree on disk.

use std::path::PathBuf;

use super::bundle::LARGEST_ENTRY;
use crate::note::NoteError;

/// A fault of the tree's folder or of its key.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The file system refuses an operation.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder in question.
        path: PathBuf,
        /// The reason the system gives.
        source: std::io::Error,
    },
    /// A file differs from the file that was signed.
    #[error("{} of the signed tree is damaged: {reason}", path.display())]
    Damaged {
        /// The damaged file.
        path: PathBuf,
        /// The damage that was found.
        reason: String,
    },
    /// The signing key is there without its tree. A second tree would contradict the first.
    #[error(
        "{} is gone, but its signing key {} is here; put the folder back from a copy: a new tree would contradict the signed one",
        folder.display(), key.display()
    )]
    TreeLost {
        /// The folder the tree should be in.
        folder: PathBuf,
        /// The file of the signing key.
        key: PathBuf,
    },
    /// The tree is there without its signing key.
    #[error("{} is missing; put the signing key of {} back from a copy", key.display(), folder.display())]
    KeyLost {
        /// The file the key should be in.
        key: PathBuf,
        /// The folder of the tree.
        folder: PathBuf,
    },
    /// A public key or a checkpoint shows an earlier log, but its key and its tree are missing.
    #[error(
        "{} shows an earlier signed log, but its key {} and its tree {} are missing; put both back from a copy, or move that file away to begin a new log under a new key",
        trace.display(), key.display(), folder.display()
    )]
    BothLost {
        /// The file the key should be in.
        key: PathBuf,
        /// The folder the tree should be in.
        folder: PathBuf,
        /// The file that shows it.
        trace: PathBuf,
    },
    /// The public key belongs to another signing key.
    #[error(
        "{} does not belong to the signing key {}: one of them was replaced; put the right one back from a copy",
        public_key.display(), key.display()
    )]
    OtherKey {
        /// The file of the public key.
        public_key: PathBuf,
        /// The file of the signing key.
        key: PathBuf,
    },
    /// The folder is older than the last checkpoint, for example after an older copy was put back.
    #[error(
        "{} holds {found} entries, but {} says that {signed} were signed; put the newer copy of the folder back: going on from an older one would contradict the signed tree",
        folder.display(), last.display()
    )]
    Older {
        /// The folder of the tree.
        folder: PathBuf,
        /// The number of entries it has.
        found: u64,
        /// The number of entries that were signed.
        signed: u64,
        /// The checkpoint beside the key.
        last: PathBuf,
    },
    /// The folder holds another tree than the signed one.
    #[error(
        "{} does not extend the {size} entries that {} says were signed; put the folder back from a copy",
        folder.display(), last.display()
    )]
    Contradicts {
        /// The folder of the tree.
        folder: PathBuf,
        /// The number of entries that were signed.
        size: u64,
        /// The checkpoint beside the key.
        last: PathBuf,
    },
    /// The tree is there without its description `log.json`.
    #[error(
        "{} is missing, which names the log of the tree; put it back from a copy of the data folder (a mirror of /log has none: it can be verified, but not extended or restored from)",
        .0.display()
    )]
    Undescribed(PathBuf),
    /// The folder holds no tree.
    #[error("{} holds no signed tree; it is made by `jejak auditor` or `jejak up`", .0.display())]
    Missing(PathBuf),
    /// Another process holds the lock of the tree.
    #[error("{} is in use by another auditor; run one a data folder", .0.display())]
    InUse(PathBuf),
    /// The tree belongs to another log.
    #[error("{} belongs to the log {found}, not {expected}: another history under the same name", folder.display())]
    OtherLog {
        /// The folder of the tree.
        folder: PathBuf,
        /// The incarnation or origin of the log that is followed.
        expected: String,
        /// The incarnation or origin in the folder.
        found: String,
    },
    /// An entry is too large for a bundle.
    #[error(
        "the event at position {position} has {bytes} bytes, more than the {} an entry may have",
        LARGEST_ENTRY
    )]
    TooLarge {
        /// The position of the event.
        position: u64,
        /// The size of the event in bytes.
        bytes: usize,
    },
    /// A key, checkpoint or proof is not of this log.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The system gives no random numbers for a key.
    #[error("the machine gives no random numbers: {0}")]
    Random(String),
}

impl TreeError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// Whether the disk is full or a limit stops files from growing.
    pub(crate) fn is_no_room(&self) -> bool {
        use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let kind = match self {
            Self::Io { source, .. } => source.kind(),
            _ => return false,
        };
        matches!(kind, StorageFull | QuotaExceeded | FileTooLarge)
    }

    pub(crate) fn damaged(path: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.into(),
            reason: reason.into(),
        }
    }
}
