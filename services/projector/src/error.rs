//! The errors that end a projector.

use std::path::PathBuf;

use jejak_bus::serve::RegisterError;
use jejak_journal::JournalError;
use jejak_projections::ProjectionError;

/// The reason that the projector ended.
#[derive(Debug, thiserror::Error)]
pub enum ProjectorError {
    /// A view of the settings does not exist.
    #[error("there is no view {name}; there are {known}")]
    UnknownView {
        /// The name in the settings.
        name: String,
        /// All names, separated by commas.
        known: String,
    },
    /// The data folder cannot be used.
    #[error("cannot use the folder {}: {source}", path.display())]
    Folder {
        /// The path of the folder.
        path: PathBuf,
        /// The error of the file system.
        source: std::io::Error,
    },
    /// The view's file cannot be used.
    #[error(transparent)]
    Store(#[from] ProjectionError),
    /// The log is not the one it should be.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The broker refuses the registration.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// A part of the projector ended by a fault of ours.
    #[error("the projector of {0} ended unexpectedly; its log says more")]
    Ended(&'static str),
}
