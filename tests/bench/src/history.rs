//! Writing a history: every command is decided on states in memory, sealed, encoded and appended by the
//! journal as a service would, only many to one atomic batch. This is the one writer of its log, so it
//! knows every position before the broker says it.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use jejak_events::{
    RecordedEvent, envelope,
    ids::StreamId,
    personal::Owner,
    secret::{DataKey, TenantKey},
};
use jejak_journal::{Journal, JournalError, Keyring, NewEvent, StreamAppend};
use tokio::sync::mpsc;

use crate::{
    fault::Fault,
    office::{Office, Written},
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
    /// The whole first year, person by person in every deed, as an office does it.
    Year,
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
        let office = Office::new(tenant, key);
        let mut player = Player {
            office,
            keys,
            batch: vec![],
            in_batch: HashSet::new(),
            send,
        };
        player.all(&people, depth)
    });
    while let Some(batch) = batches.recv().await {
        let batch: Vec<StreamAppend> = batch;
        journal.append(&batch).await?;
    }
    let events = playing.await??;
    let last = journal.last_position().await?;
    if last == events {
        Ok(events)
    } else {
        Err(Fault::answer(
            "the log",
            format!("{last} events of {events}").as_bytes(),
        ))
    }
}

/// The data keys of everyone, made by the keyring as a service makes them.
async fn make_keys(
    keyring: &Keyring,
    people: &People,
    key: &TenantKey,
) -> Result<HashMap<Owner, DataKey>, JournalError> {
    let officers =
        [PPK, PPTK].map(|nip| Owner::Officer(key.officer_id(&nip.parse().expect("a NIP"))));
    let owners = (0..people.count).map(|person| Owner::Operator(people.id(person)));
    let owners: Vec<Owner> = owners.chain(officers).chain([Owner::Office]).collect();
    let made = stream::iter(owners).map(|owner| async move {
        let key = keyring.get_or_create(&owner).await?;
        Ok(key.map(|key| (owner, key)))
    });
    made.buffer_unordered(KEYS_AT_ONCE)
        .try_filter_map(|made| async move { Ok(made) })
        .try_collect()
        .await
}

struct Player {
    office: Office,
    keys: HashMap<Owner, DataKey>,
    batch: Vec<StreamAppend>,
    in_batch: HashSet<StreamId>,
    send: mpsc::Sender<Vec<StreamAppend>>,
}

impl Player {
    fn all(&mut self, people: &People, depth: Depth) -> Result<u64, Fault> {
        for asked in people.beginnings(FIRST_YEAR) {
            self.play(&asked)?;
        }
        let deeds = match depth {
            Depth::Hired => vec![Deed::Register, Deed::Hire],
            Depth::Year => year_of(FIRST_YEAR),
        };
        for deed in deeds {
            for person in 0..people.count {
                self.play(&people.ask(person, FIRST_YEAR, deed))?;
            }
        }
        self.flush();
        Ok(self.office.position())
    }

    fn play(&mut self, asked: &Asked) -> Result<(), Fault> {
        let written = self.office.play(asked)?;
        self.make_room(&written);
        written
            .into_iter()
            .try_for_each(|written| self.write(written))
    }

    /// A stream stands in a batch once, and what one command does in one batch.
    fn make_room(&mut self, written: &[Written]) {
        let held: usize = self.batch.iter().map(|write| write.events.len()).sum();
        let more: usize = written.iter().map(|written| written.events.len()).sum();
        let met = written
            .iter()
            .any(|written| self.in_batch.contains(&written.stream));
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

    fn write(&mut self, written: Written) -> Result<(), Fault> {
        let Written {
            stream,
            expected,
            events,
        } = written;
        let mut write = StreamAppend {
            stream,
            expected,
            events: vec![],
        };
        for RecordedEvent {
            envelope,
            mut event,
            ..
        } in events
        {
            if event.part().is_some() {
                let owner = envelope::owner(&write.stream, &event);
                let key = self.keys.get(&owner).ok_or(Fault::Spent("keys"))?;
                envelope::seal(envelope.id, &mut event, key, jejak_journal::nonce()?);
            }
            let payload = envelope::encode(&envelope, &event)?.get().to_owned().into();
            write.events.push(NewEvent {
                id: envelope.id,
                topic: event.topic(),
                payload,
            });
        }
        self.in_batch.insert(write.stream.clone());
        self.batch.push(write);
        Ok(())
    }
}
