//! Turns among commands of this process: of one stream, and of hires under one id of the caller's own, only
//! one can win, so each waits until the one before it is remembered.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use tokio::sync::{Mutex, OwnedMutexGuard};

/// Streams share this many turns, and so do ids.
const TURNS: usize = 1024;

/// The turns of all streams, or of all ids.
pub(crate) struct Turns(Vec<Arc<Mutex<()>>>);

/// A turn, until it is dropped.
pub(crate) type Turn = OwnedMutexGuard<()>;

impl Turns {
    pub(crate) fn new() -> Self {
        Self((0..TURNS).map(|_| Arc::default()).collect())
    }

    /// The turn of a stream, or of an id.
    pub(crate) async fn take(&self, of: &impl Hash) -> Turn {
        let mut hasher = DefaultHasher::new();
        of.hash(&mut hasher);
        let nth = usize::try_from(hasher.finish() % TURNS as u64).unwrap_or_default();
        self.0[nth].clone().lock_owned().await
    }
}
