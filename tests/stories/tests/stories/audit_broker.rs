//! Goal: a broker loses, changes and reorders events, or gets some past the guards. `verify` names the
//! position, and the signed tree brings the honest history back. Method: an office with every service its own
//! process; its message files are altered while the broker is stopped, or the log is rewritten by its
//! administration.

use std::fs;

use futures_util::StreamExt;
use jejak_rig::{broker::Broker, http::Http, office::Office};
use jejak_stories::{
    audited::{self, fails, signed, verify},
    write,
};

/// The answers of the views.
async fn views(auditor: &Http) -> Vec<String> {
    let mut answers = vec![];
    for path in [
        "/v1/packages",
        "/v1/contracts?on=2020-11-02",
        "/v1/leave-balances?year=2020",
        "/v1/evaluations?year=2020&package=2020-tenaga-it",
    ] {
        answers.push(auditor.json(path).await.to_string());
    }
    answers
}

struct AuditedOffice {
    office: Office,
    auditor: Http,
    before: Vec<String>,
    last: u64,
}

impl AuditedOffice {
    async fn begin() -> Self {
        let office = Office::apart(Broker::single().await).await;
        let pem = fs::read_to_string(office.data().join("keys/token.pem")).unwrap();
        let issuer = jejak::token::TokenIssuer::from_pem(&pem).unwrap();
        jejak::demo::play(&office.http.base, &issuer, |_| {})
            .await
            .unwrap();
        let auditor = office.http_as("auditor-1", &["auditor"]);
        let client = office.broker.as_ref().unwrap().client().await;
        let last = audited::events(&client).await.len() as u64;
        signed(&office.http, last).await;
        verify(&office);
        let before = views(&auditor).await;
        Self {
            office,
            auditor,
            before,
            last,
        }
    }

    fn broker(&mut self) -> &mut Broker {
        self.office.broker.as_mut().unwrap()
    }

    /// The services stop, then the broker; its newest message file is altered; the broker comes
    /// back.
    async fn alter(&mut self, alter: impl FnOnce(&mut Vec<u8>)) {
        self.office.terminate();
        self.broker().stop();
        self.alter_file(alter);
        self.broker().restart().await;
    }

    fn alter_file(&mut self, alter: impl FnOnce(&mut Vec<u8>)) {
        let file = audited::message_file(self.broker().store());
        let mut bytes = fs::read(&file).unwrap();
        alter(&mut bytes);
        if bytes.is_empty() {
            fs::remove_file(&file).unwrap()
        } else {
            fs::write(&file, bytes).unwrap()
        }
    }

    /// The services stop; the log is written anew with other events.
    async fn rewrite(&mut self, change: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) {
        self.office.terminate();
        let client = self.broker().client().await;
        let mut events = audited::events(&client).await;
        change(&mut events);
        audited::rewrite(&client, &events).await;
    }

