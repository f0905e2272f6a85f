//! The state that all request handlers share.

use std::{path::PathBuf, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use chrono::{DateTime, Utc};
use jejak_bus::telemetry::MetricsRecorder;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    access_log::{AccessLog, Writer},
    auth::{Caller, Verifier},
    broker::BrokerConnection,
    config::{Config, GatewayError, Limits},
    memory::Memory,
    oidc::OidcProvider,
    problem::Failure,
    problem_history::ProblemHistory,
    services_health::ServicesHealth,
    shares::Shares,
};

/// The most tables that are written at once. A table is held in memory.
const TABLES: usize = 2;

/// One gateway's connection, keys and limits.
pub(crate) struct App {
    pub(crate) broker: BrokerConnection,
    pub(crate) verifier: Verifier,
    /// The provider where people may sign in to the pages.
    pub(crate) oidc: Option<Arc<OidcProvider>>,
    pub(crate) access_log: AccessLog,
    /// The file of the access log.
    pub(crate) access_log_path: PathBuf,
    /// The problems that readiness named lately.
    pub(crate) problems: ProblemHistory,
    /// The start of this gateway.
    pub(crate) started: DateTime<Utc>,
    pub(crate) limits: Limits,
    /// The time zone in which pages show times.
    pub(crate) time_zone: chrono_tz::Tz,
    /// A permit for each request that may run at once.
    pub(crate) requests: Semaphore,
    /// A permit for each event stream that may be open at once.
    pub(crate) streams: Arc<Semaphore>,
    /// The event streams of each subject.
    pub(crate) streams_of: Shares<String>,
    /// The queries of each subject that wait for a position.
    pub(crate) waits_of: Shares<String>,
    /// The tables of each subject: one at once.
    pub(crate) tables_of: Shares<String>,
    /// A permit for each table that may be written at once.
    pub(crate) tables: Semaphore,
    /// The health of the services behind.
    pub(crate) health: Memory<Arc<ServicesHealth>>,
    pub(crate) recorder: MetricsRecorder,
    pub(crate) shutdown: CancellationToken,
}

impl App {
    /// Reads the keys and allocates the permits. Connects to nothing. The writer of the access log is
    /// to be run.
    ///
    /// # Errors
    /// [`GatewayError`] for keys or addresses that cannot be used.
    pub(crate) fn new(
        config: &Config,
        shutdown: CancellationToken,
    ) -> Result<(Self, Writer), GatewayError> {
        let limits = config.limits.clone();
        let (access_log, writer) = AccessLog::open(&config.access_log)?;
        let app = Self {
            broker: BrokerConnection::new(
                config.broker.clone(),
                config.tenant.clone(),
                config.quarantine.clone(),
            ),
            verifier: Verifier::new(&config.tokens)?,
            oidc: config
                .oidc
                .clone()
                .map(|oidc| OidcProvider::new(oidc).map(Arc::new))
                .transpose()?,
            requests: Semaphore::new(limits.requests),
            streams: Arc::new(Semaphore::new(limits.streams)),
            streams_of: Shares::new(limits.streams_per_caller),
            waits_of: Shares::new(limits.waits_per_caller),
            tables_of: Shares::new(1),
            tables: Semaphore::new(TABLES),
            health: Memory::new(),
            recorder: MetricsRecorder::install(),
            access_log,
            access_log_path: config.access_log.path.clone(),
            problems: ProblemHistory::default(),
            started: Utc::now(),
            limits,
            time_zone: config.time_zone,
            shutdown,
        };
        Ok((app, writer))
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        // Only a page of this gateway sets it, for the person who is signed in.
        if let Some(caller) = parts.extensions.get::<Self>() {
            return Ok(caller.clone());
        }
        Ok(app.verifier.caller(&parts.headers).await?)
    }
}
