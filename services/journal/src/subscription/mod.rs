//! Subscriptions: the log's events from a position on, for ever, through restarts of the broker and
//! changes of leader.

mod consumer;
mod poll_schedule;
mod reader;

use std::{sync::atomic::Ordering, time::Duration};

use bytes::Bytes;
use tokio::{
    task::yield_now,
    time::{sleep, timeout},
};

use self::{consumer::Consumer, reader::DirectReader};
use crate::{
    JetStreamAccess, Journal, JournalError, LogEntry, StoredEvent, get::leader_at, subject,
};

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
/// Time between two tries to make a source.
const PAUSE: Duration = Duration::from_millis(250);
/// Time between two checks of the connection, while no event arrives.
const CHECK_EVERY: Duration = Duration::from_secs(1);
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

impl EventFilter {
    /// Whether an event under this subject belongs to the subscription.
    fn admits(&self, subject: &str) -> bool {
        let Some((kind, topic)) = subject::kind_and_topic(subject) else {
            return *self == Self::All;
        };
        match self {
            Self::All => true,
            Self::Kinds(kinds) => kinds.contains(&kind),
            Self::Topic(of_kind, only) => (kind, topic) == (*of_kind, *only),
        }
    }
}

/// Hands out events in order, each once.
pub struct Subscription {
    journal: Journal,
    filter: EventFilter,
    /// The position of the last event that was handed out, gathered or left out.
    after: u64,
    /// The payload of that event. A new source must find it there.
    last: Option<Bytes>,
    source: Option<Source>,
    /// The events of the next batch. They outlive a caller that drops its wait.
    gathered: Vec<LogEntry>,
    /// The size of the gathered payloads.
    bytes: usize,
}

/// A reader of the log from a position on.
struct Source {
    kind: SourceKind,
    /// The client's count of connections when the source was made.
    connects: u64,
}

enum SourceKind {
    Consumer(Box<Consumer>),
    DirectReader(DirectReader),
}

/// A source that lost a message, or cannot go on. Another one takes its place.
#[derive(Debug)]
struct SourceLost;

impl Journal {
    /// Subscribes to the events after a position.
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
            match leader_at(self.api(), &self.inner.log, position).await? {
                Some(found) if matches(&found.stored) => return Ok(()),
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
                if let Err(error) = self.gather(first) {
                    if !self.is_lag(&error).await {
                        return Err(error);
                    }
                    sleep(PAUSE).await;
                    continue;
                }
            }
            while self.gathered.len() < max && self.bytes < MAX_BATCH_BYTES {
                let mut next = self.try_next();
                if next.is_none() && waits && self.gathered.len() - before >= BUSY_TURN {
                    // The client's task gets a turn to read more from the socket.
                    before = self.gathered.len();
                    yield_now().await;
                    next = self.try_next();
                }
                let Some(entry) = next else { break };
                if self.gather(entry).is_err() {
                    // The next source meets the same fault again, after the gathered events are
                    // handed out.
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

    /// Gathers the next event in order. After a lost message or an error the source is dropped.
    fn gather(&mut self, entry: LogEntry) -> Result<(), JournalError> {
        let position = entry.stored.position;
        if position <= self.after {
            self.source = None;
            return Ok(());
        }
        if self.reads_all() && position != self.after + 1 {
            self.source = None;
            return Err(JournalError::Gap {
                after: self.after,
                found: position,
            });
        }
        self.after = position;
        self.last = Some(entry.stored.payload.clone());
        if self.filter.admits(&entry.subject) {
            self.bytes += entry.stored.payload.len();
            self.gathered.push(entry);
        }
        Ok(())
    }

    /// Whether the source hands over every event. Direct gets are filtered here.
    fn reads_all(&self) -> bool {
        self.filter == EventFilter::All || self.journal.api().access() == JetStreamAccess::Imported
    }

    /// Whether the leader holds an event that is missing elsewhere: a replica lags behind.
    async fn is_lag(&self, error: &JournalError) -> bool {
        let JournalError::Gap { after, .. } = error else {
            return false;
        };
        let found = self.journal.read_from_leader(after + 1).await;
        matches!(found, Ok(Some(_)))
    }

    /// Waits for the next message, from a source for batches of `max`.
    async fn first(&mut self, max: usize) -> Result<LogEntry, JournalError> {
        loop {
            let source = match &mut self.source {
                Some(source) => source,
                none => {
                    let pull = max.saturating_mul(BATCHES_AHEAD).clamp(MIN_PULL, MAX_PULL);
                    let last = self.last.as_ref();
                    none.insert(
                        wait_for_source(&self.journal, &self.filter, self.after, last, pull)
                            .await?,
                    )
                }
            };
            match timeout(CHECK_EVERY, source.next()).await {
                Ok(Ok(entry)) => return Ok(entry),
                Ok(Err(SourceLost)) => {
                    self.source = None;
                    sleep(PAUSE).await;
                }
                // A lost connection may have lost the last events, and silence would hide that.
                Err(_) if source.connects != self.journal.connects() => self.source = None,
                Err(_) => {}
            }
        }
    }

    /// The next message, if it has arrived.
    fn try_next(&mut self) -> Option<LogEntry> {
        match self.source.as_mut()?.try_next()? {
            Ok(entry) => Some(entry),
            Err(SourceLost) => {
                self.source = None;
                None
            }
        }
    }
}

impl Source {
    async fn new(
        journal: &Journal,
        filter: &EventFilter,
        after: u64,
        last: Option<&Bytes>,
        pull: usize,
    ) -> Result<Self, JournalError> {
        let connects = journal.connects();
        journal.check_incarnation().await?;
        if let Some(last) = last {
            journal
                .confirm(after, |stored| stored.payload == *last)
                .await?;
        }
        let kind = match journal.api().access() {
            JetStreamAccess::Own => {
                let consumer = Consumer::new(journal, filter, after, pull).await?;
                SourceKind::Consumer(Box::new(consumer))
            }
            JetStreamAccess::Imported => SourceKind::DirectReader(
                DirectReader::new(journal, after, last.cloned(), pull).await?,
            ),
        };
        Ok(Self { kind, connects })
    }

    async fn next(&mut self) -> Result<LogEntry, SourceLost> {
        match &mut self.kind {
            SourceKind::Consumer(consumer) => consumer.next().await,
            SourceKind::DirectReader(reader) => reader.next().await,
        }
    }

    fn try_next(&mut self) -> Option<Result<LogEntry, SourceLost>> {
        match &mut self.kind {
            SourceKind::Consumer(consumer) => consumer.try_next(),
            SourceKind::DirectReader(reader) => reader.try_next(),
        }
    }
}

/// Makes a source from a position on, however long the broker is away.
async fn wait_for_source(
    journal: &Journal,
    filter: &EventFilter,
    after: u64,
    last: Option<&Bytes>,
    pull: usize,
) -> Result<Source, JournalError> {
    let mut warned = false;
    loop {
        match Source::new(journal, filter, after, last, pull).await {
            Ok(source) => return Ok(source),
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
