//! Passes of the log: each event is fetched, decoded and opened once for all views that are caught up
//! together. A view that lags or is rebuilt has a pass of its own, and joins the common one later.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jejak_journal::{EventFilter, LogEntry, Subscription};
use jejak_projections::{Applicable, View, ViewEntry};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{decode::SealedLog, fault::ViewFault};

/// The most events of one batch. A transaction takes in many batches while a view catches up.
const BATCH: usize = 1_000;
/// Events of a pass that are decoded and not yet applied by all its views. A view that commits for a moment
/// holds up neither the other views nor the pass.
const IN_FLIGHT: usize = 12 * BATCH;
/// The bytes of payload that count as one event, where they are more.
const BYTES_AN_EVENT: usize = 1 << 10;
/// A view joins the common pass when it is at most so many events ahead of it.
const NEAR: u64 = BATCH as u64;

/// One or more entries of the log, in order.
pub(crate) struct LogBatch {
    entries: Vec<ViewEntry>,
    /// A share of [`IN_FLIGHT`], held until every view has let go of the batch.
    _share: OwnedSemaphorePermit,
}

impl LogBatch {
    pub(crate) fn new(entries: Vec<ViewEntry>, share: OwnedSemaphorePermit) -> Arc<Self> {
        Arc::new(Self {
            entries,
            _share: share,
        })
    }

    /// The entries. The view may have applied the first of them before.
    pub(crate) fn entries(&self) -> &[ViewEntry] {
        &self.entries
    }

    /// The position of the last entry.
    pub(crate) fn end(&self) -> u64 {
        self.entries.last().map_or(0, Applicable::position)
    }
}

/// The next batch, or the reason that none follows.
pub(crate) type NextBatch = Result<Arc<LogBatch>, ViewFault>;

/// The passes of the log for the views of this process.
#[derive(Clone)]
pub(crate) struct Passes {
    pub(crate) log: SealedLog,
    /// The topics of all views, each once.
    topics: Arc<[&'static str]>,
    /// None until the first view follows, and after the last view of it has stopped.
    common: Arc<Mutex<Option<CommonPass>>>,
    ending: CancellationToken,
}

/// The pass that caught-up views share.
struct CommonPass {
    /// The position of the last batch that was sent.
    position: u64,
    views: Vec<mpsc::UnboundedSender<NextBatch>>,
}

/// The entries after a position, read as long as this lives.
pub(crate) struct PassReader {
    batches: mpsc::UnboundedReceiver<NextBatch>,
    /// Ends the pass, where it is the view's own.
    own_pass: Option<DropGuard>,
}

impl PassReader {
    /// A reader to batches that come from elsewhere.
    pub(crate) fn to(batches: mpsc::UnboundedReceiver<NextBatch>) -> Self {
        Self {
            batches,
            own_pass: None,
        }
    }

    /// The next batch, waited for through any outage. A caller that stops waiting loses no batch.
    ///
    /// # Errors
    /// The reason that no batch follows, now or later.
    pub(crate) async fn next(&mut self) -> NextBatch {
        self.batches
            .recv()
            .await
            .unwrap_or_else(|| Err(ViewFault::unread()))
    }

