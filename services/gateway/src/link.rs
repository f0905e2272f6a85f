//! The way to everything behind: one connection to the broker, looked for in the background from the
//! start, so that the edge answers (if only with a no) while the broker is down.

use std::{sync::OnceLock, time::Duration};

use async_nats::{
    Client, HeaderMap, Request, RequestErrorKind, connection::State, header::HeaderValue,
};
use bytes::Bytes;
use jejak_bus::{BrokerConfig, RequestProblem, query_subject, request::ACTOR};
use jejak_events::ids::TenantId;
use jejak_journal::{Journal, JournalError};
use tokio::sync::OnceCell;

use crate::{auth::Caller, problem::fault};

/// Between two attempts at the first connection.
const PAUSE: Duration = Duration::from_millis(500);
/// How long opening the log may take.
const OPENING: Duration = Duration::from_secs(4);
/// How long the broker may take to say that nobody is there.
const PING: Duration = Duration::from_millis(200);
/// What `Retry-After` says when the broker is away: it is looked for twice a second.
pub(crate) const RETRY_AFTER_S: u64 = 1;

/// The connection, once there is one.
pub(crate) struct Link {
    pub(crate) tenant: TenantId,
    client: OnceLock<Client>,
    journal: OnceCell<Journal>,
}

/// Why there is no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// The broker cannot be reached.
    Away,
    /// The one who was asked took too long, though the broker answers.
    Late,
    /// The broker says that nobody takes such requests.
    NobodyThere,
}

impl Unanswered {
    /// The problem to answer with, when `service` was asked.
    pub(crate) fn problem(self, service: &str) -> RequestProblem {
        match self {
            Self::Away => RequestProblem::LogUnavailable {
                retry_after_s: RETRY_AFTER_S,
            },
            Self::Late | Self::NobodyThere => RequestProblem::ServiceUnavailable {
                service: service.to_owned(),
                retry_after_s: RETRY_AFTER_S,
            },
        }
    }
}

impl Link {
    pub(crate) fn new(tenant: TenantId) -> Self {
        Self {
            tenant,
            client: OnceLock::new(),
            journal: OnceCell::new(),
        }
    }

    /// Tries until there is a first connection. From then on it mends itself.
    pub(crate) async fn connect(&self, broker: &BrokerConfig) {
        let mut said = false;
        loop {
            match jejak_bus::connect(broker, "jejak-gateway").await {
                Ok(client) => {
                    // Only this function sets it, once.
                    let _ = self.client.set(client);
                    return;
                }
                Err(error) if !said => {
                    tracing::warn!(%error, "the broker is not there yet, trying until it is");
                    said = true;
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

    /// Asks a service behind, for the time given at most.
    pub(crate) async fn ask(
        &self,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
        within: Duration,
    ) -> Result<Bytes, Unanswered> {
        let client = self.connected().ok_or(Unanswered::Away)?;
        let request = Request::new()
            .headers(headers)
            .payload(payload)
            .timeout(Some(within));
        match client.send_request(subject, request).await {
            Ok(reply) => Ok(reply.payload),
            Err(error) if error.kind() == RequestErrorKind::NoResponders => {
                Err(Unanswered::NobodyThere)
            }
            Err(error) => {
                tracing::debug!(%error, "a request to a service was not answered");
                Err(if self.broker_answers(client).await {
                    Unanswered::Late
                } else {
                    Unanswered::Away
                })
            }
        }
    }

    /// Whether the broker answers now. A connection counts as standing for many seconds after the broker at
    /// its other end began to hang; but a broker that works says at once that nobody takes a question.
    async fn broker_answers(&self, client: &Client) -> bool {
        let subject = query_subject(&self.tenant, "nobody", "ping");
        let request = Request::new().payload(Bytes::new()).timeout(Some(PING));
        let answered = client.send_request(subject, request).await;
        matches!(answered, Err(error) if error.kind() == RequestErrorKind::NoResponders)
    }

    /// The log, opened when first needed.
    ///
    /// # Errors
    /// `log.unavailable`, or a fault when the log is not what it should be.
    pub(crate) async fn journal(&self) -> Result<&Journal, RequestProblem> {
        self.open().await.map_err(|error| log_problem(&error))
    }

    /// [`Link::journal`], for those who wait for it.
    ///
    /// # Errors
    /// The log's own; see [`is_passing`].
    pub(crate) async fn open(&self) -> Result<&Journal, JournalError> {
        let away = || JournalError::Unavailable("the broker is away".to_owned());
        let client = self.connected().ok_or_else(away)?;
        let opening = self
            .journal
            .get_or_try_init(|| Journal::open(client.clone(), &self.tenant));
        tokio::time::timeout(OPENING, opening)
            .await
            .unwrap_or_else(|_| Err(away()))
    }
}

/// Whether waiting helps: the broker comes back, and a log that is missing is created.
pub(crate) fn is_passing(error: &JournalError) -> bool {
    matches!(
        error,
        JournalError::Unavailable(_) | JournalError::StreamMissing(_)
    )
}

/// What a reader of the log is told.
pub(crate) fn log_problem(error: &JournalError) -> RequestProblem {
    if is_passing(error) {
        Unanswered::Away.problem("log")
    } else {
        fault(error)
    }
}

/// The headers of a request in a caller's name.
///
/// # Errors
/// A fault, for a name that no header can carry; JSON escapes all that would not fit.
pub(crate) fn headers_for(caller: &Caller) -> Result<HeaderMap, RequestProblem> {
    if let Some(named) = caller.named.get() {
        return Ok(named.clone());
    }
    let actor = serde_json::to_string(&caller.actor()).map_err(|error| fault(&error))?;
    let mut headers = HeaderMap::new();
    headers.insert(
        ACTOR,
        actor
            .parse::<HeaderValue>()
            .map_err(|error| fault(&error))?,
    );
    Ok(caller.named.get_or_init(|| headers).clone())
}
