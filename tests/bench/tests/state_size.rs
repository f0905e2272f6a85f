//! The states of 20,000 people fit into the memory of the commands service. The test counts the
//! bytes of one person's state after a year, built from the events of the benchmark's history as
//! the service reads them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use jejak_bench::{
    office::InMemoryOffice,
    people::{FIRST_YEAR, People, steps_of_year},
};
use jejak_events::{
    RecordedEvent, envelope,
    ids::{StreamId, TenantId},
    personal::Key,
    secret::{DataKey, TenantKey},
    stream_state::StreamState,
};

/// Most bytes of a person's state after a year of 25 events. 20,000 people may take 200 MiB, 10 KiB
/// a person. Keys, packages, the allocator and the process itself need their part of it.
const BYTES: i64 = 8 * 1024;

/// The events of some people's first year, sealed and encoded, in order.
fn year(people: &People, key: &TenantKey, data_key: &DataKey) -> Vec<(u64, Vec<u8>)> {
    let tenant: TenantId = "pontianak".parse().unwrap();
    let mut office = InMemoryOffice::new(tenant, key.clone());
    let everyone = || 0..people.count;
    let steps = steps_of_year(FIRST_YEAR);
    let planned = steps
        .iter()
        .flat_map(|step| everyone().map(|person| people.plan(person, FIRST_YEAR, *step)));
    let written = people
        .beginnings(FIRST_YEAR)
        .chain(planned)
        .flat_map(|planned| office.play(&planned).unwrap());
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

/// Builds the state of a stream from its stored events.
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

/// The bytes that a state keeps allocated.
fn kept(make: impl FnOnce() -> StreamState) -> (i64, StreamState) {
    let mut made = None;
    let counted = allocation_counter::measure(|| made = Some(make()));
    (counted.bytes_current, made.unwrap())
}

#[test]
fn a_person_after_a_year_fits_into_a_share_of_memory() {
    let (key, data_key) = (TenantKey::new([1; 32]), DataKey::new([2; 32]));
    let people = People::new(4, key.clone());
    let stored = year(&people, &key, &data_key);
    let read = |person| read(&StreamId::Operator(people.id(person)), &stored, &data_key);
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
        let (bytes, state) = kept(|| read(person));
        assert!(bytes <= BYTES, "{bytes} bytes: {state:#?}");
    }
}
