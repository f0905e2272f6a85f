//! The two ways to read a log: in its own account, and in an account that imports it.

use async_nats::{Client, ConnectOptions};
use jejak_journal::{JetStreamAccess, Journal};
use jejak_rig::broker::Broker;

use crate::tenant;

/// The way of a story's reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// By consumers, on a broker without accounts.
    Consumers,
    /// By direct gets, from another account than the log's.
    DirectGets,
}

impl Reading {
    /// The broker with the accounts that this way needs.
    pub async fn on(self, broker: Broker) -> Broker {
        match self {
            Self::Consumers => broker,
            Self::DirectGets => broker.with_accounts().await,
        }
    }

    /// The options of the reader's connection.
    pub fn options(self, broker: &Broker) -> ConnectOptions {
        match self {
            Self::Consumers => ConnectOptions::new().max_reconnects(None),
            Self::DirectGets => broker.reader_options(),
        }
    }

    /// Opens the log by this way.
    pub async fn open(self, client: Client) -> Journal {
        let access = match self {
            Self::Consumers => JetStreamAccess::Own,
            Self::DirectGets => JetStreamAccess::Imported,
        };
        Journal::open_through(client, access, &tenant())
            .await
            .expect("the log is there")
    }

    /// Opens the log by this way, over a new connection.
    pub async fn reader(self, broker: &Broker) -> Journal {
        let addresses: Vec<String> = broker.url().split(',').map(str::to_owned).collect();
        let client = self.options(broker).connect(addresses).await;
        self.open(client.expect("the broker accepts connections"))
            .await
    }
}
