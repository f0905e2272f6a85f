//! Faults of a view's file and of the log. None of them leads to a wrong answer.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod office;

use std::{fs, path::Path, sync::Arc};

use jejak_bus::{
    Problem, RequestProblem,
    health::{RebuildStatus, ViewHealth},
};
use office::{Office, VIEW};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_truncated_or_half_written_file_is_built_anew() {
    let mut office = Office::open().await;
    let position = office.publish("one").await;
    let before = office.packages(position).await;
    office.stop_projector().await;
    let whole = fs::read(office.file()).unwrap();
    for damaged in [
        None,
        Some(&whole[..whole.len() / 2]),
        Some(&whole[..100]),
        Some(&b"rubbish"[..]),
        Some(&whole),
    ] {
        match damaged {
            None => fs::remove_file(office.file()).unwrap(),
            Some(bytes) => fs::write(office.file(), bytes).unwrap(),
        }
        office.start().await;
        assert_eq!(office.packages(position).await, before);
        office.stop_projector().await;
    }
    office.start().await;
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_log_is_refused_until_a_rebuild_is_asked_for() {
    let mut office = Office::open().await;
    let position = office.publish("one").await;
    office.packages(position).await;
    office.stop_projector().await;
    fs::remove_file(office.file()).unwrap();
    let view = jejak_projections::view(VIEW).unwrap();
    drop(
        jejak_projections::Store::open(&office.file(), view, "another", Arc::new(|_| None))
            .unwrap(),
    );
    office.start().await;
    let health = office
        .health_when("it says so", |health| health.stopped.is_some())
        .await;
    assert!(health.stopped.unwrap().contains("delete the file"));
    let stopped = office.ask("list", json!({}), 0).await.unwrap_err();
    assert!(matches!(
        stopped,
        Problem::Request(RequestProblem::ViewStopped { position: 0, .. })
    ));
    assert_eq!(office.rebuild().await, RebuildStatus::Done);
    assert_eq!(office.packages(position).await.len(), 1);
    office.close().await;
}

/// Goal: an event that cannot be read stops the view there; nothing is skipped. Method: rubbish is
/// published on a subject of the log.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_it_cannot_read_stops_the_view_and_every_answer_says_so() {
    let mut office = Office::open().await;
    let position = office.publish("one").await;
    office.packages(position).await;
    office
        .client
        .publish("jejak.pontianak.ev.package.bad.slot", "rubbish".into())
        .await
        .unwrap();
    let stops = |health: &ViewHealth| health.stopped.is_some();
    assert_eq!(
        office.health_when("it stops", stops).await.position,
        position
    );
    for _ in 0..2 {
        let stopped = office.ask("list", json!({}), 0).await.unwrap_err();
        let Problem::Request(RequestProblem::ViewStopped {
            position: at,
            reason,
            ..
        }) = stopped
        else {
            panic!("{stopped:?}")
        };
        assert_eq!(at, position);
        assert!(reason.contains("position 2"), "{reason}");
        office.stop_projector().await;
        office.start().await;
        office.health_when("it stops again", stops).await;
    }
    assert!(matches!(office.rebuild().await, RebuildStatus::Failed(_)));
    office.stop_projector().await;
    let problem = office.problem_of_commands().await.unwrap();
    assert!(
        problem.contains("position 2"),
        "nor are commands decided past it: {problem}"
    );
    office.stop_commands().await.unwrap();
}

