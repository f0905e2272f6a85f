//! Building a view anew in a second file. The old rows answer until the new ones have come as far.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use jejak_bus::health::{RebuildProgress, RebuildStatus};
use jejak_journal::Keyring;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    file::{FollowingFile, LIMITS},
    files,
    passes::Passes,
    served::ServedView,
    thread::on_own_thread,
};

pub(crate) struct Rebuilder {
    folder: PathBuf,
    served: Arc<ServedView>,
    passes: Passes,
    done: mpsc::Sender<FollowingFile>,
    ending: CancellationToken,
    is_running: AtomicBool,
}

impl Rebuilder {
    /// Sends each rebuilt file to `done`.
    pub(crate) fn new(
        folder: PathBuf,
        served: Arc<ServedView>,
        passes: Passes,
        done: mpsc::Sender<FollowingFile>,
        ending: CancellationToken,
    ) -> Self {
        Self {
            folder,
            served,
            passes,
            done,
            ending,
            is_running: AtomicBool::new(false),
        }
    }

    /// The keys of the log that the view follows.
    pub(crate) fn keyring(&self) -> &Keyring {
        &self.passes.log.keyring
    }

    /// Starts a rebuild, unless one runs.
    pub(crate) fn start(self: Arc<Self>) {
        if self.is_running.swap(true, Ordering::AcqRel) {
            return;
        }
        tracing::info!(view = self.served.view.name(), "rebuilding the view");
        self.served.set_rebuild(RebuildProgress {
            position: 0,
            state: RebuildStatus::Running,
        });
        tokio::spawn(async move {
            let building = self.clone();
            let built = on_own_thread(&self.ending, async move { building.build().await }).await;
            match built.unwrap_or_else(|panicked| Some(Err(panicked.to_string()))) {
                None => {}
                Some(Ok(file)) => {
                    // The follower is gone only when the projector ends.
                    let _ = self.done.send(file).await;
                }
                Some(Err(reason)) => {
                    let health = self.served.health();
                    let position = health.rebuild.map_or(0, |rebuild| rebuild.position);
                    self.finish(position, RebuildStatus::Failed(reason));
                }
            }
        });
    }

    /// Ends a rebuild: another one may start.
    pub(crate) fn finish(&self, position: u64, state: RebuildStatus) {
        if let RebuildStatus::Failed(reason) = &state {
            let view = self.served.view.name();
            tracing::error!(view, %reason, "the view could not be rebuilt");
        }
        self.served.set_rebuild(RebuildProgress { position, state });
        self.is_running.store(false, Ordering::Release);
    }

    /// Builds a file that comes close to the rows that answer. The follower lets it catch up.
    async fn build(&self) -> Result<FollowingFile, String> {
        let log = &self.passes.log;
        let journal = &log.journal;
        let (view, keys) = (self.served.view, log.cell_keys());
        let store = files::fresh(&self.folder, view, journal.incarnation(), keys);
        let store = Arc::new(store.map_err(|error| error.to_string())?);
        let mut file = FollowingFile::new(0, store, self.passes.after(0), LIMITS);
        let end = journal
            .last_position()
            .await
            .map_err(|error| error.to_string())?;
        let end = end.max(self.served.answers_at());
        while file.position < end {
            let batch = file
                .reader
                .next()
                .await
                .map_err(|fault| fault.to_string())?;
            file.apply(&batch, end).map_err(|fault| fault.to_string())?;
            self.served.set_rebuild(RebuildProgress {
                position: file.position,
                state: RebuildStatus::Running,
            });
        }
        Ok(file)
    }
}
