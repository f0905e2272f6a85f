//! The reasons a view does not go on.

use jejak_journal::JournalError;
use jejak_projections::ProjectionError;

/// The reason a view does not go on.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ViewFault {
    /// The file cannot be used now, as with a full disk. The view goes on when it can be opened again.
    #[error("{0}; trying again")]
    Passing(String),
    /// A message or an event cannot be read. The view goes on once the message is in quarantine.
    #[error("{reason}")]
    Unreadable {
        /// The position of the message.
        position: u64,
        /// The error, which names the position.
        reason: String,
    },
    /// Only a rebuild, another log or another program lets the view go on.
    #[error("{0}")]
    Final(String),
}

impl ViewFault {
    /// A panic. It is logged where it happens.
    pub(crate) fn panicked() -> Self {
        Self::Final(
            "a fault of ours while events were applied; the service's log says more".to_owned(),
        )
    }

    /// The pass of the log has ended by a panic.
    pub(crate) fn unread() -> Self {
        Self::Final("the log is no longer read; the service's log says more".to_owned())
    }
}

impl From<ProjectionError> for ViewFault {
    fn from(error: ProjectionError) -> Self {
        use ProjectionError as P;
        match error {
            P::Store(_) | P::InUse | P::Damaged(_) | P::KeyUnknown(_) => {
                Self::Passing(error.to_string())
            }
            P::OtherIncarnation { .. }
            | P::OtherView { .. }
            | P::Gap { .. }
            | P::Inapplicable { .. } => Self::Final(error.to_string()),
            P::Unreadable { position, .. } => Self::Unreadable {
                position,
                reason: error.to_string(),
            },
        }
    }
}

impl From<JournalError> for ViewFault {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Unavailable(_) | JournalError::Protocol(_) => {
                Self::Passing(error.to_string())
            }
            _ => Self::Final(error.to_string()),
        }
    }
}
