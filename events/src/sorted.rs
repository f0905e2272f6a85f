//! A map of few entries that takes little room: what states are made of. A B-tree's nodes are mostly empty
//! where there is one contract or a dozen months, and thousands of people are held in memory at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A map whose entries stand in one piece of memory, in order of their keys. Finding is a binary search;
/// inserting moves what comes after, so it is for hundreds of entries, not for millions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortedMap<K, V> {
    entries: Vec<(K, V)>,
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
        }
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn find(&self, key: &K) -> Result<usize, usize> {
        self.entries.binary_search_by(|(held, _)| held.cmp(key))
    }

    /// What stands under a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.find(key).ok().map(|at| &self.entries[at].1)
    }

    /// What stands under a key, to change it.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.find(key).ok().map(|at| &mut self.entries[at].1)
    }

    /// Whether anything stands under a key.
    pub fn contains_key(&self, key: &K) -> bool {
        self.find(key).is_ok()
    }

    /// Puts a value under a key, in place of what stood there.
    pub fn insert(&mut self, key: K, value: V) {
        match self.find(&key) {
            Ok(at) => self.entries[at].1 = value,
            Err(at) => {
                make_room(&mut self.entries);
                self.entries.insert(at, (key, value));
            }
        }
    }

    /// What stands under a key, and first of all `value` where nothing did.
    pub fn or_insert(&mut self, key: K, value: V) -> &mut V {
        let at = self.find(&key).unwrap_or_else(|at| {
            make_room(&mut self.entries);
            self.entries.insert(at, (key, value));
            at
        });
        &mut self.entries[at].1
    }

    /// Takes out what stands under a key.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.find(key).ok().map(|at| self.entries.remove(at).1)
    }

    /// Entries in order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> + Clone {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// Keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + Clone {
        self.entries.iter().map(|(key, _)| key)
    }

    /// Values in order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + Clone {
        self.entries.iter().map(|(_, value)| value)
    }
}

/// Room for one more, and for an eighth as many again: a vector left to itself keeps up to twice what it needs.
pub(crate) fn make_room<T>(entries: &mut Vec<T>) {
    if entries.len() == entries.capacity() {
        entries.reserve_exact(1 + entries.len() / 8);
    }
}

#[cfg(test)]
impl<K: Ord, V> std::ops::Index<&K> for SortedMap<K, V> {
    type Output = V;

    /// # Panics
    /// Where nothing stands under the key.
    fn index(&self, key: &K) -> &V {
        self.get(key).expect("no entry found for key")
    }
}

impl<K: Ord, V> Extend<(K, V)> for SortedMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        entries
            .into_iter()
            .for_each(|(key, value)| self.insert(key, value));
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        map.extend(entries);
        map
    }
}

impl<K, V> IntoIterator for SortedMap<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a, K, V> IntoIterator for &'a SortedMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = std::iter::Map<std::slice::Iter<'a, (K, V)>, fn(&'a (K, V)) -> (&'a K, &'a V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter().map(|(key, value)| (key, value))
    }
}

impl<K: Serialize, V: Serialize> Serialize for SortedMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de, K: Ord + Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for SortedMap<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::<K, V>::deserialize(deserializer).map(Self::from_iter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_map_like_any_other(given in proptest::collection::vec((0_u8..32, 0_u8..4, 0_u8..3), 0..64)) {
            let (mut map, mut other) = (SortedMap::default(), BTreeMap::new());
            for (key, value, how) in given {
                match how {
                    0 => prop_assert_eq!(map.or_insert(key, value), other.entry(key).or_insert(value)),
                    1 => prop_assert_eq!(map.remove(&key), other.remove(&key)),
                    _ => {
                        map.insert(key, value);
                        other.insert(key, value);
                    }
                }
                prop_assert_eq!(map.get(&key), other.get(&key));
            }
            prop_assert!((0..=32).all(|key| map.get(&key) == other.get(&key)));
            prop_assert!(map.iter().eq(&other) && map.len() == other.len());
            let stored = serde_json::to_string(&map).unwrap();
            prop_assert_eq!(&stored, &serde_json::to_string(&other).unwrap());
            prop_assert_eq!(serde_json::from_str::<SortedMap<u8, u8>>(&stored).unwrap(), map);
        }
    }
}
