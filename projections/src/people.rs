//! The people of a view in memory, in order of their names. Rows hold names as sealed cells, which have no order and
//! cannot be searched.
//!
//! The first answer that needs it opens every name: some 10 µs a person. Later ones open the names of people with
//! events since. An erasure removes the person at once, and names are overwritten when they are dropped.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jejak_events::ids::{OperatorId, StreamId};
use zeroize::Zeroizing;

use crate::{
    error::{ProjectionError, QueryError},
    name::{Search, SearchTerms, folded},
    page,
    reader::Reader,
};

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

/// Reads a person; the outer none where the view has no such person.
pub(crate) type ReadPerson =
    fn(&Reader<'_>, OperatorId) -> Result<Option<NamedPerson>, ProjectionError>;

/// The people as of a position.
#[derive(Default)]
struct PeopleByName {
    position: u64,
    places: BTreeMap<Arc<NamePlace>, Option<SearchTerms>>,
    by_id: HashMap<OperatorId, Arc<NamePlace>>,
}

impl PeopleByName {
    fn remove(&mut self, operator_id: OperatorId) {
        if let Some(place) = self.by_id.remove(&operator_id) {
            self.places.remove(&place);
        }
    }

    fn read(
        &mut self,
        reader: &Reader<'_>,
        operator_id: OperatorId,
        read: ReadPerson,
    ) -> Result<(), ProjectionError> {
        let person = read(reader, operator_id)?;
        self.remove(operator_id);
        let Some(person) = person else { return Ok(()) };
        let (name, terms) = person.map_or((None, None), |(name, terms)| (Some(name), terms));
        let name = name.map(|name| folded(&name));
        let place = Arc::new(NamePlace { name, operator_id });
        self.by_id.insert(operator_id, place.clone());
        self.places.insert(place, terms);
        Ok(())
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
struct PeopleCursor {
    number: usize,
    operator_id: OperatorId,
}

impl PeopleCursor {
    fn parse(key: &str) -> Option<Self> {
        let (number, operator_id) = key.split_once('/')?;
        Some(Self {
            number: number.parse().ok()?,
            operator_id: operator_id.parse().ok()?,
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
    fn lock(&self) -> MutexGuard<'_, Option<PeopleByName>> {
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

impl Reader<'_> {
    /// The people after a cursor in order of their names, each with the number for [`key`]. A search leaves out the
    /// others. `all` lists everyone whom the view knows.
    ///
    /// # Errors
    /// [`QueryError::Malformed`] for a cursor of another list.
    pub(crate) fn people(
        &self,
        cursor: Option<&str>,
        search: Option<&Search>,
        all: fn(&Self) -> Result<Vec<OperatorId>, ProjectionError>,
        read: ReadPerson,
    ) -> Result<Vec<(usize, OperatorId)>, QueryError> {
        let cursor = page::after(cursor)?
            .map(|key| PeopleCursor::parse(&key).ok_or_else(page::no_cursor))
            .transpose()?;
        let mut cache = self.people.lock();
        // Taken out, so that people who were read half-way are not found again.
        let people = match cache.take() {
            Some(mut people) => match self.changed_since(&people) {
                Some(changed) => {
                    for operator_id in changed {
                        people.read(self, operator_id, read)?;
                    }
                    people
                }
                None => self.read_all(all, read)?,
            },
            None => self.read_all(all, read)?,
        };
        let people = cache.insert(PeopleByName {
            position: self.position,
            ..people
        });
        let skipped = cursor.map_or(0, |cursor| people.skipped(&cursor));
        let numbered = (1_usize..).zip(&people.places).skip(skipped);
        let is_listed = |terms: &Option<SearchTerms>| {
            search.is_none_or(|search| terms.as_ref().is_some_and(|terms| search.finds(terms)))
        };
        let listed = numbered.filter(|(_, (_, terms))| is_listed(terms));
        Ok(listed
            .map(|(number, (place, _))| (number, place.operator_id))
            .collect())
    }

    fn read_all(
        &self,
        all: fn(&Self) -> Result<Vec<OperatorId>, ProjectionError>,
        read: ReadPerson,
    ) -> Result<PeopleByName, ProjectionError> {
        let mut people = PeopleByName::default();
        for operator_id in all(self)? {
            people.read(self, operator_id, read)?;
        }
        Ok(people)
    }

    /// The people with events between the position of the names and this one, in either order. None where that is
    /// not remembered.
    fn changed_since(&self, people: &PeopleByName) -> Option<Vec<OperatorId>> {
        let from = people.position.min(self.position);
        let to = people.position.max(self.position);
        let streams = self.rankings.changed(from, to)?;
        let id = |stream| match stream {
            StreamId::Operator(id) => Some(id),
            StreamId::Nik(_) | StreamId::Package(_) | StreamId::Calendar(_) => None,
        };
        Some(streams.into_iter().filter_map(id).collect())
    }
}
