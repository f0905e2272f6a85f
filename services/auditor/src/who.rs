//! Who is behind a pseudonym: read from the whole log with the office's keys.
//!
//! Each event seals its actor. A package seals the NIP and the name of an officer whom it assigns, so it tells of
//! officers in events of earlier versions too.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use jejak_events::{
    Event, RecordedEvent,
    actor::ActorIdentity,
    ids::{ActorId, Nip, OfficerId},
    package::{
        self,
        officer::{self, Officer},
    },
    personal::OpenError,
};
use jejak_journal::{EventFilter, Journal, JournalError, Keyring};

/// Most messages of one reading.
const BATCH: usize = 1_000;

/// Some events of one actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventSpan {
    /// The number of events.
    pub events: u64,
    /// Position and time of the first.
    pub first: (u64, DateTime<Utc>),
    /// Position and time of the last.
    pub last: (u64, DateTime<Utc>),
}

impl EventSpan {
    fn of(recorded: &RecordedEvent) -> Self {
        let mark = (recorded.position, recorded.envelope.time);
        Self {
            events: 1,
            first: mark,
            last: mark,
        }
    }

    fn count(span: &mut Option<Self>, recorded: &RecordedEvent) {
        match span {
            Some(span) => span.add(recorded),
            none => *none = Some(Self::of(recorded)),
        }
    }

    fn add(&mut self, recorded: &RecordedEvent) {
        self.events += 1;
        self.last = (recorded.position, recorded.envelope.time);
    }
}

/// An actor, with all that the log says of him.
#[derive(Debug, Default)]
pub struct KnownActor {
    /// Each identity in his events, with the events that seal it.
    pub identities: BTreeMap<ActorIdentity, EventSpan>,
    /// The events that seal no actor.
    pub unnamed: Option<EventSpan>,
    /// The events whose sealed actor does not open, or is another one.
    pub forged: Option<EventSpan>,
    /// The NIP and the names under which packages assign him, with the position of the last assignment.
    pub assigned: BTreeMap<(Nip, String), u64>,
}

impl KnownActor {
    /// The subjects of his tokens.
    pub fn subjects(&self) -> BTreeSet<&str> {
        let sealed = self
            .identities
            .keys()
            .map(|identity| identity.subject.as_str());
        let assigned = self.assigned.keys().map(|(nip, _)| nip.as_str());
        sealed.chain(assigned).collect()
    }
}

/// All actors of a log.
#[derive(Debug, Default)]
pub struct KnownActors {
    /// The actors by their pseudonyms.
    pub actors: BTreeMap<ActorId, KnownActor>,
    /// The position of the first event that seals its actor; the one after the last event where there is none.
    pub first_named: u64,
}

impl KnownActors {
    /// Reads the whole log. `progress` receives the position and the last position.
    ///
    /// # Errors
    /// No answer, a message that is no event, or a missing key. A forged actor is no error: it is one of its own.
    pub async fn read(
        journal: &Journal,
        keyring: &Keyring,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Self, JournalError> {
        let end = journal.last_position().await?;
        let mut known = Self {
            first_named: end + 1,
            ..Self::default()
        };
        let mut position = 0;
        let mut follow = journal.subscribe(0, EventFilter::All);
        while position < end {
            for entry in follow.next_entries(BATCH).await? {
                position = entry.stored.position;
                if position > end {
                    break;
                }
                if let Some(recorded) = journal.event(&entry)? {
                    known.add(keyring, recorded).await?;
                }
            }
            progress(position.min(end), end);
        }
        Ok(known)
    }

    async fn add(
        &mut self,
        keyring: &Keyring,
        mut recorded: RecordedEvent,
    ) -> Result<(), JournalError> {
        let identity = match keyring.open_actor(&recorded.envelope).await {
            Ok(identity) => Ok(identity),
            Err(JournalError::Sealed(
                OpenError::Altered(_) | OpenError::Shape(_) | OpenError::OtherActor(_),
            )) => Err(()),
            Err(error) => return Err(error),
        };
        let actor = self
            .actors
            .entry(recorded.envelope.actor.clone())
            .or_default();
        match identity {
            Ok(Some(identity)) => {
                self.first_named = self.first_named.min(recorded.position);
                actor
                    .identities
                    .entry(identity)
                    .and_modify(|span| span.add(&recorded))
                    .or_insert_with(|| EventSpan::of(&recorded));
            }
            Ok(None) => EventSpan::count(&mut actor.unnamed, &recorded),
            Err(()) => EventSpan::count(&mut actor.forged, &recorded),
        }
        if assigned(&recorded.event).is_some() {
            keyring.open(&mut recorded).await?;
            self.add_assigned(&recorded);
        }
        Ok(())
    }

    fn add_assigned(&mut self, recorded: &RecordedEvent) {
        let Some((id, officer)) = assigned(&recorded.event) else {
            return;
        };
        if let Some(officer) = officer {
            let actor = self.actors.entry(ActorId::Officer(id)).or_default();
            let told = (officer.nip.clone(), officer.name.clone());
            actor.assigned.insert(told, recorded.position);
        }
    }
}

/// The officer whom an event assigns, and who he is if that is opened.
fn assigned(event: &Event) -> Option<(OfficerId, Option<&Officer>)> {
    match event {
        Event::Package(package::Event::Officer(officer::Event::Assigned(assigned))) => {
            Some((assigned.officer_id, assigned.personal.known()))
        }
        Event::Package(
            package::Event::Officer(officer::Event::Released(_))
            | package::Event::Terms(_)
            | package::Event::Slot(_),
        )
        | Event::Operator(_)
        | Event::Nik(_)
        | Event::Calendar(_) => None,
    }
}
