//! Writing a history: every command is decided on states in memory, sealed, encoded and appended by the
//! journal as a service would, only many to one atomic batch. This is the one writer of its log, so it
//! knows every position before the broker says it.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use futures_util::{StreamExt, TryStreamExt, stream};
use jejak_events::{
    Envelope, Event, Facts, Recorded,
    calendar::Calendar,
    commands::State,
    envelope,
    ids::{ActorId, CommandId, StreamId, TenantId},
    package,
    personal::Owner,
    secret::{DataKey, TenantKey},
};
use jejak_journal::{Journal, JournalError, Keyring, NewEvent, Write};
use tokio::sync::mpsc;

use crate::{
    fault::Fault,
    people::{Asked, Deed, FIRST_YEAR, PPK, PPTK, People, year_of},
};

/// The most events the broker takes in one atomic batch.
const BATCH: usize = 1_000;
/// Batches waiting to be appended.
const WAITING: usize = 8;
/// Keys being made at once.
const KEYS_AT_ONCE: usize = 256;

/// How much of a year is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Everyone is registered and hired, and nothing else happened yet.
    Hired,
    /// So many whole years, person by person in every deed, as an office does it.
    Years(i32),
}

/// Writes a history onto an empty log: how many events it has.
///
/// # Errors
/// When the log does not take it.
pub async fn write(
    journal: &Journal,
    keyring: &Keyring,
    people: &People,
    depth: Depth,
    key: &TenantKey,
) -> Result<u64, Fault> {
    let keys = make_keys(keyring, people, key).await?;
    let (send, mut batches) = mpsc::channel(WAITING);
    let (people, key, tenant) = (people.clone(), key.clone(), journal.tenant().clone());
    let playing = tokio::task::spawn_blocking(move || {
        let mut player = Player {
            key,
            tenant,
            keys,
            states: HashMap::new(),
            calendar: Calendar::default(),
            position: 0,
            batch: vec![],
            in_batch: HashSet::new(),
            send,
        };
        player.all(&people, depth)
    });
    while let Some(batch) = batches.recv().await {
        let batch: Vec<Write> = batch;
        journal.append(&batch).await?;
    }
    let events = playing.await??;
    let last = journal.last_position().await?;
    if last == events {
        Ok(events)
    } else {
        Err(Fault::answer("the log", format!("{last} events of {events}").as_bytes()))
    }
}

/// The data keys of everyone, made by the keyring as a service makes them.
async fn make_keys(
    keyring: &Keyring,
    people: &People,
    key: &TenantKey,
) -> Result<HashMap<Owner, DataKey>, JournalError> {
    let officers = [PPK, PPTK].map(|nip| Owner::Officer(key.officer_id(&nip.parse().expect("a NIP"))));
    let owners = (0..people.count).map(|person| Owner::Operator(people.id(person)));
    let owners: Vec<Owner> = owners.chain(officers).chain([Owner::Office]).collect();
    let made = stream::iter(owners).map(|owner| async move {
        let key = keyring.get_or_create(&owner).await?;
        Ok(key.map(|key| (owner, key)))
    });
    made.buffer_unordered(KEYS_AT_ONCE).try_filter_map(|made| async move { Ok(made) }).try_collect().await
}

struct Player {
    key: TenantKey,
    tenant: TenantId,
    keys: HashMap<Owner, DataKey>,
    states: HashMap<StreamId, (State, u64)>,
    calendar: Calendar,
    position: u64,
    batch: Vec<Write>,
    in_batch: HashSet<StreamId>,
    send: mpsc::Sender<Vec<Write>>,
}

impl Player {
    fn all(&mut self, people: &People, depth: Depth) -> Result<u64, Fault> {
        let years = match depth {
            Depth::Hired => 1,
            Depth::Years(years) => years,
        };
        for year in FIRST_YEAR..FIRST_YEAR + years {
            for asked in people.beginnings(year) {
                self.play(&asked)?;
            }
            let deeds = if depth == Depth::Hired { vec![Deed::Register, Deed::Hire] } else { year_of(year) };
            for deed in deeds {
                for person in 0..people.count {
                    self.play(&people.ask(person, year, deed))?;
                }
            }
        }
        self.flush();
        Ok(self.position)
    }

