//! Goal: an auditor needs none of our code. Method: a client from elsewhere, pinned in
//! `tests/client`, reads the log of a running office over HTTP: it accepts checkpoint, tiles,
//! entries, an inclusion proof and the growth of the log, and rejects each of them altered.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use jejak_rig::office::Office;
use jejak_stories::audited::{audit, signed};
use serde_json::json;

/// Installs the clients of `tests/client`; returns the root of the repository.
pub(crate) fn installed_clients() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let installed = Command::new(root.join("tests/client/install"))
        .output()
        .unwrap();
    assert!(
        installed.status.success(),
        "{}",
        String::from_utf8_lossy(&installed.stderr)
    );
    root
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_from_elsewhere_reads_the_signed_log() {
    let root = installed_clients();
    let office = Office::up(true).await;
    let admin = office.http_as("admin-1", &["admin"]);
    signed(&office.http, 57).await;
    let proof = audit(&office, &["prove", "20"]);
    fs::write(office.dir().join("20.tlog-proof"), &proof.out).unwrap();
    // Holidays of years to come, until there is a full tile, and a tile above it.
    let mut last = 0;
    for n in 0..250 {
        let body = json!({"date": format!("{}-{:02}-{:02}", 2030 + n / 120, 1 + n / 10 % 12, 1 + n % 10), "kind": "public_holiday", "name": "Kemerdekaan", "decree": "SKB"});
        let (status, answer) = admin
            .command("declare-holiday", &format!("holiday-{n}"), &body)
            .await;
        assert_eq!(status, 200, "{answer}");
        last = answer["position"].as_u64().unwrap();
    }
    signed(&office.http, last).await;
    let arguments = [
        "token",
        "issue",
        "--data",
        "data",
        "--subject",
        "auditor-1",
        "--role",
        "auditor",
    ];
    let token = jejak_rig::process::run(office.dir(), &arguments).1;
    fs::write(office.dir().join("token"), token).unwrap();
    let read = Command::new(root.join(".tools/clients/bin/python"))
        .arg(
            root.join("tests/client/read_log.py")
                .canonicalize()
                .unwrap(),
        )
        .args([
            &office.http.base,
            "data/keys/log.vkey",
            "token",
            "20.tlog-proof",
        ])
        .current_dir(office.dir())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&read.stdout).into_owned();
    assert!(
        read.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&read.stderr)
    );
    for line in [
        "accepted the checkpoint",
        "rejected an altered checkpoint",
        "accepted 5 tiles and bundles",
        "rejected an altered tile/0/000",
        "rejected an altered tile/1/000.p/1",
        "rejected an altered tile/entries/000",
        "accepted the proof of entry 19",
        "rejected a proof with an altered event",
        "rejected a proof with an altered path",
        "accepted the growth from 57 to",
    ] {
        assert!(said.contains(line), "{line:?} is not in: {said}");
    }
}
