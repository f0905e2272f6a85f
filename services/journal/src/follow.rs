//! Following the log from a position, for ever: through restarts of the broker and changes of leader.

use std::{sync::atomic::Ordering, time::Duration};

use async_nats::{
    Subject,
    jetstream::{
        Message,
        consumer::{AckPolicy, DeliverPolicy, pull},
    },
};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use tokio::{
    task::yield_now,
    time::{sleep, timeout},
};

use crate::{Journal, JournalError, StoredEvent, get::leader_at, subject};

/// Messages a follower asks the broker for at once, at most.
pub const MAX_PULL: usize = 4_000;
/// So many at least.
const LEAST_PULL: usize = 500;
/// So many batches of its own, otherwise: the client holds what arrives until it is asked for.
const BATCHES_AHEAD: usize = 4;
/// Messages that one turn of the client's brings where much is to come; it ends with tokio's budget, after some 127.
const FULL_TURN: usize = 64;
/// A batch ends early when its payloads have grown to this.
pub const MAX_BATCH_BYTES: usize = 4 << 20;
/// How long the broker keeps the consumer of a follower that went away.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);
/// A follower that hears nothing, not even heartbeats, for twice this long looks for the log anew.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How long to wait before looking for the log again, or whether the connection is still the same.
const PAUSE: Duration = Duration::from_millis(250);
/// How often an event that was handed out is looked for where it must be, every [`PAUSE`]: a new leader
/// may not show it yet.
const LOOKS: u32 = 20;

/// Which events to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventFilter {
    /// All, without a gap.
    All,
    /// All of some kinds of streams.
    Kinds(Vec<&'static str>),
    /// One topic of all streams of a kind.
    Topic(&'static str, &'static str),
}

/// An event, and under which subject it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// The subject.
    pub subject: Subject,
    /// The event.
    pub stored: StoredEvent,
}

/// A follower: events in order, each once.
pub struct Subscription {
    journal: Journal,
    filter: EventFilter,
    /// The last position that was handed out or is gathered.
    after: u64,
    /// The event there, once there is one.
    last: Option<Bytes>,
    source: Option<Source>,
    /// What goes with the next batch, and the bytes of its payloads. It is kept here, since whoever waits may go away.
    gathered: Vec<LogEntry>,
    bytes: usize,
}

/// A consumer from a position on. It acknowledges nothing, so what the broker sent and a broken connection
/// swallowed is not sent again: such a consumer is given up for one that begins where the follower stands.
struct Source {
    messages: pull::Stream,
    /// How many messages of it arrived.
    delivered: u64,
    /// How often the client had connected when it was made.
    connects: u64,
}

impl Journal {
    /// Follows the log from the first event after a position.
    pub fn subscribe(&self, after: u64, filter: EventFilter) -> Subscription {
        Subscription {
            journal: self.clone(),
            filter,
            after,
            last: None,
            source: None,
            gathered: vec![],
            bytes: 0,
        }
    }

