//! Faults of accounts.

use jejak_journal::JournalError;

/// Accounts cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The broker does not answer, or the office has no accounts.
    #[error("the accounts cannot be reached: {0}")]
    Journal(#[from] JournalError),
    /// A stored value is no account, or no key.
    #[error("a stored account cannot be read: {0}")]
    Broken(String),
    /// Others changed the account at every try.
    #[error("the account is being changed by others; try again")]
    Contended,
}
