//! Reading ahead of a view: the next events are fetched, decoded and opened while the last are applied.

use jejak_journal::{Filter, Follow};
use jejak_projections::{Entry, View};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::{follow::Trouble, open::Log};

/// Events read at once at most. While much is to come, a transaction takes in many such batches.
const BATCH: usize = 1_000;
/// Batches that wait, besides the one that is being applied and the one that is being read.
const WAITING: usize = 2;

/// Events in order, up to one that cannot be read.
pub(crate) struct Batch {
    pub(crate) entries: Vec<Entry>,
    pub(crate) unreadable: Option<String>,
}

/// What comes after a position, read in a task of its own for as long as this lives.
pub(crate) struct Ahead {
    batches: mpsc::Receiver<Result<Batch, Trouble>>,
    _reading: AbortOnDropHandle<()>,
}

impl Ahead {
    pub(crate) fn of(view: &'static dyn View, log: &Log, position: u64) -> Self {
        let (send, batches) = mpsc::channel(WAITING);
        let reading = read(view, log.clone(), log.journal.follow(position, Filter::All), send);
        Self { batches, _reading: AbortOnDropHandle::new(tokio::spawn(reading)) }
    }

    /// The next batch, with an event at least or why it cannot be read; waits for it, through any outage. May be
    /// dropped while waiting without losing an event. After an error there is nothing more.
    ///
    /// # Errors
    /// Why there is nothing more.
    pub(crate) async fn next(&mut self) -> Result<Batch, Trouble> {
        let ended =
            || Err(Trouble::Final("the log is no longer read; the service's log says more".to_owned()));
        self.batches.recv().await.unwrap_or_else(ended)
    }
}

async fn read(
    view: &'static dyn View,
    log: Log,
    mut follow: Follow,
    send: mpsc::Sender<Result<Batch, Trouble>>,
) {
    loop {
        let next = match follow.next_batch(BATCH).await {
            Ok(stored) => {
                let (entries, unreadable) = log.open(view, &stored).await;
                Ok(Batch { entries, unreadable })
            }
            Err(error) => Err(error.into()),
        };
        let is_last = !matches!(next, Ok(Batch { unreadable: None, .. }));
        // Nobody takes it only when the view has let this go.
        if send.send(next).await.is_err() || is_last {
            return;
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What a log would give.
    pub(crate) fn given(all: Vec<Result<Batch, Trouble>>) -> Ahead {
        let (send, batches) = mpsc::channel(all.len().max(1));
        all.into_iter().for_each(|next| assert!(send.try_send(next).is_ok()));
        Ahead { batches, _reading: AbortOnDropHandle::new(tokio::spawn(async {})) }
    }
}
