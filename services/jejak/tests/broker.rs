//! The broker child against a real nats-server: each identity reaches its own subjects and
//! nothing else, a server that was left behind never shares its store, and a log of a cluster
//! is taken as it is.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{fs, path::Path, process::Command};

use async_nats::{Client, ConnectOptions, Event};
use jejak::{
    broker::{self, RunningBroker},
    data::DataFolder,
    identity::BrokerIdentity,
};
use jejak_rig::{broker::Broker, process, tls};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The subjects below that each identity may publish.
const MAY_PUBLISH: [(BrokerIdentity, &[&str]); 6] = [
    (
        BrokerIdentity::Admin,
        &[
            LIST,
            WHOSE,
            REBUILD,
            READ_KEYS,
            READ_LOG,
            DELETE_LOG,
            REPLACE_CONSUMER,
            DELETE_CONSUMER,
        ],
    ),
    (
        BrokerIdentity::Commands,
        &[APPEND, KEY, READ_KEYS, READ_LOG],
    ),
    (BrokerIdentity::Projector, &[READ_KEYS, READ_LOG]),
    (
        BrokerIdentity::History,
        &[WHOSE, READ_KEYS_OUTSIDE, READ_LOG_OUTSIDE],
    ),
    (
        BrokerIdentity::Gateway,
        &[COMMAND, LIST, WHOSE, READ_LOG_OUTSIDE],
    ),
    (BrokerIdentity::Auditor, &[READ_LOG_OUTSIDE]),
];
const APPEND: &str = "jejak.pontianak.ev.package.x.slot";
const COMMAND: &str = "jejak.pontianak.cmd.hire-operator";
const LIST: &str = "jejak.pontianak.qry.contracts.list";
const WHOSE: &str = "jejak.pontianak.qry.contracts.get";
const REBUILD: &str = "jejak.pontianak.qry.contracts.rebuild";
const KEY: &str = "$KV.JEJAK_PONTIANAK_KEYS.x";
const READ_KEYS: &str = "$JS.API.DIRECT.GET.KV_JEJAK_PONTIANAK_KEYS";
const READ_LOG: &str = "$JS.API.DIRECT.GET.JEJAK_PONTIANAK";
const READ_KEYS_OUTSIDE: &str = "office.DIRECT.GET.KV_JEJAK_PONTIANAK_KEYS";
const READ_LOG_OUTSIDE: &str = "office.DIRECT.GET.JEJAK_PONTIANAK";
const DELETE_LOG: &str = "$JS.API.STREAM.DELETE.JEJAK_PONTIANAK";
const REPLACE_CONSUMER: &str = "$JS.API.CONSUMER.CREATE.JEJAK_PONTIANAK.payroll";
const DELETE_CONSUMER: &str = "$JS.API.CONSUMER.DELETE.JEJAK_PONTIANAK.payroll";
const OTHER_TENANT: &str = "jejak.elsewhere.cmd.hire-operator";
const NOBODY_MAY: &str = "last.of.all";

/// A connection as an identity, and the broker's refusals.
async fn connect(
    url: &str,
    folder: &DataFolder,
    identity: BrokerIdentity,
) -> (Client, UnboundedReceiver<String>) {
    let (say, said) = unbounded_channel();
    let options =
        ConnectOptions::with_nkey(folder.seed(identity).unwrap()).event_callback(move |event| {
            if let Event::ServerError(error) = event {
                say.send(error.to_string()).unwrap();
            }
            async {}
        });
    (options.connect(url).await.unwrap(), said)
}

/// The refusals up to the one of the last subject, which is refused to everyone.
async fn refusals(said: &mut UnboundedReceiver<String>) -> Vec<String> {
    let mut refused = Vec::new();
    loop {
        let refusal = said.recv().await.unwrap().to_lowercase();
        if refusal.contains(NOBODY_MAY) {
            return refused;
        }
        refused.push(refusal);
    }
}

/// There is no stream here, so an allowed publish does nothing.
#[tokio::test]
async fn every_identity_publishes_to_its_own_subjects_only() {
    let dir = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(dir.path()).unwrap();
    let broker = RunningBroker::start(&folder, &"pontianak".parse().unwrap())
        .await
        .unwrap();
    wait_until_it_listens(&broker.url).await;
    for (identity, may) in MAY_PUBLISH {
        let (client, mut said) = connect(&broker.url, &folder, identity).await;
        let subjects = [
            APPEND,
            COMMAND,
            LIST,
            WHOSE,
            REBUILD,
            READ_KEYS,
            READ_LOG,
            READ_KEYS_OUTSIDE,
            READ_LOG_OUTSIDE,
            DELETE_LOG,
            REPLACE_CONSUMER,
            DELETE_CONSUMER,
            OTHER_TENANT,
        ];
        for subject in subjects.into_iter().chain([NOBODY_MAY]) {
            client.publish(subject, "".into()).await.unwrap();
        }
        let refused = refusals(&mut said).await;
        for subject in subjects {
            let is_refused = refused
                .iter()
                .any(|text| text.contains(&format!("{subject:?}").to_lowercase()));
            assert_eq!(
                is_refused,
                !may.contains(&subject),
                "{identity} at {subject}: {refused:?}"
            );
        }
    }
    broker.stop().await;
}

