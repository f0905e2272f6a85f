//! The identities that a broker admits.

use std::fmt;

use jejak_journal::JetStreamAccess;

/// One identity per service, and one for the administration. Each has an NKey of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokerIdentity {
    /// Creates the stream and asks for rebuilds. `jejak init` and `jejak audit` use it.
    Admin,
    /// Decides commands and appends their events.
    Commands,
    /// Follows the log into the views.
    Projector,
    /// Answers questions about the past.
    History,
    /// Asks commands and queries for HTTP clients.
    Gateway,
    /// Follows the log into the signed tree.
    Auditor,
}

impl BrokerIdentity {
    /// Every identity, in the order of the broker's configuration.
    pub const ALL: [Self; 6] = [
        Self::Admin,
        Self::Commands,
        Self::Projector,
        Self::History,
        Self::Gateway,
        Self::Auditor,
    ];

    /// The name in file names and in secrets, for example `commands`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Commands => "commands",
            Self::Projector => "projector",
            Self::History => "history",
            Self::Gateway => "gateway",
            Self::Auditor => "auditor",
        }
    }

    /// The broker account of the identity.
    pub fn account(self) -> BrokerAccount {
        match self {
            Self::Admin | Self::Commands | Self::Projector => BrokerAccount::Office,
            Self::History => BrokerAccount::History,
            Self::Gateway => BrokerAccount::Gateway,
            Self::Auditor => BrokerAccount::Auditor,
        }
    }

    /// The name of a connection, for example `jejak-commands`. Its inboxes begin with it.
    pub fn connection_name(self) -> String {
        connection_name(self.name())
    }
}

/// An account of the broker. It reaches nothing of another one but what it imports.
///
/// The broker does not check where the answer to a request goes. So an identity can have an answer
/// published onto any subject of its own account, and onto nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokerAccount {
    /// The account of the log, the data keys and JetStream. Its identities are trusted with all of
    /// them.
    Office,
    /// Imports the log, commands and queries.
    Gateway,
    /// Imports the log.
    Auditor,
    /// Imports the log, the data keys and one query.
    History,
}

impl BrokerAccount {
    /// Every account, in the order of the broker's configuration.
    pub const ALL: [Self; 4] = [Self::Office, Self::Gateway, Self::Auditor, Self::History];

    /// The name in the broker's configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Office => "OFFICE",
            Self::Gateway => "GATEWAY",
            Self::Auditor => "AUDITOR",
            Self::History => "HISTORY",
        }
    }

    /// The way to JetStream in this account.
    pub fn access(self) -> JetStreamAccess {
        match self {
            Self::Office => JetStreamAccess::Own,
            Self::Gateway | Self::Auditor | Self::History => JetStreamAccess::Imported,
        }
    }
}

/// The connection name of an identity or a view.
pub(crate) fn connection_name(name: &str) -> String {
    format!("jejak-{name}")
}

impl fmt::Display for BrokerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
