//! Subscriptions: the log's events from a position on, for ever, through restarts of the broker and
//! changes of leader.

use std::{sync::atomic::Ordering, time::Duration};

use async_nats::jetstream::{
    Message,
    consumer::{AckPolicy, DeliverPolicy, pull},
};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use tokio::{
    task::yield_now,
    time::{sleep, timeout},
};

use crate::{Journal, JournalError, LogEntry, StoredEvent, get::leader_at, subject};

/// Most messages of one request to the broker.
pub const MAX_PULL: usize = 4_000;
/// Least messages of one request to the broker.
const MIN_PULL: usize = 500;
/// Batches of one request to the broker, between the two limits. The client holds messages that
/// arrive early.
const BATCHES_AHEAD: usize = 4;
/// The client hands over some 127 messages between two turns of its task, by tokio's budget. With
/// this many in one turn, more have likely arrived.
const BUSY_TURN: usize = 64;
/// A batch ends early at this size of its payloads.
pub const MAX_BATCH_BYTES: usize = 4 << 20;
/// The broker deletes a consumer after this time without a request.
const CONSUMER_EXPIRES: Duration = Duration::from_secs(60);
/// After twice this time without a message or a heartbeat, a new consumer is made.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// Time between two tries to make a consumer, and between two checks of the connection.
const PAUSE: Duration = Duration::from_millis(250);
/// Tries to find an event that was handed out before, one every [`PAUSE`]. A new leader may not
/// show it at once.
const LOOKS: u32 = 20;

/// The events of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventFilter {
    /// Every event of the log, without a gap.
    All,
    /// Every event of some kinds of streams, such as `package`.
    Kinds(Vec<&'static str>),
    /// One topic of all streams of a kind, such as `operator` and `contract`.
    Topic(&'static str, &'static str),
}

/// Hands out events in order, each once.
pub struct Subscription {
    journal: Journal,
    filter: EventFilter,
    /// The position of the last event, handed out or gathered.
    after: u64,
    /// The payload of that event. A new consumer must find it there.
    last: Option<Bytes>,
    consumer: Option<Consumer>,
    /// The events of the next batch. They outlive a caller that drops its wait.
    gathered: Vec<LogEntry>,
    /// The size of the gathered payloads.
    bytes: usize,
}

/// A consumer from a position on. It acknowledges nothing, so the broker does not repeat messages
/// that a broken connection lost. After a lost message the consumer is replaced by one from the
/// subscription's position.
struct Consumer {
    messages: pull::Stream,
    /// Messages that arrived.
    delivered: u64,
    /// The client's count of connections when the consumer was made.
    connects: u64,
}

impl Journal {
    /// Subscribes to the events after a position.
    pub fn subscribe(&self, after: u64, filter: EventFilter) -> Subscription {
        Subscription {
            journal: self.clone(),
            filter,
            after,
            last: None,
            consumer: None,
            gathered: vec![],
            bytes: 0,
        }
    }

    /// Checks that the log still holds an event that was read before.
    ///
    /// # Errors
    /// [`JournalError::Diverged`] when the position holds another event or none, or no answer.
    pub async fn confirm(
        &self,
        position: u64,
        matches: impl Fn(&StoredEvent) -> bool + Send,
    ) -> Result<(), JournalError> {
        for _ in 0..LOOKS {
            match leader_at(self.client(), &self.inner.log, position).await? {
                Some(found) if matches(&found) => return Ok(()),
                Some(_) => break,
                None => sleep(PAUSE).await,
            }
        }
        Err(JournalError::Diverged { position })
    }

    fn connects(&self) -> u64 {
        self.client().statistics().connects.load(Ordering::Relaxed)
    }
}

impl Subscription {
    /// The position up to which every event was handed out.
    pub fn position(&self) -> u64 {
        self.gathered
            .first()
            .map_or(self.after, |next| next.stored.position - 1)
    }

    /// The events at hand: at least one and at most `max`, fewer at [`MAX_BATCH_BYTES`]. Waits for
    /// the first one, through any outage. Dropping the wait loses no event.
    ///
    /// # Errors
    /// [`JournalError::OtherIncarnation`], [`JournalError::StreamMissing`] and [`JournalError::StreamDiffers`] for
    /// another stream than before. [`JournalError::Diverged`] and [`JournalError::Gap`] for missing or changed events.
    /// None of them passes by itself.
    pub async fn next_batch(&mut self, max: usize) -> Result<Vec<StoredEvent>, JournalError> {
        Ok(self
            .next_entries(max)
            .await?
            .into_iter()
            .map(|entry| entry.stored)
            .collect())
    }

