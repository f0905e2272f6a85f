//! Following the log into the view's file. Batches are visible at once and made durable a little later:
//! what a crash loses of the file, the log still has.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jejak_bus::health::RebuildState;
use jejak_journal::JournalError;
use jejak_projections::{Entry, ProjectionError, Store};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    ProjectorError,
    ahead::{Ahead, Batch},
    desk::Desk,
    files,
    open::Log,
    rebuild::Rebuilder,
};

/// Events that may be applied before the file is made durable.
const DURABLE_EVERY: u64 = 20_000;
/// How long an applied event may wait to be made durable.
const DURABLE_WITHIN: Duration = Duration::from_secs(1);

/// How long a file that could not be used is left alone.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// One file that follows the log.
pub(crate) struct Feed {
    pub(crate) store: Arc<Store>,
    pub(crate) ahead: Ahead,
    pub(crate) position: u64,
    durable_position: u64,
    durable_by: Instant,
}

impl Feed {
    pub(crate) fn new(store: Store, log: &Log) -> Result<Self, ProjectionError> {
        let position = store.position()?;
        let ahead = Ahead::of(store.view(), log, position);
        let durable_by = Instant::now();
        Ok(Self { store: Arc::new(store), ahead, position, durable_position: position, durable_by })
    }

    /// Applies what the log delivered.
    ///
    /// # Errors
    /// Why the view cannot go on; everything before that is applied.
    pub(crate) async fn take_in(&mut self, batch: Batch) -> Result<(), Trouble> {
        let Batch { entries, unreadable } = batch;
        let end = self.position + entries.len() as u64;
        let durable = unreadable.is_some() || end - self.durable_position >= DURABLE_EVERY;
        self.apply(entries, durable).await?;
        unreadable.map_or(Ok(()), |reason| Err(Trouble::Final(reason)))
    }

    /// Makes what is applied durable.
    pub(crate) async fn settle(&mut self) -> Result<(), Trouble> {
        self.apply(vec![], true).await
    }

    fn is_settled(&self) -> bool {
        self.durable_position == self.position
    }

    async fn apply(&mut self, entries: Vec<Entry>, durable: bool) -> Result<(), Trouble> {
        let store = self.store.clone();
        let work = move || {
            let applied = store.apply_batch(&entries, durable);
            // A batch that stops half-way has come further all the same.
            (applied, store.position())
        };
        let joined = tokio::task::spawn_blocking(work).await;
        let (applied, position) = joined.map_err(|error| Trouble::Final(error.to_string()))?;
        if self.is_settled() {
            self.durable_by = Instant::now() + DURABLE_WITHIN;
        }
        self.position = position?;
        if durable || applied.is_err() {
            self.durable_position = self.position;
        }
        applied?;
        Ok(())
    }
}

/// Why a view does not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// Its file cannot be used now: a full disk, a failing one. Opened again, it goes on.
    #[error("{0}; trying again")]
    Passing(String),
    /// Nothing but a rebuild, another log or another program lets it go on.
    #[error("{0}")]
    Final(String),
}

impl From<ProjectionError> for Trouble {
    fn from(error: ProjectionError) -> Self {
        use ProjectionError as P;
        match error {
            P::Store(_) | P::InUse | P::Damaged(_) => Self::Passing(error.to_string()),
            P::OtherIncarnation { .. } | P::OtherView { .. } | P::Gap { .. } | P::Inapplicable { .. } => {
                Self::Final(error.to_string())
            }
        }
    }
}

impl From<JournalError> for Trouble {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Unavailable(_) | JournalError::Protocol(_) => Self::Passing(error.to_string()),
            _ => Self::Final(error.to_string()),
        }
    }
}

/// What keeps the view current.
pub(crate) struct Follower {
    folder: PathBuf,
    desk: Arc<Desk>,
    log: Log,
    /// None while the file is refused or cannot be used.
    feed: Option<Feed>,
    /// When to open a file again that could not be used.
    again: Option<Instant>,
    swaps: mpsc::Receiver<Feed>,
    rebuilder: Arc<Rebuilder>,
}

impl Follower {
    pub(crate) fn new(folder: &Path, desk: Arc<Desk>, log: Log) -> Self {
        let (send, swaps) = mpsc::channel(1);
        let rebuilder = Arc::new(Rebuilder::new(folder.to_owned(), desk.clone(), log.clone(), send));
        Self { folder: folder.to_owned(), desk, log, feed: None, again: None, swaps, rebuilder }
    }

