//! The follower of a view: it opens the file, applies the log, and swaps in a rebuilt file. It runs on a
//! thread of its own: handing each batch to another thread and back takes longer than applying it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jejak_bus::health::RebuildStatus;
use jejak_journal::JournalError;
use jejak_projections::{ProjectionError, Store};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    error::ProjectorError,
    fault::ViewFault,
    file::{FollowingFile, LIMITS},
    files,
    passes::{NextBatch, PassReader, Passes},
    rebuild::Rebuilder,
    served::ServedView,
};

/// The pause before a file that could not be used is opened again.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// The follower of one view.
pub(crate) struct Follower {
    folder: PathBuf,
    served: Arc<ServedView>,
    passes: Passes,
    /// None while the view is stopped.
    file: Option<FollowingFile>,
    /// The moment to open a file again that could not be used.
    reopen_at: Option<Instant>,
    /// The position of a message that the view cannot read. It waits until the message is in quarantine.
    unreadable: Option<u64>,
    rebuilt: mpsc::Receiver<FollowingFile>,
    rebuilder: Arc<Rebuilder>,
    ending: CancellationToken,
}

/// The next thing a follower does.
enum FollowerStep {
    Swap(Box<FollowingFile>),
    Settle,
    Batch(NextBatch),
    Reopen,
    /// The view is caught up, or has stopped.
    CaughtUp,
}

impl Follower {
    pub(crate) fn new(
        folder: &Path,
        served: Arc<ServedView>,
        passes: Passes,
        ending: CancellationToken,
    ) -> Self {
        let (done, rebuilt) = mpsc::channel(1);
        let rebuilder = Rebuilder::new(
            folder.to_owned(),
            served.clone(),
            passes.clone(),
            done,
            ending.clone(),
        );
        Self {
            folder: folder.to_owned(),
            served,
            passes,
            file: None,
            reopen_at: None,
            unreadable: None,
            rebuilt,
            rebuilder: Arc::new(rebuilder),
            ending,
        }
    }

    pub(crate) fn rebuilder(&self) -> Arc<Rebuilder> {
        self.rebuilder.clone()
    }

    /// Opens the view's file for the first time, and removes the file of an interrupted rebuild. None where
    /// the file is refused.
    ///
    /// # Errors
    /// A file that cannot be used at all, or a log that is not the one it should be.
    pub(crate) async fn start(&mut self) -> Result<Option<Store>, ProjectorError> {
        let opened = self.open().await?;
        if opened.is_some() {
            files::remove_unfinished(&self.folder, self.served.view)?;
        }
        Ok(opened)
    }

    /// Opens the view's file. The file of another log is refused: the view stops until it is rebuilt.
    async fn open(&mut self) -> Result<Option<Store>, ProjectorError> {
        let (folder, view) = (self.folder.clone(), self.served.view);
        let incarnation = self.passes.log.journal.incarnation().to_owned();
        let keys = self.passes.log.cell_keys();
        let opened =
            tokio::task::spawn_blocking(move || files::open(&folder, view, &incarnation, keys))
                .await;
        let refused = match opened.map_err(|_| ProjectorError::Ended(view.name()))? {
            Ok(store) => match self.passes.log.confirm(&store).await {
                Ok(()) => return Ok(Some(store)),
                Err(ProjectorError::Journal(error @ JournalError::Diverged { .. })) => {
                    error.to_string()
                }
                Err(error) => return Err(error),
            },
            Err(error @ ProjectionError::OtherIncarnation { .. }) => error.to_string(),
            Err(error) => return Err(error.into()),
        };
        self.served.stop(refused);
        Ok(None)
    }

    /// Lets an opened file answer and follow.
    pub(crate) fn follow(&mut self, store: Store, position: u64, reader: PassReader) {
        let store = Arc::new(store);
        self.served.install(store.clone(), position);
        self.file = Some(FollowingFile::new(position, store, reader, LIMITS));
    }

    /// Follows until told to end. It blocks its thread while it applies events.
    pub(crate) async fn run(mut self) {
        let ending = self.ending.clone();
        let mut older_removed = false;
        while let Some(step) = self.next_step(older_removed).await {
            let outcome = match (step, &mut self.file) {
                (FollowerStep::Swap(rebuilt), _) => self.swap(*rebuilt).await,
                (FollowerStep::Settle, Some(file)) => file.settle(),
                (FollowerStep::Batch(Ok(batch)), Some(file)) => {
                    file.apply(&batch, self.served.log_position())
                }
                // The batches before the fault are committed, and seen.
                (FollowerStep::Batch(Err(fault)), Some(file)) => file.settle().and(Err(fault)),
                (FollowerStep::Reopen, _) => tokio::select! {
                    () = ending.cancelled() => break,
                    reopened = self.reopen() => reopened,
                },
                (FollowerStep::Settle | FollowerStep::Batch(_), None)
                | (FollowerStep::CaughtUp, _) => Ok(()),
            };
            self.report();
            if let Err(fault) = outcome {
                self.stop(&fault);
            }
            if !older_removed && self.served.is_caught_up() && !self.served.is_stopped() {
                files::remove_older(&self.folder, self.served.view);
                older_removed = true;
            }
        }
        self.close();
    }

