//! Goal: an outside auditor with the tree, the public key and a feed reads the history in order, verifies
//! and proves without any key of the office. Method: a folder with `tree/` and `log.vkey` alone; each replay
//! is compared with the office's own, and a feed's bytes with the replay.

use std::{fs, path::Path};

use jejak_projections::VIEWS;
use jejak_rig::office::Office;
use jejak_stories::{
    audited::{audit, signed},
    witnessed::copy,
};
use serde_json::Value;

use crate::{audit_outside::url, feeds};

/// The events of the demonstration.
const LAST: u64 = 57;

/// `jejak audit` in a folder that has a copy of the tree and the public key, and nothing else.
fn outside_alone(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let arguments = [&["audit"], arguments, &["--tree", "tree"]].concat();
    let (status, out, err) = jejak_rig::process::run(folder, &arguments);
    (status.code(), out, err)
}

/// The contract events that a feed delivers, byte for byte.
async fn delivered(office: &Office) -> Vec<String> {
    feeds::feed(office, &["add", "inspectorate"]).unwrap();
    let client = feeds::connect(&url(office), &feeds::seed(office, "inspectorate")).await;
    let all = r#"{"batch":500,"no_wait":true}"#;
    let mut events = feeds::ask(&client, "inspectorate", all).await;
    let mut delivered = Vec::new();
    while let Some(message) = feeds::event(&client, &mut events).await {
        message.double_ack().await.unwrap();
        delivered.push(String::from_utf8(message.payload.to_vec()).unwrap());
    }
    delivered
}

fn type_of(line: &str) -> String {
    let event: Value = serde_json::from_str(line).unwrap();
    event["type"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tree_and_the_public_key_are_enough_to_read_verify_and_prove() {
    let office = Office::up(true).await;
    signed(&office.http, LAST).await;
    let outside = &office.dir().join("outside");
    fs::create_dir(outside).unwrap();
    copy(&office.data().join("tree"), &outside.join("tree"));
    fs::copy(
        office.data().join("keys/log.vkey"),
        outside.join("log.vkey"),
    )
    .unwrap();

    let whole = audit(&office, &["replay"]).out;
    assert_eq!(whole.lines().count() as u64, LAST);
    let event: Value = serde_json::from_str(whole.lines().nth(19).unwrap()).unwrap();
    let (time, stream) = (
        event["time"].as_str().unwrap(),
        event["subject"].as_str().unwrap(),
    );
    for filter in [
        &[][..],
        &["--from", "5", "--to", "20"],
        &["--until", time],
        &["--stream", stream],
        &["--stream", stream, "--from", "20"],
        &["--type", event["type"].as_str().unwrap(), "--format", "csv"],
        &["--format", "csv"],
    ] {
        let own = audit(&office, &[&["replay"], filter].concat());
        let replay = [&["replay", "--key", "log.vkey"], filter].concat();
        let (code, out, err) = outside_alone(outside, &replay);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{filter:?}");
        assert!(
            own.success && !out.is_empty() && out == own.out,
            "{filter:?}: {out}"
        );
    }
    let of_contracts = whole
        .lines()
        .filter(|line| type_of(line).starts_with("jejak.operator.contract."));
    let of_contracts: Vec<_> = of_contracts.map(str::to_owned).collect();
    assert!(of_contracts.len() > 3);
    assert_eq!(delivered(&office).await, of_contracts);
    let (code, out, err) = outside_alone(outside, &["replay"]);
    assert!(
        code == Some(0) && out == whole && err.contains("not checked"),
        "{err}"
    );

    let (code, out, err) = outside_alone(outside, &["verify", "--key", "log.vkey"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let beginnings = [
        "ok      checkpoint: 57 entries, root ",
        "SKIPPED growth: ",
        "ok      tree: tiles and bundles of 57 entries lead to the signed root",
        "SKIPPED log: not compared with the tree: no broker is named; name it with --nats",
        "ok      events: 57 events are well-formed, without a gap, each once; their sealed parts",
        "SKIPPED streams: not checked: ",
        "SKIPPED view ",
    ];
    for (line, beginning) in out.lines().zip(beginnings) {
        assert!(
            line.starts_with(beginning),
            "{line:?} instead of {beginning:?}"
        );
    }
    let skipped = 3 + VIEWS.len();
    let last = format!("3 checks passed, {skipped} skipped; each line says why");
    assert_eq!(out.lines().last(), Some(&last[..]), "{out}");

    let (code, proof, err) = outside_alone(outside, &["prove", "20", "--key", "log.vkey"]);
    assert_eq!(code, Some(0), "{err}");
    fs::write(outside.join("20.tlog-proof"), proof).unwrap();
    let (code, out, err) = outside_alone(outside, &["check", "20.tlog-proof", "--key", "log.vkey"]);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(out.lines().nth(1), whole.lines().nth(19), "{out}");

    // One altered byte is found by both, and printed by neither under the key.
    let bundle = outside.join("tree/tile/entries/000.p/57");
    let mut bytes = fs::read(&bundle).unwrap();
    bytes[5_000] ^= 1;
    fs::write(&bundle, bytes).unwrap();
    let (code, out, err) = outside_alone(outside, &["replay", "--key", "log.vkey"]);
    assert!(
        code == Some(1) && out.is_empty() && err.contains("not what was signed"),
        "{out}{err}"
    );
    let (code, out, _) = outside_alone(outside, &["verify", "--key", "log.vkey"]);
    assert!(code == Some(1) && out.contains("FAILED  tree: "), "{out}");
    fs::remove_file(outside.join("tree/checkpoint")).unwrap();
    let (code, _, err) = outside_alone(outside, &["replay"]);
    assert!(
        code == Some(1) && err.contains("holds no signed tree"),
        "{err}"
    );
    assert_eq!(
        fs::read_dir(outside).unwrap().count(),
        3,
        "nothing else is made"
    );
}
