//! Goal: the office can say who did it, and nobody reads it in the log. Method: an officer and an administrator with
//! names give commands to whole offices. Their histories and `jejak audit who` are read, and every stored byte, log
//! line and metric is searched. An earlier version and a forger write straight into the log.

use std::fs;

use futures_util::future::join_all;
use jejak::data::DataFolder;
use jejak_bus::Actor;
use jejak_events::{
    Command, Envelope, Role,
    actor::{ActorIdentity, SealedActor},
    calendar::holiday::{Declared, Event, HolidayKind},
    envelope::{encode, event_id},
    ids::StreamId,
    personal::Owner,
    secret::{DataKey, TenantKey},
};
use jejak_journal::{Journal, Keyring};
use jejak_rig::{broker::Broker, http::Http, office::Office, process};
use jejak_stories::{
    audited::{audit, fails, signed, verify},
    tenant,
};
use serde_json::{Value, json};

use crate::office;

const NIP: &str = "197701161997031006";
const OFFICER: &str = "Rahmawati Nurhaliza, S.Sos.";
const ADMIN: &str = "pengelola-utama";
const ADMIN_NAME: &str = "Zulkifli \u{1e6c}ahir";

/// A client whose token has a name.
fn named(office: &Office, subject: &str, role: &str, name: &str) -> Http {
    let arguments = [
        "token",
        "issue",
        "--data",
        "data",
        "--subject",
        subject,
        "--role",
        role,
        "--name",
        name,
    ];
    let (status, token, stderr) = process::run(office.dir(), &arguments);
    assert!(status.success(), "token issue: {stderr}");
    office.http.with_token(token.trim())
}

async fn give(http: &Http, name: &str, id: &str, body: &Value) -> Value {
    let (status, answer) = http.command(name, id, body).await;
    assert_eq!(status, 200, "{name}: {answer}");
    answer
}

async fn items(http: &Http, path: &str) -> Vec<Value> {
    let answer = http.json(&format!("/v1/{path}/history?limit=500")).await;
    answer["items"].as_array().unwrap().clone()
}

fn terms() -> Value {
    json!({"package_id": "2020-tenaga-it", "title": "Tenaga IT", "agency": "BKPSDM", "fiscal_year": 2020,
        "fund_source": "APBD", "budget_ceiling": "999000000", "quota": 3,
        "period": {"start": "2020-10-01", "end": "2020-12-31"}})
}

fn person() -> Value {
    json!({"nik": "6171011503950001", "full_name": "Contoh Satu", "birth_date": "1995-03-15", "sex": "male",
        "domicile_code": "6171", "citizenship": "WNI", "education": {"level": "D3", "major": "Teknik Informatika",
        "institution": "Politeknik", "accredited": true, "gpa": "3.10"}})
}

