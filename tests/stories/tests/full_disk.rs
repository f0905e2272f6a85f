//! A disk that is full for a while: the view says so, and goes on by itself when there is room.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use jejak_rig::{broker::Broker, office::Office, process::Process};
use serde_json::{Value, json};

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
        let (status, answer) = admin.command("publish-terms", &format!("p-{published}"), &body).await;
        assert_eq!(status, 200, "{answer}");
        published += 1;
        last = answer["position"].as_u64().unwrap();
        let response = admin.get(&format!("/v1/packages?min_position={last}")).await;
        if response.status() != 200 {
            break response.json().await.unwrap();
        }
    };
    assert_eq!(stopped["code"], "view.stopped", "{stopped}");
    let ready = office.http.get("/readyz").await;
    assert_eq!(ready.status(), 503);
    assert!(ready.text().await.unwrap().contains(VIEW));

    projector.limit_files(None);
    office.http.ready().await;
    let answer = admin.json(&format!("/v1/packages/p-0000?min_position={last}")).await;
    assert!(answer["position"].as_u64().unwrap() >= last);
    let log = projector.log_text();
    assert!(log.contains("trying again"), "{log}");
    office.processes.push((VIEW.to_owned(), projector));
    office.terminate();
}
