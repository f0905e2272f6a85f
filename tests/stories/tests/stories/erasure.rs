//! Goal: after an erasure no file holds the person or the key, and everybody else is answered in full.
//! Method: the raw bytes of whole folders are searched, for each form in which a text or key is stored.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use async_nats::{
    Client,
    jetstream::{self, kv, stream::Stream},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use futures_util::StreamExt;
use jejak_bus::Role;
use jejak_events::{
    personal::{Key, Owner},
    secret::TenantKey,
};
use jejak_journal::{Journal, Keyring};
use jejak_rig::{broker::Broker, office::Office as WholeOffice, process};
use jejak_stories::tenant;
use serde_json::{Value, json};

use crate::office::Office;

const BUCKET: &str = "JEJAK_PONTIANAK_KEYS";
const MARK: &[u8] = b"destroyed";
/// The time within which an erasure reaches every file.
const WITHIN: Duration = Duration::from_secs(20);
/// Time between two looks at the files.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The bytes of every file under a folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else {
            continue;
        };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(bytes) = fs::read(&path) {
                // A file may be removed meanwhile.
                found.push((path.display().to_string(), bytes));
            }
        }
    }
    found
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    memchr::memmem::find(bytes, wanted).is_some()
}

/// The ways in which bytes may be stored: as they are, in hexadecimal, and in base64 at any offset.
fn spellings(bytes: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut all = vec![bytes.to_vec(), hex.into_bytes()];
    for offset in 0..3 {
        let part = &bytes[offset..];
        let whole = &part[..part.len() / 3 * 3];
        all.push(BASE64.encode(whole).into_bytes());
    }
    all
}

/// The wrapped keys, by number, that stand in some file of the broker. Beyond the nonce of 12 bytes.
fn stored(broker: &Broker, wrapped: &[Vec<u8>]) -> Vec<usize> {
    let files = files(broker.store());
    let is_stored = |key: &Vec<u8>| {
        let spellings = spellings(&key[12..]);
        let mut all = files.iter();
        all.any(|(_, bytes)| spellings.iter().any(|wanted| holds(bytes, wanted)))
    };
    let numbered = wrapped.iter().enumerate();
    numbered
        .filter(|(_, key)| is_stored(key))
        .map(|(n, _)| n)
        .collect()
}

async fn bucket(client: &Client) -> kv::Store {
    let context = jetstream::new(client.clone());
    context.get_key_value(BUCKET).await.unwrap()
}

async fn key_stream(client: &Client) -> Stream {
    let context = jetstream::new(client.clone());
    context.get_stream(format!("KV_{BUCKET}")).await.unwrap()
}

async fn wrapped(bucket: &kv::Store, name: &str) -> Vec<u8> {
    bucket.get(name).await.unwrap().unwrap().to_vec()
}

async fn keyring(journal: &Journal) -> Keyring {
    Keyring::open_all(journal, TenantKey::new([1; 32]))
        .await
        .unwrap()
}

fn erasure(operator_id: &str) -> Value {
    json!({"operator_id": operator_id, "reason": "permintaan", "legal_basis": "UU 27/2022"})
}

/// The nth person, without a stream.
fn owner(n: u32) -> Owner {
    let id = uuid::Uuid::from_u128((8 << 76) | (2 << 62) | u128::from(n));
    format!("operator.{id}").parse().unwrap()
}

/// Goal: the commands service and the follower of each replica destroy a key at once, and none of the
/// wrapped keys is left in a file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_key_of_twenty_erased_people_is_left_at_the_broker() {
    let mut office = Office::open(Broker::single().await, 2).await;
    let keys = bucket(&office.client).await;
    let (mut people, mut all) = (vec![], vec![]);
    for n in 1..=20 {
        let operator_id = office.register(n).await;
        all.push(wrapped(&keys, &format!("operator.{operator_id}")).await);
        people.push(operator_id);
    }
    assert_eq!(stored(&office.broker, &all).len(), 20, "the search works");
    let erase = |n: usize| {
        let (id, body) = (format!("erase-{n}"), erasure(&people[n]));
        let office = &office;
        async move { office.send(Role::Admin, "erase-operator", &id, body).await }
    };
    let erased = futures_util::future::join_all((0..20).map(erase)).await;
    assert!(erased.iter().all(Result::is_ok), "{erased:?}");
    office.stop().await;
    office.broker.stop();
    assert_eq!(stored(&office.broker, &all), Vec::<usize>::new());
    office.broker.restart().await;
    let journal = Journal::open(office.broker.client().await, &tenant()).await;
    let keyring = keyring(&journal.unwrap()).await;
    for operator_id in &people {
        let owner: Owner = format!("operator.{operator_id}").parse().unwrap();
        assert_eq!(keyring.get(&owner), Some(Key::Destroyed));
    }
}

