//! Reading ahead of a view: the next events are fetched, decoded and opened while the last are applied.

use jejak_journal::{Filter, Follow, JournalError, Stored};
use jejak_projections::View;
use tokio::{
    runtime::Handle,
    sync::mpsc,
    task::{JoinError, spawn_blocking},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::AbortOnDropHandle,
};

use crate::{
    follow::Trouble,
    open::{Batch, Log},
};

/// Events read at once at most. While much is to come, a transaction takes in many such batches.
const BATCH: usize = 1_000;
/// Batches that wait for each of the two next steps, besides those in hand.
const WAITING: usize = 2;
/// So many events at once are decoded on a thread of their own, so that the next are fetched meanwhile. Fewer come to a
/// view that follows closely, where another thread would first have to be woken.
const MANY: usize = 200;

/// What comes after a position, read in tasks of its own for as long as this lives.
pub(crate) struct Ahead {
    batches: mpsc::Receiver<Result<Batch, Trouble>>,
    _tasks: [AbortOnDropHandle<()>; 2],
    /// Ends what is still on a thread of its own.
    _ends: DropGuard,
}

impl Ahead {
    pub(crate) fn of(view: &'static dyn View, log: &Log, position: u64) -> Self {
        let (send_stored, stored) = mpsc::channel(WAITING);
        let (send, batches) = mpsc::channel(WAITING);
        let ended = CancellationToken::new();
        let fetching = fetch(log.journal.follow(position, Filter::All), send_stored);
        let reading = read(view, log.clone(), ended.clone(), stored, send);
        let tasks = [tokio::spawn(fetching), tokio::spawn(reading)].map(AbortOnDropHandle::new);
        Self { batches, _tasks: tasks, _ends: ended.drop_guard() }
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

/// Fetches what comes next.
async fn fetch(mut follow: Follow, send: mpsc::Sender<Result<Vec<Stored>, JournalError>>) {
    loop {
        let next = follow.next_batch(BATCH).await;
        let is_last = next.is_err();
        // Nobody takes it only when the view has let this go.
        if send.send(next).await.is_err() || is_last {
            return;
        }
    }
}

/// Decodes and opens what was fetched.
async fn read(
    view: &'static dyn View,
    log: Log,
    ended: CancellationToken,
    mut stored: mpsc::Receiver<Result<Vec<Stored>, JournalError>>,
    send: mpsc::Sender<Result<Batch, Trouble>>,
) {
    while let Some(next) = stored.recv().await {
        let read = match next {
            Ok(stored) if stored.len() < MANY => Ok(log.open(view, &stored).await),
            Ok(stored) => {
                let log = log.clone();
                match beside(&ended, async move { log.open(view, &stored).await }).await {
                    Ok(Some(read)) => Ok(read),
                    Ok(None) => return,
                    Err(panicked) => Err(Trouble::Final(panicked.to_string())),
                }
            }
            Err(error) => Err(error.into()),
        };
        let is_last = !matches!(read, Ok(Batch { unreadable: None, .. }));
        if send.send(read).await.is_err() || is_last {
            return;
        }
    }
}

/// Does some work on a thread of its own; `None` when whoever wanted it is gone.
async fn beside<T: Send + 'static>(
    ended: &CancellationToken,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<Option<T>, JoinError> {
    let ended = ended.clone();
    let until_ended = async move {
        tokio::select! {
            // The end is looked at first: the timers that the work waits for may have ended with the runtime.
            biased;
            () = ended.cancelled() => None,
            done = work => Some(done),
        }
    };
    spawn_blocking(move || Handle::current().block_on(until_ended)).await
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::*;

    /// What a log would give.
    pub(crate) fn given(all: Vec<Result<Batch, Trouble>>) -> Ahead {
        let (send, batches) = mpsc::channel(all.len().max(1));
        all.into_iter().for_each(|next| assert!(send.try_send(next).is_ok()));
        let tasks = [(); 2].map(|()| AbortOnDropHandle::new(tokio::spawn(async {})));
        Ahead { batches, _tasks: tasks, _ends: CancellationToken::new().drop_guard() }
    }

    #[tokio::test]
    async fn work_on_a_thread_of_its_own_is_done_or_ends_with_whoever_wanted_it() {
        let ended = CancellationToken::new();
        assert_eq!(beside(&ended, async { 7 }).await.unwrap(), Some(7));
        // Timers are the runtime's, which is on this thread.
        let timed = tokio::time::timeout(Duration::from_millis(1), std::future::pending::<()>());
        assert!(beside(&ended, timed).await.unwrap().is_some_and(|done| done.is_err()));
        let fault = beside(&ended, async { panic!("a fault of ours") }).await.unwrap_err();
        assert!(fault.is_panic(), "{fault}");
        let (began, begun) = tokio::sync::oneshot::channel();
        let for_ever = async move {
            began.send(()).unwrap();
            std::future::pending::<()>().await;
        };
        let end = async {
            begun.await.unwrap();
            ended.cancel();
        };
        let (done, ()) = tokio::join!(beside(&ended, for_ever), end);
        assert_eq!(done.unwrap(), None);
    }
}
