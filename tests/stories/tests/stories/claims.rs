//! Goal: one person at a time holds a NIK, at any number of replicas, and whoever comes after a release is another
//! person (rule 44). Method: two commands services on a real broker, asked as the gateway asks them.

use std::collections::BTreeSet;

use jejak_bus::{CommandAnswer, Problem, Role};
use jejak_events::{
    Command, Envelope, Event, Rejection,
    envelope::{self, event_id},
    ids::{CommandId, OperatorId, StreamId},
    operator::identity::{self, Profile},
    personal::{Owner, Personal},
    secret::TenantKey,
};
use jejak_journal::{Journal, Keyring, NewEvent, StreamAppend};
use jejak_rig::broker::Broker;
use jejak_stories::tenant;
use serde_json::{Value, json};

use crate::office::{Office, hire, person};

fn key() -> TenantKey {
    TenantKey::new([1; 32])
}

async fn register(office: &Office, id: &str, n: u32) -> Result<CommandAnswer, Problem> {
    let body = person(n);
    office
        .send(Role::Officer, "register-operator", id, body)
        .await
}

/// The id of the person that a registration made.
fn operator_id(answer: &CommandAnswer) -> OperatorId {
    let event: Value = serde_json::from_str(answer.events[0].get()).unwrap();
    assert_eq!(event["type"], "jejak.operator.identity.registered.v1");
    let subject = event["subject"].as_str().unwrap();
    subject.strip_prefix("operator/").unwrap().parse().unwrap()
}

fn holder(refused: Result<CommandAnswer, Problem>) -> OperatorId {
    match refused {
        Err(Problem::Rejected(Rejection::OperatorAlreadyRegistered { operator_id })) => operator_id,
        other => panic!("{other:?}"),
    }
}

async fn erase(office: &Office, id: &str, operator_id: OperatorId) {
    let body =
        json!({"operator_id": operator_id, "reason": "permintaan", "legal_basis": "UU 27/2022"});
    let erased = office.send(Role::Admin, "erase-operator", id, body).await;
    let types: Vec<_> = erased
        .unwrap()
        .events
        .iter()
        .map(|e| kind(e.get()))
        .collect();
    assert_eq!(
        types,
        [
            "jejak.nik.claim.released.v1",
            "jejak.operator.identity.erased.v1"
        ]
    );
}

fn kind(event: &str) -> String {
    let event: Value = serde_json::from_str(event).unwrap();
    event["type"].as_str().unwrap().to_owned()
}

/// The values of all fields of an answer's events, each with its path.
fn clear_values(answer: &CommandAnswer) -> BTreeSet<(String, String)> {
    fn add(path: &str, value: &Value, values: &mut BTreeSet<(String, String)>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    add(&format!("{path}/{name}"), value, values);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| add(path, item, values)),
            leaf => {
                values.insert((path.to_owned(), leaf.to_string()));
            }
        }
    }
    let mut values = BTreeSet::new();
    for event in &answer.events {
        add("", &serde_json::from_str(event.get()).unwrap(), &mut values);
    }
    values
}

