//! The people of a view at the position of a reader. Only people with events since the last answer are read anew.

use jejak_events::ids::{OperatorId, StreamId};

use crate::{
    error::{ProjectionError, QueryError},
    name::Search,
    page,
    people::{NamedPerson, PeopleByName, PeopleCursor},
    person,
    reader::Reader,
};

/// The people of a view, as its rows tell.
pub(crate) struct Register {
    /// The keys of the rows of everyone whom the view knows ([`person::key`]).
    pub(crate) keys: fn(&Reader<'_>) -> Result<Vec<String>, ProjectionError>,
    /// One person; none where the view has no such person.
    pub(crate) one: fn(&Reader<'_>, OperatorId) -> Result<Option<NamedPerson>, ProjectionError>,
}

impl Register {
    /// The people after a cursor in order of their names, each with a number for a cursor's key. A search leaves out
    /// the others.
    ///
    /// # Errors
    /// [`QueryError::Malformed`] for a cursor of another list.
    pub(crate) fn people(
        &self,
        reader: &Reader<'_>,
        cursor: Option<&str>,
        search: Option<&Search>,
    ) -> Result<Vec<(usize, OperatorId)>, QueryError> {
        let cursor = page::after(cursor)?
            .map(|key| PeopleCursor::parse(&key).ok_or_else(page::no_cursor))
            .transpose()?;
        let mut cache = reader.people.lock();
        // Taken out, so that people who were read half-way are not found again.
        let known = cache.take();
        let changed = known.as_ref().and_then(|known| changed(reader, known));
        let mut people = match (known, changed) {
            (Some(known), Some(changed)) => self.read(reader, known, changed)?,
            _ => {
                let keys = (self.keys)(reader)?;
                let all = keys.iter().map(|key| person::id(key));
                let all = all.collect::<Result<Vec<_>, _>>()?;
                self.read(reader, PeopleByName::default(), all)?
            }
        };
        people.position = reader.position;
        Ok(cache.insert(people).after(cursor.as_ref(), search))
    }

    fn read(
        &self,
        reader: &Reader<'_>,
        mut people: PeopleByName,
        ids: Vec<OperatorId>,
    ) -> Result<PeopleByName, ProjectionError> {
        for operator_id in ids {
            people.replace(operator_id, (self.one)(reader, operator_id)?);
        }
        Ok(people)
    }
}

/// The people with events between the position of the names and the reader's, in either order. None where that is
/// not remembered.
fn changed(reader: &Reader<'_>, people: &PeopleByName) -> Option<Vec<OperatorId>> {
    let from = people.position.min(reader.position);
    let to = people.position.max(reader.position);
    let streams = reader.rankings.changed(from, to)?;
    let id = |stream| match stream {
        StreamId::Operator(id) => Some(id),
        StreamId::Nik(_) | StreamId::Package(_) | StreamId::Calendar(_) => None,
    };
    Some(streams.into_iter().filter_map(id).collect())
}
