//! The states of 100,000 people fit into the memory of the commands service: what one person's state keeps
//! allocated after a year is counted, on the same events that the figures are measured on, as the service
//! reads them from the log.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use jejak_bench::{
    office::Office,
    people::{FIRST_YEAR, People, year_of},
};
use jejak_events::{
    RecordedEvent,
    commands::StreamState,
    envelope,
    ids::{StreamId, TenantId},
    personal::Key,
    secret::{DataKey, TenantKey},
};

/// The most bytes a person's state may keep after a year of 25 events. Of the 300 MiB that a service with 100,000
/// people may take, keys, packages, the cache and the process itself need their part.
const BYTES: i64 = 2_200;
/// The most pieces they may be in: each costs the allocator some ten bytes more.
const PIECES: i64 = 16;

/// Everything that happens to some people in their first year, sealed and encoded, in order.
fn year(people: &People, key: &TenantKey, data_key: &DataKey) -> Vec<(u64, Vec<u8>)> {
    let tenant: TenantId = "pontianak".parse().unwrap();
    let mut office = Office::new(tenant, key.clone());
    let everyone = || 0..people.count;
    let deeds = year_of(FIRST_YEAR);
    let asked = deeds
        .iter()
        .flat_map(|deed| everyone().map(|person| people.ask(person, FIRST_YEAR, *deed)));
    let written = people
        .beginnings(FIRST_YEAR)
        .chain(asked)
        .flat_map(|asked| office.play(&asked).unwrap());
    let events = written.flat_map(|written| written.events);
    let stored = events.map(
        |RecordedEvent {
             position,
             envelope,
             mut event,
         }| {
            let mut nonce = [0; 12];
            nonce[4..].copy_from_slice(&position.to_be_bytes());
            envelope::seal(envelope.id, &mut event, data_key, nonce);
            (
                position,
                envelope::encode(&envelope, &event)
                    .unwrap()
                    .get()
                    .to_owned()
                    .into_bytes(),
            )
        },
    );
    stored.collect()
}

/// The state of a stream, from its events as they are stored.
fn read(stream: &StreamId, stored: &[(u64, Vec<u8>)], key: &DataKey) -> StreamState {
    let mut state = StreamState::empty(stream);
    for (position, payload) in stored {
        let mut recorded = envelope::decode(*position, payload).unwrap();
        if recorded.envelope.stream == *stream {
            recorded.open(|_| Some(Key::Present(key.clone()))).unwrap();
            state.evolve(&recorded);
        }
    }
    state
}

/// What is still allocated of what was made, in bytes and pieces.
fn kept(make: impl FnOnce() -> StreamState) -> (i64, i64, StreamState) {
    let mut made = None;
    let counted = allocation_counter::measure(|| made = Some(make()));
    (counted.bytes_current, counted.count_current, made.unwrap())
}

#[test]
fn a_person_after_a_year_fits_into_his_share_of_memory() {
    let (key, data_key) = (TenantKey::new([1; 32]), DataKey::new([2; 32]));
    let people = People::new(4, key.clone());
    let stored = year(&people, &key, &data_key);
    let read = |person| read(&StreamId::Operator(people.id(person)), &stored, &data_key);
    // What all people share is there from the first on.
    let first = read(0);
    assert_eq!(
        first
            .commands()
            .places(&"Finalize-0-2020".parse().unwrap())
            .count(),
        1,
        "a year is read"
    );
    for person in 1..people.count {
        let (bytes, pieces, state) = kept(|| read(person));
        assert!(
            bytes <= BYTES && pieces <= PIECES,
            "{bytes} bytes in {pieces} pieces: {state:#?}"
        );
        // What is copied to add an event to it is no more than that.
        let (copied, copies, copy) = kept(|| state.clone());
        assert!(
            (1..=bytes).contains(&copied) && (1..=pieces).contains(&copies),
            "{copied} bytes in {copies} pieces: {copy:#?}"
        );
    }
}
