//! What a store remembers besides its rows: things that took all rows to compute, and whose streams have
//! had events since, so that they need not be computed anew.

use std::{
    any::Any,
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Mutex, PoisonError, TryLockError},
};

use jejak_events::ids::StreamId;

/// Changes remembered; what is older is computed anew.
const CHANGES: usize = 10_000;
/// Things remembered; the one not asked for longest goes first.
const THINGS: usize = 4;

/// Things by name, and what has changed lately.
#[derive(Default)]
pub(crate) struct Memo {
    things: Mutex<Things>,
    recent: Mutex<Recent>,
}

#[derive(Default)]
struct Things {
    by_name: HashMap<String, (u64, Box<dyn Any + Send>)>,
    /// Counts what was asked for.
    asked: u64,
}

#[derive(Default)]
struct Recent {
    /// All changes after this position are remembered.
    since: u64,
    changes: VecDeque<(u64, StreamId)>,
}

/// Someone else is at the things.
pub(crate) struct Busy;

impl Memo {
    /// Nothing yet, of rows at a position.
    pub(crate) fn at(position: u64) -> Self {
        Self {
            recent: Mutex::new(Recent {
                since: position,
                ..Recent::default()
            }),
            ..Self::default()
        }
    }

    /// Does something with the thing of this name, which is none at first and after a failure. A name always
    /// stands for one type. Whoever comes meanwhile waits, unless `patient` is false.
    pub(crate) fn with<T: Send + 'static, R, E>(
        &self,
        name: &str,
        patient: bool,
        work: impl FnOnce(&mut Option<T>) -> Result<R, E>,
    ) -> Result<Result<R, E>, Busy> {
        let mut things = match self.things.try_lock() {
            Ok(things) => things,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) if !patient => return Err(Busy),
            Err(TryLockError::WouldBlock) => {
                self.things.lock().unwrap_or_else(PoisonError::into_inner)
            }
        };
        let held = things
            .by_name
            .remove(name)
            .and_then(|(_, thing)| thing.downcast().ok());
        let mut thing = held.map(|thing| *thing);
        let done = work(&mut thing);
        if let Some(thing) = thing {
            things.keep(name, Box::new(thing));
        }
        Ok(done)
    }

    /// Remembers the streams of events about to be applied, by position.
    pub(crate) fn changing(&self, changes: impl Iterator<Item = (u64, StreamId)>) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        for (position, stream) in changes {
            // A batch that failed comes again.
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

    /// The streams with events after a position, up to another; none when that is not remembered.
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

impl Things {
    fn keep(&mut self, name: &str, thing: Box<dyn Any + Send>) {
        if self.by_name.len() == THINGS {
            let oldest = self.by_name.iter().min_by_key(|(_, (asked, _))| *asked);
            if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                self.by_name.remove(&oldest);
            }
        }
        self.asked += 1;
        self.by_name.insert(name.to_owned(), (self.asked, thing));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(name: &str) -> StreamId {
        format!("package/{name}").parse().unwrap()
    }

    #[test]
    fn a_thing_is_held_until_a_failure_or_until_others_are_asked_for() {
        let memo = Memo::default();
        let next = |name: &str| {
            let work = |held: &mut Option<u8>| {
                *held = Some(held.unwrap_or(0) + 1);
                Ok::<_, ()>(held.unwrap_or(0))
            };
            memo.with(name, true, work).ok().unwrap().unwrap()
        };
        assert_eq!((next("a"), next("a"), next("b"), next("a")), (1, 2, 1, 3));
        let fail = |held: &mut Option<u8>| {
            *held = None;
            Err::<(), _>(())
        };
        assert!(memo.with("a", true, fail).ok().unwrap().is_err());
        assert_eq!(next("a"), 1);
        for other in ["c", "d", "e"] {
            next(other);
        }
        assert_eq!(
            (next("a"), next("b")),
            (2, 1),
            "b was not asked for longest"
        );
    }

    #[test]
    fn who_is_in_a_hurry_does_not_wait() {
        let memo = Memo::default();
        let inside = |_: &mut Option<u8>| {
            Ok::<_, ()>(
                memo.with("b", false, |_: &mut Option<u8>| Ok::<_, ()>(()))
                    .is_err(),
            )
        };
        assert_eq!(memo.with("a", true, inside).ok().unwrap(), Ok(true));
    }

    #[test]
    fn changes_are_known_as_far_back_as_they_are_remembered() {
        let memo = Memo::at(5);
        memo.changing([(6, stream("a")), (8, stream("b")), (9, stream("c"))].into_iter());
        assert_eq!(memo.changed(4, 9), None);
        assert_eq!(
            memo.changed(5, 8).unwrap(),
            [stream("a"), stream("b")].into()
        );
        assert_eq!(memo.changed(6, 7).unwrap(), [].into());
        // The last two come again.
        memo.changing([(8, stream("b")), (9, stream("d"))].into_iter());
        assert_eq!(
            memo.changed(7, 9).unwrap(),
            [stream("b"), stream("d")].into()
        );
        memo.changing((10..).zip(std::iter::repeat_n(stream("e"), CHANGES)));
        assert_eq!(memo.changed(8, 9), None);
        assert_eq!(memo.changed(9, 20).unwrap(), [stream("e")].into());
    }
}
