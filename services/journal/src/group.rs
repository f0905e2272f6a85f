//! Group commit: appends that wait go together as one atomic batch and pay for one sync. At a busy
//! hour an office gets more commands a second through the same disk.
//!
//! Each append keeps its own guard. A batch that the broker refuses stores nothing; its appends
//! then go one by one, so a stale guard costs the other appends one try.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use tokio::{sync::Notify, task::JoinHandle};

use crate::{
    StreamAppend,
    batch::{BatchOutcome, MAX_EVENTS, WaitingAppend, take_batch},
    in_flight::{InFlight, NextSend},
    publish::{EventPublisher, OpenBatch, PublishOutcome},
};

/// Sends appends, and the task that sends those that wait.
pub(crate) struct GroupCommit {
    shared: Arc<Shared>,
    sender: JoinHandle<()>,
}

struct Shared {
    publisher: EventPublisher,
    queue: Mutex<Queue>,
    /// Wakes the sending task after a change of the queue.
    changed: Notify,
}

#[derive(Default)]
struct Queue {
    in_flight: InFlight,
    waiting: VecDeque<WaitingAppend>,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<NextSend> {
        let mut queue = self.queue();
        let Queue { in_flight, waiting } = &mut *queue;
        in_flight.next(waiting)
    }
}

/// A place for one plain publish, until it is dropped: by an answer, or by a caller that gave up.
struct PlainPlace<'a>(&'a Shared);

impl Drop for PlainPlace<'_> {
    fn drop(&mut self) {
        self.0.queue().in_flight.plain_ended();
        self.0.changed.notify_one();
    }
}

impl GroupCommit {
    /// Starts the sending task. It ends when this is dropped.
    pub(crate) fn start(publisher: EventPublisher) -> Self {
        let shared = Arc::new(Shared {
            publisher,
            queue: Mutex::default(),
            changed: Notify::new(),
        });
        let sender = tokio::spawn(send_all(shared.clone()));
        Self { shared, sender }
    }

    /// Sends an append now if there is a place for it, and otherwise in a batch with others that
    /// wait.
    pub(crate) async fn append(&self, writes: &[StreamAppend]) -> BatchOutcome {
        if let Some(_place) = self.plain_place(writes) {
            return BatchOutcome::Published(self.shared.publisher.publish(writes).await);
        }
        let (append, answer) = WaitingAppend::new(writes);
        self.shared.queue().waiting.push_back(append);
        self.shared.changed.notify_one();
        answer.await.unwrap_or_else(|_| {
            BatchOutcome::Published(PublishOutcome::Unknown("the sender has ended".to_owned()))
        })
    }

    fn plain_place(&self, writes: &[StreamAppend]) -> Option<PlainPlace<'_>> {
        let [StreamAppend { events, .. }] = writes else {
            return None;
        };
        let mut queue = self.shared.queue();
        let has_place =
            events.len() == 1 && queue.waiting.is_empty() && queue.in_flight.reserve_plain();
        has_place.then(|| PlainPlace(&self.shared))
    }
}

impl Drop for GroupCommit {
    fn drop(&mut self) {
        self.sender.abort();
    }
}

/// The end of a step of the sending task.
enum Completed {
    Plain {
        append: WaitingAppend,
        outcome: PublishOutcome,
    },
    Batch {
        appends: Vec<WaitingAppend>,
        outcome: PublishOutcome,
    },
    /// The broker has room for a batch and holds the first event of its first append.
    Opened {
        first: WaitingAppend,
        batch: OpenBatch,
    },
    /// The broker has no room for a batch now, or did not answer in time.
    NotOpened { first: WaitingAppend },
}

