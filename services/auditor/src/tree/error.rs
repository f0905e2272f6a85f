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

    pub(crate) fn damaged(path: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.into(), reason: reason.into() }
    }
}
