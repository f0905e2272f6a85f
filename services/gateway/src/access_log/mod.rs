//! The access and security log: who read which person's data, who was refused, and what was done to
//! keys and tokens. It is a file of JSON lines, apart from the log of the process.
//!
//! A request only puts an entry into a queue. A thread of its own takes the entries at most ten times a
//! second, makes lines of them and writes them at once. It sleeps while there are none. A full queue makes requests wait a moment.
//! Only while nothing can be written are lines lost; then they are counted, and `/readyz` says so.
//!
//! A line holds pseudonyms and ids. Start reading at `line.rs`.

mod entry;
mod file;
mod line;
mod recent;
mod writer;

use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::Utc;
use tokio::sync::Notify;

use crate::config::{AccessLogConfig, GatewayError};
pub(crate) use entry::{Entry, EntryKind, Refusal};
pub use file::{AccessFile, files};
pub use line::{AccessEvent, AccessLine};
pub(crate) use recent::{NotedLine, recent};
pub(crate) use writer::Writer;

/// The most entries that wait.
const MOST_ENTRIES: usize = 8_192;
/// The most bytes of answers that wait with them.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// A request waits for room for this long.
const ROOM_WITHIN: Duration = Duration::from_secs(1);

/// The access log of a gateway.
pub(crate) struct AccessLog {
    shared: Arc<Shared>,
    requests: AtomicU64,
}

/// What requests and the writer share.
struct Shared {
    queue: Mutex<Queue>,
    /// Wakes the writer before its time.
    wake: Condvar,
    /// Tells waiting requests that the queue was emptied.
    room: Notify,
    /// The reason why lines are not written.
    problem: Mutex<Option<String>>,
}

#[derive(Default)]
struct Queue {
    entries: Vec<Entry>,
    bytes: usize,
    lost: u64,
    /// Whether the last write failed. Nobody waits for room then.
    is_stuck: bool,
    is_closed: bool,
}

impl Queue {
    /// Whether one more entry of some size would find room.
    fn has_room(&self) -> bool {
        self.entries.len() < MOST_ENTRIES && self.bytes < MOST_BYTES
    }
}

impl AccessLog {
    /// The log and the writer, which is to be run on a thread of its own.
    ///
    /// # Errors
    /// The key of the pseudonyms cannot be read or made. A log that cannot be written is no error.
    pub(crate) fn open(config: &AccessLogConfig) -> Result<(Self, Writer), GatewayError> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            wake: Condvar::new(),
            room: Notify::new(),
            problem: Mutex::default(),
        });
        let writer = Writer::new(config, shared.clone())?;
        let log = Self {
            shared,
            requests: AtomicU64::new(0),
        };
        Ok((log, writer))
    }

    /// Adds an entry. Waits for room for a moment if the queue is full.
    pub(crate) async fn add(&self, kind: EntryKind) {
        let entry = Entry {
            at: Utc::now(),
            number: self.requests.fetch_add(1, Ordering::Relaxed),
            kind,
        };
        let Some(entry) = self.shared.try_add(entry) else {
            return;
        };
        let waited = tokio::time::timeout(ROOM_WITHIN, self.shared.add_when_room(entry)).await;
        if waited.is_err() {
            self.shared.lock().lost += 1;
        }
    }

    /// The reason why lines are not written, and how many were lost since.
    pub(crate) fn problem(&self) -> Option<String> {
        let problem = self.shared.problem.lock();
        let problem = problem.unwrap_or_else(PoisonError::into_inner);
        let lost = self.shared.lock().lost;
        problem
            .as_ref()
            .map(|problem| format!("{problem}; {lost} lines were lost"))
    }

    /// Lets the writer end after the last entry.
    pub(crate) fn close(&self) {
        self.shared.lock().is_closed = true;
        self.shared.wake.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an entry, or gives it back if the queue is full. While nothing can be written, an entry
    /// that finds no room is lost.
    fn try_add(&self, entry: Entry) -> Option<Entry> {
        let mut queue = self.lock();
        let bytes = entry.bytes();
        let is_full = queue.entries.len() >= MOST_ENTRIES || queue.bytes + bytes > MOST_BYTES;
        if !is_full || queue.entries.is_empty() {
            queue.bytes += bytes;
            queue.entries.push(entry);
            if queue.entries.len() == 1 {
                self.wake.notify_all();
            }
            return None;
        }
        if queue.is_stuck {
            queue.lost += 1;
            return None;
        }
        drop(queue);
        self.wake.notify_all();
        Some(entry)
    }

    async fn add_when_room(&self, mut entry: Entry) {
        loop {
            let room = self.room.notified();
            match self.try_add(entry) {
                None => return,
                Some(back) => entry = back,
            }
            room.await;
        }
    }
}

#[cfg(test)]
mod tests;
