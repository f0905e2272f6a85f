//! Reading the log ahead of views: the next events are fetched, decoded and opened while the last are applied,
//! once for all views of this process that stand close to each other.

mod shared;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jejak_journal::{EventFilter, StoredEvent, Subscription};
use jejak_projections::{Applicable, View, ViewEntry};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::{JoinError, spawn_blocking},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use self::shared::Shared;
use crate::{open::Log, trouble::Trouble};

/// Events read at once at most. While much is to come, a transaction takes in many such batches.
const BATCH: usize = 1_000;
/// Batches that wait to be decoded, besides the one in hand.
const FETCHED: usize = 2;
/// Events of a reading that are decoded and not yet applied by all its views; large ones count for more. A view
/// that is slower for a moment, as one that commits or is made durable, does not hold up the others, nor the reading.
/// Whoever does not take in what he is told leaves: it would take up the room for good.
const ROOM: usize = 12 * BATCH;
/// Bytes of payloads that take up all of it.
const ROOM_BYTES: usize = 12 << 20;
/// So many events at once are decoded on a thread of their own, so that the next are fetched meanwhile. Fewer come to a
/// view that follows closely, where another thread would first have to be woken.
const MANY: usize = 200;
/// How long that thread waits for more.
const MORE_WITHIN: Duration = Duration::from_millis(20);

/// Events in order, at least one.
pub(crate) struct Batch {
    entries: Vec<ViewEntry>,
    /// Room of its reading, which is taken until every view has let go of it.
    _room: OwnedSemaphorePermit,
}

impl Batch {
    fn new(entries: Vec<ViewEntry>, room: OwnedSemaphorePermit) -> Arc<Self> {
        Arc::new(Self {
            entries,
            _room: room,
        })
    }

    /// The events, of which a view may have applied the first.
    pub(crate) fn entries(&self) -> &[ViewEntry] {
        &self.entries
    }

    /// The position of the last.
    pub(crate) fn end(&self) -> u64 {
        self.entries.last().map_or(0, Applicable::position)
    }
}

/// What comes next, or why nothing does.
type Next<T = Arc<Batch>> = Result<T, Trouble>;
type Fetched = mpsc::Receiver<Next<Vec<StoredEvent>>>;

