//! The KAK of 2020 from command to answer, three ways: one process; every service its own; a
//! cluster of three with three replicas.

use std::{collections::BTreeMap, fs, path::Path};

use jejak_rig::{broker::Broker, office::Office};
use jejak_stories::{kak, tenant};
use serde_json::{Value, json};

/// Sends the 61 steps, or sends them again: the same ids get the same results.
pub(crate) async fn play(office: &Office) -> (BTreeMap<String, String>, u64) {
    let pem = fs::read_to_string(office.data().join("keys/token.pem")).unwrap();
    let issuer = jejak::token::TokenIssuer::from_pem(&pem).unwrap();
    let played = jejak::demo::play(&office.http.base, &issuer, |_| {})
        .await
        .unwrap();
    (played.saved, played.position)
}

/// The position of the last event, by the auditor's feed.
async fn last_position(office: &Office) -> u64 {
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let lines = auditor
        .get("/v1/events?limit=10000")
        .await
        .text()
        .await
        .unwrap();
    u64::try_from(lines.lines().count()).unwrap()
}

async fn tell(office: &mut Office) {
    let (saved, position) = play(office).await;
    let auditor = office.http_as("auditor-1", &["auditor"]);
    kak::check(&auditor, &saved, position).await;
    let before = last_position(office).await;
    let (again, same_position) = play(office).await;
    assert_eq!(
        (again, same_position),
        (saved.clone(), position),
        "sent again, the same results"
    );
    assert_eq!(last_position(office).await, before, "and nothing appended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_one_process() {
    let mut office = Office::up(true).await;
    tell(&mut office).await;
    nothing_personal_in_the_clear(&office);
    office.terminate();
    nothing_personal_in_the_clear(&office);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_service_its_own_process() {
    let mut office = Office::apart(Broker::single().await).await;
    tell(&mut office).await;
    the_contract_feed(office.broker.as_ref().unwrap()).await;
    let measured = office.metrics.get("/metrics").await.text().await.unwrap();
    assert!(measured.contains("jejak_commands_total"), "{measured}");
    office.terminate();
    nothing_personal_in_the_clear(&office);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_cluster_of_three() {
    let mut office = Office::apart(Broker::cluster().await).await;
    tell(&mut office).await;
    office.terminate();
}

/// Killed with all it runs and started again, twice: the same answers, the same bytes in the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_started_again() {
    let mut office = Office::up(true).await;
    let (saved, position) = play(&office).await;
    let bytes = |office: &Office| {
        let auditor = office.http_as("auditor-1", &["auditor"]);
        async move {
            auditor
                .get("/v1/events?limit=10000")
                .await
                .bytes()
                .await
                .unwrap()
        }
    };
    let before = bytes(&office).await;
    for _ in 0..2 {
        office.kill();
        office.start_up(false);
        let auditor = office.http_as("auditor-1", &["auditor"]);
        kak::check(&auditor, &saved, position).await;
        assert_eq!(bytes(&office).await, before);
    }
}

/// An office that went on working after the demonstration is started with `--demo` again, as `deploy/up`
/// does. A command that was refused then would be possible now, and must not be done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demonstration_leaves_an_office_at_work_alone() {
    let mut office = Office::up(true).await;
    let admin = office.http_as("admin-1", &["admin"]);
    let body = json!({"package_id": "2020-tenaga-it", "reason": "tambahan", "quota": 5, "budget_ceiling": "99000000"});
    let (status, answer) = admin.command("amend-terms", "more", &body).await;
    assert_eq!(status, 200, "{answer}");
    let before = last_position(&office).await;
    office.terminate();
    office.start_up(true);
    assert_eq!(last_position(&office).await, before);
    play(&office).await;
    assert_eq!(
        last_position(&office).await,
        before,
        "played again by hand, it changes nothing either"
    );
}

/// A plain NATS client, with no code of ours, reads the contract events through a durable consumer.
async fn the_contract_feed(broker: &Broker) {
    use async_nats::jetstream::{self, consumer::pull};
    use futures_util::StreamExt;
    let context = jetstream::new(broker.client().await);
    let stream = context.get_stream("JEJAK_PONTIANAK").await.unwrap();
    let config = pull::Config {
        durable_name: Some("payroll".to_owned()),
        filter_subject: format!("jejak.{}.ev.operator.*.contract", tenant()),
        ..pull::Config::default()
    };
    let consumer = stream.create_consumer(config).await.unwrap();
    let waiting = consumer.cached_info().num_pending;
    assert_eq!(waiting, 4, "three contracts of 2020 and one of 2021");
    let mut messages = consumer.messages().await.unwrap().take(4);
    let mut last = 0;
    while let Some(message) = messages.next().await {
        let message = message.unwrap();
        let position = message.info().unwrap().stream_sequence;
        assert!(position > last, "in order");
        last = position;
        assert_eq!(
            message
                .headers
                .as_ref()
                .unwrap()
                .get("content-type")
                .unwrap()
                .as_str(),
            "application/cloudevents+json"
        );
        is_cloudevent(&serde_json::from_slice(&message.payload).unwrap());
        message.ack().await.unwrap();
    }
}

/// The required attributes of CloudEvents 1.0, and names of extensions as it allows them.
fn is_cloudevent(event: &Value) {
    assert_eq!(event["specversion"], "1.0");
    for attribute in ["id", "source", "type"] {
        assert!(
            event[attribute]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{attribute}: {event}"
        );
    }
    assert_eq!(event["type"], json!("jejak.operator.contract.hired.v2"));
    let lower = |name: &String| {
        name.bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    assert!(event.as_object().unwrap().keys().all(lower), "{event}");
    assert!(chrono::DateTime::parse_from_rfc3339(event["time"].as_str().unwrap()).is_ok());
}

/// No name, NIK, birth date or address of the demonstration in the broker's store or in any log.
/// Views hold opened data, and are left out.
fn nothing_personal_in_the_clear(office: &Office) {
    let mut personal: Vec<String> = ["Ahmad Fadli", "Juto Bhatarendro"]
        .map(str::to_owned)
        .to_vec();
    let steps: Value =
        serde_json::from_str(include_str!("../../../../deploy/demo/kak-2020.json")).unwrap();
    for step in steps["steps"].as_array().unwrap() {
        let body = &step["body"];
        for field in ["nik", "full_name", "birth_date", "address", "birth_place"] {
            personal.extend(body[field].as_str().map(str::to_owned));
        }
        personal.extend(body["officer"]["nip"].as_str().map(str::to_owned));
        personal.extend(body["officer"]["name"].as_str().map(str::to_owned));
    }
    let mut files = Vec::new();
    collect(office.dir(), &mut files);
    if let Some(broker) = &office.broker {
        collect(broker.store(), &mut files);
    }
    let searched = files
        .iter()
        .filter(|path| !path.components().any(|part| part.as_os_str() == "views"));
    let mut stores = 0;
    for path in searched {
        let bytes = fs::read(path).unwrap();
        stores += usize::from(path.extension().is_some_and(|extension| extension == "blk"));
        for secret in &personal {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} stands in {}", path.display());
        }
    }
    assert!(stores > 0, "the broker's store was searched");
}

fn collect(dir: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files)
        } else {
            files.push(path)
        }
    }
}
