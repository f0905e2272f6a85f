//! Dry runs: every command of the demonstration is decided once without a trace, then given. The real answer
//! must be the announced one.

use std::collections::BTreeMap;

use async_nats::jetstream;
use futures_util::TryStreamExt;
use jejak_bus::{Actor, CommandAnswer, Problem, Role};
use jejak_events::Command;
use jejak_rig::{broker::Broker, office::Office as WholeOffice};
use jejak_stories::tenant;
use serde_json::{Value, json};

use crate::{
    examples::{DEMONSTRATION, Scenario, comparable, created_id, further_steps, resolve},
    office::{Office, hire, person, send_as, try_as},
};

/// The last position of the log, and the revision of each key in the bucket. The bucket also holds a mark that its
/// files are clean, which a service writes soon after its start.
async fn stored(office: &Office) -> (u64, BTreeMap<String, u64>) {
    let context = jetstream::new(office.client.clone());
    let log = format!("JEJAK_{}", tenant().to_string().to_uppercase());
    let stream = context.get_stream(&log).await.unwrap();
    let bucket = context.get_key_value(format!("{log}_KEYS")).await.unwrap();
    let mut names: Vec<String> = bucket.keys().await.unwrap().try_collect().await.unwrap();
    names.retain(|name| name != "clean");
    let mut keys = BTreeMap::new();
    for name in names {
        let entry = bucket.entry(&name).await.unwrap().unwrap();
        keys.insert(name, entry.revision);
    }
    (stream.cached_info().state.last_sequence, keys)
}

/// What a dry run announces, or a command did. Sealed parts and times differ each time.
fn announced(outcome: &Result<CommandAnswer, Problem>) -> Value {
    match outcome {
        Ok(answer) => {
            let events = answer.events.iter();
            let events = events.map(|event| serde_json::from_str::<Value>(event.get()).unwrap());
            json!({ "created": answer.created, "events": comparable(events.collect()) })
        }
        Err(problem) => json!(format!("{problem:?}")),
    }
}

/// Goal: a dry run announces what the command does, and leaves nothing behind. Method: each command of the
/// demonstration and of the further steps first runs dry, under the key that it then uses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_does_what_its_dry_run_announced() {
    let office = Office::open(Broker::single().await, 1).await;
    let mut saved = BTreeMap::new();
    let mut given: Vec<String> = Vec::new();
    let further = further_steps().into_iter().map(|(_, steps)| steps);
    for (file, steps) in [DEMONSTRATION.to_owned()]
        .into_iter()
        .chain(further)
        .enumerate()
    {
        let Scenario { steps } = serde_json::from_str(&steps).unwrap();
        for (n, step) in steps.into_iter().enumerate() {
            let mut body = step.body;
            resolve(&mut body, &saved);
            let body = body.to_string().into_bytes();
            let (name, key) = (step.command.as_str(), format!("step-{file}-{n}"));
            let actor = Actor {
                sub: step.r#as,
                roles: step.roles,
                name: None,
            };
            let before = stored(&office).await;
            let dry = try_as(&office.client, &actor, name, &key, body.clone()).await;
            assert_eq!(
                stored(&office).await,
                before,
                "{name} {n} left something behind"
            );
            let done = send_as(&office.client, &actor, name, &key, body).await;
            assert_eq!(announced(&dry), announced(&done), "{name} {n}");
            assert_eq!(done.is_err(), step.refused.is_some(), "{name} {n} {done:?}");
            if let (Ok(dry), Ok(done)) = (dry, done) {
                assert_eq!((dry.position, dry.replayed), (None, false), "{name} {n}");
                assert!(done.position.is_some() && !done.replayed, "{name} {n}");
                if let Some(save) = step.save {
                    let answer = serde_json::to_value(&done).unwrap();
                    saved.insert(save, created_id(name, &answer));
                }
                given.push(step.command);
            }
        }
    }
    for name in Command::NAMES {
        assert!(given.iter().any(|given| given == name), "{name} never ran");
    }
    office.stop().await;
}

