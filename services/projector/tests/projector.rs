//! One projector over NATS, asked as the gateway asks it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod office;

use jejak_bus::{Problem, RequestProblem, health::RebuildStatus};
use jejak_events::kinds::ItemKind;
use office::{Office, VIEW};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_shown_and_what_is_not_there_yet_is_said() {
    let office = Office::open().await;
    for n in 1..=20 {
        let position = office.publish(&format!("package-{n:02}")).await;
        assert_eq!(office.packages(position).await.len(), n);
    }
    let behind = office.ask("list", json!({}), 1_000).await.unwrap_err();
    let wanted = RequestProblem::ViewBehind {
        view: VIEW.to_owned(),
        position: 20,
        min_position: 1_000,
        lag: 980,
    };
    assert_eq!(behind, Problem::Request(wanted));

    let malformed = office
        .ask("list", json!({ "limit": "many" }), 0)
        .await
        .unwrap_err();
    assert!(
        matches!(malformed, Problem::Request(RequestProblem::Malformed { path, .. }) if path == "limit")
    );
    let unknown = office
        .ask("get", json!({ "package_id": "none" }), 0)
        .await
        .unwrap_err();
    assert!(matches!(
        unknown,
        Problem::Request(RequestProblem::ItemUnknown {
            thing: ItemKind::Package,
            ..
        })
    ));
    let no_query = office.ask("colours", json!({}), 0).await.unwrap_err();
    assert!(matches!(
        no_query,
        Problem::Request(RequestProblem::Unknown { .. })
    ));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_swaps_while_the_view_answers_and_goes_on() {
    let office = Office::open().await;
    let first = office.publish("one").await;
    let before = office.packages(first).await;
    assert_eq!(office.rebuild().await, RebuildStatus::Done);
    assert_eq!(office.packages(first).await, before);
    let second = office.publish("two").await;
    assert_eq!(office.packages(second).await.len(), 2);
    assert!(!office.file().with_extension("redb.new").exists());
    office.close().await;
}

/// The broker carries a megabyte in one message. A longer list goes on with its cursor, at any limit.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_large_items_comes_in_parts_that_arrive() {
    let office = Office::open().await;
    let mut last = 0;
    for n in 0..500 {
        last = office
            .publish_titled(&format!("package-{n:03}"), &"t".repeat(2_000))
            .await;
    }
    let (mut parts, mut seen, mut cursor) = (0, 0, serde_json::Value::Null);
    loop {
        let part = office
            .ask("list", json!({ "limit": 500, "cursor": cursor }), last)
            .await
            .unwrap();
        parts += 1;
        for item in part["items"].as_array().unwrap() {
            assert_eq!(item["package_id"], format!("package-{seen:03}"));
            seen += 1;
        }
        cursor = part["next"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, 500);
    assert!(
        parts > 1,
        "the list fits in one message, so this shows nothing"
    );
    office.close().await;
}