fn holiday(day: &str) -> Value {
    json!({"date": day, "kind": "joint_leave", "name": "Cuti bersama", "decree": "SKB"})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_did_it_is_told_to_readers_and_stands_nowhere_in_the_clear() {
    let office = Office::up_with(&["--log", "trace"]).await;
    let admin = named(&office, ADMIN, "admin", ADMIN_NAME);
    let officer = named(&office, NIP, "officer", OFFICER);
    let published = give(&admin, "publish-terms", "t-1", &terms()).await;
    let registered = give(&officer, "register-operator", "r-1", &person()).await;
    let [by_admin, by_officer] =
        [&published, &registered].map(|answer| answer["events"][0]["actor"].as_str().unwrap());
    assert!(by_admin.starts_with("account/") && by_officer.starts_with("officer/"));
    let operator_id = registered["events"][0]["subject"].as_str().unwrap();
    let operator_id = operator_id.strip_prefix("operator/").unwrap();
    // The same request, by a token without a name, is the same command.
    let unnamed = office.http_as(NIP, &["officer"]);
    let again = give(&unnamed, "register-operator", "r-1", &person()).await;
    assert_eq!(again["replayed"], true);
    assert_eq!(again["events"], registered["events"]);
    // Without a name the subject is kept all the same.
    let correction =
        json!({"operator_id": operator_id, "reason": "pindah", "address": "Jl. Baru 2"});
    give(&unnamed, "correct-operator", "c-1", &correction).await;

    let package = items(&officer, "packages/2020-tenaga-it").await;
    let shown = |item: &Value| {
        [
            "actor",
            "actor_name",
            "actor_nip",
            "actor_subject",
            "actor_unknown",
        ]
        .map(|member| item[member].clone())
    };
    assert_eq!(
        json!(shown(&package[0])),
        json!([by_admin, ADMIN_NAME, null, ADMIN, null])
    );
    let path = format!("operators/{operator_id}");
    for reader in ["officer", "auditor", "admin"] {
        let reader = named(&office, NIP, reader, "Pembaca");
        let own = items(&reader, &path).await;
        let [first, second] = [&own[0], &own[1]].map(|item| json!(shown(item)));
        assert_eq!(first, json!([by_officer, OFFICER, NIP, NIP, null]));
        assert_eq!(second, json!([by_officer, null, NIP, NIP, null]));
    }
    let himself = office.http_as(operator_id, &["operator"]);
    let own = items(&himself, &path).await;
    assert_eq!(
        json!(shown(&own[0])),
        json!([by_officer, OFFICER, null, null, null])
    );

    let said = audit(&office, &["who", by_officer]).out;
    let uuid = by_officer.strip_prefix("officer/").unwrap();
    assert_eq!(said, audit(&office, &["who", uuid]).out);
    for words in [
        format!("{by_officer}: 3 events\n"),
        format!("subject {NIP}, name {OFFICER}, role officer: 2 events, positions 2 to 3, 20"),
        format!("subject {NIP}, role officer: 1 events, positions 4 to 4, 20"),
    ] {
        assert!(said.contains(&words), "{words} is not in {said}");
    }
    let said = audit(&office, &["who", by_admin]).out;
    let words = format!("subject {ADMIN}, name {ADMIN_NAME}, role admin: 1 events");
    assert!(said.contains(&words), "{said}");
    // The access log has pseudonyms of its own. They lead to the same subject.
    let (_, lines, _) = process::run(
        office.dir(),
        &["audit", "access", "--data", "data", "--reader", NIP],
    );
    let reader = |role: &str| {
        let of_role = |line: &&Value| line["what"] == "read" && line["roles"] == json!([role]);
        let lines: Vec<Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let found = lines.iter().find(of_role).expect("he read");
        found["reader"].as_str().unwrap().to_owned()
    };
    for reader in [reader("officer"), reader("auditor")] {
        assert_ne!(reader, by_officer);
        let said = audit(&office, &["who", &reader]).out;
        assert!(
            said.contains(&format!("{reader} in the access log is {by_officer}")),
            "{said}"
        );
    }
    fails(
        &office,
        &["who", "00000000-0000-8000-8000-000000000001"],
        &[
            "no event and no assignment names",
            "jejak audit access --reader SUBJECT",
        ],
    );
    assert_eq!(audit(&office, &["who", "Rahmawati"]).code, Some(2));

    let replayed = audit(&office, &["replay"]).out;
    for line in replayed.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(event["actorsealed"].as_str().unwrap().len() > 100, "{line}");
    }
    let metrics = office.http.get("/metrics").await.text().await.unwrap();
    let lines_of_log = fs::read_to_string(office.dir().join("up.log")).unwrap();
    let access = fs::read_to_string(office.data().join("access.log")).unwrap();
    assert!(lines_of_log.contains("DEBUG") || lines_of_log.contains("TRACE"));
    for (place, text) in [
        ("the events", &replayed),
        ("the metrics", &metrics),
        ("the log", &lines_of_log),
        ("the access log", &access),
    ] {
        assert!(!text.is_empty(), "{place}");
        for clear in [NIP, OFFICER, "Rahmawati", ADMIN, ADMIN_NAME, "Zulkifli"] {
            assert!(!text.contains(clear), "{clear} stands in {place}");
        }
    }
    signed(&office.http, 3).await;
    let said = verify(&office);
    assert!(
        said.contains("each sealed actor is the one of its pseudonym"),
        "{said}"
    );
}

/// Writes into the log of an office as another program would.
struct Writer {
    tenant_key: TenantKey,
    actors_key: DataKey,
    log: async_nats::jetstream::Context,
}

