//! Following the log into the view's file, on a thread of its own: to hand each batch to one and back takes longer
//! than to apply it. Batches are visible at once and made durable a little later: what a crash loses of the file, the
//! log still has.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jejak_bus::health::RebuildStatus;
use jejak_journal::JournalError;
use jejak_projections::{ProjectionError, Store, ViewTransaction};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    ProjectorError,
    desk::Desk,
    files,
    readings::{Ahead, Batch, Readings},
    rebuild::Rebuilder,
    trouble::Trouble,
};

/// How long a file that could not be used is left alone.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// What is put off, and how long.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Events that may be applied before the file is made durable.
    durable_every: u64,
    /// How long an applied event may wait to be made durable while others come. A crash costs reading so much of the
    /// log again; while a file is made durable nothing is applied, on a disk that the broker may need, too.
    durable_within: Duration,
    /// How long after the last one it may wait: nobody notices then.
    durable_when_quiet: Duration,
    /// With more events than this to come, a batch waits to be committed together with the next.
    far_behind: u64,
    /// Events in one transaction, about.
    transaction: u64,
    /// Rows held back by one transaction, in bytes, about.
    transaction_bytes: usize,
    /// How long an applied event may wait to be committed when no next one comes.
    commit_within: Duration,
}

const LIMITS: Limits = Limits {
    durable_every: 200_000,
    durable_within: Duration::from_secs(300),
    durable_when_quiet: Duration::from_secs(5),
    far_behind: 10_000,
    transaction: 20_000,
    transaction_bytes: 16 << 20,
    commit_within: Duration::from_millis(500),
};

/// One file that follows the log.
pub(crate) struct Feed {
    pub(crate) store: Arc<Store>,
    pub(crate) ahead: Ahead,
    /// As far as whoever asks can see.
    pub(crate) position: u64,
    limits: Limits,
    /// What is applied since, to be committed with more.
    pending: Option<ViewTransaction>,
    commit_by: Instant,
    durable_position: u64,
    durable_by: Instant,
    /// However many come.
    durable_latest: Instant,
}

impl Feed {
    pub(crate) fn new(store: Arc<Store>, readings: &Readings) -> Result<Self, ProjectionError> {
        let position = store.position()?;
        Ok(Self::at(position, store, readings.after(position), LIMITS))
    }

    fn at(position: u64, store: Arc<Store>, ahead: Ahead, limits: Limits) -> Self {
        let now = Instant::now();
        Self {
            store,
            ahead,
            position,
            limits,
            pending: None,
            commit_by: now,
            durable_position: position,
            durable_by: now,
            durable_latest: now,
        }
    }

    /// Applies what the log delivered. With much still to come before `end`, it is committed later.
    ///
    /// # Errors
    /// Why the view cannot go on; everything before that is applied.
    pub(crate) fn take_in(&mut self, batch: &Batch, end: u64) -> Result<(), Trouble> {
        let position = batch.end();
        let more = end.saturating_sub(position) > self.limits.far_behind;
        let durable = position.saturating_sub(self.durable_position) >= self.limits.durable_every;
        self.apply(Some(batch), more, durable)
    }

    /// Makes what is applied durable.
    pub(crate) fn settle(&mut self) -> Result<(), Trouble> {
        self.apply(None, false, true)
    }

    /// Lets whoever asks see what is applied.
    fn commit(&mut self) -> Result<(), Trouble> {
        self.apply(None, false, false)
    }

    fn is_settled(&self) -> bool {
        self.durable_position == self.position && self.pending.is_none()
    }

    fn apply(&mut self, batch: Option<&Batch>, more: bool, durable: bool) -> Result<(), Trouble> {
        let (was_settled, is_new) = (self.is_settled(), self.pending.is_none());
        let (store, begun, limits) = (self.store.clone(), self.pending.take(), self.limits);
        let work = || apply(&store, begun, batch, more.then_some(limits), durable);
        let applied = catch_unwind(AssertUnwindSafe(work)).map_err(|_| Trouble::fault())?;
        let now = Instant::now();
        if was_settled {
            self.durable_latest = now + limits.durable_within;
        }
        self.durable_by = self.durable_latest.min(now + limits.durable_when_quiet);
        if is_new {
            self.commit_by = now + limits.commit_within;
        }
        // A batch that stops half-way has come further all the same.
        self.position = store.position()?;
        let is_durable = applied
            .as_ref()
            .map_or(true, |pending| pending.is_none() && durable);
        if is_durable {
            self.durable_position = self.position;
        }
        self.pending = applied?;
        Ok(())
    }
}

