//! The identities that a broker admits.

use std::{fmt, str::FromStr};

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

/// The name of a feed, which another service follows: 1 to 32 of `a-z`, `0-9` and `-`, a letter first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedName(String);

impl FeedName {
    /// The most characters of a name.
    const LONGEST: usize = 32;

    /// The broker account of the feed's identity, for example `FEED_PAYROLL`.
    pub fn account(&self) -> String {
        format!("FEED_{}", self.0.to_uppercase().replace('-', "_"))
    }

    /// The name of the feed's consumer, for example `feed-payroll`.
    pub fn consumer(&self) -> String {
        format!("feed-{}", self.0)
    }
}

impl FromStr for FeedName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let begins = text.starts_with(|first: char| first.is_ascii_lowercase());
        let may_have = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        match begins && text.len() <= Self::LONGEST && text.chars().all(may_have) {
            true => Ok(Self(text.to_owned())),
            false => Err(
                "must be 1 to 32 of a-z, 0-9 and -, and begin with a letter, for example payroll"
                    .to_owned(),
            ),
        }
    }
}

impl fmt::Display for FeedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_name_is_a_token_of_subjects_files_and_accounts() {
        let name: FeedName = "pay-roll2".parse().unwrap();
        assert_eq!(name.account(), "FEED_PAY_ROLL2");
        assert_eq!(name.consumer(), "feed-pay-roll2");
        let long = "a".repeat(FeedName::LONGEST + 1);
        for wrong in [
            "", "-a", "2a", "A", "a_b", "a.b", "a*", ">", "../a", "a b", "é", &long,
        ] {
            assert!(wrong.parse::<FeedName>().is_err(), "{wrong}");
        }
    }
}