    /// None when the follower is told to end.
    async fn next_step(&mut self, older_removed: bool) -> Option<FollowerStep> {
        let Self {
            served,
            file,
            rebuilt,
            reopen_at,
            ending,
            ..
        } = self;
        let durable_by = file.as_ref().and_then(FollowingFile::durable_by);
        let batch = async {
            match file {
                Some(file) => file.reader.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // The end is looked at first: the timers may have ended with the runtime.
            biased;
            () = ending.cancelled() => None,
            Some(rebuilt) = rebuilt.recv() => Some(FollowerStep::Swap(Box::new(rebuilt))),
            () = at(durable_by) => Some(FollowerStep::Settle),
            () = at(*reopen_at) => Some(FollowerStep::Reopen),
            next = batch => Some(FollowerStep::Batch(next)),
            // No event needs to come before the files of older versions are removed.
            () = served.caught_up(), if !older_removed && !served.is_stopped() => {
                Some(FollowerStep::CaughtUp)
            }
        }
    }

    /// Reports the position, and joins the common pass when the view has caught up with it.
    fn report(&mut self) {
        let Some(file) = &mut self.file else { return };
        self.served.reached(file.position);
        if file.reader.is_own()
            && !file.is_pending()
            && let Some(joined) = self.passes.join(file.position)
        {
            file.reader = joined;
        }
    }

    /// Stops answers and reads no further. After a passing fault the file is closed, since redb does not
    /// recover while it is open.
    fn stop(&mut self, fault: &ViewFault) {
        let file = self.file.take();
        self.unreadable = match fault {
            ViewFault::Unreadable { position, .. } => Some(*position),
            ViewFault::Passing(_) | ViewFault::Final(_) => None,
        };
        if !matches!(fault, ViewFault::Final(_)) {
            self.served.withdraw();
            drop(file);
            self.reopen_at = Some(Instant::now() + TRY_AGAIN);
        }
        self.served.stop(fault.to_string());
    }

    async fn reopen(&mut self) -> Result<(), ViewFault> {
        self.reopen_at = None;
        if let Some(position) = self.unreadable
            && !self.passes.log.is_in_quarantine(position).await
        {
            self.reopen_at = Some(Instant::now() + TRY_AGAIN);
            return Ok(());
        }
        self.unreadable = None;
        match self.open().await {
            Ok(Some(store)) => {
                let position = store.position()?;
                self.follow(store, position, self.passes.after(position));
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(ProjectorError::Store(error)) => Err(error.into()),
            Err(ProjectorError::Journal(error)) => Err(error.into()),
            Err(error) => Err(ViewFault::Final(error.to_string())),
        }
    }

    fn close(self) {
        if let Some(mut file) = self.file
            && !file.is_settled()
            && let Err(fault) = file.settle()
        {
            let view = self.served.view.name();
            tracing::error!(view, %fault, "the view's last events are not durable");
        }
    }

    /// Lets rebuilt rows answer, once they have come as far as those that answer now: a view never goes
    /// back. The old rows follow no further meanwhile.
    async fn swap(&mut self, mut rebuilt: FollowingFile) -> Result<(), ViewFault> {
        let old = self.file.take().map(|file| file.store);
        let caught_up = tokio::select! {
            () = self.ending.cancelled() => return Ok(()),
            caught_up = catch_up(&self.served, &mut rebuilt) => caught_up,
        };
        let view = self.served.view;
        let swapped = match caught_up {
            Ok(()) => files::swap(&self.folder, view).map_err(|error| error.to_string()),
            Err(fault) => Err(fault.to_string()),
        };
        let position = rebuilt.position;
        match swapped {
            Ok(()) => {
                (self.reopen_at, self.unreadable) = (None, None);
                self.served.install(rebuilt.store.clone(), position);
                self.file = Some(rebuilt);
                tracing::info!(view = view.name(), position, "the rebuilt view answers");
                drop(old);
                self.rebuilder.finish(position, RebuildStatus::Done);
            }
            Err(reason) => {
                self.rebuilder
                    .finish(position, RebuildStatus::Failed(reason));
                if let Some(store) = old {
                    let position = store.position()?;
                    let reader = self.passes.after(position);
                    self.file = Some(FollowingFile::new(position, store, reader, LIMITS));
                }
            }
        }
        Ok(())
    }
}

/// Lets rebuilt rows come as far as those that answer.
async fn catch_up(served: &ServedView, rebuilt: &mut FollowingFile) -> Result<(), ViewFault> {
    while rebuilt.position < served.answers_at() {
        let batch = rebuilt.reader.next().await?;
        // With nothing known to come, each batch is committed.
        rebuilt.apply(&batch, 0)?;
    }
    rebuilt.settle()
}

/// Waits for a moment, or for ever.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
