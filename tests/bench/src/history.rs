//! Writes a history. Each command is decided on states in memory, sealed, encoded and appended by
//! the journal, as a service does, but many in one atomic batch. Nothing else writes to the log, so
//! every position is known beforehand.

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
    error::BenchError,
    office::{InMemoryOffice, StreamEvents},
    people::{FIRST_YEAR, PPK, PPTK, People, PlannedCommand, YearStep, steps_of_year},
};

/// The most events the broker takes in one atomic batch.
const BATCH: usize = 1_000;
/// Decided batches that wait for the broker.
const WAITING: usize = 8;
/// Data keys made at once.
const KEYS_AT_ONCE: usize = 256;

/// The part of a year that a history holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryDepth {
    /// Everyone is registered and hired.
    Hired,
    /// The whole first year: every step happens to everyone before the next one does, as in an
    /// office.
    Year,
}

/// Writes a history to an empty log; returns its number of events.
///
/// # Errors
/// When the log refuses it.
pub async fn write(
    journal: &Journal,
    keyring: &Keyring,
    people: &People,
    depth: HistoryDepth,
    key: &TenantKey,
) -> Result<u64, BenchError> {
    let keys = make_keys(keyring, people, key).await?;
    let (send, mut batches) = mpsc::channel(WAITING);
    let (people, key, tenant) = (people.clone(), key.clone(), journal.tenant().clone());
    let playing = tokio::task::spawn_blocking(move || {
        let office = InMemoryOffice::new(tenant, key);
        let mut player = HistoryWriter {
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
        Err(BenchError::answer(
            "the log",
            format!("{last} events of {events}").as_bytes(),
        ))
    }
}

/// Makes the data keys of everyone, as a service does.
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

struct HistoryWriter {
    office: InMemoryOffice,
    keys: HashMap<Owner, DataKey>,
    batch: Vec<StreamAppend>,
    in_batch: HashSet<StreamId>,
    send: mpsc::Sender<Vec<StreamAppend>>,
}

impl HistoryWriter {
    fn all(&mut self, people: &People, depth: HistoryDepth) -> Result<u64, BenchError> {
        for planned in people.beginnings(FIRST_YEAR) {
            self.play(&planned)?;
        }
        let steps = match depth {
            HistoryDepth::Hired => vec![YearStep::Register, YearStep::Hire],
            HistoryDepth::Year => steps_of_year(FIRST_YEAR),
        };
        for step in steps {
            for person in 0..people.count {
                self.play(&people.plan(person, FIRST_YEAR, step))?;
            }
        }
        self.flush();
        Ok(self.office.position())
    }

    fn play(&mut self, planned: &PlannedCommand) -> Result<(), BenchError> {
        let written = self.office.play(planned)?;
        self.make_room(&written);
        written
            .into_iter()
            .try_for_each(|written| self.write(written))
    }

    /// Sends the batch before a stream would stand in it twice, or a command in two.
    fn make_room(&mut self, written: &[StreamEvents]) {
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
        // A closed channel means that an append failed; that error is the one reported.
        let _ = self.send.blocking_send(batch);
    }

    fn write(&mut self, written: StreamEvents) -> Result<(), BenchError> {
        let StreamEvents {
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
                let key = self.keys.get(&owner).ok_or(BenchError::Spent("keys"))?;
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
