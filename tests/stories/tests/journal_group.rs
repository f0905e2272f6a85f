//! Group commit against real brokers: appends that come together go together, and each has its own outcome.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use async_nats::{
    HeaderMap,
    jetstream::{
        self,
        consumer::{AckPolicy, Consumer, pull},
    },
};
use futures_util::{FutureExt, StreamExt, future::join_all};
use jejak_events::ids::StreamId;
use jejak_journal::{AppendError, Journal};
use jejak_rig::broker::Broker;
use jejak_stories::{tenant, write};

/// More than are on their way at once, so that some wait, and enough that both ways are tried.
const APPENDS: u32 = 1_000;
/// How often they are.
const ROUNDS: u32 = 20;
/// More than may be on their way at once, whatever was measured.
const GIVEN_UP: u32 = 600;

fn operator(n: u32) -> StreamId {
    format!("operator/00000000-0000-8000-8000-{n:012}").parse().unwrap()
}

/// Goal: what one append met costs only that one. Method: of many at once, some state a wrong position, some
/// are stored already, one stream is written twice.
async fn each_has_its_own_outcome(broker: Broker) {
    let journal = Journal::init(broker.client().await, &tenant(), broker.replicas()).await.unwrap();
    let before = journal.append(&[write(&operator(7), "c", 0)]).await.unwrap();
    let stale = |n: u32| n % 50 == 3;
    let appends = (0..APPENDS).map(|n| {
        let journal = journal.clone();
        let append = write(&operator(n), "c", if stale(n) { 9 } else { 0 });
        tokio::spawn(async move { (n, journal.append(&[append]).await) })
    });
    let other = write(&operator(11), "other", 0);
    let (outcomes, second) =
        tokio::join!(join_all(appends.collect::<Vec<_>>()), async { journal.append(&[other]).await });
    let mut positions = BTreeSet::new();
    let mut lost = 0;
    for outcome in outcomes {
        match outcome.unwrap() {
            (7, stored) => assert_eq!(stored.unwrap(), before),
            (n, Err(AppendError::Conflict)) if stale(n) => {}
            (11, Err(AppendError::Conflict)) => lost += 1,
            (n, stored) => {
                let stored = stored.unwrap();
                assert_eq!(stored.len(), 1, "append {n}");
                let expected = write(&operator(n), "c", 0).events[0].payload.clone();
                assert_eq!(journal.read(stored[0]).await.unwrap().unwrap().payload, expected, "append {n}");
                assert!(positions.insert(stored[0]), "append {n} has the position of another");
            }
        }
    }
    match second {
        Ok(stored) => assert!(positions.insert(stored[0])),
        Err(error) => {
            assert!(matches!(error, AppendError::Conflict), "{error}");
            lost += 1;
        }
    }
    assert_eq!(lost, 1, "of two appends on one stream at one position, one comes first");
    let last = journal.last_position().await.unwrap();
    assert_eq!(positions.len() as u64, last - 1, "the log holds what was answered, and nothing else");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_has_its_own_outcome_on_one_replica() {
    each_has_its_own_outcome(Broker::single().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_has_its_own_outcome_on_three_replicas() {
    each_has_its_own_outcome(Broker::cluster().await).await;
}

/// Goal: an append that finds the way free goes at once and plain; where many come at once, batches are tried.
/// Method: many at once, again until some went together, since a machine at other work lets them come one by one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_shares_a_batch() {
    let broker = Broker::single().await;
    let client = broker.client().await;
    let journal = Journal::init(client.clone(), &tenant(), 1).await.unwrap();
    journal.append(&[write(&operator(0), "alone", 0)]).await.unwrap();
    let consumer = pull::Config { ack_policy: AckPolicy::None, ..pull::Config::default() };
    let consumer =
        jetstream::new(client).create_consumer_on_stream(consumer, "JEJAK_PONTIANAK").await.unwrap();
    assert_eq!(batches(&consumer, 1).await, [None], "nobody to share with");
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for round in 0..ROUNDS {
        let appends = (1..=APPENDS).map(|n| {
            let (journal, append) = (journal.clone(), write(&operator(round * APPENDS + n), "c", 0));
            tokio::spawn(async move { journal.append(&[append]).await.unwrap() })
        });
        let stored = join_all(appends.collect::<Vec<_>>()).await;
        assert!(stored.iter().all(Result::is_ok));
        let batches = batches(&consumer, APPENDS as usize).await;
        batches.into_iter().flatten().for_each(|group| *groups.entry(group).or_default() += 1);
        if !groups.is_empty() {
            break;
        }
    }
    assert!(!groups.is_empty(), "none of {ROUNDS} times {APPENDS} went together");
    assert!(groups.values().all(|appends| *appends > 1), "a batch of one is dearer than a plain publish");
}

/// The batches that the next events went in, if they did.
async fn batches(consumer: &Consumer<pull::Config>, events: usize) -> Vec<Option<String>> {
    let messages = consumer.fetch().max_messages(events).messages().await.unwrap();
    let batch = |headers: &HeaderMap| headers.get("Nats-Batch-Id").map(ToString::to_string);
    let batches: Vec<_> =
        messages.map(|message| message.unwrap().headers.as_ref().and_then(batch)).collect().await;
    assert_eq!(batches.len(), events);
    batches
}

/// Goal: who gives up leaves his place on the way to others. Method: more appends are given up, each once it was
/// sent, than have room at a time; then one is made in earnest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_is_given_up_leaves_its_place() {
    let broker = Broker::single().await;
    let journal = Journal::init(broker.client().await, &tenant(), 1).await.unwrap();
    for n in 0..GIVEN_UP {
        let append = [write(&operator(n), "given-up", 0)];
        // Polled once, which sends it or queues it, and dropped.
        assert!(journal.append(&append).now_or_never().is_none());
    }
    let append = [write(&operator(GIVEN_UP), "in-earnest", 0)];
    journal.append(&append).await.unwrap();
}
