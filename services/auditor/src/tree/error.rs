//! What can be wrong with a tree on disk.

use std::path::PathBuf;

/// A fault of the tree's folder or its key.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The file system refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what it was when it was signed.
    #[error("{} of the signed tree is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The signing key is there and what it signed is not: a second tree would contradict the first.
    #[error(
        "{} is gone, but its signing key {} is here; put the folder back from a copy, for a new tree would contradict the one that was signed",
        folder.display(), key.display()
    )]
    TreeLost {
        /// Where the tree was.
        folder: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// The tree is there and its signing key is not.
    #[error("{} is missing; put the signing key of {} back from a copy", key.display(), folder.display())]
    KeyLost {
        /// Where the key was.
        key: PathBuf,
        /// The tree.
        folder: PathBuf,
    },
    /// A public key or a checkpoint says that something was signed, and neither key nor tree is there.
    #[error(
        "{} says that a log was signed, but neither its key {} nor its tree {} is here; put both back from a copy, or move the file away to begin a new log under a new key",
        trace.display(), key.display(), folder.display()
    )]
    BothLost {
        /// Where the key was.
        key: PathBuf,
        /// Where the tree was.
        folder: PathBuf,
        /// What says so.
        trace: PathBuf,
    },
    /// The public key belongs to another signing key.
    #[error(
        "{} does not belong to the signing key {}: one of them was replaced; put the right one back from a copy",
        public_key.display(), key.display()
    )]
    OtherKey {
        /// The public key.
        public_key: PathBuf,
        /// The signing key.
        key: PathBuf,
    },
    /// The folder is of before what was signed last, as after putting back an older copy of it.
    #[error(
        "{} holds {found} entries, but {signed} were signed, as {} says; put the newer copy of the folder back, for going on from an older one would contradict what was signed",
        folder.display(), last.display()
    )]
    Older {
        /// The folder.
        folder: PathBuf,
        /// How many entries it has.
        found: u64,
        /// How many were signed.
        signed: u64,
        /// What says so.
        last: PathBuf,
    },
    /// The folder holds another tree than the one that was signed.
    #[error(
        "{} does not go on from the {size} entries that were signed, as {} says; put the folder back from a copy",
        folder.display(), last.display()
    )]
    Contradicts {
        /// The folder.
        folder: PathBuf,
        /// How many entries were signed.
        size: u64,
        /// What says so.
        last: PathBuf,
    },
    /// The tree is there, and what says of which log it is, is not.
    #[error(
        "{} is missing, which says of which log the tree is; put it back from a copy of the office's folder (a mirror of /log has none: it can be verified, but not gone on from, nor restored from)",
        .0.display()
    )]
    Undescribed(PathBuf),
    /// There is no tree.
    #[error("{} holds no signed tree; it is made by `jejak auditor` or `jejak up`", .0.display())]
    Missing(PathBuf),
    /// Another process adds to the tree.
    #[error("{} is in use by another auditor; run one a data folder", .0.display())]
    InUse(PathBuf),
    /// The tree was made of another log.
    #[error("{} was made of the log {found}, not {expected}: another history under the same name", folder.display())]
    OtherLog {
        /// The folder.
        folder: PathBuf,
        /// The log that is followed, by its incarnation or origin.
        expected: String,
        /// The log in the folder.
        found: String,
    },
    /// An entry that a bundle cannot hold.
    #[error(
        "the event at position {position} has {bytes} bytes, more than the {} an entry may have",
        super::LARGEST_ENTRY
    )]
    TooLarge {
        /// Its position.
        position: u64,
        /// Its size.
        bytes: usize,
    },
    /// Not a key, a checkpoint or a proof of this log.
    #[error(transparent)]
    Note(#[from] crate::note::NoteError),
    /// No random numbers for a key.
    #[error("the machine gives no random numbers: {0}")]
    Random(String),
}

impl TreeError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// Whether the disk is full, or files may not grow any more.
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
