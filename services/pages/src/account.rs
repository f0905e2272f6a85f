//! Accounts, as the administration sees and changes them through the gateway.

use jejak_bus::{Role, SubjectFault};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// The name of the account in addresses: a hash of the name to sign in with.
    pub key: String,
    /// The name to sign in with.
    pub login: String,
    /// A NIP, an operator id or another name: the subject of each session.
    pub subject: String,
    /// The person's name.
    pub name: Option<String>,
    /// The roles of each session.
    pub roles: Vec<Role>,
    /// Whether somebody can sign in.
    pub status: AccountStatus,
}

/// Whether somebody can sign in to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStatus {
    /// It has a password.
    SignsIn,
    /// A one-time link waits for its owner.
    HasLink,
    /// It has no password, and its link has ended.
    NoPassword,
    /// Nobody may sign in.
    Disabled,
}

/// A change of accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// Adds an account, and makes a one-time link.
    Add(NewAccount),
    /// Takes the password back, ends all sessions, and makes a one-time link. A disabled account may sign in
    /// again.
    Reset {
        /// The account.
        key: String,
    },
    /// Ends all sessions, and lets nobody sign in.
    Disable {
        /// The account.
        key: String,
    },
    /// Ends all sessions of an account.
    EndSessions {
        /// The account.
        key: String,
    },
    /// Ends the sessions of everybody.
    EndAllSessions,
}

/// An account to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// A NIP, an operator id or another name.
    pub subject: String,
    /// The name to sign in with, where it is not the subject.
    pub login: Option<String>,
    /// The person's name, sealed into the events that he causes.
    pub name: Option<String>,
    /// At least one role.
    pub roles: Vec<Role>,
}

/// The reason why accounts are not shown or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountProblem {
    /// Only the administration may.
    Forbidden,
    /// There is an account of this name.
    Taken,
    /// There is no such account.
    Unknown,
    /// The subject is empty.
    NoSubject,
    /// The name for signing in is no visible line, or is a NIK.
    Login,
    /// The subject is none of these roles.
    Subject(SubjectFault),
    /// No role was chosen.
    NoRole,
    /// The name is none that events can keep.
    Name,
    /// It is the account of the administrator himself.
    Own,
    /// The accounts cannot be reached now.
    Away,
}
