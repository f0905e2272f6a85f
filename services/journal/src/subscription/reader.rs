//! Reading by batched direct gets, in an account that may create no consumer.
//!
//! Each get begins with the last event that was read. So every answer shows that the log still
//! holds that event. Any replica answers, and one that lags behind does not hold it yet.

use std::{collections::VecDeque, time::Duration};

use async_nats::{Message, Subscriber};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use super::{MAX_BATCH_BYTES, SourceLost, poll_schedule::PollSchedule};
use crate::{
    Journal, JournalError, LogEntry,
    get::{ANSWER, DIRECT_GET, DirectGet, PENDING, header, leader_at, read_message, status},
};

/// Gets on their way at once, while the log has more.
const AHEAD: usize = 2;
/// The broker ends an answer early at this size.
const MAX_GET_BYTES: usize = 2 * MAX_BATCH_BYTES;
/// The pause before a get to a replica that lagged behind.
const LAG_PAUSE: Duration = Duration::from_millis(10);
/// After this many gets to replicas that lag behind, the leader is asked.
const MAX_LAGS: u32 = 200;

/// Reads the log from a position on.
pub(super) struct DirectReader {
    journal: Journal,
    /// The position of the last event that was read.
    after: u64,
    /// Its payload. None before the first event.
    last: Option<Bytes>,
    /// Gets on their way, in the order of their positions.
    gets: VecDeque<OpenGet>,
    /// The number of events that the next get asks for.
    batch: u64,
    max_batch: u64,
    polls: PollSchedule,
    /// The log's last position, as far as it is known.
    end: u64,
    /// Gets in a row that met a replica without the last event.
    lags: u32,
}

/// A get on its way.
struct OpenGet {
    replies: Subscriber,
    /// The last position that it asks for.
    to: u64,
    progress: DirectGet,
    /// New events that it returned.
    found: u64,
    deadline: Instant,
}

impl DirectReader {
    pub(super) async fn new(
        journal: &Journal,
        after: u64,
        last: Option<Bytes>,
        batch: usize,
    ) -> Result<Self, JournalError> {
        let wakes = journal.api().wakes(journal.tenant()).await?;
        let last = match last {
            None if after > 0 => leader_at(journal.api(), &journal.inner.log, after)
                .await?
                .map(|entry| entry.stored.payload),
            known => known,
        };
        let max_batch = u64::try_from(batch).unwrap_or(u64::MAX);
        Ok(Self {
            journal: journal.clone(),
            after,
            last,
            gets: VecDeque::new(),
            batch: max_batch,
            max_batch,
            polls: PollSchedule::new(wakes),
            end: after,
            lags: 0,
        })
    }

    /// The next event. Dropping the wait loses none.
    pub(super) async fn next(&mut self) -> Result<LogEntry, SourceLost> {
        loop {
            match self.gets.back() {
                None => {
                    self.polls.wait().await;
                    self.look().await?;
                }
                Some(get) if self.gets.len() < AHEAD && get.to < self.end => {
                    self.send(get.to, get.to + self.batch).await?;
                }
                Some(_) => {}
            }
            let Some(get) = self.gets.front_mut() else {
                continue;
            };
            let reply = timeout_at(get.deadline, get.replies.next()).await;
            if let Some(entry) = self.take(reply.ok().flatten())? {
                return Ok(entry);
            }
        }
    }

    /// The next event, if it has arrived.
    pub(super) fn try_next(&mut self) -> Option<Result<LogEntry, SourceLost>> {
        loop {
            let reply = self.gets.front_mut()?.replies.next().now_or_never()?;
            match self.take(reply) {
                Ok(Some(entry)) => return Some(Ok(entry)),
                Ok(None) => {}
                Err(lost) => return Some(Err(lost)),
            }
        }
    }

    /// Sends the first get since the end of the log was reached.
    async fn look(&mut self) -> Result<(), SourceLost> {
        let from = match self.last {
            Some(_) => self.after,
            None => {
                // No event shows yet that this is still the log that was opened.
                self.journal
                    .check_incarnation()
                    .await
                    .map_err(|_| SourceLost)?;
                self.after + 1
            }
        };
        self.send(from, self.after + self.batch).await
    }

    async fn send(&mut self, from: u64, to: u64) -> Result<(), SourceLost> {
        let api = self.journal.api();
        // Its own inbox: the broker forgets the way of the answers when it is given up.
        let inbox = api.client().new_inbox();
        let replies = api.client().subscribe(inbox.clone()).await;
        let replies = replies.map_err(|_| SourceLost)?;
        let query = json!({ "seq": from, "batch": to + 1 - from, "max_bytes": MAX_GET_BYTES });
        let subject = api.subject(DIRECT_GET, &self.journal.inner.log);
        let query = query.to_string().into();
        self.polls.begin();
        let sent = api.client().publish_with_reply(subject, inbox, query).await;
        sent.map_err(|_| SourceLost)?;
        self.gets.push_back(OpenGet {
            replies,
            to,
            progress: DirectGet::default(),
            found: 0,
            deadline: Instant::now() + ANSWER,
        });
        Ok(())
    }

    /// Takes an answer to the first get. It holds an event, or none.
    fn take(&mut self, reply: Option<Message>) -> Result<Option<LogEntry>, SourceLost> {
        let (Some(get), Some(reply)) = (self.gets.front_mut(), reply) else {
            return Err(SourceLost);
        };
        match status(&reply) {
            None => {}
            Some(204) => return self.finish(&reply).map(|()| None),
            Some(404) if get.progress.last == 0 => return self.nothing().map(|()| None),
            Some(_) => return Err(SourceLost),
        }
        let follows = get.progress.follows(reply.headers.as_ref());
        follows.map_err(|_| SourceLost)?;
        let message = read_message(reply).map_err(|_| SourceLost)?;
        let is_first = get.progress.last == 0;
        get.progress.last = message.position;
        get.deadline = Instant::now() + ANSWER;
        self.end = message.position + message.pending();
        match &self.last {
            Some(last) if is_first => {
                let is_same = message.position == self.after && message.payload == *last;
                return if is_same { Ok(None) } else { Err(SourceLost) };
            }
            _ if message.position <= self.after => return Err(SourceLost),
            _ => {}
        }
        get.found += 1;
        self.after = message.position;
        self.last = Some(message.payload.clone());
        Ok(Some(message.entry()))
    }

    /// Ends the first get.
    fn finish(&mut self, reply: &Message) -> Result<(), SourceLost> {
        let get = self.gets.pop_front().ok_or(SourceLost)?;
        let follows = get.progress.follows(reply.headers.as_ref());
        follows.map_err(|_| SourceLost)?;
        let more = header(reply.headers.as_ref(), PENDING).unwrap_or(0);
        if more > 0 && get.progress.last < get.to {
            // Its size ended it, and the gets after it begin too far ahead.
            self.gets.clear();
            self.batch = get.found.max(1);
        } else {
            self.batch = (self.batch * 2).min(self.max_batch);
        }
        self.lags = 0;
        self.polls.end(get.found, more > 0);
        Ok(())
    }

    /// Ends the first get, which found neither the last event nor a new one.
    fn nothing(&mut self) -> Result<(), SourceLost> {
        self.gets.clear();
        if self.last.is_none() {
            self.polls.end(0, false);
            return Ok(());
        }
        self.lags += 1;
        self.polls.again_in(LAG_PAUSE);
        if self.lags < MAX_LAGS {
            Ok(())
        } else {
            Err(SourceLost)
        }
    }
}
