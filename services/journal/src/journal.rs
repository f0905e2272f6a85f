//! The handle on one tenant's log.

use std::sync::Arc;

use async_nats::{Client, jetstream};
use jejak_events::ids::TenantId;
use tokio::sync::Semaphore;

use crate::{
    JetStreamAccess, JournalError, Quarantine, StreamAppend,
    access::JetStreamApi,
    group::GroupCommit,
    publish::{EventPublisher, PublishOutcome},
    settings, subject,
};

/// Batches sent outside group commit at once. The broker takes fifty in all.
const MAX_BATCHES: usize = 8;

/// The log of one tenant. Cheap to clone.
#[derive(Clone)]
pub struct Journal {
    pub(crate) inner: Arc<Connection>,
    /// Without it, no message is passed over.
    pub(crate) quarantine: Option<Arc<Quarantine>>,
}

/// The parts that all clones of a journal share.
pub(crate) struct Connection {
    pub(crate) api: JetStreamApi,
    pub(crate) publisher: EventPublisher,
    pub(crate) group_commit: Option<GroupCommit>,
    batches: Semaphore,
    pub(crate) context: jetstream::Context,
    /// The JetStream stream's name.
    pub(crate) log: String,
    incarnation: String,
}

impl Journal {
    /// Creates the tenant's stream and key bucket where they are missing, and opens the journal.
    /// Two processes may do so at once.
    ///
    /// # Errors
    /// [`JournalError::StreamDiffers`] for an existing stream or bucket with other settings. It is left unchanged.
    pub async fn init(
        client: Client,
        tenant: &TenantId,
        replicas: usize,
    ) -> Result<Self, JournalError> {
        let api = JetStreamApi::new(client, JetStreamAccess::Own);
        settings::create(&api.context(), tenant, replicas).await?;
        Self::open_by(api, tenant).await
    }

    /// Opens the journal of an existing stream in the connection's own account, without group
    /// commit.
    ///
    /// # Errors
    /// [`JournalError::StreamMissing`], [`JournalError::StreamDiffers`], or no answer.
    pub async fn open(client: Client, tenant: &TenantId) -> Result<Self, JournalError> {
        Self::open_through(client, JetStreamAccess::Own, tenant).await
    }

    /// [`Journal::open`], in the account of the log or another one.
    ///
    /// # Errors
    /// Those of [`Journal::open`].
    pub async fn open_through(
        client: Client,
        access: JetStreamAccess,
        tenant: &TenantId,
    ) -> Result<Self, JournalError> {
        Self::open_by(JetStreamApi::new(client, access), tenant).await
    }

    pub(crate) async fn open_by(
        api: JetStreamApi,
        tenant: &TenantId,
    ) -> Result<Self, JournalError> {
        let context = api.context();
        let incarnation = settings::check(&context, tenant).await?;
        Ok(Self {
            inner: Arc::new(Connection {
                publisher: EventPublisher::new(api.client().clone(), tenant.clone()),
                api,
                group_commit: None,
                batches: Semaphore::new(MAX_BATCHES),
                context,
                log: subject::log_name(tenant),
                incarnation,
            }),
            quarantine: None,
        })
    }

    /// The same journal with group commit: waiting appends share a batch and its sync. A task sends
    /// the batches until the last clone is dropped.
    #[must_use]
    pub fn with_group_commit(&self) -> Self {
        let publisher = self.inner.publisher.clone();
        Self {
            inner: Arc::new(Connection {
                group_commit: Some(GroupCommit::start(publisher.clone())),
                batches: Semaphore::new(MAX_BATCHES),
                api: self.inner.api.clone(),
                publisher,
                context: self.inner.context.clone(),
                log: self.inner.log.clone(),
                incarnation: self.inner.incarnation.clone(),
            }),
            quarantine: self.quarantine.clone(),
        }
    }

    /// The same journal, whose readers pass over the messages in quarantine. Without records they pass
    /// over none.
    #[must_use]
    pub fn with_quarantine(mut self, quarantine: impl Into<Option<Quarantine>>) -> Self {
        self.quarantine = quarantine.into().map(Arc::new);
        self
    }

    /// The records that the journal's readers follow.
    pub fn quarantine(&self) -> Option<&Quarantine> {
        self.quarantine.as_deref()
    }

    /// The id that the stream got when it was created. Another id means another history.
    pub fn incarnation(&self) -> &str {
        &self.inner.incarnation
    }

    /// The tenant that the log belongs to.
    pub fn tenant(&self) -> &TenantId {
        self.inner.publisher.tenant()
    }

    /// The connection to the broker.
    pub fn client(&self) -> &Client {
        self.inner.api.client()
    }

    pub(crate) fn api(&self) -> &JetStreamApi {
        &self.inner.api
    }

    /// Checks that the stream is still the opened one.
    ///
    /// # Errors
    /// [`JournalError::OtherIncarnation`], or no answer.
    pub async fn check_incarnation(&self) -> Result<(), JournalError> {
        let found = settings::check(&self.inner.context, self.tenant()).await?;
        if found == self.inner.incarnation {
            return Ok(());
        }
        Err(JournalError::OtherIncarnation {
            expected: self.inner.incarnation.clone(),
            found,
        })
    }

    /// The position of the last event, 0 for an empty log.
    ///
    /// # Errors
    /// No answer from the broker.
    pub async fn last_position(&self) -> Result<u64, JournalError> {
        Ok(self.size().await?.position)
    }

    /// The size of the log at the broker, and the servers that keep it.
    ///
    /// # Errors
    /// No answer, or no log.
    pub async fn size(&self) -> Result<LogSize, JournalError> {
        let stream = self
            .inner
            .context
            .get_stream(&self.inner.log)
            .await
            .map_err(JournalError::unavailable)?;
        let info = stream.cached_info();
        let cluster = info.cluster.as_ref();
        let replicas = cluster.into_iter().flat_map(|cluster| &cluster.replicas);
        Ok(LogSize {
            position: info.state.last_sequence,
            bytes: info.state.bytes,
            leader: cluster.and_then(|cluster| cluster.leader.clone()),
            replicas: replicas
                .map(|peer| LogReplica {
                    server: peer.name.clone(),
                    current: peer.current,
                    offline: peer.offline,
                    lag: peer.lag.unwrap_or(0),
                })
                .collect(),
        })
    }
}

/// The size of a log at the broker, and the servers that keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSize {
    /// The last position.
    pub position: u64,
    /// The bytes of all messages.
    pub bytes: u64,
    /// The name of the server that leads; none for a single server that says no name.
    pub leader: Option<String>,
    /// The other servers that keep the log.
    pub replicas: Vec<LogReplica>,
}

/// A server that keeps a copy of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogReplica {
    /// The name of the server.
    pub server: String,
    /// Whether it has all that the leader has.
    pub current: bool,
    /// Whether the leader does not see it.
    pub offline: bool,
    /// The writes that it lacks.
    pub lag: u64,
}

impl Connection {
    /// Publishes an append by itself, without group commit.
    pub(crate) async fn publish(&self, writes: &[StreamAppend]) -> PublishOutcome {
        let events: usize = writes.iter().map(|write| write.events.len()).sum();
        // The semaphore is never closed; an append of one event is no batch and needs no permit.
        let _permit = match events {
            0 | 1 => None,
            _ => self.batches.acquire().await.ok(),
        };
        self.publisher.publish(writes).await
    }
}
