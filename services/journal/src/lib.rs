//! The log: one JetStream stream a tenant, appended to under guards, loaded by subject, followed by
//! position. The only crate that knows JetStream; it knows no rule and opens no sealed part.
//!
//! What it promises:
//! - An append whose guard holds is stored whole and synced before it is answered; one whose guard does not
//!   hold is a [`AppendError::Conflict`]; one whose outcome is not known is looked up in its stream by the bytes
//!   of its events before anyone is told anything. Sent again at any later time, it finds itself.
//! - A load is a prefix of its stream: no event in it without all that came before. A guard sees only the
//!   last position, so it could not tell a state with a hole from a whole one.
//! - A follower hands out every event once and in order, through broken connections, restarts and changes
//!   of leader. Nothing is ever deleted, so positions of the log have no gaps: a follower of everything that
//!   sees one stops.
//! - Settings are compared whenever the log is opened or looked for again, and never changed.

mod append;
mod error;
mod follow;
mod get;
mod group;
mod keys;
mod load;
mod pace;
mod publish;
mod refill;
mod settings;
mod subject;

use std::sync::Arc;

use async_nats::{Client, jetstream};
use bytes::Bytes;
use jejak_events::ids::TenantId;

use crate::{group::Group, publish::Wire};

pub use append::{NewEvent, StreamAppend};
pub use error::{AppendError, JournalError, SettingDifference};
pub use follow::{EventFilter, LogEntry, MAX_BATCH_BYTES, MAX_PULL, Subscription};
pub use keys::{Keyring, nonce};
pub use refill::{Refill, RefillError};
pub use subject::{log_name, topic, topic_filter};

/// The log of one tenant. Cheap to clone.
#[derive(Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

struct Inner {
    wire: Wire,
    group: Group,
    context: jetstream::Context,
    /// The stream's name.
    log: String,
    incarnation: String,
}

/// An event as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its sequence in the stream.
    pub position: u64,
    /// The bytes of its CloudEvent.
    pub payload: Bytes,
}

impl Journal {
    /// Creates what is missing of the tenant's stream and key bucket, and opens the journal. Safe to
    /// run twice, and twice at once.
    ///
    /// # Errors
    /// [`JournalError::StreamDiffers`] for an existing stream or bucket with other settings: it is never
    /// changed.
    pub async fn init(
        client: Client,
        tenant: &TenantId,
        replicas: usize,
    ) -> Result<Self, JournalError> {
        settings::create(&client, tenant, replicas).await?;
        Self::open(client, tenant).await
    }

    /// Opens the journal of a stream that exists with the right settings.
    ///
    /// # Errors
    /// [`JournalError::StreamMissing`], [`JournalError::StreamDiffers`], or no answer.
    pub async fn open(client: Client, tenant: &TenantId) -> Result<Self, JournalError> {
        let context = settings::context(&client);
        let incarnation = settings::check(&context, tenant).await?;
        let log = subject::log_name(tenant);
        let wire = Wire {
            client,
            tenant: tenant.clone(),
        };
        let group = Group::start(wire.clone());
        Ok(Self {
            inner: Arc::new(Inner {
                wire,
                group,
                context,
                log,
                incarnation,
            }),
        })
    }

    /// The id the stream was given when it was created. Another one is another history.
    pub fn incarnation(&self) -> &str {
        &self.inner.incarnation
    }

    /// Whose log it is.
    pub fn tenant(&self) -> &TenantId {
        &self.inner.wire.tenant
    }

    /// The connection it uses.
    pub fn client(&self) -> &Client {
        &self.inner.wire.client
    }

    /// That the stream is still the one that was opened.
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
        let stream = self
            .inner
            .context
            .get_stream(&self.inner.log)
            .await
            .map_err(JournalError::unavailable)?;
        Ok(stream.cached_info().state.last_sequence)
    }
}
