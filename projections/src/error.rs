//! The errors of a view's file and of queries.

use std::path::PathBuf;

use jejak_events::{kinds::ItemKind, personal::Owner};

/// A fault of a view or its file. A rebuild mends all of them except an event that the view cannot apply.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// The file was built from another log.
    #[error(
        "{} was built from the log {found}, not {expected}; check the broker's address, or delete the file to build the view from this log",
        path.display()
    )]
    OtherIncarnation {
        /// The path of the file.
        path: PathBuf,
        /// The incarnation of the log that is followed.
        expected: String,
        /// The incarnation in the file.
        found: String,
    },
    /// The file holds another view, or another version of it.
    #[error("{} holds {found}, not {expected}", path.display())]
    OtherView {
        /// The path of the file.
        path: PathBuf,
        /// The view, version and topics of this program.
        expected: String,
        /// The view, version and topics of the file.
        found: String,
    },
    /// The file is truncated or altered. It must be built anew.
    #[error("the view's file is damaged: {0}")]
    Damaged(String),
    /// Another process has the file open.
    #[error(
        "the view's file is open in another process; run one projector for each view and data folder"
    )]
    InUse,
    /// A position of the log is missing.
    #[error("position {found} was given where {expected} comes next")]
    Gap {
        /// The position that comes next.
        expected: u64,
        /// The position that came instead.
        found: u64,
    },
    /// An event that contradicts the events before it.
    #[error("the event at position {position} cannot be applied: {reason}")]
    Inapplicable {
        /// The position of the event.
        position: u64,
        /// The contradiction, as part of a sentence.
        reason: &'static str,
    },
    /// An event that may concern the view and cannot be read.
    #[error("the event at position {position} cannot be read: {reason}")]
    Unreadable {
        /// The position of the event.
        position: u64,
        /// The error of the decoder or keyring.
        reason: String,
    },
    /// The key of an owner's cells is not in the memory of this process. It can be fetched.
    #[error("the key of {0} is not in memory")]
    KeyUnknown(Owner),
    /// The file cannot be read or written.
    #[error("the view's file: {0}")]
    Store(String),
}

impl From<redb::Error> for ProjectionError {
    fn from(error: redb::Error) -> Self {
        use std::io::ErrorKind;
        match error {
            redb::Error::Corrupted(reason) => Self::Damaged(reason),
            redb::Error::RepairAborted => Self::Damaged("it cannot be repaired".to_owned()),
            redb::Error::UpgradeRequired(format) => {
                Self::Damaged(format!("it has file format {format}"))
            }
            redb::Error::Io(error)
                if matches!(
                    error.kind(),
                    ErrorKind::InvalidData | ErrorKind::UnexpectedEof
                ) =>
            {
                Self::Damaged(error.to_string())
            }
            redb::Error::DatabaseAlreadyOpen => Self::InUse,
            error => Self::Store(error.to_string()),
        }
    }
}

macro_rules! from_redb {
    ($($kind:ident),+) => {$(
        impl From<redb::$kind> for ProjectionError {
            fn from(error: redb::$kind) -> Self {
                redb::Error::from(error).into()
            }
        }
    )+};
}
from_redb!(
    DatabaseError,
    TransactionError,
    TableError,
    StorageError,
    CommitError,
    SetDurabilityError
);

/// The reason that a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The view has no query of this name.
    #[error("no such query")]
    UnknownQuery,
    /// The parameters are not those of the query.
    #[error("{path}: {reason}")]
    Malformed {
        /// The path of the parameter, `.` for all parameters.
        path: String,
        /// The fault of the parameter, in words.
        reason: String,
    },
    /// The item of the query does not exist.
    #[error("{item} is unknown")]
    ItemUnknown {
        /// The kind of the item.
        thing: ItemKind,
        /// The path of the item in the API.
        item: String,
    },
    /// The answer takes longer than the caller waits. Only [`crate::Store::answer_at_once`] asks so.
    #[error("the answer takes longer")]
    TakesLonger,
    /// The view's file cannot be read.
    #[error(transparent)]
    Store(#[from] ProjectionError),
}

impl QueryError {
    /// Parameters that are not those of the query.
    pub fn malformed(path: &str, reason: impl Into<String>) -> Self {
        Self::Malformed {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }

    /// A thing that does not exist; `item` is its path in the API.
    pub fn unknown(thing: ItemKind, item: impl Into<String>) -> Self {
        Self::ItemUnknown {
            thing,
            item: item.into(),
        }
    }
}
