//! Answers from the log itself: the history of a stream in plain words, and any answer as of a moment.
//!
//! Each question reads the streams it needs, and no others. The service keeps no person's key and
//! follows nothing. Rows and queries are in `jejak_projections`, sentences in `jejak_words`.

mod actors;
mod answer;
mod items;
mod operator;
mod owner;
mod past;
mod read;
mod states;

use std::sync::Arc;

use jejak_bus::{
    BrokerConfig,
    health::HEALTH,
    history,
    serve::{RegisterError, ServiceInfo, serve},
    wait_for_broker, wait_for_log,
};
use jejak_events::{ids::TenantId, secret::TenantKey};
use jejak_journal::{JournalError, Keyring, Quarantine};
use jejak_projections::VIEWS;
use tokio_util::sync::CancellationToken;

use crate::{actors::FirstNamed, answer::HistoryService, read::Log};

/// The name of the service at the broker.
const SERVICE: &str = "jejak-history";
/// The most requests in hand. Each holds the streams it reads in memory.
const AT_ONCE: usize = 64;

/// The settings of the history service.
#[derive(Debug, Clone)]
pub struct Config {
    /// The broker that holds the log.
    pub broker: BrokerConfig,
    /// The tenant of the log.
    pub tenant: TenantId,
    /// The records of messages to pass over.
    pub quarantine: Option<Quarantine>,
    /// The key that unwraps data keys.
    pub tenant_key: TenantKey,
    /// The time zone that decides which date is today (rule 38).
    pub time_zone: chrono_tz::Tz,
}

/// A fault that ends the history service.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The log is missing, or another log than expected.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The broker refuses to register the service.
    #[error(transparent)]
    Register(#[from] RegisterError),
}

/// Runs the history service until shutdown; requests in hand are answered first.
///
/// # Errors
/// See [`HistoryError`]. The service waits for a broker that is down.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), HistoryError> {
    let log = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        log = open(&config) => log?,
    };
    let client = log.journal.client().clone();
    let service = Arc::new(HistoryService {
        log,
        first_named: FirstNamed::default(),
        time_zone: config.time_zone,
    });
    let answer = |request| answer::answer(service.clone(), request);
    Ok(serve(&client, &info(&config.tenant), AT_ONCE, shutdown, answer).await?)
}

/// The service as discovery shows it.
fn info(tenant: &TenantId) -> ServiceInfo {
    let of_views = VIEWS.iter().flat_map(|view| view.queries());
    let as_of = of_views.filter_map(|handler| handler.query.as_of);
    let names = history::QUERIES.into_iter().chain(as_of);
    let names = names.chain([history::AS_OF, HEALTH]);
    ServiceInfo {
        name: SERVICE.to_owned(),
        description: "Histories in plain words, and answers as of a moment, from the log itself."
            .to_owned(),
        endpoint: "histories".to_owned(),
        subject: jejak_bus::query_subject(tenant, history::NAME, "*"),
        answers: names.map(str::to_owned).collect(),
    }
}

async fn open(config: &Config) -> Result<Log, HistoryError> {
    let client = wait_for_broker(&config.broker, SERVICE).await;
    let journal = wait_for_log(|| config.broker.open_log(&client, &config.tenant)).await?;
    let journal = journal.with_quarantine(config.quarantine.clone());
    let keyring = wait_for_log(|| Keyring::open_all(&journal, config.tenant_key.clone())).await?;
    // Each read fetches the keys that it needs. No key of a person outlives the person here.
    keyring.let_go_of_all();
    Ok(Log { journal, keyring })
}
