//! Following the log from a position, for ever: through restarts of the broker and changes of leader.

use std::time::Duration;

use async_nats::jetstream::{
    Message,
    consumer::{AckPolicy, DeliverPolicy, pull},
};
use futures_util::{FutureExt, StreamExt};

use crate::{Journal, JournalError, Stored, subject};

/// Messages asked for at once.
const PULL: usize = 2_000;
/// How long the broker keeps the consumer of a follower that went away.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);
/// A follower that hears nothing, not even heartbeats, for twice this long looks for the log anew.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How long to wait before looking for the log again.
const PAUSE: Duration = Duration::from_millis(250);

/// Which events to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All, without a gap.
    All,
    /// All of some kinds of streams.
    Kinds(Vec<&'static str>),
    /// One topic of all streams of a kind.
    Topic(&'static str, &'static str),
}

/// A follower: events in order, each once.
pub struct Follow {
    journal: Journal,
    filter: Filter,
    /// The last position handed out.
    after: u64,
    messages: Option<pull::Stream>,
}

impl Journal {
    /// Follows the log from the first event after a position.
    pub fn follow(&self, after: u64, filter: Filter) -> Follow {
        Follow { journal: self.clone(), filter, after, messages: None }
    }
}

impl Follow {
    /// The last position handed out.
    pub fn position(&self) -> u64 {
        self.after
    }

    /// What is at hand, at least one event and at most `max`; waits for it, through any outage. May be
    /// dropped while waiting without losing an event.
    ///
    /// # Errors
    /// [`JournalError::OtherIncarnation`], [`JournalError::StreamMissing`] and
    /// [`JournalError::StreamDiffers`] when the stream is not what it was; [`JournalError::Gap`] when
    /// events are missing. None of them passes by itself.
    pub async fn next_batch(&mut self, max: usize) -> Result<Vec<Stored>, JournalError> {
        loop {
            let messages = match &mut self.messages {
                Some(messages) => messages,
                none => none.insert(look_for(&self.journal, &self.filter, self.after).await?),
            };
            let Some(Ok(first)) = messages.next().await else {
                self.messages = None;
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let mut batch = Vec::new();
            let mut next = Some(first);
            while let Some(message) = next {
                match self.accept(message)? {
                    Some(stored) => batch.push(stored),
                    None => break,
                }
                if batch.len() >= max {
                    break;
                }
                let at_hand = self.messages.as_mut().and_then(|messages| messages.next().now_or_never());
                next = match at_hand {
                    Some(Some(Ok(message))) => Some(message),
                    Some(_) => {
                        self.messages = None;
                        None
                    }
                    None => None,
                };
            }
            if !batch.is_empty() {
                return Ok(batch);
            }
        }
    }

    /// An event in its turn; `None` for one that was handed out before.
    fn accept(&mut self, message: Message) -> Result<Option<Stored>, JournalError> {
        let position = match message.info() {
            Ok(info) => info.stream_sequence,
            Err(error) => return Err(JournalError::Protocol(error.to_string())),
        };
        if position <= self.after {
            return Ok(None);
        }
        if self.filter == Filter::All && position != self.after + 1 {
            return Err(JournalError::Gap { after: self.after, found: position });
        }
        self.after = position;
        Ok(Some(Stored { position, payload: message.message.payload }))
    }
}

/// A consumer from a position on; waits until the broker grants one.
async fn look_for(journal: &Journal, filter: &Filter, after: u64) -> Result<pull::Stream, JournalError> {
    let mut said = false;
    loop {
        match create(journal, filter, after).await {
            Ok(messages) => return Ok(messages),
            Err(JournalError::Unavailable(reason)) => {
                if !said {
                    tracing::warn!(%reason, "cannot follow the log, trying until it is back");
                    said = true;
                }
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn create(journal: &Journal, filter: &Filter, after: u64) -> Result<pull::Stream, JournalError> {
    journal.check_incarnation().await?;
    let tenant = journal.tenant();
    let filter_subjects = match filter {
        Filter::All => vec![],
        Filter::Kinds(kinds) => kinds.iter().map(|kind| subject::kind_filter(tenant, kind)).collect(),
        Filter::Topic(kind, topic) => vec![subject::topic_filter(tenant, kind, topic)],
    };
    let config = pull::Config {
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: after + 1 },
        ack_policy: AckPolicy::None,
        inactive_threshold: FORGOTTEN_AFTER,
        num_replicas: 1,
        memory_storage: true,
        filter_subjects,
        ..pull::Config::default()
    };
    let consumer = journal.inner.context.create_consumer_on_stream(config, &journal.inner.log).await;
    let consumer = consumer.map_err(JournalError::unavailable)?;
    let messages = consumer.stream().max_messages_per_batch(PULL).heartbeat(HEARTBEAT).expires(HEARTBEAT * 5);
    messages.messages().await.map_err(JournalError::unavailable)
}