/// Goal: on a cluster, too, two processes that destroy a key at once both end, and the files are cleaned
/// while a key is made. The replication logs keep the bytes until the broker compacts them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_destroyed_and_moved_on_three_replicas() {
    let broker = Broker::cluster().await;
    let journal = Journal::init(broker.client().await, &tenant(), broker.replicas()).await;
    let journal = journal.unwrap();
    let (one, two) = (keyring(&journal).await, keyring(&journal).await);
    for n in 0..10 {
        let owner = owner(n);
        one.get_or_create(&owner).await.unwrap().unwrap();
        let (first, second) = tokio::join!(one.destroy(&owner), two.destroy(&owner));
        first.unwrap();
        second.unwrap();
    }
    let kept = one.get_or_create(&owner(10)).await.unwrap();
    let new = owner(11);
    let (cleaned, made) = tokio::join!(one.clean_files(), two.get_or_create(&new));
    assert!(cleaned.unwrap());
    let made = made.unwrap();
    let later = keyring(&journal).await;
    for n in 0..10 {
        let found = later.fetch(&owner(n)).await.unwrap();
        assert_eq!(found, Some(Key::Destroyed), "{n}");
    }
    assert_eq!(later.get_or_create(&owner(10)).await.unwrap(), kept);
    assert_eq!(later.get_or_create(&owner(11)).await.unwrap(), made);
}

