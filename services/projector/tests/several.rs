//! Several views in one process share one pass of the log. A view that stops or is refused holds up no other.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod office;

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use async_nats::jetstream;
use futures_util::TryStreamExt;
use jejak_bus::health::{RebuildStatus, ViewHealth};
use jejak_journal::log_name;
use jejak_projections::VIEWS;
use office::{Office, VIEW, tenant};

static ALL: LazyLock<Vec<&str>> = LazyLock::new(|| VIEWS.iter().map(|view| view.name()).collect());

/// The number of consumers without a filter. The commands service filters by kinds of streams.
async fn passes(office: &Office) -> usize {
    let log = jetstream::new(office.client.clone())
        .get_stream(log_name(&tenant()))
        .await
        .unwrap();
    let consumers: Vec<_> = log.consumers().try_collect().await.unwrap();
    let reads_all = |consumer: &&jetstream::consumer::Info| {
        consumer.config.filter_subject.is_empty() && consumer.config.filter_subjects.is_empty()
    };
    consumers.iter().filter(reads_all).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn they_share_one_pass_and_one_that_was_rebuilt_goes_on() {
    let mut office = Office::of(&ALL).await;
    let mut last = 0;
    for n in 1..=20 {
        last = office.publish(&format!("package-{n}")).await;
    }
    for view in ALL.iter() {
        office
            .health_of(view, "it has all", |health| health.position == last)
            .await;
    }
    assert_eq!(passes(&office).await, 1);
    assert_eq!(office.rebuild().await, RebuildStatus::Done);
    let later = office.publish("later").await;
    assert_eq!(office.packages(later).await.len(), 21);
    for view in ALL.iter() {
        office
            .health_of(view, "it has what came later", |health| {
                health.position == later
            })
            .await;
    }

    // From files that are there, and with more to come.
    office.stop_projector().await;
    let meanwhile = office.publish("meanwhile").await;
    office.start().await;
    for view in ALL.iter() {
        office
            .health_of(view, "it has caught up", |health| {
                health.position == meanwhile
            })
            .await;
    }
    office.close().await;
}

/// Goal: a projector that is dropped leaves no thread, which would keep the runtime from ending. Method: a runtime of
/// its own that must end in time.
#[test]
fn its_threads_end_with_whoever_dropped_it() {
    let (send, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut office = Office::of(&ALL).await;
            office.abort_projector().await;
            office.stop_commands().await.unwrap();
        });
        drop(runtime);
        send.send(()).unwrap();
    });
    ended.recv_timeout(Duration::from_secs(60)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_log_keeps_its_view_alone_from_answering() {
    let mut office = Office::of(&ALL).await;
    let first = office.publish("one").await;
    office.packages(first).await;
    office.stop_projector().await;
    std::fs::remove_file(office.file()).unwrap();
    let view = jejak_projections::view(VIEW).unwrap();
    drop(
        jejak_projections::Store::open(&office.file(), view, "another", Arc::new(|_| None))
            .unwrap(),
    );
    office.start().await;
    let second = office.publish("two").await;
    for view in ALL.iter().filter(|view| **view != VIEW) {
        let health = office
            .health_of(view, "it goes on", |health| health.position == second)
            .await;
        assert_eq!(health.stopped, None);
    }
    office
        .health_when("it is refused", |health| health.stopped.is_some())
        .await;
    assert_eq!(office.rebuild().await, RebuildStatus::Done);
    assert_eq!(office.packages(second).await.len(), 2);
    office.close().await;
}

/// Goal: a view that stops leaves the others running. Method: thousands of events of a later program, in a topic
/// that one view reads.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_one_cannot_read_stops_it_alone() {
    const LATER: u64 = 5_000;
    let mut office = Office::of(&ALL).await;
    let first = office.publish("one").await;
    office.packages(first).await;
    let log = jetstream::new(office.client.clone())
        .get_stream(log_name(&tenant()))
        .await
        .unwrap();
    let stored =
        String::from_utf8(log.get_raw_message(first).await.unwrap().payload.to_vec()).unwrap();
    let later = stored
        .replace(".terms.", ".slot.")
        .replace(".v1\"", ".v99\"");
    assert!(later.contains(".slot.") && later.contains(".v99\""));
    for _ in 0..LATER {
        let subject = "jejak.pontianak.ev.package.one.slot";
        office
            .client
            .publish(subject, later.clone().into())
            .await
            .unwrap();
    }
    for view in VIEWS {
        let health = if view.topics().contains(&"package.slot") {
            office
                .health_of(view.name(), "it stops", |health| health.stopped.is_some())
                .await
        } else {
            let end = |health: &ViewHealth| health.position == first + LATER;
            office.health_of(view.name(), "it goes on", end).await
        };
        let stopped = health
            .stopped
            .is_some_and(|reason| reason.contains("position 2 cannot be read"));
        assert_eq!(
            (stopped, health.position == first),
            (view.name() == VIEW, view.name() == VIEW)
        );
    }
    office.stop_projector().await;
    let problem = office.problem_of_commands().await.unwrap();
    assert!(
        problem.contains("position 2"),
        "no commands are decided past it: {problem}"
    );
    office.stop_commands().await.unwrap();
}
