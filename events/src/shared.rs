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
    /// How many there may be before it is looked which of them are still in use.
    sweep_at: usize,
}

impl<T: Ord + ?Sized> Pool<T> {
    pub(crate) const fn new() -> Self {
        Self { held: Mutex::new(Held { values: BTreeSet::new(), sweep_at: FIRST_SWEEP }) }
    }

    /// The one among equal values that everyone holds.
    pub(crate) fn share(&self, value: impl Borrow<T> + Into<Arc<T>>) -> Arc<T> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = held.values.get(value.borrow()) {
            return known.clone();
        }
        if held.values.len() >= held.sweep_at {
            held.values.retain(|value| Arc::strong_count(value) > 1);
            held.sweep_at = FIRST_SWEEP.max(held.values.len() * 2);
        }
        let value: Arc<T> = value.into();
        held.values.insert(value.clone());
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
}
