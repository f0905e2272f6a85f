//! The service's errors, and the problems that callers get for them.

use std::fmt::Display;

use jejak_bus::{Problem, RequestProblem, serve::RegisterError};
use jejak_events::{Rejection, personal::Owner};
use jejak_journal::JournalError;

/// The service ended by one of these.
#[derive(Debug, thiserror::Error)]
pub enum CommandsError {
    /// The log is missing, has other settings, or is damaged.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The broker refuses the registration.
    #[error(transparent)]
    Register(#[from] RegisterError),
}

/// A fault of Jejak, logged here.
pub(crate) fn fault(error: &dyn Display) -> Problem {
    RequestProblem::fault("a command", error).into()
}

/// The broker does not answer. It is safe to send the command again.
pub(crate) fn unavailable(reason: &dyn Display) -> Problem {
    tracing::warn!(%reason, "the log is unavailable");
    RequestProblem::LogUnavailable { retry_after_s: 1 }.into()
}

/// The key of an owner is destroyed, so nothing more can be sealed for it.
pub(crate) fn erased(owner: &Owner) -> Problem {
    match owner {
        Owner::Operator(operator_id) => Rejection::OperatorErased {
            operator_id: *operator_id,
        }
        .into(),
        Owner::Officer(_) | Owner::Office | Owner::Actors => {
            fault(&"the key of the office or an officer is destroyed")
        }
    }
}

impl From<CommandsError> for Problem {
    fn from(error: CommandsError) -> Self {
        match error {
            CommandsError::Journal(JournalError::Unavailable(reason)) => unavailable(&reason),
            CommandsError::Journal(JournalError::NoEvent { position, reason }) => {
                tracing::error!(position, %reason, "a command needs a message that is no event");
                RequestProblem::LogUnreadable { position, reason }.into()
            }
            other => fault(&other),
        }
    }
}
