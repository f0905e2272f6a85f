//! `jejak up`: all services of one office in one process, over the same broker and guards as apart.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use jejak_auditor::witnesses::Witnesses;
use jejak_bus::{health::ViewHealth, query_subject};
use jejak_events::{envelope, ids::TenantId};
use jejak_gateway::{ExternalIssuer, Limits, OidcConfig};
use jejak_journal::{Journal, JournalError};
use jejak_projections::VIEWS;
use tokio::{net::TcpListener, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    accounts::StoreError,
    args::AccessLogArgs,
    broker::{BrokerStartError, RunningBroker},
    data::{DataError, DataFolder},
    demo::{self, DemoError, DemoSummary},
    demo_accounts::{self, DemoSignIn},
    http,
    identity::BrokerIdentity,
    office_config::{LogAccessError, OfficeConfig},
    service_group::{GatewaySetup, ServiceError, ServiceGroup},
    token::{TokenError, TokenIssuer},
};

/// The time the broker has to grant the log.
const LOG_WITHIN: Duration = Duration::from_secs(30);
/// The time the views have to answer before `/readyz` is asked.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// The interval of warnings while the office is not ready.
const SAY_EVERY: Duration = Duration::from_secs(60);
/// The time all views have to show the demonstration.
const READY_WITHIN: Duration = Duration::from_secs(600);
/// The interval of questions about readiness.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// The options of `jejak up`.
#[derive(Debug)]
pub(crate) struct UpOptions {
    pub(crate) data: PathBuf,
    /// The address of the gateway.
    pub(crate) listen: SocketAddr,
    /// A broker that runs already. Without one, `jejak up` starts its own.
    pub(crate) nats: Option<String>,
    /// The certificates that vouch for that broker.
    pub(crate) nats_ca: Option<PathBuf>,
    /// The address of a broker of its own; a free port of this machine without one.
    pub(crate) nats_listen: Option<SocketAddr>,
    /// Whether to load the demonstration.
    pub(crate) demo: bool,
    /// The issuer of tokens, instead of the data folder.
    pub(crate) issuer: Option<ExternalIssuer>,
    /// The provider where people may sign in to the pages.
    pub(crate) oidc: Option<OidcConfig>,
    /// The access log, and when it is set aside.
    pub(crate) access: AccessLogArgs,
    /// The limits of the gateway.
    pub(crate) limits: Limits,
    /// Whether appends that wait share a batch.
    pub(crate) group_commit: bool,
    /// The places to which checkpoints are sent.
    pub(crate) witnesses: Witnesses,
    pub(crate) tenant: TenantId,
    pub(crate) time_zone: chrono_tz::Tz,
}

/// The reason why `jejak up` ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Broker(#[from] BrokerStartError),
    #[error(transparent)]
    Connect(#[from] LogAccessError),
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("cannot listen on {address}: {source}; choose another address with --listen")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error("the gateway does not answer: {0}")]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error(transparent)]
    DemoAccounts(#[from] StoreError),
    #[error("not ready in time: {0}")]
    NotReady(String),
}

/// The result of the demonstration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DemoResult {
    NotRequested,
    /// The log holds other events, so nothing was sent.
    Skipped,
    /// Loaded now or in an earlier run.
    Loaded(DemoSummary),
}

/// The state of an office that answers queries.
#[derive(Debug, Clone)]
pub(crate) struct StartReport {
    /// The address of the gateway, for example `http://127.0.0.1:8080`.
    pub(crate) base: String,
    pub(crate) demo: DemoResult,
    /// The accounts of the demonstration, where it is loaded.
    pub(crate) sign_in: Option<DemoSignIn>,
}

/// Runs an office until the stop. `report` is called once queries answer.
pub(crate) async fn up(
    options: UpOptions,
    stop: CancellationToken,
    report: impl FnOnce(&StartReport),
) -> Result<(), UpError> {
    let folder = DataFolder::open(&options.data)?;
    let _lock = folder.lock()?;
    let listener = listen(options.listen).await?;
    let (broker, nats) = match &options.nats {
        Some(url) => {
            folder.note_broker(url)?;
            (None, url.clone())
        }
        None => {
            let listen = options.nats_listen;
            let broker = RunningBroker::start_at(&folder, &options.tenant, listen).await?;
            let url = broker.url.clone();
            (Some(broker), url)
        }
    };
    let config = OfficeConfig {
        folder,
        nats,
        // The broker of `jejak up` itself listens on loopback, without TLS.
        nats_ca: options.nats.as_ref().and(options.nats_ca.clone()),
        tenant: options.tenant.clone(),
        time_zone: options.time_zone,
    };
    let outcome = serve(&config, listener, options, &stop, report).await;
    if let Some(broker) = broker {
        broker.stop().await;
    }
    outcome
}

/// Listens on an address.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, UpError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| UpError::Listen { address, source })
}