    /// [`Subscription::next_batch`], each event with its subject.
    ///
    /// # Errors
    /// Those of [`Subscription::next_batch`].
    pub async fn next_entries(&mut self, max: usize) -> Result<Vec<LogEntry>, JournalError> {
        // Events left by a dropped wait are handed out at once.
        let waits = self.gathered.is_empty();
        loop {
            let mut before = self.gathered.len();
            if self.gathered.is_empty() {
                let first = self.first(max).await?;
                self.gather(first)?;
            }
            while self.gathered.len() < max && self.bytes < MAX_BATCH_BYTES {
                let mut next = self.try_next();
                if next.is_none() && waits && self.gathered.len() - before >= BUSY_TURN {
                    // The client's task gets a turn to read more from the socket.
                    before = self.gathered.len();
                    yield_now().await;
                    next = self.try_next();
                }
                let Some(message) = next else { break };
                if let Err(error) = self.gather(message) {
                    // The next consumer meets the same fault again, after the gathered events are
                    // handed out.
                    if self.gathered.is_empty() {
                        return Err(error);
                    }
                    break;
                }
            }
            if !self.gathered.is_empty() {
                return Ok(self.hand_out(max));
            }
        }
    }

    fn hand_out(&mut self, max: usize) -> Vec<LogEntry> {
        let rest = self.gathered.split_off(max.clamp(1, self.gathered.len()));
        self.bytes = rest.iter().map(|left| left.stored.payload.len()).sum();
        std::mem::replace(&mut self.gathered, rest)
    }

    /// Gathers the next event in order. After a lost message or an error the consumer is dropped.
    fn gather(&mut self, message: Message) -> Result<(), JournalError> {
        match self.accept(message) {
            Ok(Some(entry)) => {
                self.bytes += entry.stored.payload.len();
                self.gathered.push(entry);
                Ok(())
            }
            other => {
                self.consumer = None;
                other.map(drop)
            }
        }
    }

    /// Waits for the next message, from a consumer for batches of `max`.
    async fn first(&mut self, max: usize) -> Result<Message, JournalError> {
        loop {
            let consumer = match &mut self.consumer {
                Some(consumer) => consumer,
                none => {
                    let pull = max.saturating_mul(BATCHES_AHEAD).clamp(MIN_PULL, MAX_PULL);
                    let last = self.last.as_ref();
                    none.insert(
                        wait_for_consumer(&self.journal, &self.filter, self.after, last, pull)
                            .await?,
                    )
                }
            };
            match timeout(PAUSE, consumer.messages.next()).await {
                Ok(Some(Ok(message))) => return Ok(message),
                Ok(_) => {
                    self.consumer = None;
                    sleep(PAUSE).await;
                }
                // A lost connection may have lost the last events, and silence would hide that.
                Err(_) if consumer.connects != self.journal.connects() => self.consumer = None,
                Err(_) => {}
            }
        }
    }

    /// The next message, if it has arrived.
    fn try_next(&mut self) -> Option<Message> {
        match self.consumer.as_mut()?.messages.next().now_or_never()? {
            Some(Ok(message)) => Some(message),
            _ => {
                self.consumer = None;
                None
            }
        }
    }

    /// The event of a message; `None` after a lost message of the consumer.
    fn accept(&mut self, message: Message) -> Result<Option<LogEntry>, JournalError> {
        let Some(consumer) = &mut self.consumer else {
            return Ok(None);
        };
        let (position, nth) = match message.info() {
            Ok(info) => (info.stream_sequence, info.consumer_sequence),
            Err(error) => return Err(JournalError::Protocol(error.to_string())),
        };
        consumer.delivered += 1;
        if nth != consumer.delivered || position <= self.after {
            return Ok(None);
        }
        if self.filter == EventFilter::All && position != self.after + 1 {
            return Err(JournalError::Gap {
                after: self.after,
                found: position,
            });
        }
        self.after = position;
        let async_nats::Message {
            subject, payload, ..
        } = message.message;
        self.last = Some(payload.clone());
        Ok(Some(LogEntry {
            subject,
            stored: StoredEvent { position, payload },
        }))
    }
}

/// Makes a consumer from a position on, however long the broker is away.
async fn wait_for_consumer(
    journal: &Journal,
    filter: &EventFilter,
    after: u64,
    last: Option<&Bytes>,
    pull: usize,
) -> Result<Consumer, JournalError> {
    let mut warned = false;
    loop {
        match create_consumer(journal, filter, after, last, pull).await {
            Ok(consumer) => return Ok(consumer),
            Err(JournalError::Unavailable(reason)) => {
                if !warned {
                    tracing::warn!(%reason, "cannot follow the log, trying until it is back");
                    warned = true;
                }
                sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn create_consumer(
    journal: &Journal,
    filter: &EventFilter,
    after: u64,
    last: Option<&Bytes>,
    pull: usize,
) -> Result<Consumer, JournalError> {
    let connects = journal.connects();
    journal.check_incarnation().await?;
    if let Some(last) = last {
        journal
            .confirm(after, |stored| stored.payload == *last)
            .await?;
    }
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
    Ok(Consumer {
        messages,
        delivered: 0,
        connects,
    })
}
