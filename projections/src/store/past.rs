//! A view of some streams as of a position: the same rows from the same handlers, in memory and for one
//! query.

use jejak_events::RecordedEvent;
use redb::{Database, backends::InMemoryBackend};

use super::{Store, snapshot::LastSnapshot};
use crate::{
    cache::RankingCache, cell::CellKeys, error::ProjectionError, people::PeopleCache, view::View,
};

/// The streams of a person hold tens of events. The default of redb is a gigabyte.
const CACHE_BYTES: usize = 1 << 20;
/// Nothing follows the log into this store, so no other incarnation can be taken for its own.
const NO_INCARNATION: &str = "past";

impl Store {
    /// The view after exactly these events, as of `position`. Events come in order of their positions.
    /// Answers are right for rows that follow from the streams of these events alone.
    ///
    /// # Errors
    /// [`ProjectionError::Inapplicable`] for an event that contradicts the events before it.
    pub fn past(
        view: &'static dyn View,
        events: &[RecordedEvent],
        position: u64,
        keys: CellKeys,
    ) -> Result<Self, ProjectionError> {
        let mut builder = Database::builder();
        let database = builder
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(InMemoryBackend::new())?;
        let store = Self {
            database,
            view,
            keys,
            rankings: RankingCache::default(),
            people: PeopleCache::default(),
            snapshot: LastSnapshot::default(),
        };
        store.create(NO_INCARNATION)?;
        let mut transaction = store.begin()?;
        for recorded in events
            .iter()
            .filter(|recorded| recorded.position <= position)
        {
            transaction.apply_one(recorded)?;
        }
        transaction.checkpoint.position = position;
        store.commit(transaction, false)?;
        Ok(store)
    }
}