/// The log as the views of a process read it.
#[derive(Clone)]
pub(crate) struct Readings {
    pub(crate) log: Log,
    /// Of all views, each once.
    topics: Arc<[&'static str]>,
    shared: Arc<Mutex<Shared>>,
}

/// What comes after a position, read for as long as this lives.
pub(crate) struct Ahead {
    batches: mpsc::UnboundedReceiver<Next>,
    name: u64,
    shared: Arc<Mutex<Shared>>,
}

impl Ahead {
    /// The next batch, or why there is none; waits for it, through any outage. May be dropped while waiting without
    /// losing an event. After an error there is nothing more.
    ///
    /// # Errors
    /// Why there is nothing more.
    pub(crate) async fn next(&mut self) -> Next {
        self.batches
            .recv()
            .await
            .unwrap_or_else(|| Err(Trouble::unread()))
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        locked(&self.shared).leave(self.name);
    }
}

impl Readings {
    /// For some views.
    pub(crate) fn new(log: Log, views: &[&'static dyn View]) -> Self {
        let mut topics: Vec<_> = views.iter().flat_map(|view| view.topics()).collect();
        topics.sort_unstable();
        topics.dedup();
        Self {
            log,
            topics: topics.into(),
            shared: Arc::default(),
        }
    }

    /// Everything after a position. Where it is read already, the first batches may hold events from before it.
    pub(crate) fn after(&self, position: u64) -> Ahead {
        let (name, batches, begins) = locked(&self.shared).join(position);
        if let Some((reading, ended)) = begins {
            let (send, fetched) = mpsc::channel(FETCHED);
            let follow = self.log.journal.subscribe(position, EventFilter::All);
            tokio::spawn(ended.clone().run_until_cancelled_owned(fetch(follow, send)));
            tokio::spawn(self.clone().read(reading, fetched, ended));
        }
        Ahead {
            batches,
            name,
            shared: self.shared.clone(),
        }
    }

    /// Decodes and opens what is fetched, for whoever reads along.
    async fn read(self, reading: u64, mut fetched: Fetched, ended: CancellationToken) {
        let _ends = ended.clone().drop_guard();
        // Also where this ends by a fault: nobody waits in vain.
        let _closes = Closes {
            reading,
            shared: &self.shared,
        };
        let room = Arc::new(Semaphore::new(ROOM));
        while let Some(Some(next)) = ended.run_until_cancelled(fetched.recv()).await {
            let goes_on = if is_much(&next) {
                let read_on = self.clone().read_on(reading, next, fetched, room.clone());
                beside(&ended, read_on).await.ok().flatten().flatten()
            } else {
                let told = ended
                    .run_until_cancelled(self.tell(reading, next, &room))
                    .await;
                (told == Some(true)).then_some(fetched)
            };
            match goes_on {
                Some(left) => fetched = left,
                None => return,
            }
        }
    }

    /// Reads on for as long as much comes, for a thread of its own: what is left then, or nothing when it is over.
    async fn read_on(
        self,
        reading: u64,
        first: Next<Vec<StoredEvent>>,
        mut fetched: Fetched,
        room: Arc<Semaphore>,
    ) -> Option<Fetched> {
        let mut next = first;
        loop {
            let is_much = is_much(&next);
            if !self.tell(reading, next, &room).await {
                return None;
            }
            if !is_much && fetched.is_empty() {
                return Some(fetched);
            }
            match timeout(MORE_WITHIN, fetched.recv()).await {
                Ok(more) => next = more?,
                Err(_) => return Some(fetched),
            }
        }
    }

    /// Tells everyone what comes next; false when the reading is over.
    async fn tell(
        &self,
        reading: u64,
        next: Next<Vec<StoredEvent>>,
        room: &Arc<Semaphore>,
    ) -> bool {
        let next = match next {
            Ok(stored) => self.batch(stored, room).await,
            Err(trouble) => Err(trouble),
        };
        locked(&self.shared).tell(reading, &next)
    }

    /// A batch, as soon as there is room for it.
    async fn batch(&self, stored: Vec<StoredEvent>, room: &Arc<Semaphore>) -> Next {
        let taken = taken(&stored);
        let entries = self.log.open(&self.topics, &stored).await;
        let room = room
            .clone()
            .acquire_many_owned(taken)
            .await
            .map_err(|_| Trouble::unread())?;
        Ok(Batch::new(entries, room))
    }
}

fn is_much(next: &Next<Vec<StoredEvent>>) -> bool {
    next.as_ref().is_ok_and(|stored| stored.len() >= MANY)
}

/// The room that a batch takes: of its events, or of their bytes where these are large.
fn taken(stored: &[StoredEvent]) -> u32 {
    let bytes: usize = stored.iter().map(|stored| stored.payload.len()).sum();
    let room = stored.len().max(bytes * ROOM / ROOM_BYTES).min(ROOM);
    u32::try_from(room).unwrap_or(u32::MAX)
}

/// Ends a reading.
struct Closes<'a> {
    reading: u64,
    shared: &'a Mutex<Shared>,
}

impl Drop for Closes<'_> {
    fn drop(&mut self) {
        locked(self.shared).close(self.reading);
    }
}

