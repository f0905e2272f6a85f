//! Values that many hold and few differ in, such as the indicators of every appraisal: equal ones are one
//! piece of memory. Nothing can be told from it: a pool gives back a value equal to the one it was given.

use std::{
    borrow::Borrow,
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// How many values a pool holds before it first lets go of those that nobody else holds.
const FIRST_SWEEP: usize = 64;

/// The values of one kind that are in use.
pub(crate) struct Pool<T: ?Sized> {
    held: Mutex<Held<T>>,
}

struct Held<T: ?Sized> {
    values: BTreeSet<Arc<T>>,
    /// The one that was shared last.
    last: Option<Arc<T>>,
    /// How many there may be before it is looked which of them are still in use.
    sweep_at: usize,
}

impl<T: Ord + ?Sized> Pool<T> {
    pub(crate) const fn new() -> Self {
        Self {
            held: Mutex::new(Held {
                values: BTreeSet::new(),
                last: None,
                sweep_at: FIRST_SWEEP,
            }),
        }
    }

    /// The one that was shared last, if it is the one sought: whoever seeks it need not make another to find it by.
    pub(crate) fn last_if(&self, is_sought: impl FnOnce(&T) -> bool) -> Option<Arc<T>> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.last.as_ref().filter(|last| is_sought(last)).cloned()
    }

    /// The one among equal values that everyone holds.
    pub(crate) fn share(&self, value: impl Borrow<T> + Into<Arc<T>>) -> Arc<T> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let known = held.values.get(value.borrow()).cloned();
        let shared = known.unwrap_or_else(|| held.add(value.into()));
        held.last = Some(shared.clone());
        shared
    }
}

impl<T: Ord + ?Sized> Held<T> {
    fn add(&mut self, value: Arc<T>) -> Arc<T> {
        if self.values.len() >= self.sweep_at {
            self.values.retain(|value| Arc::strong_count(value) > 1);
            self.sweep_at = FIRST_SWEEP.max(self.values.len() * 2);
        }
        self.values.insert(value.clone());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_one_and_those_not_in_use_go() {
        let pool = Pool::<String>::new();
        let (first, second) = (pool.share("a".to_owned()), pool.share("a".to_owned()));
        assert!(Arc::ptr_eq(&first, &second));
        for n in 0..10 * FIRST_SWEEP {
            assert_eq!(*pool.share(n.to_string()), n.to_string());
        }
        let held = pool.held.lock().unwrap();
        assert!(held.values.len() <= FIRST_SWEEP, "{}", held.values.len());
        assert!(held.values.contains(&first));
    }

    #[test]
    fn the_last_one_is_found_again_if_it_is_the_one_sought() {
        let pool = Pool::<String>::new();
        assert_eq!(pool.last_if(|_| true), None);
        let (first, second) = (pool.share("a".to_owned()), pool.share("b".to_owned()));
        assert!(
            pool.last_if(|last| last == "b")
                .is_some_and(|last| Arc::ptr_eq(&last, &second))
        );
        assert_eq!(pool.last_if(|last| last == "a"), None);
        pool.share("a".to_owned());
        assert!(
            pool.last_if(|last| last == "a")
                .is_some_and(|last| Arc::ptr_eq(&last, &first))
        );
    }
}
