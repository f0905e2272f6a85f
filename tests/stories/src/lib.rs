//! Stories of users and administrators against real brokers and services. They are in `tests/`;
//! this library holds the parts that several stories share.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

pub mod audited;
pub mod kak;
pub mod reading;
pub mod witnessed;
pub mod year;

use jejak_events::{
    Envelope, Event,
    envelope::{encode, event_id},
    ids::{CommandId, StreamId, TenantId},
    package::slot,
};
use jejak_journal::{NewEvent, StreamAppend};

/// The tenant of every story.
pub fn tenant() -> TenantId {
    "pontianak".parse().expect("a valid slug")
}

/// A well-formed write of one event without personal data to a stream, under a command id.
pub fn write(stream: &StreamId, command: &str, expected: u64) -> StreamAppend {
    let command_id: CommandId = command.parse().expect("a valid command id");
    let id = event_id(&tenant(), stream, &command_id, 0);
    let event: Event = match stream {
        StreamId::Package(_) => package_event(),
        StreamId::Operator(_) => contract_event(),
        StreamId::Nik(_) => claim_event(),
        StreamId::Calendar(_) => holiday_event(),
    };
    let envelope = Envelope {
        id,
        tenant: tenant(),
        stream: stream.clone(),
        time: "2020-10-01T00:00:00Z".parse().expect("a valid time"),
        actor: "account/rig".parse().expect("a valid actor"),
        sealed_actor: None,
        command: "test".into(),
        command_id,
        command_digest: "0".to_owned(),
        correlation_id: None,
        traceparent: None,
    };
    let payload = encode(&envelope, &event)
        .expect("nothing in it is open")
        .get()
        .to_owned()
        .into();
    StreamAppend {
        stream: stream.clone(),
        expected,
        events: vec![NewEvent {
            id,
            topic: event.topic(),
            payload,
        }],
    }
}

fn package_event() -> Event {
    let contract_id = "00000000-0000-4000-8000-000000000001"
        .parse()
        .expect("a UUID");
    let earned = jejak_events::money::Rupiah::ZERO;
    let released = slot::Released {
        contract_id,
        cause: slot::ReleaseCause::Voided,
        earned,
    };
    slot::Event::from(released).into()
}

fn contract_event() -> Event {
    use jejak_events::operator::leave;
    let entry = leave::Recorded {
        leave_id: "00000000-0000-4000-8000-000000000002"
            .parse()
            .expect("a UUID"),
        contract_id: "00000000-0000-4000-8000-000000000001"
            .parse()
            .expect("a UUID"),
        kind: leave::LeaveKind::Annual,
        from: "2020-10-05".parse().expect("a date"),
        to: "2020-10-06".parse().expect("a date"),
        personal: None,
    };
    leave::Event::from(entry).into()
}

fn claim_event() -> Event {
    use jejak_events::nik::claim;
    let operator_id = "00000000-0000-8000-8000-000000000001"
        .parse()
        .expect("a UUID");
    claim::Event::from(claim::Taken { operator_id }).into()
}

fn holiday_event() -> Event {
    use jejak_events::calendar::holiday;
    let declared = holiday::Declared {
        date: "2020-10-28".parse().expect("a date"),
        kind: holiday::HolidayKind::JointLeave,
        name: "Cuti bersama".to_owned(),
        decree: "SKB".to_owned(),
    };
    holiday::Event::from(declared).into()
}