fn same(first: &CommandAnswer, again: &CommandAnswer) {
    assert!(again.replayed && !first.replayed);
    assert_eq!(first.position, again.position);
    let texts = |answer: &CommandAnswer| {
        let events = answer.events.iter();
        events.map(|e| e.get().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(texts(first), texts(again));
    assert_eq!(first.created, again.created);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_44_of_many_registrations_at_once_one_succeeds() {
    let office = Office::open(Broker::cluster().await, 2).await;
    let ids: Vec<_> = (0..8).map(|n| format!("register-{n}")).collect();
    let all = ids.iter().map(|id| register(&office, id, 1));
    let all = futures_util::future::join_all(all).await;
    let (done, refused): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
    let [Ok(first)] = done.as_slice() else {
        panic!("{done:?}");
    };
    for refusal in refused {
        assert_eq!(holder(refusal), operator_id(first));
    }
    office.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_44_an_erased_person_comes_back_as_a_new_one() {
    let office = Office::open(Broker::single().await, 2).await;
    office.publish_terms(3).await;
    let first = register(&office, "first", 1).await.unwrap();
    let old = operator_id(&first);
    erase(&office, "erase", old).await;
    let second = register(&office, "second", 1).await.unwrap();
    let new = operator_id(&second);
    assert_ne!(old, new);
    let told: String = second.events.iter().map(|event| event.get()).collect();
    assert!(!told.contains(&old.to_string()), "{told}");
    // No stream of the log has events of both, so only the tenant's key tells that they are one citizen.
    let subjects = |answer: &CommandAnswer| {
        let events = answer.events.iter();
        let subject =
            |event: &str| serde_json::from_str::<Value>(event).unwrap()["subject"].clone();
        events.map(|event| subject(event.get())).collect::<Vec<_>>()
    };
    let (before, after) = (subjects(&first), subjects(&second));
    assert_eq!((before.len(), after.len()), (2, 2));
    assert!(before.iter().all(|subject| !after.contains(subject)));
    // Nor has any clear field one value for both, but those that a registration of another citizen has too.
    let citizen = register(&office, "citizen", 2).await.unwrap();
    let [first_values, second_values, others] = [&first, &second, &citizen].map(clear_values);
    let shared: BTreeSet<_> = first_values.intersection(&second_values).collect();
    let linking: Vec<_> = shared.iter().filter(|v| !others.contains(**v)).collect();
    assert!(linking.is_empty(), "{linking:?}");
    assert!(!shared.is_empty(), "the values are read");
    assert_eq!(holder(register(&office, "third", 1).await), new);
    same(&first, &register(&office, "first", 1).await.unwrap());
    same(&second, &register(&office, "second", 1).await.unwrap());
    // The new person is engaged like any other; the old one stays erased.
    let hired = hire(&new.to_string(), 1);
    office
        .send(Role::Officer, "hire-operator", "hire", hired)
        .await
        .unwrap();
    let refused = hire(&old.to_string(), 2);
    let refused = office.send(Role::Officer, "hire-operator", "hire-old", refused);
    assert!(matches!(
        refused.await,
        Err(Problem::Rejected(Rejection::OperatorErased { .. }))
    ));
    office.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_44_a_nik_typed_wrong_is_put_right_and_free_again() {
    let office = Office::open(Broker::single().await, 2).await;
    let wrong = register(&office, "wrong", 1).await.unwrap();
    let id = operator_id(&wrong);
    let correct = |key: &'static str, n: u32| {
        let nik = person(n)["nik"].clone();
        let body = json!({"operator_id": id, "nik": nik, "reason": "salah ketik"});
        office.send(Role::Officer, "correct-nik", key, body)
    };
    let corrected = correct("correct", 2).await.unwrap();
    let types: Vec<_> = corrected.events.iter().map(|e| kind(e.get())).collect();
    assert_eq!(
        types.last().unwrap(),
        "jejak.operator.identity.nik_corrected.v1"
    );
    assert_eq!(types.len(), 3, "{types:?}");
    same(&corrected, &correct("correct", 2).await.unwrap());
    assert!(
        correct("again", 2).await.unwrap().events.is_empty(),
        "in effect"
    );
    assert_eq!(holder(register(&office, "held", 2).await), id);
    let citizen = register(&office, "citizen", 1).await.unwrap();
    assert_ne!(operator_id(&citizen), id);
    assert_eq!(holder(correct("back", 1).await), operator_id(&citizen));
    same(&wrong, &register(&office, "wrong", 1).await.unwrap());
    office.stop().await;
}

/// Goal: a person registered before claims existed holds the NIK, his command is answered again, and he is erased and
/// corrected like others. Method: his first event is written as that version wrote it, without a claim.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rule_44_people_registered_before_claims_hold_their_niks() {
    let office = Office::open(Broker::single().await, 2).await;
    let journal = Journal::open(office.client.clone(), &tenant())
        .await
        .unwrap();
    let keyring = Keyring::open_all(&journal, key()).await.unwrap();
    let mut people = vec![];
    for n in 1..=2 {
        let profile: Profile = serde_json::from_value(person(n)).unwrap();
        let id = key().operator_id(&profile.nik);
        let command = Command::parse("register-operator", person(n).to_string().as_bytes());
        let command = command.unwrap().unwrap();
        let (stream, command_id) = (StreamId::Operator(id), format!("old-{n}"));
        let command_id: CommandId = command_id.parse().unwrap();
        let envelope = Envelope {
            id: event_id(&tenant(), &stream, &command_id, 0),
            tenant: tenant(),
            stream: stream.clone(),
            time: "2026-01-01T00:00:00Z".parse().unwrap(),
            actor: key().actor_id("197701161997031006", &[Role::Officer]),
            sealed_actor: None,
            command: command.name().to_owned(),
            command_id,
            // The digest of before says nothing of the id.
            command_digest: key().digest(
                format!(
                    "register-operator\n{}",
                    serde_json::to_string(&command).unwrap()
                )
                .as_bytes(),
            ),
            correlation_id: None,
            traceparent: None,
        };
        let mut event = Event::from(identity::Event::from(identity::Registered {
            personal: Personal::Open(profile),
        }));
        let data_key = keyring.get_or_create(&Owner::Operator(id)).await.unwrap();
        let nonce = jejak_journal::nonce().unwrap();
        envelope::seal(envelope.id, &mut event, &data_key.unwrap(), nonce);
        let stored = envelope::encode(&envelope, &event).unwrap();
        let write = StreamAppend {
            stream,
            expected: 0,
            events: vec![NewEvent {
                id: envelope.id,
                topic: event.topic(),
                payload: stored.get().to_owned().into(),
            }],
        };
        journal.append(&[write]).await.unwrap();
        people.push(id);
    }
    for n in 1..=2 {
        let id = people[n as usize - 1];
        assert_eq!(holder(register(&office, "other-key", n).await), id);
        let again = register(&office, &format!("old-{n}"), n).await.unwrap();
        assert!(again.replayed && operator_id(&again) == id);
    }
    let reused = register(&office, "old-1", 2).await;
    assert!(matches!(
        reused,
        Err(Problem::Rejected(
            Rejection::OperatorAlreadyRegistered { .. }
        ))
    ));
    erase(&office, "erase", people[0]).await;
    let new = register(&office, "again", 1).await.unwrap();
    assert_ne!(operator_id(&new), people[0]);
    let again = register(&office, "old-1", 1).await.unwrap();
    assert!(again.replayed && operator_id(&again) == people[0]);
    // The NIK of the second is taken over by a correction of the first only once it is free.
    let correct = |key: &'static str, id: OperatorId, n: u32| {
        let body = json!({"operator_id": id, "nik": person(n)["nik"], "reason": "salah"});
        office.send(Role::Officer, "correct-nik", key, body)
    };
    assert_eq!(holder(correct("c1", operator_id(&new), 2).await), people[1]);
    correct("c2", people[1], 3).await.unwrap();
    correct("c3", operator_id(&new), 2).await.unwrap();
    office.stop().await;
}