    fn play(&mut self, asked: &Asked) -> Result<(), Fault> {
        let home = asked.command.home(&self.key);
        let actor = self.key.actor_id(asked.sub);
        let command_id: CommandId = asked.id.parse().expect("ids are made of letters, digits, - and _");
        let none = package::State::default();
        let empty = State::empty(&home);
        let state = self.states.get(&home).map_or(&empty, |(state, _)| state);
        let package = asked.command.reads(state).package.map(StreamId::Package);
        let package_state = match package.as_ref().and_then(|stream| self.states.get(stream)) {
            Some((State::Package(state), _)) => state,
            _ => &none,
        };
        let facts = Facts {
            today: asked.today,
            actor: &actor,
            tenant: &self.key,
            command_id: &command_id,
            package: package_state,
            calendar: &self.calendar,
            // Ids are made from the person and the year, so nobody else has one.
            contract_holder: None,
        };
        let decision = asked.command.decide(state, &facts).map_err(|rejection| Fault::Refused {
            command: asked.command.name(),
            id: asked.id.clone(),
            rejection: Box::new(rejection),
        })?;
        let parts = [
            (package.filter(|_| !decision.package.is_empty()), decision.package),
            (Some(home), decision.home),
        ];
        self.make_room(&parts);
        for (stream, events) in parts {
            if let Some(stream) = stream {
                self.record(&stream, events, asked, &actor, &command_id)?;
            }
        }
        Ok(())
    }

    /// A stream stands in a batch once, and what one command does in one batch.
    fn make_room(&mut self, parts: &[(Option<StreamId>, Vec<Event>)]) {
        let held: usize = self.batch.iter().map(|write| write.events.len()).sum();
        let more: usize = parts.iter().map(|(_, events)| events.len()).sum();
        let met = parts.iter().any(|(stream, _)| stream.as_ref().is_some_and(|s| self.in_batch.contains(s)));
        if met || held + more > BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.in_batch.clear();
        let batch = std::mem::take(&mut self.batch);
        // Nobody takes it only when appending failed, which is then the fault that is told.
        let _ = self.send.blocking_send(batch);
    }

    fn record(
        &mut self,
        stream: &StreamId,
        events: Vec<Event>,
        asked: &Asked,
        actor: &ActorId,
        command_id: &CommandId,
    ) -> Result<(), Fault> {
        let (state, last) = self.states.entry(stream.clone()).or_insert_with(|| (State::empty(stream), 0));
        let mut write = Write { stream: stream.clone(), expected: *last, events: vec![] };
        for (n, event) in events.into_iter().enumerate() {
            self.position += 1;
            let envelope = Envelope {
                id: envelope::event_id(&self.tenant, stream, command_id, n),
                tenant: self.tenant.clone(),
                stream: stream.clone(),
                time: noon(asked.today),
                actor: actor.clone(),
                command: asked.command.name().into(),
                command_id: command_id.clone(),
                command_digest: asked.command.digest(&self.key),
                correlation_id: None,
                traceparent: None,
            };
            let recorded = Recorded { position: self.position, envelope, event };
            state.evolve(&recorded);
            let Recorded { envelope, mut event, .. } = recorded;
            if event.part().is_some() {
                let owner = envelope::owner(stream, &event);
                let key = self.keys.get(&owner).ok_or(Fault::Spent("keys"))?;
                envelope::seal(envelope.id, &mut event, key, jejak_journal::nonce()?);
            }
            let payload = envelope::encode(&envelope, &event)?.into();
            write.events.push(NewEvent { id: envelope.id, topic: event.topic(), payload });
        }
        *last = self.position;
        if let (StreamId::Calendar(year), State::Calendar(state)) = (stream, &*state) {
            self.calendar.replace_year(*year, &state.days);
        }
        self.in_batch.insert(stream.clone());
        self.batch.push(write);
        Ok(())
    }
}

fn noon(day: NaiveDate) -> chrono::DateTime<chrono::Utc> {
    day.and_hms_milli_opt(5, 0, 0, 1).expect("a time of the day").and_utc()
}
