//! The one connection to the broker, and requests to the services behind it. The gateway connects
//! in the background, so it can refuse requests while the broker is down.

use std::{sync::OnceLock, time::Duration};

use async_nats::{
    Client, HeaderMap, Request, RequestErrorKind, connection::State, header::HeaderValue,
};
use bytes::Bytes;
use jejak_bus::{Actor, BrokerConfig, Problem, RequestProblem, query_subject, request::ACTOR};
use jejak_events::ids::TenantId;
use jejak_journal::{Journal, JournalError, Quarantine};
use tokio::sync::OnceCell;

use crate::{accounts::AccountStore, problem::fault};

/// The pause between two attempts to connect for the first time.
const PAUSE: Duration = Duration::from_millis(500);
/// The deadline for opening the log.
const OPENING: Duration = Duration::from_secs(4);
/// The deadline for the broker's own answer to a request without a responder.
const PING: Duration = Duration::from_millis(200);
/// `Retry-After` while the broker is away. The gateway tries to connect twice a second.
const RETRY_AFTER_S: u64 = 1;

/// The connection to the broker, once there is one.
pub(crate) struct BrokerConnection {
    pub(crate) tenant: TenantId,
    config: BrokerConfig,
    quarantine: Option<Quarantine>,
    client: OnceLock<Client>,
    journal: OnceCell<Journal>,
}

/// A request got no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoReply {
    /// The broker cannot be reached.
    BrokerAway,
    /// The broker answers, but the service took too long.
    Late,
    /// The broker says that no service takes such requests.
    NoService,
}

impl NoReply {
    /// The problem to answer with when `service` gave no reply.
    pub(crate) fn problem(self, service: &str) -> RequestProblem {
        match self {
            Self::BrokerAway => RequestProblem::LogUnavailable {
                retry_after_s: RETRY_AFTER_S,
            },
            Self::Late | Self::NoService => RequestProblem::ServiceUnavailable {
                service: service.to_owned(),
                retry_after_s: RETRY_AFTER_S,
            },
        }
    }
}

impl BrokerConnection {
    pub(crate) fn new(
        config: BrokerConfig,
        tenant: TenantId,
        quarantine: Option<Quarantine>,
    ) -> Self {
        Self {
            tenant,
            config,
            quarantine,
            client: OnceLock::new(),
            journal: OnceCell::new(),
        }
    }

    /// Tries until the first connection stands. The client reconnects by itself from then on.
    pub(crate) async fn connect(&self) {
        let mut logged = false;
        loop {
            match jejak_bus::connect(&self.config, "jejak-gateway").await {
                Ok(client) => {
                    // Only this function sets it, once.
                    let _ = self.client.set(client);
                    return;
                }
                Err(error) if !logged => {
                    tracing::warn!(%error, "the broker is not there yet, trying until it is");
                    logged = true;
                }
                Err(_) => {}
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The connection, if it stands now.
    pub(crate) fn connected(&self) -> Option<&Client> {
        self.client
            .get()
            .filter(|client| client.connection_state() == State::Connected)
    }

    /// The accounts, while the broker is there.
    pub(crate) fn accounts(&self) -> Option<AccountStore> {
        let client = self.connected()?.clone();
        let (access, seed) = (self.config.access, self.config.nkey_seed.as_ref()?);
        let store = AccountStore::new(client, access, &self.tenant, seed);
        store
            .inspect_err(|error| tracing::error!(%error, "accounts cannot be used"))
            .ok()
    }

    /// Sends a request to a service and waits for its reply, up to `deadline`.
    pub(crate) async fn request(
        &self,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
        deadline: Duration,
    ) -> Result<Bytes, NoReply> {
        let client = self.connected().ok_or(NoReply::BrokerAway)?;
        let request = Request::new()
            .headers(headers)
            .payload(payload)
            .timeout(Some(deadline));
        match client.send_request(subject, request).await {
            Ok(reply) => Ok(reply.payload),
            Err(error) if error.kind() == RequestErrorKind::NoResponders => Err(NoReply::NoService),
            Err(error) => {
                tracing::debug!(%error, "a request to a service got no reply");
                Err(if self.broker_answers(client).await {
                    NoReply::Late
                } else {
                    NoReply::BrokerAway
                })
            }
        }
    }

    /// Sends a query to a view or to the auditor; `service` names it in a refusal.
    ///
    /// # Errors
    /// The service's own problem, or the problem of a missing reply.
    pub(crate) async fn query(
        &self,
        service: &str,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
        deadline: Duration,
    ) -> Result<Bytes, Problem> {
        let reply = self.request(subject, headers, payload, deadline).await;
        let reply = reply.map_err(|no_reply| no_reply.problem(service))?;
        Problem::from_reply(&reply).map_or(Ok(reply), Err)
    }

    /// Whether the broker answers now. A connection counts as standing for many seconds after the
    /// broker hangs, but a working broker says at once that a subject has no responder.
    async fn broker_answers(&self, client: &Client) -> bool {
        let subject = query_subject(&self.tenant, "nobody", "ping");
        let request = Request::new().payload(Bytes::new()).timeout(Some(PING));
        let answered = client.send_request(subject, request).await;
        matches!(answered, Err(error) if error.kind() == RequestErrorKind::NoResponders)
    }

    /// The log, opened when first needed.
    ///
    /// # Errors
    /// `log.unavailable`, or a fault when the log's settings are wrong.
    pub(crate) async fn journal(&self) -> Result<&Journal, RequestProblem> {
        let away = || JournalError::Unavailable("the broker is away".to_owned());
        let Some(client) = self.connected() else {
            return Err(log_problem(&away()));
        };
        let opening = self.journal.get_or_try_init(|| async {
            let journal = self.config.open_log(client, &self.tenant).await?;
            Ok(journal.with_quarantine(self.quarantine.clone()))
        });
        let opened = tokio::time::timeout(OPENING, opening).await;
        opened
            .unwrap_or_else(|_| Err(away()))
            .map_err(|error| log_problem(&error))
    }
}

/// The problem for a reader of the log.
pub(crate) fn log_problem(error: &JournalError) -> RequestProblem {
    match error {
        // Waiting helps: the broker comes back, and `jejak init` creates a missing log.
        JournalError::Unavailable(_) | JournalError::StreamMissing(_) => {
            NoReply::BrokerAway.problem("log")
        }
        JournalError::NoEvent { position, reason } => RequestProblem::LogUnreadable {
            position: *position,
            reason: reason.clone(),
        },
        error => fault(error),
    }
}

/// The headers of a request in an actor's name.
///
/// # Errors
/// None for an actor, whose header is ASCII.
pub(crate) fn headers_for(actor: &Actor) -> Result<HeaderMap, RequestProblem> {
    let actor = actor.header().map_err(|error| fault(&error))?;
    let actor: HeaderValue = actor.parse().map_err(|error| fault(&error))?;
    let mut headers = HeaderMap::new();
    headers.insert(ACTOR, actor);
    Ok(headers)
}
