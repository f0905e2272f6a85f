//! The configuration of a gateway: the broker, the tenant, the accepted tokens, the limits.

use std::{fmt, path::PathBuf, time::Duration};

use jejak_bus::BrokerConfig;
use jejak_events::ids::TenantId;
use jejak_journal::Quarantine;

use crate::roles_claim::RolesClaim;

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
    /// The provider where people may sign in to the pages, besides local accounts.
    pub oidc: Option<OidcConfig>,
    /// The file that says who read what.
    pub access_log: AccessLogConfig,
    /// The bounds on connections, requests and bodies.
    pub limits: Limits,
    /// The time zone in which pages show times.
    pub time_zone: chrono_tz::Tz,
}

impl Config {
    /// A gateway with [`Limits::default`], UTC, and an access log with [`AccessLogConfig::new`].
    pub fn new(
        broker: BrokerConfig,
        tenant: TenantId,
        tokens: Tokens,
        access_log: PathBuf,
    ) -> Self {
        Self {
            broker,
            tenant,
            quarantine: None,
            tokens,
            oidc: None,
            access_log: AccessLogConfig::new(access_log),
            limits: Limits::default(),
            time_zone: chrono_tz::UTC,
        }
    }
}

/// The issuer of the accepted tokens.
#[derive(Debug, Clone)]
pub enum Tokens {
    /// A key of the data folder signed the token (EdDSA).
    Local {
        /// The file of the [`TokenRegister`](crate::TokenRegister).
        register: PathBuf,
    },
    /// An issuer that publishes a key set signed the token (EdDSA, RS256 or ES256).
    External {
        /// The issuer.
        issuer: ExternalIssuer,
        /// The file of the register, for its revoked subjects. Its keys sign nothing here.
        register: Option<PathBuf>,
    },
}

/// An issuer of tokens elsewhere.
#[derive(Debug, Clone)]
pub struct ExternalIssuer {
    /// The https address of the key set. On loopback, http will do.
    pub jwks_url: String,
    /// The value that `iss` must have.
    pub issuer: String,
    /// The value that `aud` must contain.
    pub audience: String,
    /// The place of the roles in a token.
    pub roles_claim: RolesClaim,
}

impl ExternalIssuer {
    /// Refuses empty names. An empty audience would be named by a token for nobody.
    pub(crate) fn check(&self) -> Result<(), GatewayError> {
        for (flag, value) in [("--issuer", &self.issuer), ("--audience", &self.audience)] {
            if value.trim().is_empty() {
                return Err(GatewayError::EmptyName(flag));
            }
        }
        Ok(())
    }
}

/// A provider of sign-ins elsewhere (OpenID Connect).
#[derive(Clone)]
pub struct OidcConfig {
    /// The https address of the issuer, as its ID tokens name it. On loopback, http will do.
    pub issuer: String,
    /// The name of this office at the provider.
    pub client_id: String,
    /// The secret of this office at the provider; none for a public client.
    pub client_secret: Option<String>,
    /// The place of the roles in an ID token.
    pub roles_claim: RolesClaim,
}

impl fmt::Debug for OidcConfig {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcConfig")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// The file of the log, and when it is set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLogConfig {
    /// The file. The key of its pseudonyms stands beside it, with the ending `.key`.
    pub path: PathBuf,
    /// A larger file is set aside, in bytes.
    pub largest_bytes: u64,
    /// An older file is set aside.
    pub oldest: Duration,
    /// The number of files that are kept besides the present one. The oldest is removed.
    pub keep: usize,
}

impl AccessLogConfig {
    /// A file that is set aside after a day or 64 MiB. A year of such files is kept.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            largest_bytes: 64 * 1024 * 1024,
            oldest: Duration::from_secs(24 * 3_600),
            keep: 366,
        }
    }
}

/// The bounds of one gateway. A request beyond them is refused at once with `request.too_many`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at once; further ones wait to be accepted.
    pub connections: usize,
    /// Requests running at once.
    pub requests: usize,
    /// Connections of one address open at once. An IPv6 network of 64 bits is one address.
    pub connections_per_address: usize,
    /// Event streams open at once.
    pub streams: usize,
    /// Event streams of one token subject open at once.
    pub streams_per_caller: usize,
    /// Queries of one token subject at once that name a position to wait for.
    pub waits_per_caller: usize,
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
            connections_per_address: 256,
            requests: 512,
            streams: 64,
            streams_per_caller: 8,
            waits_per_caller: 64,
            body_bytes: 64 * 1024,
            body_time: Duration::from_secs(10),
            head_time: Duration::from_secs(10),
            request_time: Duration::from_secs(25),
            shutdown_time: Duration::from_secs(8),
        }
    }
}

/// The key of the access log's pseudonyms cannot be read or made.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct AccessKeyError {
    /// The file of the key.
    pub path: PathBuf,
    /// The fault.
    pub reason: String,
}

/// A gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The register cannot be read, or it is none.
    #[error(
        "the token register {} cannot be used: {reason}; `jejak init` makes one in the data folder",
        path.display()
    )]
    Register {
        /// The file of the register.
        path: PathBuf,
        /// The fault.
        reason: String,
    },
    /// The key of the access log's pseudonyms cannot be used.
    #[error("the access log cannot be kept: {0}")]
    AccessLog(#[from] AccessKeyError),
    /// The issuer or the audience is empty.
    #[error("{0} is empty; name the value that tokens for this service carry")]
    EmptyName(&'static str),
    /// The key set's address could be read or changed on its way.
    #[error(
        "{0} is not an https address of a key set; http is accepted on a loopback address only"
    )]
    JwksUrl(String),
    /// What the provider answers could be read or changed on its way.
    #[error(
        "{0} is not the https address of an issuer; http is accepted on a loopback address only"
    )]
    OidcIssuer(String),
    /// The HTTP client for issuers cannot be built.
    #[error("no issuer can be asked: {0}")]
    Jwks(reqwest::Error),
}