/// Goal: a crash between any two steps of an erasure is mended by the next start, and nobody takes the
/// person for one whose key is lost. Method: each state that a crash can leave, of this version and of
/// earlier ones, is put into the bucket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_that_was_cut_short_at_any_step_is_finished() {
    let mut office = Office::open(Broker::single().await, 1).await;
    let keys = bucket(&office.client).await;
    let mut all = vec![];
    let mut names = vec![];
    for n in 1..=5 {
        let operator_id = office.register(n).await;
        names.push(format!("operator.{operator_id}"));
        all.push(wrapped(&keys, &names[n as usize - 1]).await);
        let (id, body) = (format!("erase-{n}"), erasure(&operator_id));
        let erased = office.send(Role::Admin, "erase-operator", &id, body);
        erased.await.unwrap();
    }
    office.stop().await;
    let stream = key_stream(&office.client).await;
    for (n, name) in names.iter().enumerate() {
        let mark = keys.entry(name).await.unwrap().unwrap();
        assert_eq!(mark.value.as_ref(), MARK);
        let key = all[n].clone();
        if n < 4 {
            stream.delete_message(mark.revision).await.unwrap();
        }
        match n {
            0 | 4 => drop(keys.put(name, key.into()).await.unwrap()),
            1 => {}
            2 => {
                keys.put(name, key.into()).await.unwrap();
                keys.put(name, MARK.into()).await.unwrap();
            }
            _ => {
                keys.put(name, key.clone().into()).await.unwrap();
                keys.put(name, key.into()).await.unwrap();
            }
        }
    }
    let journal = Journal::open(office.client.clone(), &tenant()).await;
    let without_mark: Owner = names[1].parse().unwrap();
    let reader = keyring(&journal.unwrap()).await;
    assert_eq!(reader.get(&without_mark), None);
    let fetched = reader.fetch(&without_mark).await.unwrap();
    assert_eq!(fetched, Some(Key::Destroyed), "the log says it");
    office.start(1).await;
    let deadline = Instant::now() + WITHIN;
    for name in &names {
        loop {
            let mut revisions = vec![];
            let mut history = keys.history(name).await.unwrap();
            while let Some(entry) = history.next().await {
                revisions.push(entry.unwrap().value);
            }
            if !revisions.is_empty() && revisions.iter().all(|value| value.as_ref() == MARK) {
                break;
            }
            assert!(Instant::now() < deadline, "{name}: {revisions:?}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
    office.stop().await;
    office.broker.stop();
    assert_eq!(stored(&office.broker, &all), Vec::<usize>::new());
}

/// Goal: what an earlier version left of destroyed keys is removed once, and no living key is lost,
/// however often that is cut short. Method: marks are written twice, as that version did, which drops
/// the keys. Cleaning is then cut off after some of its writings, and begun anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_an_earlier_version_dropped_are_removed_once() {
    let mut broker = Broker::single().await;
    let client = broker.client().await;
    let journal = Journal::init(client.clone(), &tenant(), 1).await.unwrap();
    let maker = keyring(&journal).await;
    let keys = bucket(&client).await;
    let (mut dropped, mut living) = (vec![], vec![]);
    for n in 0..25 {
        let key = maker.get_or_create(&owner(n)).await.unwrap().unwrap();
        if n % 5 == 0 {
            living.push((owner(n), key));
        } else {
            let name = owner(n).to_string();
            dropped.push(wrapped(&keys, &name).await);
            keys.put(&name, MARK.into()).await.unwrap();
            keys.put(&name, MARK.into()).await.unwrap();
        }
    }
    assert_eq!(stored(&broker, &dropped).len(), 20, "they are there");
    for writings in [1, 100, 160, 180] {
        let cleaner = keyring(&journal).await;
        let mut written = client.subscribe(format!("$KV.{BUCKET}.>")).await.unwrap();
        let cut = async {
            for _ in 0..writings {
                written.next().await.unwrap();
            }
        };
        tokio::select! {
            cleaned = cleaner.clean_files() => panic!("{writings}: it was not cut off: {cleaned:?}"),
            () = cut => {}
        }
        for (owner, key) in &living {
            let found = keyring(&journal).await.get(owner);
            assert_eq!(found, Some(Key::Present(key.clone())), "after {writings}");
        }
    }
    assert!(keyring(&journal).await.clean_files().await.unwrap());
    assert!(
        !keyring(&journal).await.clean_files().await.unwrap(),
        "once"
    );
    broker.stop();
    assert_eq!(stored(&broker, &dropped), Vec::<usize>::new());
    broker.restart().await;
    let journal = Journal::open(broker.client().await, &tenant()).await;
    let later = keyring(&journal.unwrap()).await;
    for n in 0..25 {
        let found = later.get(&owner(n));
        match living.iter().find(|(living, _)| *living == owner(n)) {
            Some((_, key)) => assert_eq!(found, Some(Key::Present(key.clone()))),
            None => assert_eq!(found, Some(Key::Destroyed)),
        }
    }
}

const SECRETS: [&str; 13] = [
    "Contoh Operator Dua",
    "6171042208980002",
    "Gang Rahasia 17",
    "0812-5550-1717",
    "dua.rahasia@example.id",
    "alasan koreksi rahasia",
    "Seragam nomor rahasia",
    "catatan kembali rahasia",
    "800/2/SPK/BKPSDM/2020",
    "alasan cuti rahasia",
    "5ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7",
    "catatan nilai rahasia",
    "alasan nilai rahasia",
];

/// The texts of a person that stand in some file, with the file.
fn found_in(folder: &Path) -> Vec<String> {
    let mut found = vec![];
    for (path, bytes) in files(folder) {
        let held = SECRETS.iter().filter(|text| holds(&bytes, text.as_bytes()));
        found.extend(held.map(|text| format!("{text} in {path}")));
    }
    found
}

async fn give(http: &jejak_rig::http::Http, name: &str, id: &str, body: Value) -> Value {
    let (status, answer) = http.command(name, id, &body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// Goal: no file of the data folder holds a text of an erased person, and everybody else is answered in
/// full. Method: the demonstration; one of its people gets every kind of free text, and is erased.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_file_holds_a_text_of_an_erased_person() {
    let mut office = WholeOffice::up(true).await;
    let pem = fs::read_to_string(office.data().join("keys/token.pem")).unwrap();
    let issuer = jejak::token::TokenIssuer::from_pem(&pem).unwrap();
    let played = jejak::demo::play(&office.http.base, &issuer, |_| {}).await;
    let saved = played.unwrap().saved;
    let officer = office.http_as("197701161997031006", &["officer"]);
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let admin = office.http_as("admin-bkpsdm", &["admin"]);
    let (op2, contract) = (&saved["op2"], &saved["op2.contract"]);
    let corrected = json!({"operator_id": op2, "reason": SECRETS[5], "address": SECRETS[2],
        "phone": SECRETS[3], "email": SECRETS[4]});
    give(&officer, "correct-operator", "correct", corrected).await;
    let issued = json!({"operator_id": op2, "contract_id": contract, "kind": "uniform",
        "label": SECRETS[6], "on": "2020-10-05"});
    let issued = give(&officer, "issue-facility", "issue", issued).await;
    let leave = json!({"operator_id": op2, "kind": "special", "from": "2020-11-02", "to": "2020-11-02",
        "reason": SECRETS[9], "evidence_sha256": SECRETS[10]});
    give(&officer, "record-leave", "leave", leave).await;
    let reopened = json!({"operator_id": op2, "contract_id": contract, "reason": "salah nilai"});
    give(&officer, "reopen-evaluation", "reopen", reopened).await;
    let codes = [
        "attendance",
        "roll_call",
        "completion",
        "timeliness",
        "quality",
        "obligations",
        "prohibitions",
    ];
    let scores: Value = codes
        .iter()
        .map(|code| (code.to_string(), json!(2)))
        .collect();
    let month = json!({"operator_id": op2, "contract_id": contract, "month": "2020-10", "scores": scores,
        "note": SECRETS[11], "reason": SECRETS[12]});
    give(&officer, "correct-monthly-appraisal", "month", month).await;
    let returned = json!({"operator_id": op2, "facility_id": issued["facility_id"],
        "on": "2020-12-30", "note": SECRETS[7]});
    let position = give(&officer, "return-facility", "return", returned).await["position"].clone();
    let paths = |operator: &str| {
        [
            format!("/v1/operators/{operator}"),
            format!("/v1/operators/{operator}/leave?year=2020"),
            format!("/v1/operators/{operator}/evaluations/2020"),
            format!("/v1/facilities?operator={operator}"),
            format!("/v1/contracts?operator={operator}"),
        ]
        .map(|path| {
            let joint = if path.contains('?') { '&' } else { '?' };
            format!("{path}{joint}min_position={position}")
        })
    };
    let mut shown = String::new();
    for path in paths(op2) {
        shown += &auditor.json(&path).await.to_string();
    }
    for text in SECRETS.iter().filter(|text| !text.contains("koreksi")) {
        assert!(shown.contains(text), "{text} is shown before: {shown}");
    }
    let search = "/v1/operators?q=dua%20contoh";
    let found = auditor.json(search).await;
    assert_eq!(found["items"][0]["operator_id"], json!(op2));
    let mut others = vec![];
    for path in paths(&saved["op3"]) {
        others.push(auditor.json(&path).await);
    }
    let mut erased = give(&admin, "erase-operator", "erase", erasure(op2)).await;
    let deadline = Instant::now() + WITHIN;
    let position = erased["position"].take();
    let person = format!("/v1/operators/{op2}?min_position={position}");
    assert_eq!(auditor.json(&person).await["profile"], Value::Null);
    assert_eq!(auditor.json(search).await["items"], json!([]));
    loop {
        let found = found_in(&office.data());
        if found.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "{found:#?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
    for (path, before) in paths(&saved["op3"]).iter().zip(&mut others) {
        let mut after = auditor.json(path).await;
        for answer in [&mut after, &mut *before] {
            answer["position"].take();
        }
        let is_named = after.to_string().contains("Contoh Operator Tiga");
        assert!(is_named != path.contains("/facilities"), "{path}: {after}");
        assert_eq!(&after, before, "{path}");
    }
    let (status, verified, stderr) =
        process::run(office.dir(), &["audit", "verify", "--data", "data"]);
    assert!(status.success(), "{verified} {stderr}");
    for pid in [Some(office.process("up").pid()), office.broker_pid()] {
        let limits = fs::read_to_string(format!("/proc/{}/limits", pid.unwrap())).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core"));
        let core: Vec<_> = core.unwrap().split_whitespace().collect();
        assert_eq!(core[4..6], ["0", "0"], "{limits}");
    }
    office.terminate();
    assert_eq!(found_in(&office.data()), Vec::<String>::new());
}
