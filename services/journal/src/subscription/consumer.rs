//! Reading by a consumer, in the account of the log.

use std::time::Duration;

use async_nats::jetstream::{
    Message,
    consumer::{AckPolicy, DeliverPolicy, pull},
};
use futures_util::{FutureExt, StreamExt};

use super::{EventFilter, SourceLost};
use crate::{Journal, JournalError, LogEntry, StoredEvent, subject};

/// The broker deletes a consumer after this time without a request.
const CONSUMER_EXPIRES: Duration = Duration::from_secs(60);
/// After twice this time without a message or a heartbeat, a new consumer is made.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// A consumer from a position on. It acknowledges nothing, so the broker does not repeat messages
/// that a broken connection lost. After a lost message the consumer is replaced by one from the
/// subscription's position.
pub(super) struct Consumer {
    messages: pull::Stream,
    /// Messages that arrived.
    delivered: u64,
}

impl Consumer {
    pub(super) async fn new(
        journal: &Journal,
        filter: &EventFilter,
        after: u64,
        pull: usize,
    ) -> Result<Self, JournalError> {
        let tenant = journal.tenant();
        let filter_subjects = match filter {
            EventFilter::All => vec![],
            EventFilter::Kinds(kinds) => kinds
                .iter()
                .map(|kind| subject::kind_filter(tenant, kind))
                .collect(),
            EventFilter::Topic(kind, topic) => vec![subject::topic_filter(tenant, kind, topic)],
        };
        let config = pull::Config {
            deliver_policy: DeliverPolicy::ByStartSequence {
                start_sequence: after + 1,
            },
            ack_policy: AckPolicy::None,
            inactive_threshold: CONSUMER_EXPIRES,
            num_replicas: 1,
            memory_storage: true,
            filter_subjects,
            ..pull::Config::default()
        };
        let consumer = journal
            .inner
            .context
            .create_consumer_on_stream(config, &journal.inner.log)
            .await;
        let consumer = consumer.map_err(JournalError::unavailable)?;
        let messages = consumer
            .stream()
            .max_messages_per_batch(pull)
            .heartbeat(HEARTBEAT)
            .expires(HEARTBEAT * 5);
        let messages = messages
            .messages()
            .await
            .map_err(JournalError::unavailable)?;
        Ok(Self {
            messages,
            delivered: 0,
        })
    }

    /// The next message. Dropping the wait loses none.
    pub(super) async fn next(&mut self) -> Result<LogEntry, SourceLost> {
        let message = self.messages.next().await;
        self.accept(message)
    }

    /// The next message, if it has arrived.
    pub(super) fn try_next(&mut self) -> Option<Result<LogEntry, SourceLost>> {
        let message = self.messages.next().now_or_never()?;
        Some(self.accept(message))
    }

    fn accept<E>(&mut self, message: Option<Result<Message, E>>) -> Result<LogEntry, SourceLost> {
        let message = message.and_then(Result::ok).ok_or(SourceLost)?;
        let (position, nth) = message
            .info()
            .map(|info| (info.stream_sequence, info.consumer_sequence))
            .map_err(|_| SourceLost)?;
        self.delivered += 1;
        if nth != self.delivered {
            return Err(SourceLost);
        }
        let async_nats::Message {
            subject, payload, ..
        } = message.message;
        Ok(LogEntry {
            subject,
            stored: StoredEvent { position, payload },
        })
    }
}
