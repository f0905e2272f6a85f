//! A feed of another office service: `jejak feed add` and a plain NATS client with its seed.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant},
};

use async_nats::{
    Client, ConnectOptions, Subscriber,
    connection::State,
    jetstream::{self, Message},
};
use futures_util::StreamExt;
use jejak::data::DataFolder;
use jejak_rig::{
    broker::{Broker, free_ports},
    office::Office,
    process,
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::replies::LOG;

/// The broker has this long to come back, and to deliver.
const PATIENCE: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_millis(50);

pub(crate) fn feed(office: &Office, arguments: &[&str]) -> Result<String, String> {
    let mut all = [&["feed"], arguments, &["--data", "data"]].concat();
    let url = office.broker.as_ref().map(Broker::url);
    if let Some(url) = url.as_deref().filter(|_| !arguments.contains(&"--nats")) {
        all.extend(["--nats", url]);
    }
    let (status, said, stderr) = process::run(office.dir(), &all);
    match status.success() {
        true => Ok(said),
        false => Err(stderr),
    }
}

pub(crate) fn seed(office: &Office, name: &str) -> String {
    let file = office.data().join(format!("keys/nats/feeds/{name}.seed"));
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    fs::read_to_string(file).unwrap()
}

/// A plain client: a seed and an address, and no option besides.
pub(crate) async fn connect(url: &str, seed: &str) -> Client {
    let deadline = Instant::now() + PATIENCE;
    let mut ticks = tokio::time::interval(ASK_EVERY);
    loop {
        ticks.tick().await;
        match ConnectOptions::with_nkey(seed.to_owned())
            .connect(url)
            .await
        {
            Ok(client) => return client,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    }
}

pub(crate) fn next_of(name: &str) -> String {
    format!("office.CONSUMER.MSG.NEXT.{LOG}.feed-{name}")
}

/// Asks for the next events. They come until the subscription ends or the wait is over.
pub(crate) async fn ask(client: &Client, name: &str, body: &str) -> Subscriber {
    let inbox = client.new_inbox();
    let events = client.subscribe(inbox.clone()).await.unwrap();
    let asked = client.publish_with_reply(next_of(name), inbox, body.to_owned().into());
    asked.await.unwrap();
    events
}

/// The next event of an answer; none where the broker says that there is none now.
pub(crate) async fn event(client: &Client, events: &mut Subscriber) -> Option<Message> {
    let message = tokio::time::timeout(PATIENCE, events.next()).await;
    let message = message.expect("the broker answers").unwrap();
    message.status.is_none().then(|| Message {
        message,
        context: jetstream::with_prefix(client.clone(), "office"),
    })
}

/// Takes up to this many events and acknowledges each. Returns their ids.
async fn take(client: &Client, name: &str, count: usize) -> Vec<String> {
    let body = format!(r#"{{"batch":{count},"no_wait":true}}"#);
    let mut events = ask(client, name, &body).await;
    let mut ids = Vec::new();
    while ids.len() < count
        && let Some(message) = event(client, &mut events).await
    {
        message.double_ack().await.unwrap();
        ids.push(id(&message));
    }
    ids
}

/// Takes this many events of a broker that was just started. It may say for a moment that nobody
/// answers, or that there is none.
async fn take_patiently(client: &Client, name: &str, count: usize) -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    let mut ids = Vec::new();
    while ids.len() < count {
        assert!(Instant::now() < deadline, "only {ids:?}");
        ids.extend(take(client, name, count - ids.len()).await);
    }
    ids
}

fn id(message: &Message) -> String {
    let event: Value = serde_json::from_slice(&message.payload).unwrap();
    event["id"].as_str().unwrap().to_owned()
}

/// The ids of all contract events, and the position of each.
async fn contract_events(office: &Office) -> Vec<(String, usize)> {
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let all = auditor
        .get("/v1/events?limit=500")
        .await
        .text()
        .await
        .unwrap();
    let events = all
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let positions = events.enumerate().map(|(n, event)| (event, n + 1));
    positions
        .filter(|(event, _)| {
            let name = event["type"].as_str().unwrap();
            name.starts_with("jejak.operator.contract.")
        })
        .map(|(event, position)| (event["id"].as_str().unwrap().to_owned(), position))
        .collect()
}

pub(crate) fn line(office: &Office, name: &str) -> String {
    let listed = feed(office, &["list"]).unwrap();
    let line = listed.lines().find(|line| line.starts_with(name));
    line.unwrap_or_else(|| panic!("{listed}")).to_owned()
}

/// Goal: another service gets every contract event once and in order, as it is recorded, over its own
/// stops, the broker's and the office's. Method: a plain client with the feed's seed alone, at the
/// address of `--nats-listen`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_resumes_where_it_acknowledged() {
    let address = format!("127.0.0.1:{}", free_ports(1)[0]);
    let listen = ["--nats-listen", &address];
    let url = format!("nats://{address}");
    let mut office = Office::up_with(&listen).await;
    let said = feed(&office, &["add", "payroll"]).unwrap();
    assert!(
        said.contains("jejak.pontianak.ev.operator.*.contract"),
        "{said}"
    );
    assert!(
        said.contains(&url) && said.contains(&next_of("payroll")),
        "{said}"
    );
    let seed = seed(&office, "payroll");
    let client = connect(&url, &seed).await;
    let waits = r#"{"batch":1,"expires":30000000000}"#;
    let mut first = ask(&client, "payroll", waits).await;
    crate::kak::play(&office).await;
    let expected = contract_events(&office).await;
    let ids: Vec<_> = expected.iter().map(|(id, _)| id.clone()).collect();
    assert!(ids.len() >= 4, "{ids:?}");
    let first = event(&client, &mut first)
        .await
        .expect("it comes as it is recorded");
    assert_eq!(id(&first), ids[0]);
    first.double_ack().await.unwrap();
    assert_eq!(take(&client, "payroll", 1).await, ids[1..2]);
    drop(client);
    let progress = format!("acknowledged {}  pending {}", expected[1].1, ids.len() - 2);
    assert!(
        line(&office, "payroll").ends_with(&progress),
        "{progress}: {}",
        line(&office, "payroll")
    );

    let broker = office.broker_pid().unwrap();
    let pid = Pid::from_raw(i32::try_from(broker).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while office.broker_pid().is_none_or(|pid| pid == broker) {
        assert!(Instant::now() < deadline, "the broker is started again");
        tokio::time::sleep(ASK_EVERY).await;
    }
    let client = connect(&url, &seed).await;
    assert_eq!(take_patiently(&client, "payroll", 1).await, ids[2..3]);

    office.terminate();
    office.start_up_with(&listen);
    let client = connect(&url, &seed).await;
    assert_eq!(
        take_patiently(&client, "payroll", ids.len() - 3).await,
        ids[3..]
    );
    assert_eq!(take(&client, "payroll", 1).await, <[String; 0]>::default());
    assert!(line(&office, "payroll").ends_with("pending 0"));
    let again = feed(&office, &["add", "payroll"]).unwrap();
    assert!(
        again.contains("follows"),
        "a feed that is complete stays: {again}"
    );
    assert_eq!(take(&client, "payroll", 1).await, <[String; 0]>::default());
    let other = feed(&office, &["add", "payroll", "--topic", "leave"]).unwrap_err();
    assert!(other.contains("remove it first"), "{other}");
}

/// Goal: a removed feed is out at once, other feeds go on, and a feed of a stopped office is there
/// after the start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_feed_is_refused() {
    let mut office = Office::up(true).await;
    let url = DataFolder::open(&office.data())
        .unwrap()
        .noted_broker()
        .unwrap();
    assert!(feed(&office, &["list"]).unwrap().contains("no feed"));
    assert!(
        feed(&office, &["remove", "payroll"])
            .unwrap_err()
            .contains("no feed payroll")
    );
    feed(&office, &["add", "payroll"]).unwrap();
    feed(&office, &["add", "access", "--topic", "leave"]).unwrap();
    let (payroll, access) = (seed(&office, "payroll"), seed(&office, "access"));
    let client = connect(&url, &payroll).await;
    let other = connect(&url, &access).await;
    assert_eq!(take(&client, "payroll", 1).await.len(), 1);
    assert_eq!(take(&other, "access", 1).await.len(), 1);
    feed(&office, &["remove", "payroll"]).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while client.connection_state() == State::Connected {
        assert!(Instant::now() < deadline, "its connections are closed");
        tokio::time::sleep(ASK_EVERY).await;
    }
    let noted = fs::read_to_string(office.data().join("access.log")).unwrap();
    let noted: Vec<_> = noted
        .lines()
        .filter(|line| line.contains("feed_changed"))
        .collect();
    assert_eq!(noted.len(), 3, "{noted:?}");
    let follows = "jejak.pontianak.ev.operator.*.leave";
    assert!(
        noted[1].contains(follows) && noted[2].contains("payroll"),
        "{noted:?}"
    );
    let refused = ConnectOptions::with_nkey(payroll.clone())
        .connect(&url)
        .await;
    assert!(refused.is_err(), "the seed is worth nothing");
    assert_eq!(take(&other, "access", 1).await.len(), 1, "it goes on");
    let listed = feed(&office, &["list"]).unwrap();
    assert!(!listed.contains("payroll"), "{listed}");
    assert!(!office.data().join("keys/nats/feeds/payroll.seed").exists());

    office.terminate();
    feed(&office, &["add", "payroll"]).unwrap();
    feed(&office, &["remove", "access"]).unwrap();
    office.start_up(false);
    let url = DataFolder::open(&office.data())
        .unwrap()
        .noted_broker()
        .unwrap();
    let renewed = seed(&office, "payroll");
    assert_ne!(renewed, payroll);
    assert_eq!(
        take(&connect(&url, &renewed).await, "payroll", 1)
            .await
            .len(),
        1
    );
    for gone in [payroll, access] {
        assert!(ConnectOptions::with_nkey(gone).connect(&url).await.is_err());
    }
}

/// Goal: at a broker of its own an office adds a feed by the file that `feed add` writes. Method: three
/// nodes, which read the file at a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_of_a_cluster_is_admitted_by_its_file() {
    let mut office = Office::apart(Broker::cluster().await).await;
    crate::kak::play(&office).await;
    let expected = contract_events(&office).await;
    let ids: Vec<_> = expected.into_iter().map(|(id, _)| id).collect();
    let url = office.broker.as_ref().unwrap().url();
    let said = feed(&office, &["add", "payroll", "--nats", &url]).unwrap();
    assert!(
        said.contains("authorization.conf in place and reload the broker twice"),
        "{said}"
    );
    let seed = seed(&office, "payroll");
    let node = url.split(',').next_back().unwrap();
    assert!(
        ConnectOptions::with_nkey(seed.clone())
            .connect(node)
            .await
            .is_err()
    );
    let data = office.data();
    office.broker.as_mut().unwrap().admit(&data).await;
    let client = connect(node, &seed).await;
    assert_eq!(take_patiently(&client, "payroll", ids.len()).await, ids);
    let listed = feed(&office, &["list", "--nats", &url]).unwrap();
    assert!(listed.contains("pending 0"), "{listed}");
    let again = feed(&office, &["add", "payroll", "--nats", &url]).unwrap();
    assert!(!again.contains("reload"), "it is admitted: {again}");
    let said = feed(&office, &["remove", "payroll", "--nats", &url]).unwrap();
    assert!(said.contains("authorization.conf in place"), "{said}");
    office.broker.as_mut().unwrap().admit(&data).await;
    assert!(ConnectOptions::with_nkey(seed).connect(node).await.is_err());
}
