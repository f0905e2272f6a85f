//! Histories: every event of a stream in plain words, in both languages, with who recorded it, when, and
//! why. Made from the stream's events whenever asked; nothing is kept. Which events those are, and opening
//! them, is not done here.

mod changes;
mod facts;
mod shape;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use jejak_events::{
    Event, RecordedEvent,
    envelope::TYPE_PREFIX,
    ids::{ActorId, Nip, OfficerId, StreamId},
    operator,
    package::{self, officer},
    rejection::{thing::Thing, words::Language},
};

pub use shape::{
    Both, CalendarHistoryParams, HistoryItem, OperatorHistoryParams, PackageHistoryParams,
};

use crate::{ProjectionError, QueryError, page};

/// The name histories are asked under, as a view's.
pub const NAME: &str = "history";
/// The histories there are, each a query.
pub const QUERIES: [&str; 3] = ["operator", "package", "calendar"];
/// The version of what histories say.
pub const VERSION: u32 = 1;

/// Which part of a history to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part<'a> {
    /// How many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<&'a str>,
}

/// Who office-holders are, by the packages that assign them.
#[derive(Debug, Default)]
pub struct Names {
    officers: BTreeMap<OfficerId, officer::Officer>,
}

impl Names {
    /// Takes in an opened event: an assignment names its officer, a later one anew.
    pub fn learn(&mut self, recorded: &RecordedEvent) {
        if let Event::Package(package::Event::Officer(officer::Event::Assigned(assigned))) =
            &recorded.event
            && let Some(officer) = assigned.personal.known()
        {
            self.officers.insert(assigned.officer_id, officer.clone());
        }
    }
}

/// What stands before an event: its words refer to it.
#[derive(Debug, Default)]
struct Before {
    person: operator::OperatorState,
    package: package::PackageState,
}

impl Before {
    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Operator(event) => self.person.apply(event),
            Event::Package(event) => self.package.apply(event),
            Event::Calendar(_) => {}
        }
    }
}

/// A part of the history of one stream. `events` are all of the stream up to `position`, opened and in order.
///
/// # Errors
/// [`QueryError::ItemUnknown`] for a stream without events, [`QueryError::Malformed`] for a limit or cursor,
/// and an event whose personal part was left sealed.
pub fn answer(
    stream: &StreamId,
    events: &[RecordedEvent],
    names: &Names,
    position: u64,
    part: Part<'_>,
) -> Result<Vec<u8>, QueryError> {
    let limit = page::limit(part.limit)?;
    let malformed = || QueryError::malformed("cursor", "must be the `next` of an earlier answer");
    let after = page::after(part.cursor)?
        .map(|key| key.parse::<u64>().map_err(|_| malformed()))
        .transpose()?;
    if events.is_empty() {
        return Err(unknown(stream));
    }
    let own_name = own_name(events);
    let mut before = Before::default();
    let items = events.iter().filter_map(|recorded| {
        let wanted = after.is_none_or(|after| recorded.position > after);
        let item = wanted.then(|| item(&before, recorded, names, own_name.as_deref()));
        before.evolve(&recorded.event);
        item.map(|item| Ok((recorded.position.to_string(), item?)))
    });
    page::list(position, limit, items)
}

fn unknown(stream: &StreamId) -> QueryError {
    match stream {
        StreamId::Package(id) => QueryError::unknown(Thing::Package, format!("packages/{id}")),
        StreamId::Operator(id) => QueryError::unknown(Thing::Operator, format!("operators/{id}")),
        StreamId::Calendar(year) => {
            QueryError::unknown(Thing::Calendar, format!("calendars/{year}"))
        }
    }
}

/// The name a person goes by after these events.
fn own_name(events: &[RecordedEvent]) -> Option<String> {
    let mut identity = operator::identity::IdentityState::default();
    for recorded in events {
        if let Event::Operator(operator::Event::Identity(event)) = &recorded.event {
            identity.evolve(event);
        }
    }
    match identity {
        operator::identity::IdentityState::Registered(profile) => Some(profile.full_name.into()),
        operator::identity::IdentityState::Unknown | operator::identity::IdentityState::Erased => {
            None
        }
    }
}

fn item(
    before: &Before,
    recorded: &RecordedEvent,
    names: &Names,
    own_name: Option<&str>,
) -> Result<HistoryItem, ProjectionError> {
    let RecordedEvent {
        position,
        envelope,
        event,
    } = recorded;
    let written = facts::written(event);
    if written.sealed {
        let reason = "its personal part is sealed";
        return Err(ProjectionError::Inapplicable {
            position: *position,
            reason,
        });
    }
    let (effective_from, effective_to) = facts::effective(before, event).unzip();
    let (actor_name, actor_nip) = actor(recorded, names, own_name);
    let text = |language| words::text(before, event, names, written.erased, language);
    Ok(HistoryItem {
        position: *position,
        time: envelope.time,
        r#type: format!("{TYPE_PREFIX}{}", event.type_name()),
        effective_from,
        effective_to: effective_to.flatten(),
        command: envelope.command.to_string(),
        actor: envelope.actor.to_string(),
        actor_name,
        actor_nip,
        reason: written.reason.map(str::to_owned),
        note: written.note.map(str::to_owned),
        erased: written.erased,
        text: Both {
            id: text(Language::Id),
            en: text(Language::En),
        },
    })
}

fn actor(
    recorded: &RecordedEvent,
    names: &Names,
    own_name: Option<&str>,
) -> (Option<String>, Option<Nip>) {
    match (&recorded.envelope.actor, &recorded.envelope.stream) {
        (ActorId::Officer(id), _) => names
            .officers
            .get(id)
            .map(|officer| (officer.name.to_string(), officer.nip.clone()))
            .unzip(),
        (ActorId::Operator(actor), StreamId::Operator(id)) if actor == id => {
            (own_name.map(str::to_owned), None)
        }
        (ActorId::Operator(_) | ActorId::Account(_), _) => (None, None),
    }
}
