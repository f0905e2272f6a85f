//! Reading the log while it is written and while connections break: a load is always a prefix of its
//! stream, a follower hands out everything once and in order.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::atomic::Ordering;

use jejak_events::ids::StreamId;
use jejak_journal::{Journal, Stored, Write};
use jejak_rig::broker::Broker;
use jejak_stories::{tenant, write};

async fn journal(broker: &Broker) -> Journal {
    Journal::init(broker.client().await, &tenant(), broker.replicas()).await.unwrap()
}

fn operator(n: u32) -> StreamId {
    format!("operator/00000000-0000-8000-8000-{n:012}").parse().unwrap()
}

fn positions(events: &[Stored]) -> Vec<u64> {
    events.iter().map(|stored| stored.position).collect()
}

/// Goal: a state is never decided on with an event missing in the middle, which its guard could not see.
/// Method: one writer appends batches with an event of every topic, so that each lies in another subject
/// than the one before; a reader loads all the while. The stream is alone in the log: a prefix is 1, 2, 3, ...
async fn every_load_is_a_prefix(broker: Broker, batches: u64) {
    let journal = journal(&broker).await;
    let stream = operator(1);
    let topics = stream.topics();
    let writer = tokio::spawn({
        let (journal, stream) = (journal.clone(), stream.clone());
        async move {
            for n in 0..batches {
                let one_of = |topic: &&'static str| {
                    let mut event = write(&stream, &format!("c{n}.{topic}"), 0).events.remove(0);
                    event.topic = topic;
                    event
                };
                let events: Vec<_> = topics.iter().map(one_of).collect();
                let expected = n * events.len() as u64;
                let batch = Write { stream: stream.clone(), expected, events };
                assert_eq!(journal.append(&[batch]).await.unwrap().first(), Some(&(expected + 1)));
            }
        }
    });
    let reader = Journal::open(broker.client().await, &tenant()).await.unwrap();
    let mut loads = 0;
    while !writer.is_finished() {
        for found in [reader.load(&stream, 0).await.unwrap(), reader.load_prefix(&stream).await.unwrap()] {
            let found = positions(&found);
            let whole: Vec<u64> = (1..=found.len() as u64).collect();
            assert_eq!(found, whole, "load {loads} has a hole");
            loads += 1;
        }
    }
    writer.await.unwrap();
    let all = reader.load(&stream, 0).await.unwrap();
    assert_eq!(all.len() as u64, batches * topics.len() as u64);
}

/// Goal: what was written under guards is read in one round trip. Method: events of all topics in turn, among those of
/// another stream; a load is sent each of them once, and one end for each topic.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guards_say_that_a_stream_is_whole() {
    let broker = Broker::single().await;
    let journal = journal(&broker).await;
    let (stream, other) = (operator(1), operator(2));
    let (mut last, mut last_of_other) = (0, 0);
    let topics = stream.topics();
    for n in 0..20 {
        let mut next = write(&stream, &format!("c{n}"), last);
        next.events[0].topic = topics[n % topics.len()];
        last = journal.append(&[next]).await.unwrap()[0];
        last_of_other = journal.append(&[write(&other, &format!("d{n}"), last_of_other)]).await.unwrap()[0];
    }
    let client = broker.client().await;
    let reader = Journal::open(client.clone(), &tenant()).await.unwrap();
    let received = || client.statistics().in_messages.load(Ordering::Relaxed);
    let before = received();
    let found = reader.load_prefix(&stream).await.unwrap();
    assert_eq!(received() - before, 20 + topics.len() as u64);
    assert_eq!(positions(&found), (0..20).map(|n| 2 * n + 1).collect::<Vec<u64>>());
}

/// Goal: a topic of more events than the broker hands out at once is read to its end. Method: 1,100 in one topic.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_topic_is_read_to_its_end() {
    let broker = Broker::single().await;
    let (journal, stream) = (journal(&broker).await, operator(1));
    for n in 0..11 {
        let events: Vec<_> =
            (0..100).map(|nth| write(&stream, &format!("c{n}.{nth}"), 0).events.remove(0)).collect();
        let batch = Write { stream: stream.clone(), expected: n * 100, events };
        journal.append(&[batch]).await.unwrap();
    }
    for found in [journal.load(&stream, 0).await.unwrap(), journal.load_prefix(&stream).await.unwrap()] {
        assert_eq!(positions(&found), (1..=1_100).collect::<Vec<u64>>());
    }
    let later = journal.load(&stream, 1_050).await.unwrap();
    assert_eq!(positions(&later), (1_051..=1_100).collect::<Vec<u64>>());
    assert!(journal.load(&stream, 1_100).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_load_is_a_prefix_on_one_replica() {
    every_load_is_a_prefix(Broker::single().await, 400).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_load_is_a_prefix_on_three_replicas() {
    every_load_is_a_prefix(Broker::cluster().await, 400).await;
}
