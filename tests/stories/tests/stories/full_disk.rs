//! A disk that is full for a while: view and auditor say so, and go on by themselves when there is
//! room.

use std::collections::BTreeMap;

use jejak_auditor::{LogPublicKey, Tree, TreeHead};
use jejak_rig::{broker::Broker, office::Office, process::Process};
use jejak_stories::audited::{audit, red, signed, size_of};
use serde_json::{Value, json};
use tlog_tiles::{Hash, check_tree};

const VIEW: &str = "packages";

/// Method: the projector's files may grow no more, until they may.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_waits_for_room_and_goes_on() {
    let mut office = Office::apart(Broker::single().await).await;
    office.process(VIEW).terminate();
    office.processes.retain(|(name, _)| name != VIEW);
    let url = office.broker.as_ref().unwrap().url();
    let arguments = ["projector", VIEW, "--nats", &url, "--data", "data"];
    let projector = Process::start_growing_carefully(office.dir(), VIEW, &arguments);
    office.http.ready().await;
    let admin = office.http_as("admin-1", &["admin"]);
    let file = office.view_file(VIEW);
    projector.limit_files(Some(std::fs::metadata(file).unwrap().len()));

    let mut published = 0;
    let mut last;
    let stopped: Value = loop {
        assert!(published < 3_000, "the file never grew");
        let body = json!({"package_id": format!("p-{published:04}"), "title": "t".repeat(2_000), "agency": "BKPSDM",
            "fiscal_year": 2020, "fund_source": "APBD", "budget_ceiling": "9", "quota": 1,
            "period": {"start": "2020-10-01", "end": "2020-12-31"}});
        let (status, answer) = admin
            .command("publish-terms", &format!("p-{published}"), &body)
            .await;
        assert_eq!(status, 200, "{answer}");
        published += 1;
        last = answer["position"].as_u64().unwrap();
        let response = admin
            .get(&format!("/v1/packages?min_position={last}"))
            .await;
        if response.status() != 200 {
            break response.json().await.unwrap();
        }
    };
    assert_eq!(stopped["code"], "view.stopped", "{stopped}");
    red(&office.http, &[VIEW]).await;

    projector.limit_files(None);
    office.http.ready().await;
    let answer = admin
        .json(&format!("/v1/packages/p-0000?min_position={last}"))
        .await;
    assert!(answer["position"].as_u64().unwrap() >= last);
    let log = projector.log_text();
    assert!(log.contains("trying again"), "{log}");
    office.processes.push((VIEW.to_owned(), projector));
    office.terminate();
}

/// Two holidays in one year are no holiday twice.
async fn declare(admin: &jejak_rig::http::Http, n: u64) -> u64 {
    let body = json!({"date": format!("{}-{:02}-{:02}", 2030 + n / 240, 1 + n / 20 % 12, 1 + n % 20),
        "kind": "public_holiday", "name": "Hari", "decree": "SKB"});
    let (status, answer) = admin
        .command("declare-holiday", &format!("h-{n}"), &body)
        .await;
    assert_eq!(status, 200, "{answer}");
    answer["position"].as_u64().unwrap()
}

/// Method: the auditor's files may grow no more, so that an unfinished bundle cannot be stored,
/// until they may. Every checkpoint that was seen on the way is one that the tree goes on from, and
/// those of one size have one root.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_waits_for_room_and_never_signs_two_trees_of_a_size() {
    let mut office = Office::apart(Broker::single().await).await;
    office.process("auditor").terminate();
    office.processes.retain(|(name, _)| name != "auditor");
    let url = office.broker.as_ref().unwrap().url();
    let arguments = ["auditor", "--nats", &url, "--data", "data"];
    let auditor = Process::start_growing_carefully(office.dir(), "auditor", &arguments);
    office.http.ready().await;
    let admin = office.http_as("admin-1", &["admin"]);
    auditor.limit_files(Some(16_384));
    let (mut n, mut seen) = (0, vec![]);
    let last = 'full: loop {
        assert!(n < 1_000, "no file grew");
        let last = declare(&admin, n).await;
        n += 1;
        loop {
            let checkpoint = office
                .http
                .get("/log/checkpoint")
                .await
                .text()
                .await
                .unwrap();
            let size = size_of(&checkpoint).unwrap();
            if size > 0 && seen.last() != Some(&checkpoint) {
                seen.push(checkpoint);
            }
            if size >= last {
                break;
            }
            let health = office.http.get("/readyz").await.text().await.unwrap();
            if health.contains("auditor: stopped") {
                break 'full last;
            }
        }
    };
    let said = red(
        &office.http,
        &[
            "auditor: stopped at position",
            "File too large",
            "trying again",
        ],
    )
    .await;
    let stood = size_of(
        &office
            .http
            .get("/log/checkpoint")
            .await
            .text()
            .await
            .unwrap(),
    )
    .unwrap();
    assert!(stood < last, "{stood} of {last} are signed: {said}");

    // Others come meanwhile, past the end of the bundle that could not be stored.
    let mut last = last;
    for n in n..n + 300 {
        last = declare(&admin, n).await;
    }
    red(
        &office.http,
        &["trying again", &format!("\"position\":{stood}")],
    )
    .await;
    auditor.limit_files(None);
    seen.push(signed(&office.http, last).await);
    office.http.ready().await;
    let log = auditor.log_text();
    assert!(
        log.contains("trying again") && log.contains("the auditor signs again"),
        "{log}"
    );
    assert_eq!(
        log.matches("the auditor cannot sign").count(),
        1,
        "said once: {log}"
    );
    office.processes.push(("auditor".to_owned(), auditor));
    let key = std::fs::read_to_string(office.data().join("keys/log.vkey")).unwrap();
    let (key, tree) = (
        LogPublicKey::parse(&key).unwrap(),
        office.data().join("tree"),
    );
    let tree = Tree::open(&tree, &key).unwrap();
    let mut roots: BTreeMap<u64, Hash> = BTreeMap::new();
    for checkpoint in &seen {
        let TreeHead { size, root } = key.open(checkpoint.as_bytes()).unwrap();
        assert_eq!(*roots.entry(size).or_insert(root), root, "one root a size");
        let head = tree.head();
        if size == head.size {
            assert_eq!(root, head.root);
        } else {
            let proof = tree.prove_growth(size).unwrap();
            check_tree(&proof, head.size, head.root, size, root).unwrap();
        }
    }
    assert!(roots.len() > 10, "{} sizes were seen", roots.len());
    std::fs::write(office.dir().join("older"), &seen[0]).unwrap();
    let said = audit(&office, &["verify", "--since", "older"]);
    assert!(said.success, "{}", said.text);
    office.terminate();
}
