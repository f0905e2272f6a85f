//! Takes waiting entries ten times a second and writes their lines.

use std::{
    collections::BTreeMap,
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};

use super::{
    Queue, Shared,
    entry::Entry,
    file::AccessFile,
    line::{AccessEvent, AccessLine},
};
use crate::config::{AccessLogConfig, GatewayError};

/// The time from the first entry to the write, and between two tries to write. The requests after the first do not wake the writer: that
/// would cost them more than the line does.
const WRITE_AFTER: Duration = Duration::from_millis(100);
/// The time between two looks at the age of the file.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The writer of an access log.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    config: AccessLogConfig,
    file: AccessFile,
    /// The name of this process in ids of requests.
    process: String,
    /// Lines that a failed write left.
    unwritten: Vec<AccessLine>,
}

impl Writer {
    pub(super) fn new(config: &AccessLogConfig, shared: Arc<Shared>) -> Result<Self, GatewayError> {
        Ok(Self {
            shared,
            config: config.clone(),
            file: AccessFile::open(&config.path)?,
            process: format!("{:x}", Utc::now().timestamp_millis()),
            unwritten: Vec::new(),
        })
    }

    /// Writes until the log is closed and everything is written. Blocks its thread.
    pub(crate) fn run(mut self) {
        loop {
            let (entries, is_closed) = self.take();
            self.write(entries);
            if is_closed {
                return;
            }
        }
    }

    /// Waits for entries, or for a full queue or the end, and takes what is there.
    fn take(&self) -> (Vec<Entry>, bool) {
        let mut queue = self.shared.lock();
        if self.unwritten.is_empty() {
            queue = self.wait(queue, LOOK_EVERY, |queue| queue.entries.is_empty());
        }
        let is_repeated = !self.unwritten.is_empty();
        if is_repeated || !queue.entries.is_empty() {
            queue = self.wait(queue, WRITE_AFTER, |queue| is_repeated || queue.has_room());
        }
        // While lines of an earlier write are left, the queue takes what comes, up to its bound.
        if !self.unwritten.is_empty() && !queue.is_closed {
            return (vec![], false);
        }
        queue.bytes = 0;
        let entries = std::mem::take(&mut queue.entries);
        let is_closed = queue.is_closed;
        drop(queue);
        self.shared.room.notify_waiters();
        (entries, is_closed)
    }

    /// Waits for a time while a condition holds and the log is open.
    fn wait<'q>(
        &self,
        queue: MutexGuard<'q, Queue>,
        longest: Duration,
        holds: impl Fn(&Queue) -> bool,
    ) -> MutexGuard<'q, Queue> {
        let waits = |queue: &mut Queue| !queue.is_closed && holds(queue);
        let waited = self.shared.wake.wait_timeout_while(queue, longest, waits);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Writes lines, and says it once when that begins to fail.
    fn write(&mut self, entries: Vec<Entry>) {
        let lines = entries
            .into_iter()
            .map(|entry| AccessLine::of(entry, self.file.key(), &self.process));
        self.unwritten.extend(merged(lines));
        let lost = self.shared.lock().lost;
        let is_idle = self.unwritten.is_empty() && lost == 0;
        let rotated = self.file.rotate(&self.config, Utc::now());
        let written = match is_idle {
            true => rotated,
            false => rotated.and_then(|()| self.append(lost)),
        };
        let problem = written
            .err()
            .map(|error| format!("{}: {error}", self.config.path.display()));
        let mut queue = self.shared.lock();
        queue.is_stuck = problem.is_some();
        if problem.is_none() {
            self.unwritten.clear();
            // More may have been lost since it was read.
            queue.lost -= lost;
        }
        drop(queue);
        self.say(problem);
    }

    fn append(&self, lost: u64) -> std::io::Result<()> {
        let lost = (lost > 0).then(|| AccessLine::now(AccessEvent::Lost { lines: lost }));
        self.file.append(lost.iter().chain(&self.unwritten))
    }

    fn say(&self, problem: Option<String>) {
        let said = self.shared.problem.lock();
        let mut said = said.unwrap_or_else(PoisonError::into_inner);
        match &problem {
            Some(reason) if *said != problem => {
                tracing::error!(reason, "the access log cannot be written");
            }
            None if said.is_some() => tracing::info!("the access log is written again"),
            Some(_) | None => {}
        }
        *said = problem;
    }
}

/// Makes one line of several failed sign-ins of one kind, so that a flood of them does not push other
/// lines out.
fn merged(lines: impl Iterator<Item = AccessLine>) -> Vec<AccessLine> {
    let mut merged = Vec::new();
    let mut failed: BTreeMap<(String, String), (DateTime<Utc>, u64)> = BTreeMap::new();
    for line in lines {
        match line.event {
            AccessEvent::SignInFailed {
                reason,
                route,
                times,
            } => {
                let known = failed.entry((reason, route)).or_insert((Utc::now(), 0));
                known.1 += times;
            }
            event => merged.push(AccessLine { event, ..line }),
        }
    }
    merged.extend(failed.into_iter().map(|((reason, route), (at, times))| {
        let event = AccessEvent::SignInFailed {
            reason,
            route,
            times,
        };
        AccessLine::at(at, event)
    }));
    merged
}