async fn send_all(shared: Arc<Shared>) {
    let publisher = &shared.publisher;
    let mut in_flight = FuturesUnordered::new();
    loop {
        while let Some(next) = shared.next() {
            in_flight.push(match next {
                NextSend::Plain(append) => send_plain(publisher, append).boxed(),
                NextSend::Batch(appends) => send_batch(publisher, None, appends).boxed(),
                NextSend::OpenBatch(first) => open_batch(publisher, first).boxed(),
            });
        }
        tokio::select! {
            Some(completed) = in_flight.next() => match completed {
                Completed::Plain { append, outcome } => {
                    shared.queue().in_flight.plain_ended();
                    append.answer(BatchOutcome::Published(outcome));
                }
                Completed::Batch { appends, outcome } => {
                    note_batch(&shared, appends.len(), &outcome);
                    answer_batch(appends, &outcome);
                }
                // The caller was told that the log is unavailable. Nothing of the batch is stored.
                Completed::Opened { first, .. } if !first.is_awaited() => {
                    shared.queue().in_flight.batch_failed();
                }
                Completed::Opened { first, batch } => {
                    let appends = fill_batch(&shared, first).await;
                    in_flight.push(send_batch(publisher, Some(batch), appends).boxed());
                }
                Completed::NotOpened { first } => send_alone(&shared, first),
            },
            () = shared.changed.notified() => {}
        }
    }
}

async fn send_plain(publisher: &EventPublisher, append: WaitingAppend) -> Completed {
    let outcome = publisher.publish(&append.writes).await;
    Completed::Plain { append, outcome }
}

/// Opening is more than a third of a batch's price, and other appends arrive meanwhile.
async fn open_batch(publisher: &EventPublisher, first: WaitingAppend) -> Completed {
    let opened = match first.writes.first() {
        Some(write) => publisher.open_batch(write).await,
        None => None,
    };
    match opened {
        Some(batch) => Completed::Opened { first, batch },
        None => Completed::NotOpened { first },
    }
}

async fn send_batch(
    publisher: &EventPublisher,
    opened: Option<OpenBatch>,
    appends: Vec<WaitingAppend>,
) -> Completed {
    let writes: Vec<&StreamAppend> = appends.iter().flat_map(|append| &append.writes).collect();
    let outcome = publisher.publish_in(opened, &writes).await;
    Completed::Batch { appends, outcome }
}

/// The appends of an opened batch: its first one, and those that wait by now.
async fn fill_batch(shared: &Shared, first: WaitingAppend) -> Vec<WaitingAppend> {
    // Commands that are just being decided on this thread go along.
    let mut before = None;
    loop {
        let waiting = shared.queue().waiting.len();
        if before == Some(waiting) || waiting >= MAX_EVENTS {
            break;
        }
        before = Some(waiting);
        tokio::task::yield_now().await;
    }
    let mut queue = shared.queue();
    queue.waiting.retain(WaitingAppend::is_awaited);
    queue.waiting.push_front(first);
    take_batch(&mut queue.waiting)
}

fn note_batch(shared: &Shared, appends: usize, outcome: &PublishOutcome) {
    let mut queue = shared.queue();
    match outcome {
        PublishOutcome::Stored(_) => queue.in_flight.batch_stored(appends),
        _ => queue.in_flight.batch_failed(),
    }
}

/// Answers each append of a batch with its own positions, or lets it go alone.
fn answer_batch(appends: Vec<WaitingAppend>, outcome: &PublishOutcome) {
    let is_shared = appends.len() > 1;
    let mut begin = 0;
    for append in appends {
        let end = begin + append.events();
        let own = match outcome {
            PublishOutcome::Stored(positions) => {
                let own = positions.get(begin..end).unwrap_or_default();
                BatchOutcome::Published(PublishOutcome::Stored(own.to_vec()))
            }
            PublishOutcome::Conflict | PublishOutcome::Duplicate | PublishOutcome::Refused(_)
                if is_shared =>
            {
                BatchOutcome::SendAlone
            }
            outcome => BatchOutcome::Published(outcome.clone()),
        };
        append.answer(own);
        begin = end;
    }
}

/// The broker opens no batch now, so every append that waits for one goes alone.
fn send_alone(shared: &Shared, first: WaitingAppend) {
    let waiting = {
        let mut queue = shared.queue();
        queue.in_flight.batch_failed();
        std::mem::take(&mut queue.waiting)
    };
    for append in std::iter::once(first).chain(waiting) {
        append.answer(BatchOutcome::SendAlone);
    }
}
