//! The items of a history: each event of one stream, with its sentence in both languages.
//!
//! Items are made from the stream's events at each question; nothing is kept. The caller reads and
//! opens the events. The sentences come from `jejak_words`.

use jejak_bus::history::{Bilingual, HistoryItem, HistoryOrder};
use jejak_events::{
    Event, RecordedEvent,
    envelope::TYPE_PREFIX,
    ids::StreamId,
    kinds::ItemKind,
    operator::{self, identity::IdentityState},
};
use jejak_projections::{ProjectionError, QueryError, page};
use jejak_words::{EventContext, Language, event_sentence};

use crate::{
    actors::{Actors, ShownActor},
    states::StatesBefore,
};

/// The page of a history that a question asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PageRequest<'a> {
    pub(crate) order: HistoryOrder,
    /// The number of items, 1 to 500; 50 if absent.
    pub(crate) limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub(crate) cursor: Option<&'a str>,
}

/// A page of the history of one stream, as JSON. `events` are all of its events up to `position`, opened and
/// in order.
///
/// # Errors
/// - [`QueryError::ItemUnknown`] for a stream without events.
/// - [`QueryError::Malformed`] for a wrong limit or cursor.
/// - [`QueryError::Store`] for an event whose personal part is still sealed.
pub(crate) fn answer(
    stream: &StreamId,
    events: &[RecordedEvent],
    actors: &Actors,
    position: u64,
    request: PageRequest<'_>,
) -> Result<Vec<u8>, QueryError> {
    let limit = page::limit(request.limit)?;
    let malformed = || QueryError::malformed("cursor", "must be the `next` of an earlier answer");
    let after = page::after(request.cursor)?
        .map(|key| key.parse::<u64>().map_err(|_| malformed()))
        .transpose()?;
    if events.is_empty() {
        return Err(unknown(stream));
    }
    let own_name = own_name(events);
    let mut before = StatesBefore::default();
    let mut shown = |recorded: &RecordedEvent, on_page: bool| {
        let item = on_page.then(|| item(&before, recorded, actors, own_name.as_deref()));
        before.evolve(&recorded.event);
        item.map(|item| Ok((recorded.position.to_string(), item?)))
    };
    match request.order {
        HistoryOrder::Oldest => {
            let follows = |at: u64| after.is_none_or(|after| at > after);
            let items = events
                .iter()
                .filter_map(|recorded| shown(recorded, follows(recorded.position)));
            page::list(position, limit, items)
        }
        HistoryOrder::Newest => {
            let end = after.map_or(events.len(), |after| {
                events.partition_point(|recorded| recorded.position < after)
            });
            // One more than the page, so that its end is known.
            let start = end.saturating_sub(limit + 1);
            let items: Vec<_> = (0..end)
                .zip(events)
                .filter_map(|(n, recorded)| shown(recorded, n >= start))
                .collect();
            page::list(position, limit, items.into_iter().rev())
        }
    }
}

fn unknown(stream: &StreamId) -> QueryError {
    match stream {
        StreamId::Package(id) => QueryError::unknown(ItemKind::Package, format!("packages/{id}")),
        StreamId::Operator(id) => {
            QueryError::unknown(ItemKind::Operator, format!("operators/{id}"))
        }
        // Histories are of people, packages and years. The claim of a NIK has none of its own.
        StreamId::Nik(nik) => QueryError::unknown(ItemKind::Operator, format!("nik/{nik}")),
        StreamId::Calendar(year) => {
            QueryError::unknown(ItemKind::Calendar, format!("calendars/{year}"))
        }
    }
}

/// The person's name after these events; none before registration and after erasure.
fn own_name(events: &[RecordedEvent]) -> Option<String> {
    let mut identity = IdentityState::default();
    for recorded in events {
        match &recorded.event {
            Event::Operator(operator::Event::Identity(event)) => identity.evolve(event),
            Event::Operator(
                operator::Event::Contract(_)
                | operator::Event::Leave(_)
                | operator::Event::Facility(_)
                | operator::Event::Appraisal(_)
                | operator::Event::Evaluation(_),
            )
            | Event::Package(_)
            | Event::Nik(_)
            | Event::Calendar(_) => {}
        }
    }
    match identity {
        IdentityState::Registered(profile) => Some(profile.full_name),
        IdentityState::Unknown | IdentityState::Erased => None,
    }
}

fn item(
    before: &StatesBefore,
    recorded: &RecordedEvent,
    actors: &Actors,
    own_name: Option<&str>,
) -> Result<HistoryItem, ProjectionError> {
    let RecordedEvent {
        position,
        envelope,
        event,
    } = recorded;
    let remarks = event.remarks();
    // A sealed part would read like an erased one.
    if remarks.sealed {
        let reason = "its personal part is sealed";
        return Err(ProjectionError::Inapplicable {
            position: *position,
            reason,
        });
    }
    let (effective_from, effective_to) = before.effective_days(event).unzip();
    let ShownActor {
        name: actor_name,
        nip: actor_nip,
        subject: actor_subject,
        unknown: actor_unknown,
    } = actors.shown(recorded, own_name);
    let context = EventContext {
        person: &before.person,
        package: &before.package,
        officers: &actors.officers.0,
    };
    let sentence = |language| event_sentence(&context, event, remarks.erased, language);
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
        actor_subject,
        actor_unknown,
        reason: remarks.reason.map(str::to_owned),
        note: remarks.note.map(str::to_owned),
        erased: remarks.erased,
        text: Bilingual {
            id: sentence(Language::Indonesian),
            en: sentence(Language::English),
        },
    })
}

#[cfg(test)]
mod tests;
