//! Building the view anew beside the one that answers. The old rows answer until the new ones have come
//! as far.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use jejak_bus::health::{RebuildProgress, RebuildStatus};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    desk::Desk,
    files,
    follow::Feed,
    readings::{Readings, beside},
};

pub(crate) struct Rebuilder {
    folder: PathBuf,
    desk: Arc<Desk>,
    readings: Readings,
    done: mpsc::Sender<Feed>,
    ending: CancellationToken,
    running: AtomicBool,
}

impl Rebuilder {
    pub(crate) fn new(
        folder: PathBuf,
        desk: Arc<Desk>,
        readings: Readings,
        done: mpsc::Sender<Feed>,
        ending: CancellationToken,
    ) -> Self {
        Self {
            folder,
            desk,
            readings,
            done,
            ending,
            running: AtomicBool::new(false),
        }
    }

    /// Starts a rebuild, unless one runs.
    pub(crate) fn start(self: Arc<Self>) {
        if self.running.swap(true, Ordering::AcqRel) {
            return;
        }
        tracing::info!(view = self.desk.view.name(), "rebuilding the view");
        self.desk.set_rebuild(RebuildProgress {
            position: 0,
            state: RebuildStatus::Running,
        });
        tokio::spawn(async move {
            let building = self.clone();
            let built = beside(&self.ending, async move { building.build().await }).await;
            match built.unwrap_or_else(|panicked| Some(Err(panicked.to_string()))) {
                None => {}
                Some(Ok(feed)) => {
                    // Nobody takes it only when the projector is ending.
                    let _ = self.done.send(feed).await;
                }
                Some(Err(reason)) => {
                    let position = self
                        .desk
                        .health()
                        .rebuild
                        .map_or(0, |rebuild| rebuild.position);
                    self.finish(position, RebuildStatus::Failed(reason));
                }
            }
        });
    }

    /// The rebuild is over, and its file is no longer needed where it was: another may start.
    pub(crate) fn finish(&self, position: u64, state: RebuildStatus) {
        if let RebuildStatus::Failed(reason) = &state {
            tracing::error!(view = self.desk.view.name(), %reason, "the view could not be rebuilt");
        }
        self.desk.set_rebuild(RebuildProgress { position, state });
        self.running.store(false, Ordering::Release);
    }

    /// New rows that are close behind those that answer; the follower lets them close up. For a thread of its own.
    async fn build(&self) -> Result<Feed, String> {
        let incarnation = self.readings.log.journal.incarnation();
        let store = files::fresh(&self.folder, self.desk.view, incarnation);
        let store = store.map_err(|error| error.to_string())?;
        let mut feed =
            Feed::new(Arc::new(store), &self.readings).map_err(|error| error.to_string())?;
        let end = self
            .readings
            .log
            .journal
            .last_position()
            .await
            .map_err(|error| error.to_string())?;
        let end = end.max(self.desk.answers_at());
        while feed.position < end {
            let batch = feed
                .ahead
                .next()
                .await
                .map_err(|trouble| trouble.to_string())?;
            feed.take_in(&batch, end)
                .map_err(|trouble| trouble.to_string())?;
            self.desk.set_rebuild(RebuildProgress {
                position: feed.position,
                state: RebuildStatus::Running,
            });
        }
        Ok(feed)
    }
}
