//! Who gave the commands of a history, as far as the events say.
//!
//! Each event seals the subject and the name of its actor. Events of earlier versions do not; a package still names
//! the officers that it assigns, and a person's own events name the person.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use jejak_bus::{
    RequestProblem,
    history::{Bilingual, UnknownActor},
};
use jejak_events::{
    Event, RecordedEvent,
    actor::ActorIdentity,
    ids::{ActorId, Nip, OfficerId, StreamId},
    package::{
        self,
        officer::{self, Officer},
    },
};
use jejak_words::{Language, actor_unknown_before};

use crate::read::{Log, log_problem};

/// Officers by pseudonym, as the packages that assign them name them.
#[derive(Debug, Default)]
pub(crate) struct Officers(pub(crate) BTreeMap<OfficerId, Officer>);

impl Officers {
    /// The officers that these opened events assign. A later assignment replaces the name.
    pub(crate) fn assigned_in(events: &[RecordedEvent]) -> Self {
        let assigned = events.iter().filter_map(|recorded| {
            let assigned = assigned(&recorded.event)?;
            let officer = assigned.personal.known()?;
            Some((assigned.officer_id, officer.clone()))
        });
        Self(assigned.collect())
    }
}

fn assigned(event: &Event) -> Option<&officer::Assigned> {
    match event {
        Event::Package(package::Event::Officer(event)) => match event {
            officer::Event::Assigned(assigned) => Some(assigned),
            officer::Event::Released(_) => None,
        },
        Event::Package(package::Event::Terms(_) | package::Event::Slot(_))
        | Event::Operator(_)
        | Event::Nik(_)
        | Event::Calendar(_) => None,
    }
}

/// The actors of the events of one stream.
#[derive(Debug, Default)]
pub(crate) struct Actors {
    pub(crate) officers: Officers,
    /// The opened identities, by the positions of their events.
    pub(crate) identities: BTreeMap<u64, ActorIdentity>,
    /// The position of the log's first event that seals its actor.
    pub(crate) first_named: u64,
    /// Whether the reader is the person of the stream. He sees names, and no NIP or account of another.
    pub(crate) own_records: bool,
}

/// An actor as a history shows him.
#[derive(Debug, Default)]
pub(crate) struct ShownActor {
    pub(crate) name: Option<String>,
    pub(crate) nip: Option<Nip>,
    pub(crate) subject: Option<String>,
    pub(crate) unknown: Option<UnknownActor>,
}

impl Actors {
    /// The actor of an event. `own_name` is the name of the stream's person.
    pub(crate) fn shown(&self, recorded: &RecordedEvent, own_name: Option<&str>) -> ShownActor {
        let mut shown = self.elsewhere(recorded, own_name);
        match self.identities.get(&recorded.position) {
            Some(identity) => {
                let name = identity.name.as_ref().map(ToString::to_string);
                shown.name = name.or(shown.name);
                if recorded.envelope.actor.officer().is_some() {
                    shown.nip = identity.subject.parse().ok();
                }
                shown.subject = Some(identity.subject.clone());
            }
            None if shown.name.is_none() => {
                shown.unknown = Some(unknown(self.first_named.max(recorded.position + 1)));
            }
            None => {}
        }
        if self.own_records {
            let is_operator = matches!(recorded.envelope.actor, ActorId::Operator(_));
            shown.nip = None;
            shown.subject = shown.subject.filter(|_| is_operator);
        }
        shown
    }

    /// The actor as other events and the pseudonym tell him.
    fn elsewhere(&self, recorded: &RecordedEvent, own_name: Option<&str>) -> ShownActor {
        match (&recorded.envelope.actor, &recorded.envelope.stream) {
            (ActorId::Officer(id), _) => {
                let officer = self.officers.0.get(id);
                ShownActor {
                    name: officer.map(|officer| officer.name.to_string()),
                    nip: officer.map(|officer| officer.nip.clone()),
                    subject: officer.map(|officer| officer.nip.as_str().to_owned()),
                    unknown: None,
                }
            }
            (ActorId::Operator(actor), StreamId::Operator(id)) if actor == id => ShownActor {
                name: own_name.map(str::to_owned),
                subject: Some(actor.to_string()),
                ..ShownActor::default()
            },
            (ActorId::Operator(actor), _) => ShownActor {
                subject: Some(actor.to_string()),
                ..ShownActor::default()
            },
            (ActorId::NamedAccount(name), _) => ShownActor {
                subject: Some(name.to_string()),
                ..ShownActor::default()
            },
            (ActorId::Account(_), _) => ShownActor::default(),
        }
    }
}

fn unknown(before: u64) -> UnknownActor {
    let sentence = |language| actor_unknown_before(before, language);
    UnknownActor {
        before,
        text: Bilingual {
            id: sentence(Language::Indonesian),
            en: sentence(Language::English),
        },
    }
}

/// The position of the log's first event that seals its actor, once it was looked for; 0 before.
#[derive(Debug, Default)]
pub(crate) struct FirstNamed(AtomicU64);

impl FirstNamed {
    /// The position, or the one after `end` where no such event is found. `named` is an event that seals its actor.
    ///
    /// It is found by halving. Services of two versions may have written at once. Then it is the first of a later run
    /// of such events.
    pub(crate) async fn find(
        &self,
        log: &Log,
        end: u64,
        named: Option<u64>,
    ) -> Result<u64, RequestProblem> {
        let found = self.0.load(Ordering::Relaxed);
        let mut with = match named {
            _ if found > 0 && named.is_none_or(|named| found <= named) => return Ok(found),
            Some(named) => named,
            None if is_named(log, end).await? => end,
            None => return Ok(end + 1),
        };
        let mut without = 0;
        while with - without > 1 {
            let middle = without + (with - without) / 2;
            if is_named(log, middle).await? {
                with = middle;
            } else {
                without = middle;
            }
        }
        self.0.store(with, Ordering::Relaxed);
        Ok(with)
    }
}

/// Whether the event at a position seals its actor. A message in quarantine counts as the event before it.
async fn is_named(log: &Log, position: u64) -> Result<bool, RequestProblem> {
    let event = log.event_at(position).await?;
    Ok(event.is_some_and(|recorded| recorded.envelope.sealed_actor.is_some()))
}

impl Log {
    /// Opens the actors of some events.
    pub(crate) async fn identities(
        &self,
        events: &[RecordedEvent],
    ) -> Result<BTreeMap<u64, ActorIdentity>, RequestProblem> {
        let mut identities = BTreeMap::new();
        for recorded in events {
            let opened = self.keyring.open_actor(&recorded.envelope).await;
            let identity = opened.map_err(|error| log_problem(&error))?;
            identities.extend(identity.map(|identity| (recorded.position, identity)));
        }
        Ok(identities)
    }
}
