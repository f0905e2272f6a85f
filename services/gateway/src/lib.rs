//! The gateway: HTTP/JSON at the edge (api.md). It knows who asks and in which language, and passes
//! commands and questions on over NATS. No rules, no storage, no state but the answers it remembers.
//!
//! It serves from the first moment and whatever happens behind: while the broker is away, commands get
//! `log.unavailable`, questions asked before get their last answer (marked, with its position), and
//! `/readyz` says why.

mod audit;
mod auth;
mod commands;
mod edge;
mod events;
mod health;
mod limits;
mod link;
mod measure;
mod openapi;
mod problem;
mod queries;
mod router;
mod serve;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jejak_bus::{BrokerConfig, telemetry::MetricsRecorder};
use jejak_events::ids::TenantId;
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;

pub use auth::Tokens;
pub use limits::Limits;
pub use openapi::openapi;

/// What a gateway needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The broker everything behind is reached through.
    pub broker: BrokerConfig,
    /// Whose log.
    pub tenant: TenantId,
    /// Whose tokens are accepted.
    pub tokens: Tokens,
    /// How much is taken on.
    pub limits: Limits,
}

impl Config {
    /// A gateway with the usual limits.
    pub fn new(broker: BrokerConfig, tenant: TenantId, tokens: Tokens) -> Self {
        Self {
            broker,
            tenant,
            tokens,
            limits: Limits::default(),
        }
    }
}

/// Why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The public key is not one.
    #[error("the public key for tokens is not an Ed25519 key in PEM: {0}")]
    PublicKey(jsonwebtoken::errors::Error),
    /// The address of the key set is not one.
    #[error("{0} is not an http or https address of a key set")]
    JwksUrl(String),
    /// There is no way to fetch key sets.
    #[error("key sets cannot be fetched: {0}")]
    Jwks(reqwest::Error),
}

/// What all handlers share.
pub(crate) struct App {
    link: link::Link,
    verifier: auth::Verifier,
    remembered: queries::remembered::Remembered,
    limits: Limits,
    requests: Semaphore,
    streams: Arc<Semaphore>,
    recorder: MetricsRecorder,
    measured: measure::Measured,
    shutdown: CancellationToken,
}

impl App {
    fn new(config: &Config, shutdown: CancellationToken) -> Result<Self, GatewayError> {
        let limits = config.limits.clone();
        Ok(Self {
            link: link::Link::new(config.tenant.clone()),
            verifier: auth::Verifier::new(&config.tokens)?,
            remembered: queries::remembered::Remembered::new(limits.remembered_bytes),
            requests: Semaphore::new(limits.requests),
            streams: Arc::new(Semaphore::new(limits.streams)),
            recorder: MetricsRecorder::install(),
            measured: measure::Measured::default(),
            limits,
            shutdown,
        })
    }
}

/// Serves until told to stop; requests in hand are finished then, event streams end.
///
/// # Errors
/// [`GatewayError`], before anything is served. A broker that is down is no error: it is waited for.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: CancellationToken,
) -> Result<(), GatewayError> {
    let app = Arc::new(App::new(&config, shutdown.clone())?);
    let behind = async {
        app.link.connect(&config.broker).await;
        queries::remembered::follow_erasures(&app).await;
        std::future::pending::<()>().await;
    };
    let upkeep = app.recorder.upkeep();
    tokio::select! {
        () = serve::serve(listener, router::router(app.clone()), &config.limits, &shutdown) => Ok(()),
        () = behind => Ok(()),
        () = upkeep => Ok(()),
    }
}
