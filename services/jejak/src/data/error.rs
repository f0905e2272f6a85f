//! Faults of a data folder.

use std::path::{Path, PathBuf};

use jejak_gateway::AccessKeyError;

/// The reason why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The file system refuses an operation.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder in question.
        path: PathBuf,
        /// The reason the system gives.
        source: std::io::Error,
    },
    /// A key file does not hold a key.
    #[error("{} does not hold {expected}; restore it from a backup: a new key would not open old data", path.display())]
    BrokenKey {
        /// The key file.
        path: PathBuf,
        /// The content that it should have.
        expected: &'static str,
    },
    /// The token register cannot be read.
    #[error("{} does not hold the token register; put a copy back, or remove it: revoked tokens are then accepted again until they end", .0.display())]
    Register(PathBuf),
    /// Another process uses the folder.
    #[error("{} is in use by another `jejak up`; stop that one, or give another folder with --data", .0.display())]
    InUse(PathBuf),
    /// The folder is no data folder.
    #[error("{} is no data folder; give another with --data, or make it with `jejak up` or `jejak init`", .0.display())]
    Missing(PathBuf),
    /// A file does not hold the seed of a feed.
    #[error("{} does not hold the seed of a feed; put a copy back, or remove the file and add the feed again", .0.display())]
    BrokenFeed(PathBuf),
    /// The name of a feed's seed is not that of a feed.
    #[error("{} is not named after a feed; remove the file, and add the feed with `jejak feed add`", .0.display())]
    NoFeed(PathBuf),
    /// The key of the access log's pseudonyms cannot be made.
    #[error(transparent)]
    AccessKey(#[from] AccessKeyError),
    /// The system gives no random numbers.
    #[error("the machine gives no random numbers: {0}")]
    Random(String),
}

/// Adds a path to an error of the file system.
pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> DataError {
    let path = path.to_owned();
    move |source| DataError::Io { path, source }
}
