//! A view of some streams as they were at a position: the same rows by the same `apply`, in memory and
//! for one question. Which streams a question concerns is not known here.

use jejak_events::RecordedEvent;
use redb::{Database, backends::InMemoryBackend};

use super::Store;
use crate::{ProjectionError, View, memo::Memo};

/// A person's streams are tens of events; redb would set a gigabyte aside.
const CACHE_BYTES: usize = 1 << 20;
/// The stream is read, not followed: nothing is ever taken up again.
const NO_INCARNATION: &str = "past";

impl Store {
    /// The view after exactly these events, which are in order of their positions and need not be all there
    /// are, as of `position`: what it answers for rows that follow from these streams alone.
    ///
    /// # Errors
    /// [`ProjectionError::Inapplicable`] for an event that cannot have happened after those before it.
    pub fn past(
        view: &'static dyn View,
        events: &[RecordedEvent],
        position: u64,
    ) -> Result<Self, ProjectionError> {
        let mut builder = Database::builder();
        let database = builder
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(InMemoryBackend::new())?;
        let store = Self {
            database,
            view,
            memo: Memo::default(),
        };
        store.create(NO_INCARNATION)?;
        let mut pending = store.begin()?;
        for recorded in events
            .iter()
            .filter(|recorded| recorded.position <= position)
        {
            pending.read(recorded)?;
        }
        pending.checkpoint.position = position;
        store.commit(pending, false)?;
        Ok(store)
    }
}
