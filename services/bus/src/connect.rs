//! Connections to the broker that reconnect by themselves, each with the identity of one service.

use std::{fmt, path::PathBuf, time::Duration};

use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event};
use jejak_events::ids::TenantId;
use jejak_journal::{JetStreamAccess, Journal, JournalError};

/// The broker's addresses and the identity to connect with.
#[derive(Clone)]
pub struct BrokerConfig {
    /// One or several `nats://` addresses, comma-separated.
    pub url: String,
    /// The seed of the service's NKey. A broker without authorization needs none.
    pub nkey_seed: Option<String>,
    /// The certificates (PEM) that vouch for the broker. With them, no connection is made without TLS.
    /// Without them, TLS is for `tls://` addresses and trusts the machine's own certificates.
    pub ca_file: Option<PathBuf>,
    /// The way to JetStream in the account of the identity.
    pub access: JetStreamAccess,
}

impl BrokerConfig {
    /// A broker without authorization.
    pub fn without_identity(url: String) -> Self {
        Self {
            url,
            nkey_seed: None,
            ca_file: None,
            access: JetStreamAccess::Own,
        }
    }

    /// Opens the log over a connection to this broker.
    ///
    /// # Errors
    /// Those of [`Journal::open`].
    pub async fn open_log(
        &self,
        client: &Client,
        tenant: &TenantId,
    ) -> Result<Journal, JournalError> {
        // A broker without authorization has one account only, and it holds the log.
        let access = match client.server_info().auth_required {
            true => self.access,
            false => JetStreamAccess::Own,
        };
        Journal::open_through(client.clone(), access, tenant).await
    }
}

impl fmt::Debug for BrokerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BrokerConfig({})", self.url)
    }
}

/// The broker could not be reached, or it refused this identity.
#[derive(Debug, thiserror::Error)]
#[error("cannot connect to NATS at {url}: {source}{}", advice(.source.kind(), *.identified, *.secure))]
pub struct ConnectError {
    url: String,
    /// Whether the configuration held a seed.
    identified: bool,
    /// Whether the configuration asked for TLS.
    secure: bool,
    source: async_nats::ConnectError,
}

/// The remedy for a failed connection, as the end of its message.
fn advice(kind: ConnectErrorKind, identified: bool, secure: bool) -> &'static str {
    match kind {
        ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication
            if identified =>
        {
            "; it does not know this identity: name the seed of one that it knows with --nkey-seed-file, or include the data folder's broker/authorization.conf in its configuration"
        }
        ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
            "; it asks for an identity: name the file of its seed with --nkey-seed-file"
        }
        // A certificate that is not accepted is an error of IO here.
        ConnectErrorKind::Io | ConnectErrorKind::TimedOut | ConnectErrorKind::Tls if secure => {
            "; is it running, does it speak TLS, and does the file of --nats-ca vouch for the name in its address?"
        }
        ConnectErrorKind::Io | ConnectErrorKind::TimedOut => {
            "; is it running? A data folder's own is started by `jejak up`"
        }
        _ => "",
    }
}

/// Connects. The client reconnects to a lost broker at once, and then every half second for ever.
/// Requests made meanwhile fail by their own deadline.
///
/// # Errors
/// When the first connection fails.
pub async fn connect(broker: &BrokerConfig, name: &str) -> Result<Client, ConnectError> {
    let mut options = ConnectOptions::new();
    if let Some(seed) = &broker.nkey_seed {
        options = options.nkey(seed.clone());
    }
    if let Some(ca_file) = &broker.ca_file {
        options = options
            .add_root_certificates(ca_file.clone())
            .require_tls(true);
    }
    let addresses: Vec<&str> = broker.url.split(',').map(str::trim).collect();
    options
        .name(name)
        .custom_inbox_prefix(format!("_INBOX.{name}"))
        .request_timeout(Some(Duration::from_secs(4)))
        .ping_interval(Duration::from_secs(10))
        .max_reconnects(None)
        .reconnect_delay_callback(|attempt| {
            Duration::from_millis(if attempt <= 1 { 0 } else { 500 })
        })
        .event_callback(|event| async move {
            match event {
                Event::Disconnected => tracing::warn!("the broker is gone, looking for it"),
                Event::ServerError(error) => tracing::warn!(%error, "the broker refuses something"),
                other => tracing::debug!(event = %other, "broker connection"),
            }
        })
        .connect(addresses)
        .await
        .map_err(|source| ConnectError {
            url: broker.url.clone(),
            identified: broker.nkey_seed.is_some(),
            secure: broker.ca_file.is_some() || broker.url.contains("tls://"),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_broker_that_is_not_there_is_said_with_what_starts_it() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("nats://{}", listener.local_addr().unwrap());
        drop(listener);
        let error = connect(&BrokerConfig::without_identity(url), "test")
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("cannot connect to NATS at nats://127.0.0.1:"),
            "{error}"
        );
        assert!(
            error.ends_with("is it running? A data folder's own is started by `jejak up`"),
            "{error}"
        );
    }
}
