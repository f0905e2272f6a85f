//! Following the log into the view's file. Batches are visible at once and made durable a little later:
//! what a crash loses of the file, the log still has.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jejak_bus::health::RebuildState;
use jejak_events::Recorded;
use jejak_journal::{Filter, Follow, Stored};
use jejak_projections::{ProjectionError, Store};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{ProjectorError, desk::Desk, files, open::Log, rebuild::Rebuilder};

/// Events in one transaction at most.
pub(crate) const BATCH: usize = 1_000;
/// Events that may be applied before the file is made durable.
const DURABLE_EVERY: u64 = 20_000;
/// How long an applied event may wait to be made durable.
const DURABLE_WITHIN: Duration = Duration::from_secs(1);

/// One file that follows the log.
pub(crate) struct Feed {
    pub(crate) store: Arc<Store>,
    pub(crate) follow: Follow,
    pub(crate) position: u64,
    durable_position: u64,
    durable_by: Instant,
}

impl Feed {
    pub(crate) fn new(store: Store, log: &Log) -> Result<Self, ProjectionError> {
        let position = store.position()?;
        let follow = log.journal.follow(position, Filter::All);
        let durable_by = Instant::now();
        Ok(Self { store: Arc::new(store), follow, position, durable_position: position, durable_by })
    }

    /// Applies what the log delivered.
    ///
    /// # Errors
    /// Why the view cannot go on; everything before that is applied.
    pub(crate) async fn take_in(&mut self, log: &Log, batch: &[Stored]) -> Result<(), String> {
        let (events, unreadable) = log.open(batch).await;
        let end = self.position + events.len() as u64;
        let durable = unreadable.is_some() || end - self.durable_position >= DURABLE_EVERY;
        let applied = self.apply(events, durable).await;
        match (applied, unreadable) {
            (Err(reason), _) | (Ok(()), Some(reason)) => Err(reason),
            (Ok(()), None) => Ok(()),
        }
    }

    /// Makes what is applied durable.
    pub(crate) async fn settle(&mut self) -> Result<(), String> {
        self.apply(vec![], true).await
    }

    fn is_settled(&self) -> bool {
        self.durable_position == self.position
    }

    async fn apply(&mut self, events: Vec<Recorded>, durable: bool) -> Result<(), String> {
        let store = self.store.clone();
        let work = move || {
            let applied = store.apply_batch(&events, durable).map_err(|error| error.to_string());
            // A batch that stops half-way has come further all the same.
            (applied, store.position())
        };
        let (applied, position) =
            tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?;
        if self.is_settled() {
            self.durable_by = Instant::now() + DURABLE_WITHIN;
        }
        self.position = position.map_err(|error| error.to_string())?;
        if durable || applied.is_err() {
            self.durable_position = self.position;
        }
        applied.map(|_| ())
    }
}

/// What keeps the view current.
pub(crate) struct Follower {
    folder: PathBuf,
    desk: Arc<Desk>,
    log: Log,
    /// None while the file is refused.
    feed: Option<Feed>,
    swaps: mpsc::Receiver<Feed>,
    rebuilder: Arc<Rebuilder>,
}

impl Follower {
    /// Opens the view's file. One from another log is refused: the view says so and waits for a
    /// rebuild.
    pub(crate) async fn open(folder: &Path, desk: Arc<Desk>, log: Log) -> Result<Self, ProjectorError> {
        let (send, swaps) = mpsc::channel(1);
        let rebuilder = Arc::new(Rebuilder::new(folder.to_owned(), desk.clone(), log.clone(), send));
        let (path, view, incarnation) = (folder.to_owned(), desk.view, log.journal.incarnation().to_owned());
        let opened = tokio::task::spawn_blocking(move || files::open(&path, view, &incarnation)).await;
        let feed = match opened.map_err(|_| ProjectorError::Ended(view.name()))? {
            Ok(store) => {
                let feed = Feed::new(store, &log)?;
                desk.install(feed.store.clone(), feed.position);
                Some(feed)
            }
            Err(error @ ProjectionError::OtherIncarnation { .. }) => {
                desk.stop(error.to_string());
                None
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Self { folder: folder.to_owned(), desk, log, feed, swaps, rebuilder })
    }

    pub(crate) fn rebuilder(&self) -> Arc<Rebuilder> {
        self.rebuilder.clone()
    }

    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        let mut older_removed = false;
        loop {
            let next = match &mut self.feed {
                Some(feed) if !self.desk.is_stopped() => tokio::select! {
                    () = shutdown.cancelled() => break,
                    Some(rebuilt) = self.swaps.recv() => Next::Swap(Box::new(rebuilt)),
                    () = tokio::time::sleep_until(feed.durable_by), if !feed.is_settled() => Next::Settle,
                    batch = feed.follow.next_batch(BATCH) => Next::Batch(batch),
                },
                _ => tokio::select! {
                    () = shutdown.cancelled() => break,
                    Some(rebuilt) = self.swaps.recv() => Next::Swap(Box::new(rebuilt)),
                },
            };
            match (next, &mut self.feed) {
                (Next::Swap(rebuilt), _) => self.swap(*rebuilt, &shutdown).await,
                (Next::Settle, Some(feed)) => {
                    if let Err(reason) = feed.settle().await {
                        self.desk.stop(reason);
                    }
                }
                (Next::Batch(Ok(batch)), Some(feed)) => {
                    let taken_in = feed.take_in(&self.log, &batch).await;
                    self.desk.reached(feed.position);
                    if let Err(reason) = taken_in {
                        self.desk.stop(reason);
                    }
                }
                (Next::Batch(Err(error)), _) => self.desk.stop(error.to_string()),
                (Next::Settle | Next::Batch(Ok(_)), None) => {}
            }
            if !older_removed && self.desk.is_caught_up() && !self.desk.is_stopped() {
                files::remove_older(&self.folder, self.desk.view);
                older_removed = true;
            }
        }
        self.close().await;
    }

    async fn close(self) {
        if let Some(mut feed) = self.feed
            && !feed.is_settled()
            && let Err(reason) = feed.settle().await
        {
            tracing::error!(view = self.desk.view.name(), %reason, "the view's last events are not durable");
        }
    }

    /// Lets rebuilt rows answer, once they have come as far as those that answer now: no one sees the
    /// view go back.
    async fn swap(&mut self, mut rebuilt: Feed, shutdown: &CancellationToken) {
        let outcome = tokio::select! {
            () = shutdown.cancelled() => return,
            outcome = self.bring_up(&mut rebuilt) => outcome,
        };
        let swapped = match outcome {
            Ok(()) => files::swap(&self.folder, self.desk.view).map_err(|error| error.to_string()),
            Err(reason) => Err(reason),
        };
        let position = rebuilt.position;
        let state = match swapped {
            Ok(()) => {
                self.desk.install(rebuilt.store.clone(), position);
                self.feed = Some(rebuilt);
                tracing::info!(view = self.desk.view.name(), position, "the rebuilt view answers");
                RebuildState::Done
            }
            Err(reason) => RebuildState::Failed(reason),
        };
        self.rebuilder.finish(position, state);
    }

    async fn bring_up(&self, rebuilt: &mut Feed) -> Result<(), String> {
        while rebuilt.position < self.desk.position() {
            let batch = rebuilt.follow.next_batch(BATCH).await.map_err(|error| error.to_string())?;
            rebuilt.take_in(&self.log, &batch).await?;
        }
        rebuilt.settle().await
    }
}

enum Next {
    Swap(Box<Feed>),
    Settle,
    Batch(Result<Vec<Stored>, jejak_journal::JournalError>),
}
