//! Locks for the commands of this process on one stream. Only one of them can append at a position,
//! so each waits for the one before it and then decides on the state that it left.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use jejak_events::ids::StreamId;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Locks in a set. Streams with the same hash share one.
const LOCKS: usize = 1024;

/// The locks of all streams.
pub(crate) struct StreamLocks(Vec<Arc<Mutex<()>>>);

/// The lock of one stream, until it is dropped.
pub(crate) type StreamLock = OwnedMutexGuard<()>;

impl StreamLocks {
    pub(crate) fn new() -> Self {
        Self((0..LOCKS).map(|_| Arc::default()).collect())
    }

    /// Waits for the lock of a stream.
    pub(crate) async fn lock(&self, stream: &StreamId) -> StreamLock {
        let mut hasher = DefaultHasher::new();
        stream.hash(&mut hasher);
        let nth = usize::try_from(hasher.finish() % LOCKS as u64).unwrap_or_default();
        self.0[nth].clone().lock_owned().await
    }
}