/// What is applied and not committed yet, if anything: with more to come, a transaction is filled up first.
fn apply(
    store: &Store,
    begun: Option<ViewTransaction>,
    batch: Option<&Batch>,
    fill_up: Option<Limits>,
    durable: bool,
) -> Result<Option<ViewTransaction>, ProjectionError> {
    let mut pending = begun.map_or_else(|| store.begin(), Ok)?;
    let applied = batch.map_or(Ok(()), |batch| pending.apply(batch.entries()));
    let has_room = |limits: Limits| {
        pending.events() < limits.transaction && pending.bytes() < limits.transaction_bytes
    };
    if fill_up.is_some_and(has_room) && applied.is_ok() {
        return Ok(Some(pending));
    }
    store.commit(pending, durable || applied.is_err())?;
    applied.map(|()| None)
}

/// What keeps the view current.
pub(crate) struct Follower {
    folder: PathBuf,
    desk: Arc<Desk>,
    readings: Readings,
    /// None while the view goes no further.
    feed: Option<Feed>,
    /// When to open a file again that could not be used.
    again: Option<Instant>,
    swaps: mpsc::Receiver<Feed>,
    rebuilder: Arc<Rebuilder>,
    ending: CancellationToken,
}

impl Follower {
    /// Of a view, until it is told to end.
    pub(crate) fn new(
        folder: &Path,
        desk: Arc<Desk>,
        readings: Readings,
        ending: CancellationToken,
    ) -> Self {
        let (send, swaps) = mpsc::channel(1);
        let folder = folder.to_owned();
        let rebuilder = Rebuilder::new(
            folder.clone(),
            desk.clone(),
            readings.clone(),
            send,
            ending.clone(),
        );
        let rebuilder = Arc::new(rebuilder);
        Self {
            folder,
            desk,
            readings,
            feed: None,
            again: None,
            swaps,
            rebuilder,
            ending,
        }
    }

    /// Opens the view's file for the first time.
    ///
    /// # Errors
    /// A file that cannot be used at all, a log that is not what it should be.
    pub(crate) async fn start(&mut self) -> Result<(), ProjectorError> {
        self.open().await?;
        if self.feed.is_some() {
            files::remove_unfinished(&self.folder, self.desk.view)?;
        }
        Ok(())
    }

    /// Opens the view's file. One that was not made of this log is refused: the view says so and waits for
    /// a rebuild.
    async fn open(&mut self) -> Result<(), ProjectorError> {
        let view = self.desk.view;
        let (folder, incarnation) = (
            self.folder.clone(),
            self.readings.log.journal.incarnation().to_owned(),
        );
        let opened =
            tokio::task::spawn_blocking(move || files::open(&folder, view, &incarnation)).await;
        let refused = match opened.map_err(|_| ProjectorError::Ended(view.name()))? {
            Ok(store) => match self.readings.log.confirm(&store).await {
                Ok(()) => {
                    let feed = Feed::new(Arc::new(store), &self.readings)?;
                    self.desk.install(feed.store.clone(), feed.position);
                    self.feed = Some(feed);
                    return Ok(());
                }
                Err(ProjectorError::Journal(error @ JournalError::Diverged { .. })) => {
                    error.to_string()
                }
                Err(error) => return Err(error),
            },
            Err(error @ ProjectionError::OtherIncarnation { .. }) => error.to_string(),
            Err(error) => return Err(error.into()),
        };
        self.desk.stop(refused);
        Ok(())
    }

    pub(crate) fn rebuilder(&self) -> Arc<Rebuilder> {
        self.rebuilder.clone()
    }

