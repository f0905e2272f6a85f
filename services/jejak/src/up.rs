//! `jejak up`: everything of one office in one process, over the same broker and guards as apart.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use jejak_bus::Role;
use jejak_events::{envelope, ids::TenantId};
use jejak_journal::{Journal, JournalError};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    broker::{BrokerError, RunningBroker},
    data::{DataError, DataFolder},
    demo::{self, DemoError, Played},
    services::{Running, ServiceError, Setting},
    token::{Issuer, TokenError},
};

/// How long the broker may take to grant the log.
const LOG_WITHIN: Duration = Duration::from_secs(30);
/// How long everything may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(600);
/// How often readiness is asked for.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// How long a token for our own questions is good.
const TOKEN_TTL: Duration = Duration::from_secs(600);

/// What `jejak up` is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder.
    pub data: PathBuf,
    /// Where the gateway listens.
    pub listen: SocketAddr,
    /// A broker that runs already; none starts a child.
    pub nats: Option<String>,
    /// Whether to load the KAK of 2020.
    pub demo: bool,
    /// Whose log.
    pub tenant: TenantId,
    /// Where "today" is a date.
    pub time_zone: chrono_tz::Tz,
    /// Whether appends that wait share a batch.
    pub group_commit: bool,
}

/// Why it ended.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// The data folder.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The broker child.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// A service.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The log.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The address to listen on.
    #[error("cannot listen on {address}: {source}; choose another address")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Our own gateway.
    #[error("the gateway does not answer: {0}")]
    Http(#[from] reqwest::Error),
    /// Our own token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The demonstration.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// Not ready in time.
    #[error("not ready in time: {0}")]
    NotReady(String),
}

/// What came of the demonstration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demo {
    /// Not asked for.
    None,
    /// The log holds something else.
    Skipped,
    /// Loaded, now or before.
    Loaded(Played),
}

/// What is known once queries answer.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The gateway's address.
    pub base: String,
    /// What came of the demonstration.
    pub demo: Demo,
}

/// Runs everything until told to stop; `ready` hears when queries answer.
///
/// # Errors
/// See [`UpError`].
pub async fn up(
    options: Options,
    stop: CancellationToken,
    ready: impl FnOnce(&Ready),
) -> Result<(), UpError> {
    let folder = DataFolder::open(&options.data)?;
    let _lock = folder.lock()?;
    let listener = TcpListener::bind(options.listen).await;
    let listener = listener.map_err(|source| UpError::Listen {
        address: options.listen,
        source,
    })?;
    let (broker, nats) = match &options.nats {
        Some(url) => (None, url.clone()),
        None => {
            let broker = RunningBroker::start(&folder, &options.tenant).await?;
            let url = broker.url.clone();
            (Some(broker), url)
        }
    };
    if options.nats.is_some() {
        folder.note_broker(&nats)?;
    }
    let setting = Setting {
        folder,
        nats,
        tenant: options.tenant.clone(),
        time_zone: options.time_zone,
        group_commit: options.group_commit,
    };
    let outcome = serve(&setting, listener, &options, &stop, ready).await;
    if let Some(broker) = broker {
        broker.stop().await;
    }
    outcome
}

async fn serve(
    setting: &Setting,
    listener: TcpListener,
    options: &Options,
    stop: &CancellationToken,
    ready: impl FnOnce(&Ready),
) -> Result<(), UpError> {
    let journal = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        journal = patient_init(setting) => journal?,
    };
    let address = listener.local_addr().map_err(|source| UpError::Listen {
        address: options.listen,
        source,
    })?;
    let base = format!("http://{address}");
    let running = Running::new(stop).office(setting, listener).await?;
    let greet = async {
        let greeted = greet(setting, &journal, &base, options.demo).await;
        match &greeted {
            Ok(said) => ready(said),
            Err(_) => stop.cancel(),
        }
        greeted.map(|_| ())
    };
    let finish = running.finish();
    tokio::pin!(finish);
    let greeted = tokio::select! {
        greeted = greet => greeted,
        outcome = &mut finish => return Ok(outcome?),
    };
    finish.await?;
    greeted
}

/// The log, as soon as a broker that was just started grants it.
async fn patient_init(setting: &Setting) -> Result<Journal, UpError> {
    let deadline = tokio::time::Instant::now() + LOG_WITHIN;
    loop {
        match setting.init_or_open().await {
            Err(ServiceError::Connect(_) | ServiceError::Journal(JournalError::Unavailable(_)))
                if tokio::time::Instant::now() < deadline =>
            {
                tokio::time::sleep(ASK_EVERY).await;
            }
            other => return Ok(other?),
        }
    }
}

/// Waits until everything answers, with the demonstration in it if that was asked for.
async fn greet(
    setting: &Setting,
    journal: &Journal,
    base: &str,
    demo: bool,
) -> Result<Ready, UpError> {
    let client = crate::http_client()?;
    let issuer = Issuer::from_pem(&setting.folder.token_key_pem()?)?;
    wait_ready(&client, base).await?;
    let demo = match demo {
        false => Demo::None,
        true if !only_demo(journal).await? => Demo::Skipped,
        true => Demo::Loaded(
            demo::play(base, &issuer, |command| {
                tracing::info!(command, "demonstration")
            })
            .await?,
        ),
    };
    if let Demo::Loaded(Played { position, .. }) = &demo {
        let token = issuer.issue("jejak-up", &[Role::Auditor], None, TOKEN_TTL)?;
        for path in ["contracts", "leave-balances", "evaluations", "packages"] {
            let url = format!("{base}/v1/{path}?min_position={position}");
            client
                .get(url)
                .bearer_auth(&token)
                .send()
                .await?
                .error_for_status()?;
        }
    }
    Ok(Ready {
        base: base.to_owned(),
        demo,
    })
}

async fn wait_ready(client: &reqwest::Client, base: &str) -> Result<(), UpError> {
    let deadline = tokio::time::Instant::now() + READY_WITHIN;
    loop {
        let response = client.get(format!("{base}/readyz")).send().await?;
        if response.status().is_success() {
            return Ok(());
        }
        if tokio::time::Instant::now() > deadline {
            return Err(UpError::NotReady(response.text().await?));
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// Whether the log is empty or holds the demonstration and nothing after it: it then goes on where it
/// stopped. In an office that has gone on working there is nothing to demonstrate.
async fn only_demo(journal: &Journal) -> Result<bool, UpError> {
    for position in [1, journal.last_position().await?] {
        if let Some(stored) = journal.read(position).await? {
            let recorded = envelope::decode(position, &stored.payload);
            if !recorded.is_ok_and(|r| r.envelope.command_id.as_str().starts_with(demo::ID_PREFIX))
            {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