#[tokio::test]
async fn no_identity_hears_another_ones_answers() {
    let dir = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(dir.path()).unwrap();
    let broker = RunningBroker::start(&folder, &"pontianak".parse().unwrap())
        .await
        .unwrap();
    wait_until_it_listens(&broker.url).await;
    for identity in BrokerIdentity::ALL {
        let (client, mut said) = connect(&broker.url, &folder, identity).await;
        let other = if identity == BrokerIdentity::Gateway {
            BrokerIdentity::Commands
        } else {
            BrokerIdentity::Gateway
        };
        let forbidden = [
            format!("_INBOX.{}.>", other.connection_name()),
            "_INBOX.>".into(),
            ">".into(),
        ];
        for subject in forbidden.iter().cloned().chain([NOBODY_MAY.to_owned()]) {
            client.subscribe(subject).await.unwrap();
        }
        assert_eq!(
            refusals(&mut said).await.len(),
            forbidden.len(),
            "{identity}"
        );
    }
    broker.stop().await;
}

/// A server reads the cluster's configuration, with the files that `jejak init` wrote beside it.
#[tokio::test]
async fn the_configuration_of_a_cluster_is_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let (status, ..) = process::run(dir.path(), &["init", "--data", "data"]);
    assert_eq!(status.code(), Some(1), "there is no broker yet");
    let beside = |name: &str| dir.path().join(name);
    fs::copy(
        beside("data/broker/authorization.conf"),
        beside("authorization.conf"),
    )
    .unwrap();
    fs::write(
        beside("cluster.conf"),
        include_str!("../../../deploy/nats/cluster.conf"),
    )
    .unwrap();
    fs::write(
        beside("routes.conf"),
        "authorization { user: routes, password: secret }\n\
         routes: [nats://routes:secret@127.0.0.2:6222, nats://routes:secret@127.0.0.3:6222]\n",
    )
    .unwrap();
    let output = Command::new(broker::find().await.unwrap())
        .args(["-t", "-c"])
        .arg(beside("cluster.conf"))
        .env("NATS_NAME", "jejak-1")
        .env("NATS_HOST", "127.0.0.1")
        .env("NATS_STORE", beside("store"))
        .env("NATS_TLS_CERT", tls::file("broker.pem"))
        .env("NATS_TLS_KEY", tls::file("broker.key"))
        .env("NATS_TLS_CA", tls::file("ca.pem"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

async fn wait_until_it_listens(url: &str) {
    let address = url.strip_prefix("nats://").unwrap();
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(20));
    while tokio::net::TcpStream::connect(address).await.is_err() {
        ticks.tick().await;
    }
}

/// The server of a data folder, ended with the test.
struct Left(String);

impl Left {
    fn of(dir: &Path) -> Self {
        Self(
            fs::read_to_string(dir.join("data/broker/nats.pid"))
                .unwrap()
                .trim()
                .to_owned(),
        )
    }

    fn runs(&self) -> bool {
        fs::read(format!("/proc/{}/cmdline", self.0)).is_ok_and(|line| !line.is_empty())
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        if self.runs() {
            Command::new("kill").arg(&self.0).status().unwrap();
        }
    }
}

/// `jejak up` is killed, and started again with its folder spelled otherwise: two servers on one
/// store would each write a log of their own over the other's.
#[test]
fn a_server_left_behind_is_ended_first() {
    let dir = tempfile::tempdir().unwrap();
    let absolute = dir.path().join("data").display().to_string();
    let mut up = process::Process::start(
        dir.path(),
        "up",
        &["up", "--data", "data", "--listen", "127.0.0.1:0"],
    );
    up.wait_for_line("jejak ready at ");
    up.kill();
    let left = Left::of(dir.path());
    assert!(left.runs(), "a killed process ends no other");
    let mut up = process::Process::start(
        dir.path(),
        "up",
        &["up", "--data", &absolute, "--listen", "127.0.0.1:0"],
    );
    up.wait_for_line("jejak ready at ");
    assert!(
        !left.runs(),
        "the server left behind runs beside the new one"
    );
    let new = Left::of(dir.path());
    assert!(up.terminate().success() && !new.runs());
}

#[tokio::test]
async fn a_log_of_three_replicas_is_taken_as_it_is() {
    let broker = Broker::cluster().await;
    let dir = tempfile::tempdir().unwrap();
    let url = broker.url();
    let (status, _, stderr) = process::run(
        dir.path(),
        &["init", "--data", "data", "--nats", &url, "--replicas", "3"],
    );
    assert!(status.success(), "{stderr}");
    let arguments = [
        "up",
        "--data",
        "data",
        "--nats",
        &url,
        "--listen",
        "127.0.0.1:0",
    ];
    let mut up = process::Process::start(dir.path(), "up", &arguments);
    up.wait_for_line("jejak ready at ");
    assert!(up.terminate().success());
    let (status, _, stderr) = process::run(dir.path(), &["init", "--data", "data", "--nats", &url]);
    assert_eq!(status.code(), Some(1));
    assert!(stderr.contains("num_replicas is 3, must be 1"), "{stderr}");
}

/// Goal: an office from before there were accounts starts with its log. Method: a broker without
/// accounts makes the log; its store is put where `jejak up` keeps its own.
#[tokio::test]
async fn a_log_from_before_accounts_is_found() {
    let mut broker = Broker::single().await;
    let dir = tempfile::tempdir().unwrap();
    let url = broker.url();
    let (status, made, stderr) =
        process::run(dir.path(), &["init", "--data", "data", "--nats", &url]);
    assert!(status.success(), "{stderr}");
    broker.stop();
    let store = dir.path().join("data/broker/store");
    let copied = Command::new("cp")
        .arg("-a")
        .args([&broker.store().join("node0"), &store])
        .status();
    assert!(copied.unwrap().success() && store.join("jetstream/$G").is_dir());
    let arguments = ["up", "--data", "data", "--listen", "127.0.0.1:0"];
    let mut up = process::Process::start(dir.path(), "up", &arguments);
    up.wait_for_line("jejak ready at ");
    let (_, found, stderr) = process::run(dir.path(), &["init", "--data", "data"]);
    assert_eq!(found, made, "{stderr}");
    assert!(up.terminate().success());
}