impl Writer {
    async fn of(office: &Office) -> Self {
        let broker = office.broker.as_ref().unwrap();
        let journal = Journal::open(broker.client().await, &tenant())
            .await
            .unwrap();
        let tenant_key = DataFolder::open(&office.data())
            .unwrap()
            .tenant_key()
            .unwrap();
        let keyring = Keyring::open_all(&journal, tenant_key.clone())
            .await
            .unwrap();
        let actors_key = keyring.get_or_create(&Owner::Actors).await.unwrap();
        Self {
            tenant_key,
            actors_key: actors_key.unwrap(),
            log: async_nats::jetstream::new(broker.client().await),
        }
    }

    /// Appends a holiday of a day. Returns its position.
    async fn declare(
        &self,
        day: &str,
        id: &str,
        actor: &str,
        seal: impl FnOnce(uuid::Uuid) -> Option<SealedActor>,
    ) -> u64 {
        let year = &day[..4];
        let stream: StreamId = format!("calendar/{year}").parse().unwrap();
        let command_id = id.parse().unwrap();
        let body = holiday(day).to_string();
        let command = Command::parse("declare-holiday", body.as_bytes());
        let event = event_id(&tenant(), &stream, &command_id, 0);
        let envelope = Envelope {
            id: event,
            tenant: tenant(),
            stream,
            time: "2020-10-01T00:00:00Z".parse().unwrap(),
            actor: actor.parse().unwrap(),
            sealed_actor: seal(event),
            command: "declare-holiday".into(),
            command_digest: command
                .unwrap()
                .unwrap()
                .digest(&command_id, &self.tenant_key),
            command_id,
            correlation_id: None,
            traceparent: None,
        };
        let declared = Declared {
            date: day.parse().unwrap(),
            kind: HolidayKind::JointLeave,
            name: "Cuti bersama".to_owned(),
            decree: "SKB".to_owned(),
        };
        let stored = encode(&envelope, &Event::from(declared).into()).unwrap();
        let subject = format!("jejak.pontianak.ev.calendar.{year}.holiday");
        let payload = stored.get().to_owned().into();
        let published = self.log.publish(subject, payload).await.unwrap();
        published.await.unwrap().sequence
    }

    fn identity(&self, subject: &str) -> ActorIdentity {
        ActorIdentity {
            subject: subject.to_owned(),
            name: None,
            roles: vec![Role::Admin],
        }
    }
}

/// Goal: what an earlier version wrote is read, replayed and said to be unknown, and a forged actor is found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_earlier_event_is_unknown_and_a_forged_actor_is_found() {
    let office = Office::apart(Broker::single().await).await;
    let writer = Writer::of(&office).await;
    let admin = named(&office, ADMIN, "admin", ADMIN_NAME);
    let of_before = "account/admin-bkpsdm";
    for (n, day) in (1..).zip(["2021-03-12", "2021-03-13", "2021-03-14"]) {
        let id = format!("old-{n}");
        let at = writer.declare(day, &id, of_before, |_| None).await;
        assert_eq!(at, n);
    }
    let text = |before: u64| {
        json!({"before": before, "text": {"id": format!("Tidak diketahui sebelum posisi {before}."),
            "en": format!("Unknown before position {before}.")}})
    };
    let all_old = admin
        .json("/v1/calendars/2021/history?min_position=3")
        .await;
    for item in all_old["items"].as_array().unwrap() {
        assert_eq!(item["actor_unknown"], text(4), "{item}");
    }
    // The command of before is known by its id.
    let again = give(&admin, "declare-holiday", "old-1", &holiday("2021-03-12")).await;
    assert_eq!(
        (&again["replayed"], &again["position"]),
        (&json!(true), &json!(1))
    );
    give(&admin, "declare-holiday", "new-1", &holiday("2021-03-15")).await;
    // A service of before may still run beside the new one.
    writer
        .declare("2021-03-16", "old-4", of_before, |_| None)
        .await;
    let told = admin
        .json("/v1/calendars/2021/history?min_position=5")
        .await;
    let unknown: Vec<&Value> = told["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["actor_unknown"])
        .collect();
    assert_eq!(
        json!(unknown),
        json!([text(4), text(4), text(4), null, text(6)])
    );
    assert_eq!(told["items"][0]["actor_subject"], "admin-bkpsdm");
    assert_eq!(told["items"][3]["actor_name"], ADMIN_NAME);
    let said = audit(&office, &["who", of_before]);
    assert!(said.success, "{}", said.text);
    assert!(said.out.contains("subject admin-bkpsdm\n"), "{}", said.out);
    let words = "unknown before position 6: 4 events, positions 1 to 5";
    assert!(said.out.contains(words), "{}", said.out);
    signed(&office.http, 5).await;
    verify(&office);

    // Another's pseudonym, with an identity that opens.
    let actor = writer
        .identity(ADMIN)
        .actor_id(&writer.tenant_key)
        .to_string();
    let other = writer.identity("pengelola-lain");
    let forged = |event| Some(other.seal(event, &writer.actors_key, [7; 12]));
    let at = writer
        .declare("2021-03-17", "forged-1", &actor, forged)
        .await;
    signed(&office.http, at).await;
    let named = format!(
        "FAILED  events: position {at}: its actor cannot be told: the sealed actor of event"
    );
    fails(&office, &["verify"], &[&named, "is another one"]);
}