/// Goal: a dry run judges the newest states, whatever its key did before. Method: a hire that was done, dry again
/// under its own key, and under the key of another command.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_ignores_earlier_uses_of_its_key() {
    let office = Office::open(Broker::single().await, 2).await;
    office.publish_terms(3).await;
    let (one, two) = (office.register(1).await, office.register(2).await);
    let done = office
        .send(Role::Officer, "hire-operator", "hire", hire(&one, 1))
        .await;
    done.unwrap();
    let again = office
        .try_out(Role::Officer, "hire-operator", "hire", hire(&one, 1))
        .await;
    let overlap = format!("{:?}", again.unwrap_err());
    assert!(
        overlap.contains("Overlaps") || overlap.contains("SpkNumberTaken"),
        "{overlap}"
    );
    let other = office
        .try_out(Role::Officer, "hire-operator", "terms", hire(&two, 2))
        .await;
    assert_eq!(other.unwrap().events.len(), 2);
    let replayed = office
        .send(Role::Officer, "hire-operator", "hire", hire(&one, 1))
        .await;
    assert!(replayed.unwrap().replayed);
    office.stop().await;
}

/// Goal: a dry run of a registration makes no key, and one of an erasure destroys none. Method: the bucket, and
/// a correction of the person after the dry erasure, which needs the key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_makes_and_destroys_no_key() {
    let office = Office::open(Broker::single().await, 1).await;
    office.publish_terms(3).await;
    let before = stored(&office).await;
    let dry = office
        .try_out(Role::Officer, "register-operator", "dry", person(1))
        .await;
    let dry = dry.unwrap();
    assert!(!dry.created.is_empty());
    assert_eq!(stored(&office).await, before);
    let id = office.register(1).await;
    let before = stored(&office).await;
    let erase = json!({"operator_id": id, "reason": "permintaan", "legal_basis": "UU 27/2022"});
    let dry = office
        .try_out(Role::Admin, "erase-operator", "dry", erase)
        .await
        .unwrap();
    assert!(!dry.events.is_empty());
    assert_eq!(stored(&office).await, before);
    let correct = json!({"operator_id": id, "reason": "salah ketik", "full_name": "Contoh Satu"});
    let corrected = office
        .send(Role::Officer, "correct-operator", "correct", correct)
        .await;
    assert_eq!(corrected.unwrap().events.len(), 1);
    office.stop().await;
}

/// Goal: the gateway passes a dry run on as one, and takes no other parameter. Method: terms over HTTP, dry, with
/// misspelt parameters, and then really.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_over_http() {
    let office = WholeOffice::up(false).await;
    let admin = office.http_as("admin-1", &["admin"]);
    let terms = json!({"package_id": "2020-tenaga-it", "title": "Tenaga IT", "agency": "BKPSDM", "fiscal_year": 2020,
        "fund_source": "APBD", "budget_ceiling": "999000000", "quota": 3,
        "period": {"start": "2020-10-01", "end": "2020-12-31"}});
    let (status, dry) = admin
        .command("publish-terms?dry_run=1", "terms", &terms)
        .await;
    assert_eq!(
        (status, &dry["position"], &dry["replayed"]),
        (200, &json!(null), &json!(false)),
        "{dry}"
    );
    for (search, path) in [("dry_run=0", "dry_run"), ("dryrun=1", "dryrun")] {
        let (status, refused) = admin
            .command(&format!("publish-terms?{search}"), "terms", &terms)
            .await;
        assert_eq!((status, &refused["path"]), (400, &json!(path)), "{refused}");
    }
    let (status, done) = admin.command("publish-terms", "terms", &terms).await;
    assert_eq!(
        (status, &done["position"], &done["replayed"]),
        (200, &json!(1), &json!(false)),
        "{done}"
    );
    assert_eq!(
        comparable(dry["events"].clone()),
        comparable(done["events"].clone())
    );
    let mut other = terms.clone();
    other["quota"] = json!(4);
    let (status, refused) = admin
        .command("publish-terms?dry_run=1", "other", &other)
        .await;
    assert_eq!(
        (status, &refused["code"]),
        (422, &json!("package.already_published")),
        "{refused}"
    );
}
