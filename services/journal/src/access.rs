//! The way to JetStream: in the account of the log, or through what another account imports of it.

use std::{sync::Arc, time::Duration};

use async_nats::{
    Client,
    header::{NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_EOB},
    jetstream::{self, Context},
};
use futures_util::StreamExt;
use jejak_events::ids::TenantId;
use tokio::sync::{OnceCell, watch};

use crate::{JournalError, subject};

/// The subjects of JetStream in the account of the log.
const OWN_PREFIX: &str = "$JS.API";
/// The same subjects in the accounts that import them.
const IMPORTED_PREFIX: &str = "office";

/// The way to JetStream. It follows from the broker account of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JetStreamAccess {
    /// The connection's account holds the log. Subscriptions are consumers.
    Own,
    /// The connection's account imports the subjects for reading. It may create no consumer, so
    /// subscriptions read by direct gets.
    Imported,
}

impl JetStreamAccess {
    /// The beginning of JetStream's subjects, such as `office` in `office.DIRECT.GET.<log>`.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Own => OWN_PREFIX,
            Self::Imported => IMPORTED_PREFIX,
        }
    }
}

/// A connection with its way to JetStream.
#[derive(Clone)]
pub(crate) struct JetStreamApi {
    client: Client,
    access: JetStreamAccess,
    wakes: Arc<OnceCell<watch::Receiver<u64>>>,
}

impl JetStreamApi {
    pub(crate) fn new(client: Client, access: JetStreamAccess) -> Self {
        Self {
            client,
            access,
            wakes: Arc::default(),
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn access(&self) -> JetStreamAccess {
        self.access
    }

    /// The subject of a request, for example `$JS.API.DIRECT.GET.<stream>`.
    pub(crate) fn subject(&self, request: &str, stream: &str) -> String {
        format!("{}.{request}.{stream}", self.access.prefix())
    }

    pub(crate) fn context(&self) -> Context {
        let client = self.client.clone();
        let mut context = match self.access {
            JetStreamAccess::Own => jetstream::new(client),
            JetStreamAccess::Imported => jetstream::with_prefix(client, self.access.prefix()),
        };
        context.set_timeout(Duration::from_secs(3));
        context
    }

    /// The count of live messages to the log. They arrive before they are stored, and refused ones
    /// arrive, too: they only say that reading may be worth it. One task counts for all readers.
    pub(crate) async fn wakes(
        &self,
        tenant: &TenantId,
    ) -> Result<watch::Receiver<u64>, JournalError> {
        let counted = self.wakes.get_or_try_init(|| async {
            let live = self.client.subscribe(subject::all(tenant)).await;
            let live = live.map_err(JournalError::unavailable)?;
            let (sender, receiver) = watch::channel(0);
            tokio::spawn(count(live, sender));
            Ok(receiver)
        });
        counted.await.cloned()
    }
}

/// Counts live messages until no reader is left.
async fn count(mut live: async_nats::Subscriber, counted: watch::Sender<u64>) {
    loop {
        let message = tokio::select! {
            message = live.next() => message,
            () = counted.closed() => return,
        };
        let Some(message) = message else { return };
        let commit = message
            .headers
            .as_ref()
            .and_then(|headers| headers.get(NATS_BATCH_COMMIT));
        // The end of a batch stores events that were counted before, and is none itself.
        let is_event = commit.is_none_or(|commit| commit.as_str() != NATS_BATCH_COMMIT_EOB);
        counted.send_modify(|count| *count += u64::from(is_event));
    }
}
