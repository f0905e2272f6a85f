//! Goal: a broker that comes back with an old event altered is found by the auditor that was
//! running all the time, however far from the end the event is. Method: more events than an auditor
//! remembers; the store of the stopped broker is altered, once by a byte and once by a history that
//! is whole in itself; nothing but the broker starts again.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use jejak_rig::{
    broker::{Broker, free_ports},
    http::Http,
    office::Office,
    process::Process,
};
use jejak_stories::audited;

/// More than are compared before the next signature.
const EVENTS: u64 = 3_000;
/// The altered one.
const POSITION: usize = 20;

struct ComparedOffice {
    office: Office,
    /// The auditor's metrics.
    metrics: Http,
}

impl ComparedOffice {
    async fn begin() -> Self {
        let office = Office::apart(Broker::single().await).await;
        audited::append_holidays(&office.broker.as_ref().unwrap().client().await, EVENTS).await;
        audited::signed(&office.http, EVENTS).await;
        let metrics = format!("127.0.0.1:{}", free_ports(1)[0]);
        let mut story = Self {
            office,
            metrics: Http::new(&format!("http://{metrics}")),
        };
        // So that there is a tree to compare the log with from the first position on.
        story.restart_auditor(&metrics, || {});
        story.compared(EVENTS).await;
        story
    }

    /// Starts the auditor again, with its metrics at this address, after something was done to its
    /// files.
    fn restart_auditor(&mut self, metrics: &str, meanwhile: impl FnOnce()) {
        self.office.process("auditor").terminate();
        self.office.processes.retain(|(name, _)| name != "auditor");
        meanwhile();
        let url = self.broker().url();
        let arguments = [
            "auditor",
            "--nats",
            &url,
            "--data",
            "data",
            "--metrics-listen",
            metrics,
        ];
        let auditor = Process::start(self.office.dir(), "auditor", &arguments);
        self.office.processes.push(("auditor".to_owned(), auditor));
    }

    fn broker(&mut self) -> &mut Broker {
        self.office.broker.as_mut().unwrap()
    }

    /// Waits until the running auditor says that it has compared so many, in its health and as a
    /// metric.
    async fn compared(&self, events: u64) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        loop {
            ticks.tick().await;
            let health = self.office.http.get("/readyz").await.text().await.unwrap();
            if health.contains(&format!("\"compared_position\":{events}")) {
                break;
            }
            assert!(
                Instant::now() < deadline,
                "{events} are not compared: {health}"
            );
        }
        let metrics = self.metrics().await;
        assert!(
            metrics.contains(&format!("jejak_audit_compared_position {events}\n")),
            "{metrics}"
        );
        assert!(metrics.contains("jejak_audit_stopped 0\n"), "{metrics}");
    }

    async fn metrics(&self) -> String {
        self.metrics.get("/metrics").await.text().await.unwrap()
    }

    /// Asserts that the auditor stops, with these words and a metric. It still serves its signed
    /// tree.
    async fn stops(&self, words: &str) {
        let said = audited::red(&self.office.http, &["auditor: stopped", words]).await;
        let metrics = self.metrics().await;
        assert!(metrics.contains("jejak_audit_stopped 1\n"), "{metrics}");
        let compared: u64 = metrics
            .lines()
            .find_map(|line| line.strip_prefix("jejak_audit_compared_position "))
            .unwrap()
            .parse()
            .unwrap();
        assert!(
            compared < POSITION as u64,
            "compared up to {compared}: {said}"
        );
        let checkpoint = self
            .office
            .http
            .get("/log/checkpoint")
            .await
            .text()
            .await
            .unwrap();
        assert_eq!(audited::size_of(&checkpoint), Some(EVENTS));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_event_with_a_flipped_byte_is_named_by_the_running_auditor() {
    let mut story = ComparedOffice::begin().await;
    let client = story.broker().client().await;
    let stream = async_nats::jetstream::new(client)
        .get_stream("JEJAK_PONTIANAK")
        .await
        .unwrap();
    let target = stream
        .get_raw_message(POSITION as u64)
        .await
        .unwrap()
        .payload;
    story.broker().stop();
    let file = audited::message_file(story.broker().store());
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes
        .windows(target.len())
        .position(|window| window == target)
        .unwrap();
    bytes[at + target.len() / 2] ^= 1;
    fs::write(&file, bytes).unwrap();
    story.broker().restart().await;
    story
        .stops(&format!("position {POSITION} of the log"))
        .await;
}

/// The broker's store was replaced: checksums, incarnation, length and all but one event are right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_event_replaced_in_a_store_that_is_whole_is_named_by_the_running_auditor() {
    let mut story = ComparedOffice::begin().await;
    let mut elsewhere = Broker::single().await;
    elsewhere.admit(&story.office.data()).await;
    story.broker().stop();
    elsewhere.stop();
    replace(
        &story.broker().store().join("node0"),
        &elsewhere.store().join("node0"),
    );
    elsewhere.restart().await;
    let client = elsewhere.client().await;
    let mut events = audited::events(&client).await;
    let honest = String::from_utf8(events[POSITION - 1].1.clone()).unwrap();
    events[POSITION - 1].1 = honest.replace("Cuti bersama", "Cuti bersana").into_bytes();
    assert_ne!(events[POSITION - 1].1, honest.as_bytes());
    audited::rewrite(&client, &events).await;
    elsewhere.stop();
    replace(
        &elsewhere.store().join("node0"),
        &story.broker().store().join("node0"),
    );
    story.broker().restart().await;
    story
        .stops(&format!(
            "position {POSITION} of the log holds other bytes than were signed"
        ))
        .await;
}

/// A comparison that cannot end is said, for as long as it cannot. Method: a folder in the place of
/// a tile that neither signing nor the end of the tree needs, and then the tile again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tile_that_cannot_be_read_is_named_until_it_can_be() {
    let mut story = ComparedOffice::begin().await;
    let tile = story.office.dir().join("data/tree/tile/0/003");
    let away = story.office.dir().join("003");
    let metrics = format!("127.0.0.1:{}", free_ports(1)[0]);
    story.restart_auditor(&metrics, || {
        fs::rename(&tile, &away).unwrap();
        fs::create_dir(&tile).unwrap();
    });
    story.metrics = Http::new(&format!("http://{metrics}"));
    let words = [
        "auditor: the log cannot be compared with what was signed",
        "tile/0/003",
    ];
    audited::red(&story.office.http, &words).await;
    let said = story.metrics().await;
    assert!(
        said.contains("jejak_audit_incomparable 1\n") && said.contains("jejak_audit_stopped 0\n"),
        "{said}"
    );
    // Events that arrive meanwhile are signed all the same.
    let client = story.broker().client().await;
    audited::append_holidays(&client, 1).await;
    audited::signed(&story.office.http, EVENTS + 1).await;
    fs::remove_dir(&tile).unwrap();
    fs::rename(&away, &tile).unwrap();
    story.office.http.ready().await;
    story.compared(EVENTS + 1).await;
    let said = story.metrics().await;
    assert!(said.contains("jejak_audit_incomparable 0\n"), "{said}");
    story.office.terminate();
}

fn replace(from: &Path, to: &Path) {
    fs::remove_dir_all(to).unwrap();
    copy(from, to);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
