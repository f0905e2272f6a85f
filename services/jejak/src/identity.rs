//! The identities that a broker admits.

use std::fmt;

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

    /// The name of a connection, for example `jejak-commands`. Its inboxes begin with it.
    pub fn connection_name(self) -> String {
        connection_name(self.name())
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
