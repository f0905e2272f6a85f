//! Whether the broker admits a feed. A broker reads its configuration at a signal, some time later.

use std::time::Duration;

use async_nats::{Client, ConnectErrorKind, ConnectOptions};
use jejak_journal::{JetStreamAccess, log_name};
use tokio::time::Instant;
use tracing::{instrument::WithSubscriber, subscriber::NoSubscriber};

use crate::{
    broker, data::DataFolder, identity::FeedName, office_config::OfficeConfig, terminal::CliError,
};

/// The time in which a running broker takes its configuration.
const TAKES_WITHIN: Duration = Duration::from_secs(15);
/// A signal that had no effect after this time is sent again.
const TELL_EVERY: Duration = Duration::from_secs(2);
/// The pause between two looks at the effect.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The time in which a broker answers.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);
/// A pull that the consumer always refuses: it asks for more events than one pull may. So it takes
/// no event.
const REFUSED_PULL: &str = r#"{"batch":1001,"expires":1000000000}"#;

/// An identity of a feed, as the broker sees it.
pub(super) struct Admission {
    nats: String,
    seed: String,
    feed: FeedName,
    subject: String,
}

impl Admission {
    pub(super) fn new(config: &OfficeConfig, seed: String, feed: &FeedName) -> Self {
        let prefix = JetStreamAccess::Imported.prefix();
        Self {
            nats: config.nats.clone(),
            seed,
            feed: feed.clone(),
            subject: format!(
                "{prefix}.CONSUMER.MSG.NEXT.{}.{}",
                log_name(&config.tenant),
                feed.consumer()
            ),
        }
    }

    /// The subject of the feed's pulls.
    pub(super) fn subject(&self) -> &str {
        &self.subject
    }

    /// Tells the folder's own broker to read its configuration until the feed reaches its consumer.
    /// False for another broker, which its own administration tells.
    pub(super) async fn wait(&self, folder: &DataFolder) -> Result<bool, CliError> {
        if self.reaches_consumer().await {
            return Ok(true);
        }
        // The first signal admits the identity, and the second one links its imports (measured on
        // 2.14.4 and 2.15.1).
        let is_admitted = async || self.connect().await.is_ok();
        let reaches = async || self.reaches_consumer().await;
        Ok(self
            .tell_until(folder, is_admitted, "does not admit")
            .await?
            && self.tell_until(folder, reaches, "does not serve").await?)
    }

    /// The same until the seed is refused.
    pub(super) async fn wait_for_end(&self, folder: &DataFolder) -> Result<bool, CliError> {
        let is_refused = async || self.is_refused().await;
        self.tell_until(folder, is_refused, "still admits").await
    }

    async fn tell_until(
        &self,
        folder: &DataFolder,
        holds: impl AsyncFn() -> bool,
        otherwise: &str,
    ) -> Result<bool, CliError> {
        let deadline = Instant::now() + TAKES_WITHIN;
        while Instant::now() < deadline {
            if !broker::reload(folder)? {
                return Ok(false);
            }
            let tell_again = Instant::now() + TELL_EVERY;
            while Instant::now() < tell_again {
                if holds().await {
                    return Ok(true);
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
        Err(format!(
            "the broker {otherwise} the feed {}; read {}, and start the office again",
            self.feed,
            folder.broker().join("nats.log").display()
        )
        .into())
    }

    async fn connect(&self) -> Result<Client, async_nats::ConnectError> {
        let addresses: Vec<&str> = self.nats.split(',').map(str::trim).collect();
        ConnectOptions::with_nkey(self.seed.clone())
            .name(self.feed.consumer())
            .request_timeout(Some(ANSWERS_WITHIN))
            .connect(addresses)
            // A refusal is expected here, and no line for the user.
            .with_subscriber(NoSubscriber::new())
            .await
    }

    /// Whether the consumer answers the feed, be it by a refusal.
    async fn reaches_consumer(&self) -> bool {
        match self.connect().await {
            Ok(client) => {
                let asked = client.request(self.subject.clone(), REFUSED_PULL.into());
                asked.await.is_ok()
            }
            Err(_) => false,
        }
    }

    async fn is_refused(&self) -> bool {
        let refused = self.connect().await.err();
        refused.is_some_and(|error| {
            matches!(
                error.kind(),
                ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication
            )
        })
    }
}