    /// For a thread of its own.
    pub(crate) async fn run(mut self) {
        let ending = self.ending.clone();
        let mut older_removed = false;
        loop {
            let next = match &mut self.feed {
                Some(feed) => tokio::select! {
                    // The end is looked at first: the timers may have ended with the runtime.
                    biased;
                    () = ending.cancelled() => break,
                    Some(rebuilt) = self.swaps.recv() => Next::Swap(Box::new(rebuilt)),
                    () = tokio::time::sleep_until(feed.durable_by), if !feed.is_settled() => Next::Settle,
                    () = tokio::time::sleep_until(feed.commit_by), if feed.pending.is_some() => Next::Commit,
                    batch = feed.ahead.next() => Next::Batch(batch),
                },
                None => tokio::select! {
                    biased;
                    () = ending.cancelled() => break,
                    Some(rebuilt) = self.swaps.recv() => Next::Swap(Box::new(rebuilt)),
                    () = at(self.again) => Next::Again,
                },
            };
            let went = match (next, &mut self.feed) {
                (Next::Swap(rebuilt), _) => self.swap(*rebuilt).await,
                (Next::Settle, Some(feed)) => {
                    let settled = feed.settle();
                    self.desk.reached(feed.position);
                    settled
                }
                (Next::Commit, Some(feed)) => {
                    let committed = feed.commit();
                    self.desk.reached(feed.position);
                    committed
                }
                (Next::Batch(Ok(batch)), Some(feed)) => {
                    let taken_in = feed.take_in(&batch, self.desk.log_position());
                    self.desk.reached(feed.position);
                    taken_in
                }
                // What came before it is applied, and seen.
                (Next::Batch(Err(trouble)), Some(feed)) => {
                    let settled = feed.settle();
                    self.desk.reached(feed.position);
                    settled.and(Err(trouble))
                }
                (Next::Again, _) => tokio::select! {
                    () = ending.cancelled() => break,
                    reopened = self.reopen() => reopened,
                },
                (Next::Settle | Next::Commit | Next::Batch(_), None) => Ok(()),
            };
            if let Err(trouble) = went {
                self.stop(&trouble);
            }
            if !older_removed && self.desk.is_caught_up() && !self.desk.is_stopped() {
                files::remove_older(&self.folder, self.desk.view);
                older_removed = true;
            }
        }
        self.close();
    }

    /// Stops answering, and reads no further: others read along. After a passing fault the file is let go, since it
    /// does not recover while it is open.
    fn stop(&mut self, trouble: &Trouble) {
        let feed = self.feed.take();
        if matches!(trouble, Trouble::Passing(_)) {
            self.desk.withdraw();
            drop(feed);
            self.again = Some(Instant::now() + TRY_AGAIN);
        }
        self.desk.stop(trouble.to_string());
    }

    async fn reopen(&mut self) -> Result<(), Trouble> {
        self.again = None;
        match self.open().await {
            Ok(()) => Ok(()),
            Err(ProjectorError::Store(error)) => Err(error.into()),
            Err(ProjectorError::Journal(error)) => Err(error.into()),
            Err(error) => Err(Trouble::Final(error.to_string())),
        }
    }

    fn close(self) {
        if let Some(mut feed) = self.feed
            && !feed.is_settled()
            && let Err(trouble) = feed.settle()
        {
            tracing::error!(view = self.desk.view.name(), %trouble, "the view's last events are not durable");
        }
    }

    /// Lets rebuilt rows answer, once they have come as far as those that answer now: no one sees the
    /// view go back. These read no further meanwhile, so that nobody who reads along waits for them.
    async fn swap(&mut self, mut rebuilt: Feed) -> Result<(), Trouble> {
        let desk = self.desk.clone();
        let held = self.feed.take().map(|feed| feed.store);
        let outcome = tokio::select! {
            () = self.ending.cancelled() => return Ok(()),
            outcome = bring_up(&desk, &mut rebuilt) => outcome,
        };
        let swapped = match outcome {
            Ok(()) => files::swap(&self.folder, self.desk.view).map_err(|error| error.to_string()),
            Err(trouble) => Err(trouble.to_string()),
        };
        let position = rebuilt.position;
        match swapped {
            Ok(()) => {
                self.again = None;
                self.desk.install(rebuilt.store.clone(), position);
                self.feed = Some(rebuilt);
                tracing::info!(
                    view = self.desk.view.name(),
                    position,
                    "the rebuilt view answers"
                );
                drop(held);
                self.rebuilder.finish(position, RebuildStatus::Done);
            }
            Err(reason) => {
                self.rebuilder
                    .finish(position, RebuildStatus::Failed(reason));
                self.feed = held
                    .map(|store| Feed::new(store, &self.readings))
                    .transpose()?;
            }
        }
        Ok(())
    }
}

/// Lets rebuilt rows come as far as those that answer.
async fn bring_up(desk: &Desk, rebuilt: &mut Feed) -> Result<(), Trouble> {
    while rebuilt.position < desk.answers_at() {
        let batch = rebuilt.ahead.next().await?;
        // What is not committed is not there yet.
        rebuilt.take_in(&batch, 0)?;
    }
    rebuilt.settle()
}

enum Next {
    Swap(Box<Feed>),
    Settle,
    Commit,
    Batch(Result<Arc<Batch>, Trouble>),
    Again,
}

/// Waits for a moment, or for ever.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
