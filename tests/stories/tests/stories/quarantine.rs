//! Goal: a message that is no event stops all readers and nothing is signed from there on, until a
//! signed record lets them pass over it. No record hides an event. Method: an intruder with the
//! right to append publishes messages of each kind, into one process and into separate ones.

use std::fs;

use async_nats::jetstream;
use jejak::{data::DataFolder, identity::BrokerIdentity};
use jejak_auditor::tree::{TreeConfig, TreeWriter};
use jejak_projections::{VIEWS, View};
use jejak_rig::{broker::Broker, http::Http, office::Office, process::Process};
use jejak_stories::audited::{self, audit, fails, red, signed, verify};
use serde_json::{Value, json};

use crate::identities::connect;

/// The events of the demonstration.
const LAST: u64 = 57;
const HOLIDAYS: &str = "jejak.pontianak.ev.calendar.2020.holiday";

/// Publishes a message past the guards. Returns its position.
async fn intrude(client: &async_nats::Client, subject: &str, payload: &[u8]) -> u64 {
    let context = jetstream::new(client.clone());
    let sent = context.publish(subject.to_owned(), payload.to_vec().into());
    sent.await.unwrap().await.unwrap().sequence
}

async fn intruder(office: &Office) -> async_nats::Client {
    match &office.broker {
        Some(broker) => broker.client().await,
        None => {
            let folder = DataFolder::open(&office.data()).unwrap();
            connect(&folder, BrokerIdentity::Commands, "commands").await
        }
    }
}

/// A stored event under its subject, with one part of it replaced.
async fn stored(http: &Http, of: &str) -> (String, String) {
    let log = http.get("/v1/events").await.text().await.unwrap();
    let line = log.lines().find(|line| line.contains(of)).unwrap();
    let event: Value = serde_json::from_str(line).unwrap();
    let topic = event["type"].as_str().unwrap().split('.').nth(2).unwrap();
    let stream = event["subject"].as_str().unwrap().replace('/', ".");
    (
        format!("jejak.pontianak.ev.{stream}.{topic}"),
        line.to_owned(),
    )
}

async fn declare(office: &Office, id: &str, date: &str) -> (u16, Value) {
    let body =
        json!({"date": date, "kind": "joint_leave", "name": "Cuti bersama", "decree": "SKB"});
    let admin = office.http_as("admin-bkpsdm", &["admin"]);
    admin.command("declare-holiday", id, &body).await
}

/// Asserts that everything says so, that a command and a query are refused, and that nothing is
/// signed from there on.
///
/// Views that do not read the message's topic go on.
async fn is_stopped(office: &Office, position: u64, topic: Option<&str>) {
    let named = format!("position {position} of the log holds no event");
    let mends = format!("jejak audit quarantine {position} --reason TEXT");
    let reads = |view: &&&dyn View| topic.is_none_or(|topic| view.topics().contains(&topic));
    let stopped =
        |view: &&dyn View| format!("view {}: stopped at position {}", view.name(), position - 1);
    let views: Vec<String> = VIEWS.iter().filter(reads).map(stopped).collect();
    assert!(!views.is_empty());
    let auditor = format!("auditor: stopped at position {}: {named}", position - 1);
    let mut words = vec![named.as_str(), &mends, &auditor];
    words.extend(views.iter().map(String::as_str));
    red(&office.http, &words).await;
    let checkpoint = office.http.get("/log/checkpoint").await;
    let checkpoint = checkpoint.text().await.unwrap();
    assert_eq!(audited::size_of(&checkpoint), Some(position - 1));
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let query = auditor.get("/v1/leave-balances?year=2020").await;
    assert_eq!(query.status(), 503);
    assert_eq!(query.json::<Value>().await.unwrap()["code"], "view.stopped");
    let page = auditor
        .get(&format!("/v1/events?after={}", position - 3))
        .await;
    assert_eq!(
        page.headers()["jejak-position"],
        (position - 1).to_string().as_str()
    );
    let page = auditor
        .get(&format!("/v1/events?after={}", position - 1))
        .await;
    assert_eq!(page.status(), 503);
    let problem: Value = page.json().await.unwrap();
    assert_eq!(problem["code"], "log.unreadable");
    assert_eq!(problem["position"], position);
    let failed = format!("FAILED  events: position {position}: ");
    fails(office, &["verify"], &[&failed, &mends]);
}

