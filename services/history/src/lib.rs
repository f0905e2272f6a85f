//! What was known then, and who changed what: answered from the streams concerned, read from the log
//! whenever asked. It keeps nothing but keys, follows nothing, and never reads the log as a whole. What rows
//! and words mean is not here (jejak-projections).

mod answer;
mod operator;
mod owner;
mod past;
mod read;

use std::sync::Arc;

use jejak_bus::{
    BrokerConfig,
    serve::{RegisterError, serve},
    wait_for_broker, wait_for_log,
};
use jejak_events::{ids::TenantId, secret::TenantKey};
use jejak_journal::{Journal, JournalError, Keyring};
use jejak_projections::history;
use tokio_util::sync::CancellationToken;

use crate::{answer::Desk, read::Log};

/// The name of its identity and its connection.
pub const NAME: &str = "jejak-history";
/// Requests in hand at once: each holds the streams it concerns in memory.
const AT_ONCE: usize = 64;

/// What the history service needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The broker.
    pub broker: BrokerConfig,
    /// Whose log.
    pub tenant: TenantId,
    /// The key data keys are wrapped with.
    pub tenant_key: TenantKey,
    /// Where "today" is a date (rule 38).
    pub time_zone: chrono_tz::Tz,
}

/// Why the history service ended.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The log is not what it should be.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The broker refuses the registration.
    #[error(transparent)]
    Register(#[from] RegisterError),
}

/// Runs the history service until told to stop; requests in hand are answered.
///
/// # Errors
/// See [`HistoryError`]. A broker that is down is waited for.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), HistoryError> {
    let log = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        log = open(&config) => log?,
    };
    let client = log.journal.client().clone();
    let desk = Arc::new(Desk {
        log,
        time_zone: config.time_zone,
    });
    let subject = jejak_bus::query_subject(&config.tenant, history::NAME, "*");
    let answer = |request| answer::answer(desk.clone(), request);
    Ok(serve(&client, NAME, &subject, AT_ONCE, shutdown, answer).await?)
}

async fn open(config: &Config) -> Result<Log, HistoryError> {
    let client = wait_for_broker(&config.broker, NAME).await;
    let journal = wait_for_log(|| Journal::open(client.clone(), &config.tenant)).await?;
    let keyring = wait_for_log(|| Keyring::open_all(&journal, config.tenant_key.clone())).await?;
    Ok(Log { journal, keyring })
}