    /// That the log holds an event where one was read before.
    ///
    /// # Errors
    /// [`JournalError::Diverged`] when it holds another one there or none, or no answer.
    pub async fn confirm(
        &self,
        position: u64,
        is_it: impl Fn(&StoredEvent) -> bool + Send,
    ) -> Result<(), JournalError> {
        for _ in 0..LOOKS {
            match leader_at(self.client(), &self.inner.log, position).await? {
                Some(found) if is_it(&found) => return Ok(()),
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
    /// Everything up to here was handed out.
    pub fn position(&self) -> u64 {
        self.gathered
            .first()
            .map_or(self.after, |next| next.stored.position - 1)
    }

    /// What is at hand, at least one event and at most `max`, or fewer once they are [`MAX_BATCH_BYTES`];
    /// waits for it, through any outage. May be dropped while waiting without losing an event.
    ///
    /// # Errors
    /// [`JournalError::OtherIncarnation`], [`JournalError::StreamMissing`] and
    /// [`JournalError::StreamDiffers`] when the stream is not what it was; [`JournalError::Diverged`] and
    /// [`JournalError::Gap`] when events are missing or others. None of them passes by itself.
    pub async fn next_batch(&mut self, max: usize) -> Result<Vec<StoredEvent>, JournalError> {
        Ok(self
            .next_entries(max)
            .await?
            .into_iter()
            .map(|addressed| addressed.stored)
            .collect())
    }

    /// [`Subscription::next_batch`], each event with its subject.
    ///
    /// # Errors
    /// Those of [`Subscription::next_batch`].
    pub async fn next_entries(&mut self, max: usize) -> Result<Vec<LogEntry>, JournalError> {
        // What was gathered before someone went away is handed out without waiting.
        let waits = self.gathered.is_empty();
        loop {
            let mut before = self.gathered.len();
            if self.gathered.is_empty() {
                let first = self.first(max).await?;
                self.take(first)?;
            }
            while self.gathered.len() < max && self.bytes < MAX_BATCH_BYTES {
                let mut next = self.at_hand();
                if next.is_none() && waits && self.gathered.len() - before >= FULL_TURN {
                    // More has come, most likely, and the client reads it in its next turn.
                    before = self.gathered.len();
                    yield_now().await;
                    next = self.at_hand();
                }
                let Some(message) = next else { break };
                if let Err(error) = self.take(message) {
                    // Found again, and then first, by the next consumer: what is at hand goes before it.
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

    /// Gathers a message in its turn. After another one, or an error, the consumer is let go.
    fn take(&mut self, message: Message) -> Result<(), JournalError> {
        match self.accept(message) {
            Ok(Some(addressed)) => {
                self.bytes += addressed.stored.payload.len();
                self.gathered.push(addressed);
                Ok(())
            }
            other => {
                self.source = None;
                other.map(drop)
            }
        }
    }

    /// The next message, waited for, of a consumer for batches of so many.
    async fn first(&mut self, max: usize) -> Result<Message, JournalError> {
        loop {
            let source = match &mut self.source {
                Some(source) => source,
                none => {
                    let pull = max
                        .saturating_mul(BATCHES_AHEAD)
                        .clamp(LEAST_PULL, MAX_PULL);
                    let last = self.last.as_ref();
                    none.insert(
                        look_for(&self.journal, &self.filter, self.after, last, pull).await?,
                    )
                }
            };
            match timeout(PAUSE, source.messages.next()).await {
                Ok(Some(Ok(message))) => return Ok(message),
                Ok(_) => {
                    self.source = None;
                    sleep(PAUSE).await;
                }
                // After a lost connection silence may mean that the last events were lost with it.
                Err(_) if source.connects != self.journal.connects() => self.source = None,
                Err(_) => {}
            }
        }
    }

    /// The next message, if it is here already.
    fn at_hand(&mut self) -> Option<Message> {
        match self.source.as_mut()?.messages.next().now_or_never()? {
            Some(Ok(message)) => Some(message),
            _ => {
                self.source = None;
                None
            }
        }
    }

    /// An event in its turn; `None` where messages of the consumer were lost before this one.
    fn accept(&mut self, message: Message) -> Result<Option<LogEntry>, JournalError> {
        let Some(source) = &mut self.source else {
            return Ok(None);
        };
        let (position, nth) = match message.info() {
            Ok(info) => (info.stream_sequence, info.consumer_sequence),
            Err(error) => return Err(JournalError::Protocol(error.to_string())),
        };
        source.delivered += 1;
        if nth != source.delivered || position <= self.after {
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

/// A consumer from a position on; waits until the broker grants one.
async fn look_for(
    journal: &Journal,
    filter: &EventFilter,
    after: u64,
    last: Option<&Bytes>,
    pull: usize,
) -> Result<Source, JournalError> {
    let mut said = false;
    loop {
        match create(journal, filter, after, last, pull).await {
            Ok(source) => return Ok(source),
            Err(JournalError::Unavailable(reason)) => {
                if !said {
                    tracing::warn!(%reason, "cannot follow the log, trying until it is back");
                    said = true;
                }
                sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn create(
    journal: &Journal,
    filter: &EventFilter,
    after: u64,
    last: Option<&Bytes>,
    pull: usize,
) -> Result<Source, JournalError> {
    let connects = journal.connects();
    journal.check_incarnation().await?;
    if let Some(last) = last {
        journal
            .confirm(after, |found| found.payload == *last)
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
        inactive_threshold: FORGOTTEN_AFTER,
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
    Ok(Source {
        messages,
        delivered: 0,
        connects,
    })
}
