//! Why a view does not go on.

use jejak_journal::JournalError;
use jejak_projections::ProjectionError;

/// Why a view does not go on.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Trouble {
    /// Its file cannot be used now: a full disk, a failing one. Opened again, it goes on.
    #[error("{0}; trying again")]
    Passing(String),
    /// Nothing but a rebuild, another log or another program lets it go on.
    #[error("{0}")]
    Final(String),
}

impl Trouble {
    /// A panic, which is logged where it happens.
    pub(crate) fn fault() -> Self {
        Self::Final(
            "a fault of ours while events were applied; the service's log says more".to_owned(),
        )
    }

    /// What reads the log has ended.
    pub(crate) fn unread() -> Self {
        Self::Final("the log is no longer read; the service's log says more".to_owned())
    }
}

impl From<ProjectionError> for Trouble {
    fn from(error: ProjectionError) -> Self {
        use ProjectionError as P;
        match error {
            P::Store(_) | P::InUse | P::Damaged(_) => Self::Passing(error.to_string()),
            P::OtherIncarnation { .. }
            | P::OtherView { .. }
            | P::Gap { .. }
            | P::Inapplicable { .. }
            | P::Unreadable { .. } => Self::Final(error.to_string()),
        }
    }
}

impl From<JournalError> for Trouble {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Unavailable(_) | JournalError::Protocol(_) => {
                Self::Passing(error.to_string())
            }
            _ => Self::Final(error.to_string()),
        }
    }
}