fn quarantine(office: &Office, position: u64, reason: &str) {
    let position = position.to_string();
    let said = audit(office, &["quarantine", &position, "--reason", reason]);
    assert!(said.success, "{}", said.text);
}

/// The answers of the views.
async fn views(auditor: &Http) -> Vec<String> {
    let mut answers = vec![];
    for path in [
        "/v1/packages",
        "/v1/contracts?on=2020-11-02",
        "/v1/leave-balances?year=2020",
        "/v1/calendars/2020",
    ] {
        let mut answer = auditor.json(path).await;
        answer["position"].take();
        answers.push(answer.to_string());
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_stays_up_says_so_and_goes_on_after_a_quarantine() {
    let mut office = Office::up(true).await;
    signed(&office.http, LAST).await;
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let before = views(&auditor).await;
    let client = intruder(&office).await;

    // Garbage in a calendar, which every decision may read.
    let first = intrude(&client, HOLIDAYS, b"garbage").await;
    assert_eq!(first, LAST + 1);
    is_stopped(&office, first, None).await;
    red(&office.http, &["commands: position 58 of the log"]).await;
    let (status, problem) = declare(&office, "declared", "2020-11-20").await;
    assert_eq!((status, &problem["code"]), (503, &json!("log.unreadable")));
    assert_eq!(problem["position"], first);
    let history = auditor.get("/v1/calendars/2020/history").await;
    let history: Value = history.json().await.unwrap();
    assert_eq!(history["code"], "log.unreadable", "{history}");

    // It says so after a restart, too, and does not end.
    office.terminate();
    let listen = office.http.base.trim_start_matches("http://").to_owned();
    let arguments = ["up", "--data", "data", "--listen", &listen];
    let process = Process::start(office.dir(), "up", &arguments);
    office.processes = vec![("up".to_owned(), process)];
    responds(&office.http).await;
    is_stopped(&office, first, None).await;

    for (position, reason, said) in [
        ("57", "x", "position 57 holds an event"),
        ("59", "x", "position 59 is not in the log, which ends at 58"),
        ("0", "x", "position 0 is not in the log"),
        ("58", " ", "the reason must be one line"),
        ("58", "two\nlines", "the reason must be one line"),
    ] {
        let arguments = ["quarantine", position, "--reason", reason];
        fails(&office, &arguments, &[said]);
    }
    is_stopped(&office, first, None).await;
    quarantine(&office, first, "a test tool wrote it, ticket 12");
    office.http.ready().await;
    assert_eq!(views(&auditor).await, before);
    fails(
        &office,
        &["quarantine", "58", "--reason", "again"],
        &["is in quarantine since", "ticket 12"],
    );
    let (status, answer) = declare(&office, "declared", "2020-11-20").await;
    assert_eq!((status, &answer["position"]), (200, &json!(59)), "{answer}");
    signed(&office.http, 59).await;
    let said = verify(&office);
    assert!(
        said.contains("ok      quarantine: position 58 holds no event: a test tool wrote it, ticket 12; signed by jejak/pontianak+"),
        "{said}"
    );
    assert!(said.contains("58 events are well-formed"), "{said}");

    // A stored event of an unknown type and one under the subject of another year; the command runs
    // on the broker of a stopped office, too.
    let (subject, event) = stored(&auditor, "jejak.operator.leave.recorded.v1").await;
    let client = intruder(&office).await;
    let unknown = event.replace("leave.recorded.v1", "leave.invented.v1");
    assert_eq!(intrude(&client, &subject, unknown.as_bytes()).await, 60);
    is_stopped(&office, 60, Some("operator.leave")).await;
    let (_, holiday) = stored(&auditor, "jejak.calendar.holiday.declared.v1").await;
    let other_year = HOLIDAYS.replace("2020", "2021");
    assert_eq!(intrude(&client, &other_year, holiday.as_bytes()).await, 61);
    office.terminate();
    quarantine(&office, 60, "a type that does not exist");
    let process = Process::start(office.dir(), "up", &arguments);
    office.processes = vec![("up".to_owned(), process)];
    responds(&office.http).await;
    is_stopped(&office, 61, Some("calendar.holiday")).await;
    quarantine(&office, 61, "copied from 2020");
    office.http.ready().await;

    // Under no topic of a stream: no read of a topic shows it, and the stream's guard counts it.
    let client = intruder(&office).await;
    let no_topic = HOLIDAYS.replace("holiday", "nothing");
    assert_eq!(intrude(&client, &no_topic, b"{}").await, 62);
    is_stopped(&office, 62, None).await;
    let (status, problem) = declare(&office, "more", "2020-11-23").await;
    assert_eq!((status, &problem["position"]), (503, &json!(62)));
    quarantine(&office, 62, "no such topic");
    office.http.ready().await;
    let (status, answer) = declare(&office, "more", "2020-11-23").await;
    assert_eq!((status, &answer["position"]), (200, &json!(63)), "{answer}");
    let (status, answer) = declare(&office, "last", "2021-11-24").await;
    assert_eq!((status, &answer["position"]), (200, &json!(64)), "{answer}");
    signed(&office.http, 64).await;
    let said = verify(&office);
    assert_eq!(said.matches("ok      quarantine: ").count(), 4, "{said}");
    let noted = fs::read_to_string(office.data().join("access.log")).unwrap();
    let noted: Vec<_> = noted
        .lines()
        .filter(|line| line.contains("message_quarantined") && line.contains("\"by\":\"uid/"))
        .collect();
    assert_eq!(noted.len(), 4, "{noted:?}");
    assert!(
        noted[0].contains("\"position\":58") && !noted[0].contains("ticket"),
        "{}",
        noted[0]
    );
    let replayed = audit(&office, &["replay"]);
    assert_eq!(replayed.out.lines().count(), 60, "{}", replayed.text);
    let page = auditor.get("/v1/events").await.text().await.unwrap();
    assert_eq!(page, replayed.out);
    // A copy of the tree is passed over in the same places, by the records beside it.
    let copy = ["--tree", "data/tree", "--key", "data/keys/log.vkey"];
    let copied = audit(&office, &[&["replay"], &copy[..]].concat());
    assert_eq!(copied.out, replayed.out, "{}", copied.text);
    let nowhere = ["verify", "--data", "nowhere"];
    let copied = audit(&office, &[&nowhere, &copy[..]].concat());
    assert!(copied.success, "{}", copied.text);
    assert_eq!(copied.out.matches("ok      quarantine: ").count(), 4);
    let unchecked = ["replay", "--tree", "data/tree"];
    fails(&office, &unchecked, &["position 58", "no event"]);
    let then = auditor.json("/v1/leave-balances?year=2020").await;
    assert!(then["position"].as_u64() >= Some(64));
    office.terminate();
}

/// Waits until the gateway listens.
async fn responds(http: &Http) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(50));
    while http
        .request(reqwest::Method::GET, "/healthz")
        .send()
        .await
        .is_err()
    {
        ticks.tick().await;
        assert!(std::time::Instant::now() < deadline, "it does not listen");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_office_is_the_same_and_an_altered_record_stops_it() {
    let mut office = Office::apart(Broker::single().await).await;
    let client = intruder(&office).await;
    audited::append_holidays(&client, 300).await;
    let garbage = [&[0xff_u8, 0, 10][..], b"not an event"].concat();
    assert_eq!(intrude(&client, HOLIDAYS, &garbage).await, 301);
    let too_large = vec![b'x'; usize::from(u16::MAX) + 1];
    let context = jetstream::new(client.clone());
    let refused = context.publish(HOLIDAYS, too_large.into()).await.unwrap();
    assert!(refused.await.is_err(), "no tree takes it");
    is_stopped(&office, 301, None).await;
    quarantine(&office, 301, "binary rubbish");
    office.http.ready().await;
    audited::append_holidays_from(&client, 300, 5).await;
    signed(&office.http, 306).await;
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let before = views(&auditor).await;
    let log = audited::events(&client).await;
    let url = office.broker.as_ref().unwrap().url();
    let restore = ["restore", "--into", &url];

    // The record is altered, and then signed by the key of another log.
    let record = office.data().join("tree/quarantine/301");
    let note = fs::read(&record).unwrap();
    let mut altered = note.clone();
    let at = altered
        .windows(6)
        .position(|part| part == b"binary")
        .unwrap();
    altered[at] = b'B';
    fs::write(&record, &altered).unwrap();
    fails(
        &office,
        &["verify"],
        &[
            "FAILED  quarantine: position 301: ",
            "or it was altered",
            "FAILED  events: position 301",
        ],
    );
    office.terminate();
    audited::remove_log(&client).await;
    let words = ["position 301 was signed but holds no event", "altered"];
    fails(&office, &restore, &words);
    assert_eq!(audited::events(&client).await, log[..300]);
    fs::remove_file(&record).unwrap();
    audited::remove_log(&client).await;
    fails(&office, &restore, &["jejak audit quarantine 301"]);
    fs::write(&record, &note).unwrap();
    audited::remove_log(&client).await;
    let said = audit(&office, &restore);
    assert!(said.success, "{}", said.text);
    assert_eq!(audited::events(&client).await, log);
    for name in jejak_rig::office::SERVICES
        .into_iter()
        .chain(jejak_rig::office::views())
    {
        office.start(name);
    }
    office.http.ready().await;
    whole(&office, 301, 305);
    assert_eq!(views(&auditor).await, before);
    office.terminate();
}

/// A tree that signed such a message before the check was made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_an_earlier_version_signed_is_named_and_put_back() {
    let mut office = Office::apart(Broker::single().await).await;
    let client = intruder(&office).await;
    audited::append_holidays(&client, 10).await;
    signed(&office.http, 10).await;
    office.terminate();
    assert_eq!(intrude(&client, HOLIDAYS, b"garbage").await, 11);
    audited::append_holidays_from(&client, 10, 2).await;
    sign_all(&office, &audited::events(&client).await);
    let log = audited::events(&client).await;
    fails(
        &office,
        &["verify"],
        &[
            "ok      log: positions 1 to 13",
            "FAILED  events: position 11",
        ],
    );
    // The log is lost.
    audited::remove_log(&client).await;
    let url = office.broker.as_ref().unwrap().url();
    let restore = ["restore", "--into", &url];
    fails(
        &office,
        &restore,
        &["position 11 was signed but holds no event"],
    );
    assert_eq!(audited::events(&client).await, log[..10]);
    fails(
        &office,
        &["quarantine", "12", "--reason", "x"],
        &["position 12 holds an event"],
    );
    quarantine(&office, 11, "signed by an earlier version");
    audited::remove_log(&client).await;
    let said = audit(&office, &restore);
    assert!(said.success, "{}", said.text);
    let payloads = |log: &[(String, Vec<u8>)]| {
        let payloads = log.iter().map(|(_, payload)| payload.clone());
        payloads.collect::<Vec<_>>()
    };
    assert_eq!(payloads(&audited::events(&client).await), payloads(&log));
    for name in jejak_rig::office::SERVICES
        .into_iter()
        .chain(jejak_rig::office::views())
    {
        office.start(name);
    }
    office.http.ready().await;
    whole(&office, 11, 12);
    office.terminate();
}

/// Asserts that all checks pass but that of the rules: the made-up events declare one day many times.
fn whole(office: &Office, position: u64, events: u64) {
    let words = [
        format!("ok      quarantine: position {position} holds no event: "),
        format!("ok      events: {events} events are well-formed"),
        "ok      log: ".to_owned(),
        "FAILED  streams: position 2: ".to_owned(),
        format!("1 of {} checks failed", 6 + VIEWS.len()),
    ];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    fails(office, &["verify"], &words);
}

/// Signs a whole log without a look at its messages.
fn sign_all(office: &Office, log: &[(String, Vec<u8>)]) {
    let data = office.data();
    let description = fs::read(data.join("tree/log.json")).unwrap();
    let description: Value = serde_json::from_slice(&description).unwrap();
    let mut writer = TreeWriter::open(&TreeConfig {
        folder: data.join("tree"),
        key_file: data.join("keys/log.key"),
        public_key_file: data.join("keys/log.vkey"),
        origin: "jejak/pontianak".to_owned(),
        incarnation: description["incarnation"].as_str().unwrap().to_owned(),
    })
    .unwrap();
    let signed = usize::try_from(writer.size()).unwrap();
    for (_, payload) in &log[signed..] {
        writer.append(payload).unwrap();
    }
    writer.sign().unwrap();
}
