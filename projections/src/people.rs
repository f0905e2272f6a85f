//! The people of a view in memory, in order of their names. Rows hold names as sealed cells, which have no order and
//! cannot be searched.
//!
//! The first answer that needs it opens every name: some 10 µs a person. Later ones open the names of people with
//! events since. An erasure removes the person at once, and names are overwritten when they are dropped.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jejak_events::ids::OperatorId;
use zeroize::Zeroizing;

use crate::name::{Search, SearchTerms, folded};

/// The place of a person in a list. Erased people have no name and come last.
#[derive(Debug, PartialEq, Eq)]
struct NamePlace {
    name: Option<Zeroizing<String>>,
    operator_id: OperatorId,
}

impl NamePlace {
    fn key(&self) -> (bool, Option<&str>, OperatorId) {
        let name = self.name.as_ref().map(|name| name.as_str());
        (name.is_none(), name, self.operator_id)
    }
}

impl Ord for NamePlace {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for NamePlace {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// A person's name as it is read, and the words and numbers of a search; none once erased.
pub(crate) type NamedPerson = Option<(Zeroizing<String>, Option<SearchTerms>)>;

/// The people as of a position.
#[derive(Default)]
pub(crate) struct PeopleByName {
    pub(crate) position: u64,
    places: BTreeMap<Arc<NamePlace>, Option<SearchTerms>>,
    by_id: HashMap<OperatorId, Arc<NamePlace>>,
}

impl PeopleByName {
    fn remove(&mut self, operator_id: OperatorId) {
        if let Some(place) = self.by_id.remove(&operator_id) {
            self.places.remove(&place);
        }
    }

    /// Puts what is known of a person now in place of what was known before.
    pub(crate) fn replace(&mut self, operator_id: OperatorId, person: Option<NamedPerson>) {
        self.remove(operator_id);
        let Some(person) = person else { return };
        let (name, terms) = person.map_or((None, None), |(name, terms)| (Some(name), terms));
        let name = name.map(|name| folded(&name));
        let place = Arc::new(NamePlace { name, operator_id });
        self.by_id.insert(operator_id, place.clone());
        self.places.insert(place, terms);
    }

    /// The people after a cursor in order of their names, each with a number for [`key`]. A search leaves out the
    /// others.
    pub(crate) fn after(
        &self,
        cursor: Option<&PeopleCursor>,
        search: Option<&Search>,
    ) -> Vec<(usize, OperatorId)> {
        let skipped = cursor.map_or(0, |cursor| self.skipped(cursor));
        let numbered = (1_usize..).zip(&self.places).skip(skipped);
        let is_listed = |terms: &Option<SearchTerms>| {
            search.is_none_or(|search| terms.as_ref().is_some_and(|terms| search.finds(terms)))
        };
        let listed = numbered.filter(|(_, (_, terms))| is_listed(terms));
        listed
            .map(|(number, (place, _))| (number, place.operator_id))
            .collect()
    }

    /// The number of people up to the person of a cursor. A person who was erased since the cursor was made has
    /// left that place, and those behind moved up.
    fn skipped(&self, cursor: &PeopleCursor) -> usize {
        let place = self.by_id.get(&cursor.operator_id);
        let now = place.map(|place| self.places.range(..=place.clone()).count());
        match (place, now) {
            (Some(place), Some(now)) if place.name.is_some() || now == cursor.number => now,
            _ => cursor.number.saturating_sub(1),
        }
    }
}

/// The last person of a page, and that person's number in the list of all. It holds no name, since addresses are
/// written down in many places.
pub(crate) struct PeopleCursor {
    number: usize,
    operator_id: OperatorId,
}

impl PeopleCursor {
    /// Reads the key of a cursor. A number alone is a place in the list. None for any other text.
    pub(crate) fn parse(key: &str) -> Option<Self> {
        let nobody = OperatorId(uuid::Uuid::nil());
        let (number, operator_id) = match key.split_once('/') {
            Some((number, id)) => (number, id.parse().ok()?),
            None => (key, nobody),
        };
        Some(Self {
            number: number.parse().ok()?,
            operator_id,
        })
    }
}

/// The key of a person in a list, for the cursor after it.
pub(crate) fn key((number, operator_id): (usize, OperatorId)) -> String {
    format!("{number}/{operator_id}")
}

/// The people of a view, once an answer needed them.
#[derive(Default)]
pub(crate) struct PeopleCache(Mutex<Option<PeopleByName>>);

impl PeopleCache {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Option<PeopleByName>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes erased people.
    pub(crate) fn forget(&self, erased: &[OperatorId]) {
        if erased.is_empty() {
            return;
        }
        if let Some(people) = self.lock().as_mut() {
            for operator_id in erased {
                people.remove(*operator_id);
            }
        }
    }
}
