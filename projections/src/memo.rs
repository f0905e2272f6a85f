//! What answers have in common at one position: computed by the first that needs it, waited for by those
//! that ask meanwhile, gone when an answer is computed at another position.

use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Things by name, each computed at a position.
#[derive(Default)]
pub(crate) struct Memo {
    held: Mutex<HashMap<String, Held>>,
}

struct Held {
    position: u64,
    thing: Arc<dyn Any + Send + Sync>,
}

impl Memo {
    /// The thing of this name at a position. A name always stands for one type.
    pub(crate) fn get<T: Send + Sync + 'static, E>(
        &self,
        name: String,
        position: u64,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = held.get(&name).filter(|found| found.position == position)
            && let Ok(thing) = found.thing.clone().downcast()
        {
            return Ok(thing);
        }
        let thing = Arc::new(make()?);
        held.retain(|_, other| other.position == position);
        held.insert(name, Held { position, thing: thing.clone() });
        Ok(thing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_computed_once_a_position() {
        let memo = Memo::default();
        let at = |position, value: u8| *memo.get("a".to_owned(), position, || Ok::<_, ()>(value)).unwrap();
        assert_eq!((at(7, 1), at(7, 2)), (1, 1));
        assert_eq!((at(8, 3), at(7, 4)), (3, 4), "an answer is never of another position");
        assert!(memo.get("b".to_owned(), 7, || Err::<u8, _>(())).is_err());
        assert_eq!(at(7, 5), 4, "a failure forgets nothing");
    }
}
