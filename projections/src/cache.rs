//! The rankings of years in memory. Every evaluation shows its rank. Without the cache each answer after
//! an event would read all rows of the year: 15 ms for 5,000 people.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
};

use jejak_events::{
    ids::{PackageId, StreamId},
    package::policy::Eligibility,
};

use crate::ranking::Ranking;

/// The number of changes that are remembered. Older rankings are computed anew.
const CHANGES: usize = 10_000;

/// The ranking of a year at a position.
#[derive(Default)]
pub(crate) struct CachedRanking {
    pub(crate) position: u64,
    pub(crate) ranking: Ranking,
    /// The eligibility of each package that was met. An event of a package makes the whole ranking anew.
    pub(crate) eligibility: HashMap<PackageId, Option<Eligibility>>,
}

/// The rankings that were asked for, and the streams that changed lately.
#[derive(Default)]
pub(crate) struct RankingCache {
    by_year: Mutex<HashMap<i32, CachedRanking>>,
    recent: Mutex<RecentChanges>,
}

#[derive(Default)]
struct RecentChanges {
    /// Every change after this position is remembered.
    since: u64,
    changes: VecDeque<(u64, StreamId)>,
}

impl RankingCache {
    /// No ranking yet, for rows at a position.
    pub(crate) fn at(position: u64) -> Self {
        Self {
            recent: Mutex::new(RecentChanges {
                since: position,
                changes: VecDeque::new(),
            }),
            ..Self::default()
        }
    }

    /// The rankings by year. None when another answer holds them and the caller must not wait.
    pub(crate) fn lock(
        &self,
        may_wait: bool,
    ) -> Option<MutexGuard<'_, HashMap<i32, CachedRanking>>> {
        match self.by_year.try_lock() {
            Ok(rankings) => Some(rankings),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) if may_wait => {
                Some(self.by_year.lock().unwrap_or_else(PoisonError::into_inner))
            }
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Forgets every ranking, and with it the names in them.
    pub(crate) fn clear(&self) {
        self.by_year
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Remembers the streams of events that are about to be committed, by position.
    pub(crate) fn add(&self, changes: impl Iterator<Item = (u64, StreamId)>) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        for (position, stream) in changes {
            // A transaction that failed to commit is applied again.
            while recent
                .changes
                .back()
                .is_some_and(|(last, _)| *last >= position)
            {
                recent.changes.pop_back();
            }
            if recent.changes.len() == CHANGES
                && let Some((oldest, _)) = recent.changes.pop_front()
            {
                recent.since = oldest;
            }
            recent.changes.push_back((position, stream));
        }
    }

    /// The streams that changed after a position, up to another; none when that is not remembered.
    pub(crate) fn changed(&self, after: u64, to: u64) -> Option<BTreeSet<StreamId>> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if after < recent.since {
            return None;
        }
        let later = recent
            .changes
            .iter()
            .rev()
            .take_while(|(position, _)| *position > after);
        Some(
            later
                .filter(|(position, _)| *position <= to)
                .map(|(_, stream)| stream.clone())
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(name: &str) -> StreamId {
        format!("package/{name}").parse().unwrap()
    }

    #[test]
    fn an_answer_that_must_not_wait_gets_nothing_while_another_holds_the_rankings() {
        let cache = RankingCache::default();
        let held = cache.lock(false).unwrap();
        assert!(cache.lock(false).is_none());
        drop(held);
        assert!(cache.lock(true).is_some());
    }

    #[test]
    fn changes_are_known_as_far_back_as_they_are_remembered() {
        let cache = RankingCache::at(5);
        cache.add([(6, stream("a")), (8, stream("b")), (9, stream("c"))].into_iter());
        assert_eq!(cache.changed(4, 9), None);
        assert_eq!(
            cache.changed(5, 8).unwrap(),
            [stream("a"), stream("b")].into()
        );
        assert_eq!(cache.changed(6, 7).unwrap(), [].into());
        // The last two come again.
        cache.add([(8, stream("b")), (9, stream("d"))].into_iter());
        assert_eq!(
            cache.changed(7, 9).unwrap(),
            [stream("b"), stream("d")].into()
        );
        cache.add((10..).zip(std::iter::repeat_n(stream("e"), CHANGES)));
        assert_eq!(cache.changed(8, 9), None);
        assert_eq!(cache.changed(9, 20).unwrap(), [stream("e")].into());
    }
}