    /// Back to the honest history, after which all is as it was.
    async fn restore(&mut self) {
        let client = self.broker().client().await;
        audited::remove_log(&client).await;
        let url = self.broker().url();
        let said = audited::audit(&self.office, &["restore", "--into", &url]);
        assert!(said.success, "{}", said.text);
        fails(
            &self.office,
            &["restore", "--into", &url],
            &["not empty", &self.last.to_string()],
        );
        for name in jejak_rig::office::SERVICES
            .into_iter()
            .chain(jejak_rig::office::views())
        {
            self.office.start(name);
        }
        self.office.http.ready().await;
        verify(&self.office);
        assert_eq!(views(&self.auditor).await, self.before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_broker_loses_or_changes_is_named_and_put_back() {
    let mut story = AuditedOffice::begin().await;
    let last = story.last;

    // One byte of the payload at position 20.
    let client = story.broker().client().await;
    let target = audited::events(&client).await[19].1.clone();
    story
        .alter(|bytes| {
            let at = bytes
                .windows(target.len())
                .position(|window| window == target)
                .unwrap();
            bytes[at + target.len() / 2] ^= 1;
        })
        .await;
    let lost = [
        "FAILED  log: position 20",
        "FAILED  events: position 20",
        "FAILED  view contracts",
        "position 20",
    ];
    fails(&story.office, &["verify"], &lost);
    story.restore().await;

    // The newest third of the newest file.
    story
        .alter(|bytes| bytes.truncate(bytes.len() * 2 / 3))
        .await;
    let to_the_last = format!("to {last}");
    let said = fails(
        &story.office,
        &["verify"],
        &["FAILED  log: ", &to_the_last, "missing"],
    );
    assert!(said.contains("ok      tree"), "the copy is whole: {said}");
    story.restore().await;

    // The newest file itself.
    story.alter(Vec::clear).await;
    let all = format!("positions 1 to {last} are missing");
    fails(&story.office, &["verify"], &["FAILED  log: ", &all]);
    story.restore().await;

    story.rewrite(|events| events.swap(29, 30)).await;
    fails(
        &story.office,
        &["verify"],
        &["FAILED  log: position 30 holds other bytes than were signed"],
    );
    story.restore().await;

    // Well-formed, under the right subject, with the right id: only the rules know better.
    let stream = "package/2020-tenaga-it".parse().unwrap();
    let forged = write(&stream, "forged", 0)
        .events
        .remove(0)
        .payload
        .to_vec();
    story.office.terminate();
    let client = story.broker().client().await;
    let context = async_nats::jetstream::new(client);
    let subject = "jejak.pontianak.ev.package.2020-tenaga-it.slot";
    let stored = context
        .publish(subject, forged.into())
        .await
        .unwrap()
        .await
        .unwrap();
    assert_eq!(stored.sequence, last + 1);
    let named = format!(
        "FAILED  streams: position {}: package/2020-tenaga-it: contract",
        last + 1
    );
    fails(
        &story.office,
        &["verify"],
        &[&named, "1 after them are not signed yet"],
    );
    story.restore().await;

    // A damaged copy is found before a log is made of it.
    story.office.terminate();
    let client = story.broker().client().await;
    audited::remove_log(&client).await;
    let bundle = story
        .office
        .data()
        .join(format!("tree/tile/entries/000.p/{last}"));
    let whole = fs::read(&bundle).unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    fs::write(&bundle, damaged).unwrap();
    let url = story.broker().url();
    fails(
        &story.office,
        &["restore", "--into", &url],
        &["is not what was signed"],
    );
    let context = async_nats::jetstream::new(client.clone());
    assert!(
        context.get_stream("JEJAK_PONTIANAK").await.is_err(),
        "nothing is left behind"
    );
    fs::write(&bundle, whole).unwrap();

    // Without the data keys the history is back, and sealed parts stay sealed.
    let mut streams = context.stream_names();
    let mut keys = vec![];
    while let Some(name) = streams.next().await {
        keys.extend(Some(name.unwrap()).filter(|name| name.ends_with("_KEYS")));
    }
    assert_eq!(keys.len(), 1, "{keys:?}");
    context.delete_stream(&keys[0]).await.unwrap();
    let said = audited::audit(&story.office, &["restore", "--into", &url]);
    assert!(
        said.success && said.out.contains("does not hold the people's data keys"),
        "{}",
        said.text
    );
    let words = [
        "ok      log: ",
        "FAILED  streams: cannot be done: the sealed part of position",
        "FAILED  view contracts: cannot be done: the sealed part of position",
    ];
    let said = fails(&story.office, &["verify"], &words);
    assert!(!said.contains("missing from the log"), "{said}");
}

/// The same under a running auditor: it stops, says where log and tree part, and readiness is red
/// until the history is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_auditor_stops_where_log_and_tree_part() {
    let mut story = AuditedOffice::begin().await;
    let last = story.last;

    // Power is cut, and the newest third was not on the disk after all.
    story.broker().kill();
    story.alter_file(|bytes| bytes.truncate(bytes.len() * 2 / 3));
    story.broker().restart().await;
    let said = audited::red(&story.office.http, &["auditor: stopped", "position"]).await;
    let first = said.split("auditor: stopped at").nth(1).unwrap().to_owned();
    assert!(
        first.contains("missing") && !first.contains(&format!("position {last} of")),
        "the first is named: {said}"
    );
    let metrics = story
        .office
        .http
        .get("/log/checkpoint")
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(
        audited::size_of(&metrics),
        Some(last),
        "what was signed is still served"
    );
    story.office.kill();
    story.restore().await;

    // Rewritten by the broker's administration, with one event changed, under the old name and
    // incarnation.
    let client = story.broker().client().await;
    let mut events = audited::events(&client).await;
    events.swap(last as usize - 2, last as usize - 1);
    audited::rewrite(&client, &events).await;
    let named = format!("position {} of the log holds other bytes", last - 1);
    audited::red(&story.office.http, &["auditor: stopped", &named]).await;
    story.office.kill();
    story.restore().await;

    // Another log under the same name.
    let client = story.broker().client().await;
    let events = audited::events(&client).await;
    audited::remove_log(&client).await;
    let (url, replicas) = (story.broker().url(), "1");
    let init = [
        "init",
        "--nats",
        &url,
        "--data",
        "data",
        "--replicas",
        replicas,
    ];
    assert!(
        jejak_rig::process::run(story.office.dir(), &init)
            .0
            .success()
    );
    audited::append(&client, &events).await;
    audited::red(
        &story.office.http,
        &["auditor: stopped", "another history under the same name"],
    )
    .await;
    fails(
        &story.office,
        &["verify"],
        &["FAILED  log: ", "another history under the same name"],
    );
    // The same for one that finds it at its start.
    story.office.process("auditor").kill();
    story.office.start("auditor");
    audited::red(
        &story.office.http,
        &["auditor: stopped at", &last.to_string(), "another history"],
    )
    .await;
    let still = story
        .office
        .http
        .get("/log/checkpoint")
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(
        audited::size_of(&still),
        Some(last),
        "what was signed is still served"
    );
    story.office.kill();
    story.restore().await;
}

/// With the identities `jejak up` gives: its broker, started by itself, lost the log's whole
/// folder.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_one_process_is_put_back_under_its_own_identities() {
    let mut office = Office::up(true).await;
    let auditor = office.http_as("auditor-1", &["auditor"]);
    signed(&office.http, 57).await;
    let before = views(&auditor).await;
    office.terminate();
    let log = audited::message_file(&office.data().join("broker"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned();
    fs::remove_dir_all(log).unwrap();
    let installed =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/nats-server");
    let binary = if installed.is_file() {
        installed
    } else {
        "nats-server".into()
    };
    let configuration = office.data().join("broker/nats.conf");
    let mut broker = std::process::Command::new(binary)
        .arg("-c")
        .arg(configuration)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let url = fs::read_to_string(office.data().join("broker.url")).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let mut said = audited::audit(&office, &["restore", "--into", url.trim()]);
    while !said.success
        && (said.text.contains("cannot connect") || said.text.contains("does not answer"))
    {
        assert!(std::time::Instant::now() < deadline, "{}", said.text);
        said = audited::audit(&office, &["restore", "--into", url.trim()]);
    }
    assert!(
        said.success && said.out.contains("57 events are put back"),
        "{}",
        said.text
    );
    broker.kill().unwrap();
    broker.wait().unwrap();
    office.start_up(false);
    verify(&office);
    assert_eq!(views(&auditor).await, before);
}
