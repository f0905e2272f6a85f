//! A view's file that follows the log. Batches are visible at once and made durable later: the log still
//! holds the events that a crash takes from the file.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use jejak_projections::{ProjectionError, Store, ViewTransaction};
use tokio::time::Instant;

use crate::{
    fault::ViewFault,
    passes::{LogBatch, PassReader},
};

/// The sizes of transactions, and the wait for durability.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CommitLimits {
    /// Applied events after which the file is made durable.
    pub(crate) durable_every: u64,
    /// The longest that an applied event waits to be durable. Making a file durable stops the view for 40 to
    /// 180 ms. A crash costs reading that much of the log again.
    pub(crate) durable_within: Duration,
    /// With more events than this to come, a batch waits to be committed together with the next.
    pub(crate) far_behind: u64,
    /// Events after which a transaction is committed.
    pub(crate) transaction: u64,
    /// Bytes of rows after which a transaction is committed.
    pub(crate) transaction_bytes: usize,
}

pub(crate) const LIMITS: CommitLimits = CommitLimits {
    durable_every: 200_000,
    durable_within: Duration::from_secs(300),
    far_behind: 10_000,
    transaction: 20_000,
    transaction_bytes: 16 << 20,
};

/// One file that follows the log.
pub(crate) struct FollowingFile {
    pub(crate) store: Arc<Store>,
    pub(crate) reader: PassReader,
    /// The committed position, which answers see.
    pub(crate) position: u64,
    limits: CommitLimits,
    /// Batches to be committed together with more.
    pending: Option<ViewTransaction>,
    durable_position: u64,
    /// The latest moment to make the file durable, unless it is.
    durable_by: Instant,
}

impl FollowingFile {
    pub(crate) fn new(
        position: u64,
        store: Arc<Store>,
        reader: PassReader,
        limits: CommitLimits,
    ) -> Self {
        Self {
            store,
            reader,
            position,
            limits,
            pending: None,
            durable_position: position,
            durable_by: Instant::now(),
        }
    }

    /// Applies a batch of a log that is known to go to `end`.
    ///
    /// # Errors
    /// The reason that the view cannot go on. The events before it are applied durably.
    pub(crate) fn apply(&mut self, batch: &LogBatch, end: u64) -> Result<(), ViewFault> {
        let position = batch.end();
        let fill_up = end.saturating_sub(position) > self.limits.far_behind;
        let durable = position.saturating_sub(self.durable_position) >= self.limits.durable_every;
        self.run(Some(batch), fill_up, durable)
    }

    /// Commits all batches and makes them durable.
    pub(crate) fn settle(&mut self) -> Result<(), ViewFault> {
        self.run(None, false, true)
    }

    /// Whether every applied event is durable.
    pub(crate) fn is_settled(&self) -> bool {
        self.durable_position == self.position && self.pending.is_none()
    }

    /// The moment to settle, unless the file is settled.
    pub(crate) fn durable_by(&self) -> Option<Instant> {
        (!self.is_settled()).then_some(self.durable_by)
    }

    /// Whether batches wait to be committed together with more.
    pub(crate) fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    fn run(
        &mut self,
        batch: Option<&LogBatch>,
        fill_up: bool,
        durable: bool,
    ) -> Result<(), ViewFault> {
        if self.is_settled() {
            self.durable_by = Instant::now() + self.limits.durable_within;
        }
        let (store, pending, limits) = (self.store.clone(), self.pending.take(), self.limits);
        let work = || apply(&store, pending, batch, fill_up.then_some(limits), durable);
        let applied = catch_unwind(AssertUnwindSafe(work)).map_err(|_| ViewFault::panicked())?;
        // Also a batch that fails half-way has come further.
        self.position = store.position()?;
        let is_durable = applied
            .as_ref()
            .map_or(true, |pending| pending.is_none() && durable);
        if is_durable {
            self.durable_position = self.position;
        }
        self.pending = applied?;
        Ok(())
    }
}

/// Applies a batch, and returns the transaction where it is to be filled up first.
fn apply(
    store: &Store,
    pending: Option<ViewTransaction>,
    batch: Option<&LogBatch>,
    fill_up: Option<CommitLimits>,
    durable: bool,
) -> Result<Option<ViewTransaction>, ProjectionError> {
    let mut transaction = pending.map_or_else(|| store.begin(), Ok)?;
    let applied = batch.map_or(Ok(()), |batch| transaction.apply(batch.entries()));
    let has_room = |limits: CommitLimits| {
        transaction.events() < limits.transaction && transaction.bytes() < limits.transaction_bytes
    };
    if fill_up.is_some_and(has_room) && applied.is_ok() {
        return Ok(Some(transaction));
    }
    store.commit(transaction, durable || applied.is_err())?;
    applied.map(|()| None)
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
