//! Connecting to the broker: lasting, with the identity of one service.

use std::{fmt, time::Duration};

use async_nats::{Client, ConnectOptions, Event};

/// Where the broker is, and as whom to connect.
#[derive(Clone)]
pub struct Broker {
    /// One or several `nats://` addresses, comma-separated.
    pub url: String,
    /// The seed of the service's NKey; none for a broker that asks for none.
    pub nkey_seed: Option<String>,
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Broker({})", self.url)
    }
}

/// The broker could not be reached, or refuses this identity.
#[derive(Debug, thiserror::Error)]
#[error("cannot connect to NATS at {url}: {source}")]
pub struct ConnectError {
    url: String,
    source: async_nats::ConnectError,
}

/// Connects, and stays connected: a lost broker is looked for until it is back, at once at first
/// and every half second later. Requests made meanwhile fail by their own deadline.
///
/// # Errors
/// When the first connection fails.
pub async fn connect(broker: &Broker, name: &str) -> Result<Client, ConnectError> {
    let mut options = ConnectOptions::new();
    if let Some(seed) = &broker.nkey_seed {
        options = options.nkey(seed.clone());
    }
    let addresses: Vec<&str> = broker.url.split(',').map(str::trim).collect();
    options
        .name(name)
        .custom_inbox_prefix(format!("_INBOX.{name}"))
        .request_timeout(Some(Duration::from_secs(4)))
        .ping_interval(Duration::from_secs(10))
        .max_reconnects(None)
        .reconnect_delay_callback(|attempt| Duration::from_millis(if attempt <= 1 { 0 } else { 500 }))
        .event_callback(|event| async move {
            match event {
                Event::Disconnected => tracing::warn!("the broker is gone, looking for it"),
                Event::ServerError(error) => tracing::warn!(%error, "the broker refuses something"),
                other => tracing::debug!(event = %other, "broker connection"),
            }
        })
        .connect(addresses)
        .await
        .map_err(|source| ConnectError { url: broker.url.clone(), source })
}
