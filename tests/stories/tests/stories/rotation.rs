//! The keys of an office are replaced, and everything that was there before is there afterwards.

use std::{fs, path::Path};

use jejak_rig::{broker::Broker, office::Office, process};

const PPK: &str = "197701161997031006";

fn jejak(dir: &Path, arguments: &[&str]) -> (bool, String) {
    let (status, stdout, stderr) = process::run(dir, arguments);
    (status.success(), format!("{stdout}{stderr}"))
}

fn verify(dir: &Path, further: &[&str]) -> (bool, String) {
    let arguments = [&["audit", "verify", "--data", "data"], further].concat();
    jejak(dir, &arguments)
}

/// Goal: after a rotation of the log's key everything verifies with the new key, and the old public key
/// verifies the history up to it. A checkpoint that was handed out before still counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_keys_of_the_log_verify_their_history() {
    let mut office = Office::up(true).await;
    let dir = office.dir().to_owned();
    let old = fs::read_to_string(office.data().join("keys/log.vkey")).unwrap();
    let old = old.trim();
    let handed_out = office
        .http
        .get("/log/checkpoint")
        .await
        .text()
        .await
        .unwrap();
    fs::write(dir.join("older"), &handed_out).unwrap();
    let rotate = ["keys", "rotate", "log", "--data", "data"];
    let (done, said) = jejak(&dir, &rotate);
    assert!(!done && said.contains("the auditor runs"), "{said}");
    office.terminate();
    let (done, said) = jejak(&dir, &rotate);
    assert!(done, "{said}");
    let new = fs::read_to_string(office.data().join("keys/log.vkey")).unwrap();
    assert!(new.trim() != old && said.contains(new.trim()), "{said}");
    office.start_up(false);
    let admin = office.http_as("admin-1", &["admin"]);
    let holiday = serde_json::json!({"date": "2021-01-01", "kind": "public_holiday",
        "name": "Tahun Baru", "decree": "SKB 2021"});
    let (status, answer) = admin.command("declare-holiday", "h-1", &holiday).await;
    assert_eq!(status, 200, "{answer}");
    office.http.ready().await;
    let (whole, said) = verify(&dir, &["--since", "older"]);
    assert!(whole, "{said}");
    assert!(said.contains("extends the checkpoint"), "{said}");
    let (part, said) = verify(&dir, &["--key", old]);
    assert!(part, "{said}");
    assert!(said.contains(new.trim()), "it names the new key: {said}");
    assert!(said.contains("are for the key that replaced"), "{said}");
}

/// Goal: after a rotation of the tenant's key all data opens, under another wrapping key and the same
/// pseudonyms. Method: what an officer reads, before and after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_data_opens_after_a_rotation_of_the_tenants_key() {
    let mut office = Office::up(true).await;
    let dir = office.dir().to_owned();
    let officer = office.http_as(PPK, &["officer"]);
    let before = officer.json("/v1/operators?limit=500").await;
    assert!(!before["items"].as_array().unwrap().is_empty(), "{before}");
    let file = office.data().join("keys/tenant.key");
    let old = fs::read_to_string(&file).unwrap();
    let rotate = ["keys", "rotate", "tenant", "--data", "data"];
    let (done, said) = jejak(&dir, &rotate);
    assert!(!done && said.contains("in use"), "{said}");
    office.terminate();
    for _ in 0..2 {
        let (done, said) = jejak(&dir, &rotate);
        assert!(done && said.contains("data keys are wrapped"), "{said}");
    }
    let new = fs::read_to_string(&file).unwrap();
    assert!(new.starts_with(old.trim()) && new.lines().count() == 2);
    // The views are built anew from sealed events.
    fs::remove_dir_all(office.data().join("views")).unwrap();
    office.start_up(false);
    assert_eq!(officer.json("/v1/operators?limit=500").await, before);
    let (whole, said) = verify(&dir, &[]);
    assert!(whole, "{said}");
    office.terminate();
    fs::write(&file, old).unwrap();
    let (opened, said) = jejak(&dir, &rotate);
    assert!(!opened && said.contains("does not open"), "{said}");
}

/// Goal: no key is wrapped anew under a running service, which would not know it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn running_services_are_named() {
    let mut office = Office::apart(Broker::single().await).await;
    let url = office.broker.as_ref().unwrap().url();
    let rotate = ["keys", "rotate", "tenant", "--data", "data", "--nats", &url];
    let (done, said) = jejak(office.dir(), &rotate);
    assert!(!done && said.contains("jejak-commands"), "{said}");
    for name in ["commands-1", "commands-2", "history"]
        .into_iter()
        .chain(jejak_rig::office::views())
    {
        office.process(name).terminate();
    }
    let (done, said) = jejak(office.dir(), &rotate);
    assert!(done, "the auditor may run: {said}");
}
