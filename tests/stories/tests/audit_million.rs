//! Goal: a million events are replayed at no less than half the rate of a bare consumer, in constant memory,
//! and verified within a minute on two cores. The auditor keeps up with the writers. Method: a history that
//! the rules allow, written past the guards in atomic batches onto a broker that does not sync each, while
//! auditor and views follow; then the command line. Ignored, since it takes minutes; `EVENTS` says how many
//! events.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![allow(
    clippy::float_arithmetic,
    reason = "figures of a measurement, no money"
)]

mod million;

use std::{
    fs::{self, File},
    time::{Duration, Instant},
};

use async_nats::{
    Client,
    jetstream::{
        self,
        consumer::{AckPolicy, pull},
    },
};
use futures_util::StreamExt;
use jejak::data::DataFolder;
use jejak_journal::{Journal, Keyring, MAX_PULL, log_name};
use jejak_rig::{
    broker::{Broker, SyncMode},
    office::Office,
    process::run_measured,
};
use jejak_stories::{
    audited::{followed, signed},
    tenant,
};

/// While much comes, a checkpoint is signed every second: an auditor that keeps up has signed the
/// last event no later than this after the broker acknowledged it, however many came before.
const SIGNED_WITHIN: Duration = Duration::from_secs(2);
/// Of `jejak audit replay`, however long the log is.
const REPLAY_MIB: f64 = 100.0;
const VERIFIED_WITHIN: Duration = Duration::from_secs(60);

/// Reads so many events with a consumer of the client's own, nothing of ours in between: their
/// bytes.
async fn consume(client: &Client, events: u64) -> u64 {
    let config = pull::Config {
        ack_policy: AckPolicy::None,
        memory_storage: true,
        ..pull::Config::default()
    };
    let context = jetstream::new(client.clone());
    let consumer = context
        .create_consumer_on_stream(config, log_name(&tenant()))
        .await
        .unwrap();
    let messages = consumer
        .stream()
        .max_messages_per_batch(MAX_PULL)
        .messages()
        .await
        .unwrap();
    let sizes = messages
        .take(events as usize)
        .map(|message| message.unwrap().payload.len() as u64);
    sizes.fold(0, async |bytes, size| bytes + size).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn a_million_events() {
    let events: u64 = std::env::var("EVENTS").map_or(1_000_000, |events| events.parse().unwrap());
    let office = Office::apart(Broker::single_syncing(SyncMode::Lazy).await).await;
    let url = office.broker.as_ref().unwrap().url();
    let client = office.broker.as_ref().unwrap().client().await;
    let journal = Journal::open(client.clone(), &tenant()).await.unwrap();
    let tenant_key = DataFolder::open(&office.data())
        .unwrap()
        .tenant_key()
        .unwrap();
    let keyring = Keyring::open_all(&journal, tenant_key).await.unwrap();

    let (written, writing) = million::write(&client, &keyring, events).await;
    let acknowledged = Instant::now();
    signed(&office.http, written).await;
    let behind = acknowledged.elapsed();
    let rate = written as f64 / writing.as_secs_f64();
    println!(
        "{written} events written in {writing:.1?}, {rate:.0}/s; the last signed {behind:.1?} later"
    );

    followed(&office.http, written).await;
    let began = Instant::now();
    let bytes = consume(&client, written).await;
    let bare = began.elapsed();
    let history = office.dir().join("history.jsonl");
    let arguments = ["audit", "replay", "--data", "data", "--nats", &url];
    let (status, replay) = run_measured(office.dir(), &arguments, File::create(&history).unwrap());
    assert!(status.success(), "{status}");
    println!("{bytes} bytes: a bare consumer {bare:.2?}; replay to a file: {replay}");
    let size = fs::metadata(&history).unwrap().len();
    assert_eq!(size, bytes + written, "every byte");

    let said = office.dir().join("verified");
    let arguments = ["audit", "verify", "--data", "data", "--nats", &url];
    let (status, verify) = run_measured(office.dir(), &arguments, File::create(&said).unwrap());
    println!("{}verify: {verify}", fs::read_to_string(&said).unwrap());
    assert!(status.success(), "{status}");

    assert!(
        behind < SIGNED_WITHIN,
        "the auditor is behind: the last event was signed {behind:?} after it"
    );
    assert!(
        replay.wall < bare * 2,
        "replay took {:?}, a bare consumer {bare:?}",
        replay.wall
    );
    assert!(
        replay.peak_mib < REPLAY_MIB,
        "replay took {} MiB",
        replay.peak_mib
    );
    assert!(
        verify.wall < VERIFIED_WITHIN,
        "verify took {:?}",
        verify.wall
    );
}