/// Goal: a view that is far behind applies every event before one that it cannot read. Method: the file is lost, and
/// rubbish stands behind a long log.
#[tokio::test]
async fn far_behind_an_event_it_cannot_read_stops_the_view_there() {
    const PACKAGES: u64 = 700;
    let mut office = Office::open().await;
    for n in 1..=PACKAGES {
        assert_eq!(office.publish(&format!("package-{n}")).await, n);
    }
    office.stop_commands().await.unwrap();
    office.stop_projector().await;
    fs::remove_file(office.file()).unwrap();
    office.start().await;
    assert_eq!(office.packages(PACKAGES).await.len(), 500, "a page of them");
    office.stop_projector().await;
    fs::remove_file(office.file()).unwrap();
    office
        .client
        .publish("jejak.pontianak.ev.package.bad.slot", "rubbish".into())
        .await
        .unwrap();
    office.start().await;
    let health = office
        .health_when("it stops", |health| health.stopped.is_some())
        .await;
    assert_eq!(health.position, PACKAGES);
    assert!(
        health
            .stopped
            .unwrap()
            .contains(&format!("position {}", PACKAGES + 1))
    );
    office.stop_projector().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_was_away_is_followed_again() {
    let mut office = Office::open().await;
    let first = office.publish("one").await;
    office.packages(first).await;
    office.broker.kill();
    office.broker.restart().await;
    let second = office.publish("two").await;
    office
        .health_when("it has caught up", |health| health.position >= second)
        .await;
    assert_eq!(office.packages(second).await.len(), 2);
    office.close().await;
}

/// Goal: rows of a lost history do not answer. Method: the broker's files are put back to an older copy, under a
/// running projector and under one that starts. Then other events take the positions of the lost ones.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_put_back_to_an_older_copy_stops_the_view_until_it_is_rebuilt() {
    let mut office = Office::open().await;
    let first = office.publish("one").await;
    office.packages(first).await;
    let (store, copy) = (
        office.broker.store().join("node0"),
        office.broker.store().join("copy"),
    );
    office.broker.stop();
    copy_folder(&store, &copy);
    office.broker.restart().await;
    office.publish("lost-1").await;
    let last = office.publish("lost-2").await;
    office.packages(last).await;
    office.stop_commands().await.unwrap();

    office.broker.stop();
    fs::remove_dir_all(&store).unwrap();
    fs::rename(&copy, &store).unwrap();
    office.broker.restart().await;
    let stops = |health: &ViewHealth| health.stopped.is_some();
    let health = office
        .health_when("it sees that its last event is gone", stops)
        .await;
    assert!(health.stopped.unwrap().contains("position 3"));
    office.start_commands();
    for (n, package) in ["other-1", "other-2", "other-3"].into_iter().enumerate() {
        assert_eq!(office.publish(package).await, first + 1 + n as u64);
    }
    office.stop_projector().await;
    office.start().await;
    let health = office
        .health_when("it sees that its last event is another", stops)
        .await;
    assert!(health.stopped.unwrap().contains("position 3"));
    let stopped = office.ask("list", json!({}), 0).await.unwrap_err();
    assert!(matches!(
        stopped,
        Problem::Request(RequestProblem::ViewStopped { .. })
    ));

    assert_eq!(office.rebuild().await, RebuildStatus::Done);
    let packages = office.packages(4).await;
    let ids: Vec<_> = packages
        .iter()
        .map(|package| package["package_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["one", "other-1", "other-2", "other-3"]);
    office.close().await;
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Goal: files of older versions, which hold names in the clear, go once the view has caught up, and no
/// event has to come before that. Method: such files are put beside a view that is already built.
#[tokio::test(flavor = "multi_thread")]
async fn files_of_older_versions_are_removed_when_the_view_has_caught_up() {
    let mut office = Office::open().await;
    let position = office.publish("one").await;
    office.packages(position).await;
    office.stop_projector().await;
    let folder = office.file().parent().unwrap().to_owned();
    let older = ["v1.redb", "v5.redb", "v5.redb.new"];
    let older = older.map(|name| folder.join(format!("{VIEW}-{name}")));
    for file in &older {
        fs::write(file, b"Contoh Operator Satu").unwrap();
    }
    office.start().await;
    office.packages(position).await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while older.iter().any(|file| file.exists()) {
        assert!(std::time::Instant::now() < deadline, "{older:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(office.file().exists());
}
