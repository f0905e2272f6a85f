//! Specs for every command: rules 36 and 38 as far as a decision knows of them, and where
//! a command belongs.

use super::{Command, Reads, StreamState};
use crate::{
    Envelope, Event, RecordedEvent, Rejection, Role,
    ids::StreamId,
    operator::evaluation::{Finalize, Propose},
    spec::{examples::*, given},
};

fn recorded(
    position: u64,
    stream: StreamId,
    command_id: &str,
    digest: &str,
    event: Event,
) -> RecordedEvent {
    let envelope = Envelope {
        id: uuid::Uuid::from_u128(position.into()),
        tenant: "pontianak".parse().unwrap(),
        stream,
        time: "2020-10-01T01:02:03.004Z".parse().unwrap(),
        actor: tenant().actor_id(PPK, &[Role::Officer]),
        sealed_actor: None,
        command: "register-operator".into(),
        command_id: command_id.parse().unwrap(),
        command_digest: digest.into(),
        correlation_id: None,
        traceparent: None,
    };
    RecordedEvent {
        position,
        envelope,
        event,
    }
}

fn person_stream() -> StreamId {
    StreamId::Operator(operator_id())
}

#[test]
fn rule_36_a_stream_remembers_every_command_and_its_last_position() {
    let mut state = StreamState::empty(&person_stream());
    assert_eq!(state.commands().places(&"a".parse().unwrap()).next(), None);
    let facts = [
        registered(person()),
        cancelled(1, "2020-11-02"),
        terminated(1, "2020-11-01", "0"),
    ];
    for (position, (id, fact)) in (7..).zip(["a", "b", "b"].into_iter().zip(facts)) {
        state.evolve(&recorded(position, person_stream(), id, "digest", fact));
    }
    let position = |id: &str| state.commands().places(&id.parse().unwrap()).next();
    assert_eq!(
        (position("a"), position("b"), position("c")),
        (Some(7), Some(9), None)
    );
}

#[test]
fn rule_36_the_same_command_has_the_same_digest_and_another_has_not() {
    let parse = |body: String| {
        Command::parse("propose-evaluation", body.as_bytes())
            .unwrap()
            .unwrap()
    };
    let (person, contract) = (operator_id(), id(1));
    let plain = parse(format!(
        r#"{{"operator_id":"{person}","contract_id":"{contract}"}}"#
    ));
    let spaced = parse(format!(
        r#"{{ "contract_id":"{contract}", "operator_id":"{person}", "note":null }}"#
    ));
    let other = parse(format!(
        r#"{{"operator_id":"{person}","contract_id":"{}"}}"#,
        id(2)
    ));
    let id = "a".parse().unwrap();
    let digest = |command: &Command| command.digest(&id, &tenant());
    assert_eq!(digest(&plain), digest(&spaced));
    assert_ne!(digest(&plain), digest(&other));
    let finalize = Command::from(Finalize {
        operator_id: person,
        contract_id: contract,
        signed_on: None,
        note: None,
    });
    assert_ne!(digest(&plain), digest(&finalize));
    assert!(spaced.has_digest(&digest(&plain), &id, &tenant()));
    assert!(!other.has_digest(&digest(&plain), &id, &tenant()));
}

#[test]
fn rule_36_a_digest_of_before_is_known_again_and_another_body_is_not() {
    let body = |decree: &str| {
        format!(
            r#"{{"date":"2020-12-28","kind":"joint_leave","name":"Natal","decree":"{decree}"}}"#
        )
    };
    let parse = |body: &str| Command::parse("revoke-holiday", body.as_bytes());
    let (plain, other) = (parse(&body("SKB")), parse(&body("Keppres")));
    let (plain, other) = (plain.unwrap().unwrap(), other.unwrap().unwrap());
    let before = tenant().digest(format!("revoke-holiday\n{}", body("SKB")).as_bytes());
    for id in ["a", "b"].map(|id| id.parse().unwrap()) {
        assert!(plain.has_digest(&before, &id, &tenant()));
        assert!(!other.has_digest(&before, &id, &tenant()));
    }
}

#[test]
fn rule_44_one_body_under_two_ids_has_two_digests() {
    let body = serde_json::to_vec(&person()).unwrap();
    let command = Command::parse("register-operator", &body).unwrap().unwrap();
    let [first, second] = ["a", "b"].map(|id| id.parse().unwrap());
    let digest = command.digest(&first, &tenant());
    assert_ne!(digest, command.digest(&second, &tenant()));
    assert!(!command.has_digest(&digest, &second, &tenant()));
}