async fn serve(
    config: &OfficeConfig,
    listener: TcpListener,
    options: UpOptions,
    stop: &CancellationToken,
    report: impl FnOnce(&StartReport),
) -> Result<(), UpError> {
    let journal = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        journal = init_patiently(config) => journal?,
    };
    let address = listener.local_addr().map_err(|source| UpError::Listen {
        address: options.listen,
        source,
    })?;
    let base = format!("http://{address}");
    let gateway = GatewaySetup {
        listener,
        tokens: config.tokens(options.issuer, None),
        oidc: options.oidc,
        access_log: options.access.config(&config.folder),
        limits: options.limits,
    };
    let services = ServiceGroup::new(stop)
        .office(config, gateway, options.group_commit, options.witnesses)
        .await?;
    let start = async {
        let started = tokio::select! {
            biased;
            // An office that is stopped before it is ready has not failed.
            () = stop.cancelled() => return Ok(()),
            started = start(config, &journal, &base, options.demo) => started,
        };
        match &started {
            Ok(started) => report(started),
            Err(_) => stop.cancel(),
        }
        started.map(|_| ())
    };
    let finish = services.finish();
    tokio::pin!(finish);
    let started = tokio::select! {
        started = start => started,
        outcome = &mut finish => return Ok(outcome?),
    };
    finish.await?;
    started
}

/// Opens the log, and creates it if need be. A broker that was just started may need a moment.
async fn init_patiently(config: &OfficeConfig) -> Result<Journal, UpError> {
    let deadline = Instant::now() + LOG_WITHIN;
    loop {
        match config.init_or_open().await {
            Err(
                LogAccessError::Connect(_) | LogAccessError::Journal(JournalError::Unavailable(_)),
            ) if Instant::now() < deadline => {
                tokio::time::sleep(ASK_EVERY).await;
            }
            other => return Ok(other?),
        }
    }
}

/// Waits until all services answer. Loads the demonstration and waits until every view shows it.
async fn start(
    config: &OfficeConfig,
    journal: &Journal,
    base: &str,
    demo: bool,
) -> Result<StartReport, UpError> {
    wait_for_answers(config).await;
    wait_until_ready(base).await?;
    let demo = match demo {
        false => DemoResult::NotRequested,
        true if !holds_only_demo(journal).await? => DemoResult::Skipped,
        true => {
            let issuer = TokenIssuer::from_pem(&config.folder.token_key_pem()?)?;
            let log = |command: &str| tracing::info!(command, "demonstration");
            let summary = demo::play(base, &issuer, log).await?;
            wait_for_views(config, summary.position).await?;
            DemoResult::Loaded(summary)
        }
    };
    let sign_in = match &demo {
        DemoResult::Loaded(summary) => Some(demo_accounts::make(config, summary).await?),
        DemoResult::NotRequested | DemoResult::Skipped => None,
    };
    Ok(StartReport {
        base: base.to_owned(),
        demo,
        sign_in,
    })
}

/// Waits until every view answers, some seconds at most. `/readyz` tells of a change up to a second
/// later, so it is asked when it may be green.
async fn wait_for_answers(config: &OfficeConfig) {
    let answers = async {
        let client = config.connect(BrokerIdentity::Admin).await?;
        for view in VIEWS {
            let subject = query_subject(&config.tenant, view.name(), "health");
            while client.request(subject.clone(), "{}".into()).await.is_err() {
                tokio::time::sleep(ASK_EVERY).await;
            }
        }
        Ok::<_, LogAccessError>(())
    };
    // `/readyz` names a view that did not answer in time.
    if let Ok(Err(error)) = tokio::time::timeout(ANSWERS_WITHIN, answers).await {
        tracing::warn!(%error, "the views cannot be asked yet");
    }
}

/// Waits until the office is ready. An office that cannot get ready by itself stays up: `/readyz` and
/// the log say what stops it, and it goes on once that is mended.
async fn wait_until_ready(base: &str) -> Result<(), UpError> {
    let client = http::client()?;
    let mut say_at = Instant::now() + SAY_EVERY / 6;
    loop {
        let response = client.get(format!("{base}/readyz")).send().await?;
        if response.status().is_success() {
            return Ok(());
        }
        if Instant::now() > say_at {
            let problems = response.text().await?;
            tracing::warn!(%problems, "the office is not ready yet");
            say_at = Instant::now() + SAY_EVERY;
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// Waits until every view has applied the event at a position.
async fn wait_for_views(config: &OfficeConfig, position: u64) -> Result<(), UpError> {
    let client = config.connect(BrokerIdentity::Admin).await?;
    let deadline = Instant::now() + READY_WITHIN;
    for view in VIEWS {
        let subject = query_subject(&config.tenant, view.name(), "health");
        loop {
            let reply = client.request(subject.clone(), "{}".into()).await;
            let health = reply.map(|reply| serde_json::from_slice::<ViewHealth>(&reply.payload));
            if matches!(health, Ok(Ok(health)) if health.position >= position) {
                break;
            }
            if Instant::now() > deadline {
                return Err(UpError::NotReady(format!("view {} is behind", view.name())));
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }
    Ok(())
}

/// Whether the log is empty or begins and ends with the demonstration, which may then go on. An
/// office at work needs no demonstration.
async fn holds_only_demo(journal: &Journal) -> Result<bool, UpError> {
    for position in [1, journal.last_position().await?] {
        if let Some(entry) = journal.read(position).await? {
            let recorded = envelope::decode(position, &entry.stored.payload);
            let is_demo = recorded.is_ok_and(|recorded| {
                let command = recorded.envelope.command_id;
                command.as_str().starts_with(demo::ID_PREFIX)
            });
            if !is_demo {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