    /// Opens the view's file. One that was not made of this log is refused: the view says so and waits for
    /// a rebuild.
    ///
    /// # Errors
    /// A file that cannot be used at all, a log that is not what it should be.
    pub(crate) async fn open(&mut self) -> Result<(), ProjectorError> {
        let view = self.desk.view;
        let (folder, incarnation) = (self.folder.clone(), self.log.journal.incarnation().to_owned());
        let opened = tokio::task::spawn_blocking(move || files::open(&folder, view, &incarnation)).await;
        let refused = match opened.map_err(|_| ProjectorError::Ended(view.name()))? {
            Ok(store) => match self.log.confirm(&store).await {
                Ok(()) => {
                    let feed = Feed::new(store, &self.log)?;
                    self.desk.install(feed.store.clone(), feed.position);
                    self.feed = Some(feed);
                    return Ok(());
                }
                Err(ProjectorError::Journal(error @ JournalError::Diverged { .. })) => error.to_string(),
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

    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        let mut older_removed = false;
        loop {
            let next = match &mut self.feed {
                Some(feed) if !self.desk.is_stopped() => tokio::select! {
                    () = shutdown.cancelled() => break,
                    Some(rebuilt) = self.swaps.recv() => Next::Swap(Box::new(rebuilt)),
                    () = tokio::time::sleep_until(feed.durable_by), if !feed.is_settled() => Next::Settle,
                    batch = feed.ahead.next() => Next::Batch(batch),
                },
                _ => tokio::select! {
                    () = shutdown.cancelled() => break,
                    Some(rebuilt) = self.swaps.recv() => Next::Swap(Box::new(rebuilt)),
                    () = at(self.again) => Next::Again,
                },
            };
            let went = match (next, &mut self.feed) {
                (Next::Swap(rebuilt), _) => {
                    self.swap(*rebuilt, &shutdown).await;
                    Ok(())
                }
                (Next::Settle, Some(feed)) => feed.settle().await,
                (Next::Batch(Ok(batch)), Some(feed)) => {
                    let taken_in = feed.take_in(batch).await;
                    self.desk.reached(feed.position);
                    taken_in
                }
                (Next::Batch(Err(trouble)), _) => Err(trouble),
                (Next::Again, _) => tokio::select! {
                    () = shutdown.cancelled() => break,
                    reopened = self.reopen() => reopened,
                },
                (Next::Settle | Next::Batch(Ok(_)), None) => Ok(()),
            };
            if let Err(trouble) = went {
                self.stop(trouble);
            }
            if !older_removed && self.desk.is_caught_up() && !self.desk.is_stopped() {
                files::remove_older(&self.folder, self.desk.view);
                older_removed = true;
            }
        }
        self.close().await;
    }

    /// Stops answering. After a passing fault the file is let go, since it does not recover while it is
    /// open.
    fn stop(&mut self, trouble: Trouble) {
        if matches!(trouble, Trouble::Passing(_)) {
            self.feed = None;
            self.desk.withdraw();
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

    async fn close(self) {
        if let Some(mut feed) = self.feed
            && !feed.is_settled()
            && let Err(trouble) = feed.settle().await
        {
            tracing::error!(view = self.desk.view.name(), %trouble, "the view's last events are not durable");
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
            Err(trouble) => Err(trouble.to_string()),
        };
        let position = rebuilt.position;
        let state = match swapped {
            Ok(()) => {
                self.again = None;
                self.desk.install(rebuilt.store.clone(), position);
                self.feed = Some(rebuilt);
                tracing::info!(view = self.desk.view.name(), position, "the rebuilt view answers");
                RebuildState::Done
            }
            Err(reason) => RebuildState::Failed(reason),
        };
        self.rebuilder.finish(position, state);
    }

    async fn bring_up(&self, rebuilt: &mut Feed) -> Result<(), Trouble> {
        while rebuilt.position < self.desk.answers_at() {
            let batch = rebuilt.ahead.next().await?;
            rebuilt.take_in(batch).await?;
        }
        rebuilt.settle().await
    }
}

enum Next {
    Swap(Box<Feed>),
    Settle,
    Batch(Result<Batch, Trouble>),
    Again,
}

/// Waits for a moment, or for ever.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