#[test]
fn rule_36_ids_not_given_follow_from_the_command() {
    let decide = |command_id: &str| {
        let actor = tenant().actor_id(PPK, &[Role::Officer]);
        let (key, command_id) = (tenant(), command_id.parse().unwrap());
        let facts = crate::DecisionContext {
            today: day("2020-10-01"),
            actor: &actor,
            tenant: &key,
            command_id: &command_id,
        };
        let other = tenant().operator_id(&"6112055107960003".parse().unwrap());
        [
            facts.new_id("leave", operator_id()),
            facts.new_id("contract", operator_id()),
            facts.new_id("contract", other),
        ]
    };
    assert_eq!(decide("a"), decide("a"));
    assert_ne!(decide("a")[0], decide("b")[0]);
    assert_ne!(decide("a")[0], decide("a")[1]);
    assert_ne!(decide("a")[1], decide("a")[2], "one command id, two people");
}

#[test]
fn rule_38_today_is_the_civil_date_it_is_told() {
    // At 00:30 on 1 January in Pontianak a paper of that day is accepted; an hour before it was not.
    let new_year = Some(day("2021-01-01"));
    let signed = Propose {
        operator_id: operator_id(),
        contract_id: id(1),
        signed_on: new_year,
        note: None,
    };
    let year = ["2020-10", "2020-11", "2020-12"].map(|of| appraised(of, 21));
    let before = given(
        [pptk(), registered(person()), hired(contract())]
            .into_iter()
            .chain(year),
    )
    .by(PPTK);
    let command = || Command::ProposeEvaluation(signed.clone());
    before.clone().today("2021-01-01").when(command()).then_ok();
    before
        .today("2020-12-31")
        .when(command())
        .then_err(Rejection::SignatureInFuture {
            signed_on: day("2021-01-01"),
            today: day("2020-12-31"),
        });
}

#[test]
fn a_command_belongs_to_one_stream_and_says_what_else_it_reads() {
    let engaged = given([registered(person()), hired(contract())]).operator;
    let state = StreamState::Operator(Box::new(engaged));
    let record = r#""kind":"annual","from":"2020-11-02","to":"2020-11-03"}"#;
    for (name, rest, package, year) in [
        ("record-leave", record.to_owned(), true, true),
        (
            "record-absence",
            r#""on":"2020-11-02","reason":"sakit"}"#.to_owned(),
            true,
            true,
        ),
        (
            "propose-evaluation",
            format!(r#""contract_id":"{}"}}"#, id(1)),
            true,
            false,
        ),
        (
            "propose-evaluation",
            format!(r#""contract_id":"{}"}}"#, id(2)),
            false,
            false,
        ),
        (
            "erase-operator",
            r#""reason":"a","legal_basis":"b"}"#.to_owned(),
            false,
            false,
        ),
    ] {
        let body = format!(r#"{{"operator_id":"{}",{rest}"#, operator_id());
        let command = Command::parse(name, body.as_bytes()).unwrap().unwrap();
        assert_eq!(command.stream_id(&tenant()), person_stream(), "{name}");
        let package = package.then(|| contract().package_id);
        let years = year.then_some(2020).into_iter().collect();
        let niks = match name {
            "erase-operator" => {
                let nik = person().nik;
                [(tenant().nik_digest(&nik), tenant().operator_id(&nik))].into()
            }
            _ => Default::default(),
        };
        let corrects = name == "correct-operator";
        let officers_of = package.clone().filter(|_| corrects);
        let officers_of = officers_of.into_iter().collect();
        let reads = Reads {
            package: package.filter(|_| !corrects),
            officers_of,
            years,
            niks,
        };
        assert_eq!(command.reads(&state, &tenant()), reads, "{name}");
    }
}

#[test]
fn an_event_of_another_kind_of_stream_changes_nothing() {
    let streams = [
        person_stream(),
        StreamId::Package(contract().package_id),
        StreamId::Calendar(2020),
    ];
    let facts = [
        registered(person()),
        published(terms()),
        declared(
            "2020-12-25",
            crate::calendar::holiday::HolidayKind::PublicHoliday,
        ),
    ];
    for (n, stream) in streams.iter().enumerate() {
        let mut state = StreamState::empty(stream);
        for (m, fact) in facts.iter().enumerate().filter(|(m, _)| *m != n) {
            state.evolve(&recorded(
                m as u64 + 1,
                stream.clone(),
                "a",
                "digest",
                fact.clone(),
            ));
        }
        assert_eq!(state, StreamState::empty(stream), "{stream}");
    }
}