    /// Whether nobody else reads this pass.
    pub(crate) fn is_own(&self) -> bool {
        self.own_pass.is_some()
    }
}

impl Passes {
    /// No pass yet. All passes end with `ending`.
    pub(crate) fn new(
        log: SealedLog,
        views: &[&'static dyn View],
        ending: CancellationToken,
    ) -> Self {
        let mut topics: Vec<_> = views.iter().flat_map(|view| view.topics()).collect();
        topics.sort_unstable();
        topics.dedup();
        Self {
            log,
            topics: topics.into(),
            common: Arc::default(),
            ending,
        }
    }

    /// Everything after each of these positions. Positions near the most advanced one share the common pass.
    pub(crate) fn begin(&self, positions: &[u64]) -> Vec<PassReader> {
        let most = positions.iter().max().copied().unwrap_or(0);
        let near = |position: u64| position + NEAR >= most;
        if let Some(first) = positions.iter().copied().filter(|at| near(*at)).min() {
            let mut common = self.common();
            let mut views = Vec::new();
            let readers = positions.iter().map(|position| {
                if !near(*position) {
                    return self.own(*position);
                }
                let (sender, batches) = mpsc::unbounded_channel();
                views.push(sender);
                PassReader::to(batches)
            });
            let readers = readers.collect();
            self.begin_common(&mut common, first, views);
            return readers;
        }
        vec![]
    }

    /// Everything after a position. The first batches may hold entries from before it.
    pub(crate) fn after(&self, position: u64) -> PassReader {
        let mut common = self.common();
        match common.as_mut() {
            Some(pass) => pass.join(position).unwrap_or_else(|| self.own(position)),
            None => {
                let (sender, batches) = mpsc::unbounded_channel();
                self.begin_common(&mut common, position, vec![sender]);
                PassReader::to(batches)
            }
        }
    }

    /// Joins the common pass, where it is close behind a position.
    pub(crate) fn join(&self, position: u64) -> Option<PassReader> {
        self.common().as_mut()?.join(position)
    }

    fn begin_common(
        &self,
        common: &mut Option<CommonPass>,
        position: u64,
        views: Vec<mpsc::UnboundedSender<NextBatch>>,
    ) {
        *common = Some(CommonPass { position, views });
        let pass = self.clone();
        tokio::spawn(self.ending.clone().run_until_cancelled_owned(async move {
            let _ends = EndsWithPanic(&pass.common);
            pass.read(position, |next| pass.send(next)).await;
        }));
    }

    fn own(&self, position: u64) -> PassReader {
        let (sender, batches) = mpsc::unbounded_channel();
        let (pass, ended) = (self.clone(), self.ending.child_token());
        let own_pass = Some(ended.clone().drop_guard());
        tokio::spawn(ended.run_until_cancelled_owned(async move {
            pass.read(position, |next| sender.send(next).is_ok()).await;
        }));
        PassReader { batches, own_pass }
    }

    /// Reads everything after a position, until `send` returns false or nothing follows.
    async fn read(&self, after: u64, send: impl Fn(NextBatch) -> bool) {
        let mut events = self.log.journal.subscribe(after, EventFilter::All);
        let in_flight = Arc::new(Semaphore::new(IN_FLIGHT));
        loop {
            let next = self.next(&mut events, &in_flight).await;
            let is_last = next.is_err();
            if !send(next) || is_last {
                return;
            }
        }
    }

    async fn next(&self, events: &mut Subscription, in_flight: &Arc<Semaphore>) -> NextBatch {
        let entries = events.next_entries(BATCH).await?;
        self.batch(&entries, in_flight).await
    }

    async fn batch(&self, entries: &[LogEntry], in_flight: &Arc<Semaphore>) -> NextBatch {
        let share = in_flight.clone().acquire_many_owned(share(entries)).await;
        let share = share.map_err(|_| ViewFault::unread())?;
        let entries = self.log.decode(&self.topics, entries).await;
        Ok(LogBatch::new(entries, share))
    }

    /// Sends a batch or an error to the views of the common pass. False when the pass is over: after an error, or
    /// without a view.
    fn send(&self, next: NextBatch) -> bool {
        let mut common = self.common();
        let goes_on = common.as_mut().is_some_and(|pass| pass.send(&next));
        if !goes_on {
            *common = None;
        }
        goes_on
    }

    fn common(&self) -> MutexGuard<'_, Option<CommonPass>> {
        self.common.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CommonPass {
    fn join(&mut self, position: u64) -> Option<PassReader> {
        let is_near = self.position <= position && position - self.position <= NEAR;
        is_near.then(|| {
            let (sender, batches) = mpsc::unbounded_channel();
            self.views.push(sender);
            PassReader::to(batches)
        })
    }

    fn send(&mut self, next: &NextBatch) -> bool {
        if let Ok(batch) = next {
            self.position = batch.end();
        }
        self.views.retain(|view| view.send(next.clone()).is_ok());
        next.is_ok() && !self.views.is_empty()
    }
}

/// Ends the common pass when its task panics, so that no view waits in vain.
struct EndsWithPanic<'a>(&'a Mutex<Option<CommonPass>>);

impl Drop for EndsWithPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}

/// The share of [`IN_FLIGHT`] that a batch takes.
fn share(entries: &[LogEntry]) -> u32 {
    let bytes = entries.iter().map(|entry| entry.stored.payload.len());
    let bytes: usize = bytes.sum();
    let share = entries.len().max(bytes / BYTES_AN_EVENT).min(IN_FLIGHT);
    u32::try_from(share).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "passes_tests.rs"]
pub(crate) mod tests;