fn locked(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Fetches what comes next.
async fn fetch(mut follow: Subscription, send: mpsc::Sender<Next<Vec<StoredEvent>>>) {
    loop {
        let next = follow.next_batch(BATCH).await.map_err(Trouble::from);
        let is_last = next.is_err();
        // Nobody takes it only when nobody reads any more.
        if send.send(next).await.is_err() || is_last {
            return;
        }
    }
}

/// Does some work on a thread of its own; `None` when whoever wanted it is gone.
pub(crate) async fn beside<T: Send + 'static>(
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
    use std::ops::RangeInclusive;

    use jejak_events::{ids::StreamId, secret::TenantKey};
    use jejak_journal::{Journal, Keyring, NewEvent, StreamAppend};
    use jejak_projections::EventMark;
    use jejak_rig::broker::Broker;
    use serde_json::{from_value, json};
    use uuid::Uuid;

    use super::*;

    /// Events that every view passes over.
    pub(crate) fn passed(positions: RangeInclusive<u64>) -> Vec<ViewEntry> {
        let passed = |position: u64| {
            let mark =
                json!({ "id": Uuid::from_u128(position.into()), "time": "2020-10-01T00:00:00Z" });
            ViewEntry::OtherTopic {
                position,
                mark: from_value::<EventMark>(mark).unwrap(),
            }
        };
        positions.map(passed).collect()
    }

    pub(crate) fn batch(entries: Vec<ViewEntry>) -> Arc<Batch> {
        Batch::new(
            entries,
            Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap(),
        )
    }

    /// What a log would give.
    pub(crate) fn given(all: Vec<Next>) -> Ahead {
        let shared = Arc::<Mutex<Shared>>::default();
        let (name, batches, begins) = locked(&shared).join(0);
        let (reading, _) = begins.unwrap();
        all.iter()
            .for_each(|next| assert_eq!(locked(&shared).tell(reading, next), next.is_ok()));
        Ahead {
            batches,
            name,
            shared,
        }
    }

    #[test]
    fn large_events_take_more_room() {
        let stored = |bytes: usize| StoredEvent {
            position: 1,
            payload: vec![0; bytes].into(),
        };
        let events = |count: usize, bytes: usize| taken(&vec![stored(bytes); count]);
        assert_eq!(
            (events(1, 700), events(1_000, 700), events(1_000, 1_048)),
            (1, 1_000, 1_000)
        );
        assert_eq!(events(70, 60_000), 4_005, "more than a full batch");
        assert_eq!(events(3, 9 << 20), 12_000, "no more than there is");
    }

    /// Goal: a view that does not apply what it was told holds up the next, once there is no more room. Method: as much
    /// as fits, one more, and one of the first let go.
    #[tokio::test]
    async fn a_batch_waits_until_views_have_let_go_of_others() {
        let (broker, tenant) = (Broker::single().await, "pontianak".parse().unwrap());
        let journal = Journal::init(broker.client().await, &tenant, 1)
            .await
            .unwrap();
        let keyring = Keyring::open_all(&journal, TenantKey::new([1; 32]))
            .await
            .unwrap();
        let readings = Readings::new(Log { journal, keyring }, &jejak_projections::VIEWS);
        let room = Arc::new(Semaphore::new(ROOM));
        let large = |position| {
            vec![StoredEvent {
                position,
                payload: vec![b'x'; ROOM_BYTES / 3].into(),
            }]
        };
        let mut held = Vec::new();
        for position in 1..=3 {
            held.push(readings.batch(large(position), &room).await.unwrap());
        }
        let mut next = std::pin::pin!(readings.batch(large(4), &room));
        assert!(futures_util::poll!(&mut next).is_pending());
        drop(held.remove(0));
        assert_eq!(next.await.unwrap().end(), 4);
    }

    /// Goal: nobody waits for a pass that a fault of ours has ended. Method: one that reads along, and the fault.
    #[tokio::test]
    async fn a_fault_while_reading_is_told_to_who_reads() {
        let shared = Arc::<Mutex<Shared>>::default();
        let (name, batches, begins) = locked(&shared).join(0);
        let mut ahead = Ahead {
            batches,
            name,
            shared: shared.clone(),
        };
        let reading = begins.unwrap().0;
        let in_pass = shared.clone();
        let fault = tokio::spawn(async move {
            let _closes = Closes {
                reading,
                shared: &in_pass,
            };
            panic!("a fault of ours");
        });
        assert!(fault.await.unwrap_err().is_panic());
        assert!(matches!(ahead.next().await, Err(Trouble::Final(_))));
        assert!(
            locked(&shared).join(0).2.is_some(),
            "who comes now begins anew"
        );
    }

    /// Goal: views end up in one pass, and nothing goes on for nobody. Method: readers too far from each other to begin
    /// together, on a log of more events than that; what is in it no view reads.
    #[tokio::test]
    async fn readings_come_together_and_end_with_who_reads() {
        let (broker, tenant) = (Broker::single().await, "pontianak".parse().unwrap());
        let journal = Journal::init(broker.client().await, &tenant, 1)
            .await
            .unwrap();
        let stream = "calendar/2020".parse().unwrap();
        let append = async |expected: u64, events: u64| {
            let event = |_| NewEvent {
                id: Uuid::new_v4(),
                topic: "holiday",
                payload: "{}".into(),
            };
            let write = StreamAppend {
                stream: StreamId::clone(&stream),
                expected,
                events: (0..events).map(event).collect(),
            };
            journal.append(&[write]).await.unwrap();
        };
        append(0, 700).await;
        append(700, 700).await;
        let keyring = Keyring::open_all(&journal, TenantKey::new([1; 32]))
            .await
            .unwrap();
        let readings = Readings::new(
            Log {
                journal: journal.clone(),
                keyring,
            },
            &jejak_projections::VIEWS,
        );
        let passes = || locked(&readings.shared).passes();
        let (mut first, mut last) = (readings.after(0), readings.after(1_400));
        assert_eq!(passes(), 2);
        for n in 0..2 {
            append(1_400 + n, 1).await;
            for ahead in [&mut first, &mut last] {
                while ahead.next().await.unwrap().end() < 1_401 + n {}
            }
        }
        assert_eq!(passes(), 1);
        drop(first);
        assert_eq!(passes(), 1);
        drop(last);
        assert_eq!(passes(), 0);
    }

    #[tokio::test]
    async fn work_on_a_thread_of_its_own_is_done_or_ends_with_whoever_wanted_it() {
        let ended = CancellationToken::new();
        assert_eq!(beside(&ended, async { 7 }).await.unwrap(), Some(7));
        // Timers are the runtime's, which is on this thread.
        let timed = tokio::time::timeout(Duration::from_millis(1), std::future::pending::<()>());
        assert!(
            beside(&ended, timed)
                .await
                .unwrap()
                .is_some_and(|done| done.is_err())
        );
        let fault = beside(&ended, async { panic!("a fault of ours") })
            .await
            .unwrap_err();
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