/// Goal: an identity that the office's key does not open is found. Method: it is sealed under another key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_actor_under_another_key_is_found() {
    let office = Office::apart(Broker::single().await).await;
    let writer = Writer::of(&office).await;
    let identity = writer.identity(ADMIN);
    let actor = identity.actor_id(&writer.tenant_key).to_string();
    let sealed = |event| Some(identity.seal(event, &DataKey::new([5; 32]), [7; 12]));
    let at = writer
        .declare("2021-03-12", "forged-1", &actor, sealed)
        .await;
    signed(&office.http, at).await;
    fails(
        &office,
        &["verify"],
        &[
            "FAILED  events: position 1: its actor cannot be told",
            "does not open",
        ],
    );
    let said = audit(&office, &["who", &actor]);
    let words = "not this actor, or altered; run `jejak audit verify`: 1 events, positions 1 to 1";
    assert!(said.success && said.out.contains(words), "{}", said.text);
}

/// Goal: no key of the office opens the name of an operator, since it would outlive his erasure. Two services that
/// begin at once seal under one key. Method: an operator with the role of an officer too gives a command, by a token
/// with his name. He is erased, and every sealed actor of the log is opened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_name_of_an_operator_is_under_no_key_of_the_office() {
    let office = office::Office::open(Broker::single().await, 2).await;
    let people = join_all((1..=8).map(|n| office.register(n))).await;
    let actor = Actor {
        sub: people[0].clone(),
        roles: vec![Role::Officer, Role::Operator],
        name: Some("Contoh 1".parse().unwrap()),
    };
    let body = json!({"operator_id": people[0], "reason": "pindah", "address": "Jl. Baru 2"});
    let body = body.to_string().into_bytes();
    let corrected = office::send_as(&office.client, &actor, "correct-operator", "c-1", body);
    let corrected = corrected.await.unwrap().position.unwrap();
    let erase =
        json!({"operator_id": people[0], "reason": "permintaan", "legal_basis": "UU 27/2022"});
    let erased = office
        .send(Role::Admin, "erase-operator", "e-1", erase)
        .await;
    let last = erased.unwrap().position.unwrap();
    let journal = Journal::open(office.client.clone(), &tenant())
        .await
        .unwrap();
    let keyring = Keyring::open_all(&journal, TenantKey::new([1; 32]))
        .await
        .unwrap();
    for position in 1..=last {
        let entry = journal.read(position).await.unwrap().unwrap();
        let envelope = journal.event(&entry).unwrap().unwrap().envelope;
        let identity = keyring.open_actor(&envelope).await.unwrap().unwrap();
        assert_eq!(identity.name, None, "{position}");
        if position == corrected {
            assert_eq!(
                envelope.actor.to_string(),
                format!("operator/{}", people[0])
            );
            assert_eq!(identity.subject, people[0]);
        }
    }
    // Each of the nine registrations claims a NIK, too.
    assert_eq!(last, 19);
}
