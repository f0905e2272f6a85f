//! The configuration of a gateway: the broker, the tenant, the accepted tokens, the limits.

use std::time::Duration;

use jejak_bus::BrokerConfig;
use jejak_events::ids::TenantId;
use jejak_journal::Quarantine;

/// The configuration of one gateway.
#[derive(Debug, Clone)]
pub struct Config {
    /// The broker that leads to all other services.
    pub broker: BrokerConfig,
    /// The tenant of the log.
    pub tenant: TenantId,
    /// The records of messages to pass over.
    pub quarantine: Option<Quarantine>,
    /// The issuer of the accepted tokens.
    pub tokens: Tokens,
    /// The bounds on connections, requests and bodies.
    pub limits: Limits,
}

impl Config {
    /// A gateway with [`Limits::default`].
    pub fn new(broker: BrokerConfig, tenant: TenantId, tokens: Tokens) -> Self {
        Self {
            broker,
            tenant,
            quarantine: None,
            tokens,
            limits: Limits::default(),
        }
    }
}

/// The issuer of the accepted tokens.
#[derive(Debug, Clone)]
pub enum Tokens {
    /// The data folder's key signed the token (EdDSA).
    Local {
        /// The public key as PEM (`BEGIN PUBLIC KEY`, Ed25519).
        public_key_pem: String,
    },
    /// An issuer that publishes a key set signed the token (EdDSA, RS256 or ES256).
    Jwks {
        /// The http or https address of the key set.
        url: String,
        /// The value that `aud` must contain.
        audience: String,
    },
}

/// The bounds of one gateway. A request beyond them is refused at once with `request.too_many`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at once; further ones wait to be accepted.
    pub connections: usize,
    /// Requests running at once.
    pub requests: usize,
    /// Event streams open at once.
    pub streams: usize,
    /// The largest body of a command, in bytes.
    pub body_bytes: usize,
    /// A body must arrive within this time.
    pub body_time: Duration,
    /// The head of a request must arrive within this time.
    pub head_time: Duration,
    /// A request must be answered within this time. An event stream must begin within it.
    pub request_time: Duration,
    /// Running requests may take this long to finish at shutdown.
    pub shutdown_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 2_048,
            requests: 512,
            streams: 64,
            body_bytes: 64 * 1024,
            body_time: Duration::from_secs(10),
            head_time: Duration::from_secs(10),
            request_time: Duration::from_secs(25),
            shutdown_time: Duration::from_secs(8),
        }
    }
}

/// A gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The PEM text holds no Ed25519 public key.
    #[error("the public key for tokens is not an Ed25519 key in PEM")]
    PublicKey,
    /// The key set's address is neither http nor https.
    #[error("{0} is not an http or https address of a key set")]
    JwksUrl(String),
    /// The HTTP client for key sets cannot be built.
    #[error("key sets cannot be fetched: {0}")]
    Jwks(reqwest::Error),
}
