//! Reading the log while it is written and while connections break: a load is always a prefix of
//! its stream, a follower hands out everything once and in order.

use std::sync::atomic::Ordering;

use jejak_events::ids::StreamId;
use jejak_journal::{AppendError, Journal, LogEntry, StreamAppend};
use jejak_rig::broker::Broker;
use jejak_stories::{tenant, write};

async fn journal(broker: &Broker) -> Journal {
    Journal::init(broker.client().await, &tenant(), broker.replicas())
        .await
        .unwrap()
}

fn operator(n: u32) -> StreamId {
    format!("operator/00000000-0000-8000-8000-{n:012}")
        .parse()
        .unwrap()
}

fn positions(events: &[LogEntry]) -> Vec<u64> {
    events.iter().map(|entry| entry.stored.position).collect()
}

/// Goal: a state is never decided on with an event missing in the middle, which its guard could not see.
/// Method: one writer appends events in turn to every topic, so that each lies in another subject than the
/// one before, and to another stream in between; a reader loads all the while. The read events must begin
/// like the written ones.
async fn every_load_is_a_prefix(broker: Broker, rounds: usize) {
    let journal = journal(&broker).await;
    let (stream, other) = (operator(1), operator(2));
    let topics = stream.topics();
    let writer = tokio::spawn({
        let (journal, stream) = (journal.clone(), stream.clone());
        async move {
            let (mut written, mut last_of_other) = (Vec::new(), 0);
            for n in 0..rounds {
                // One, two or three at once.
                let events = (0..1 + n % 3).map(|nth| {
                    let mut event = write(&stream, &format!("c{n}.{nth}"), 0).events.remove(0);
                    event.topic = topics[(n + nth) % topics.len()];
                    event
                });
                let expected = written.last().copied().unwrap_or(0);
                let next = StreamAppend {
                    stream: stream.clone(),
                    expected,
                    events: events.collect(),
                };
                written.extend(journal.append(&[next]).await.unwrap());
                let between = write(&other, &format!("d{n}"), last_of_other);
                last_of_other = journal.append(&[between]).await.unwrap()[0];
            }
            written
        }
    });
    let reader = Journal::open(broker.client().await, &tenant())
        .await
        .unwrap();
    let mut loads = Vec::new();
    while !writer.is_finished() {
        loads.push(positions(&reader.load(&stream, 0).await.unwrap()));
        loads.push(positions(&reader.load_prefix(&stream).await.unwrap()));
    }
    let written = writer.await.unwrap();
    for (nth, load) in loads.iter().enumerate() {
        assert!(
            written.starts_with(load),
            "load {nth} of {} events has a hole",
            load.len()
        );
    }
    assert_eq!(positions(&reader.load(&stream, 0).await.unwrap()), written);
}

/// Goal: events written under guards are read in one round trip. Method: events of all topics in turn, one
/// and two at once, among those of another stream; a load is sent each of them once, and one end for each
/// topic.
async fn guards_say_that_a_stream_is_whole(broker: Broker) {
    let journal = journal(&broker).await;
    let (stream, other) = (operator(1), operator(2));
    let (mut written, mut last_of_other) = (vec![], 0);
    let topics = stream.topics();
    for n in 0..20 {
        let mut next = write(
            &stream,
            &format!("c{n}"),
            written.last().copied().unwrap_or(0),
        );
        if n % 4 == 0 {
            next.events
                .extend(write(&stream, &format!("c{n}.more"), 0).events);
        }
        next.events[0].topic = topics[n % topics.len()];
        written.extend(journal.append(&[next]).await.unwrap());
        last_of_other = journal
            .append(&[write(&other, &format!("d{n}"), last_of_other)])
            .await
            .unwrap()[0];
    }
    let client = broker.client().await;
    let reader = Journal::open(client.clone(), &tenant()).await.unwrap();
    let received = || client.statistics().in_messages.load(Ordering::Relaxed);
    let least = (written.len() + topics.len()) as u64;
    // On a cluster the replicas that are asked first may not have all of it yet.
    let mut asked = 0;
    loop {
        let before = received();
        let found = reader.load_prefix(&stream).await.unwrap();
        asked += 1;
        let received = received() - before;
        assert!(received >= least || found.len() < written.len());
        if found.len() == written.len() && received == least {
            assert_eq!(positions(&found), written);
            break;
        }
        assert!(
            asked < 100,
            "it takes {received} messages where {least} would do"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guards_say_that_a_stream_is_whole_on_one_replica() {
    guards_say_that_a_stream_is_whole(Broker::single().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guards_say_that_a_stream_is_whole_on_three_replicas() {
    guards_say_that_a_stream_is_whole(Broker::cluster().await).await;
}

/// Goal: no event is stored under a guard that another event of the same append makes untrue.
/// Method: two writes to one stream, with one to another in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_has_one_write_to_a_stream() {
    let broker = Broker::single().await;
    let journal = journal(&broker).await;
    let (stream, other) = (operator(1), operator(2));
    let writes = [
        write(&stream, "c1", 0),
        write(&other, "c2", 0),
        write(&stream, "c3", 0),
    ];
    let refused = journal.append(&writes).await.unwrap_err();
    assert!(matches!(refused, AppendError::Refused(_)), "{refused}");
    assert_eq!(journal.last_position().await.unwrap(), 0);
    assert_eq!(journal.append(&writes[..2]).await.unwrap(), [1, 2]);
}

/// Goal: a topic of more events than the broker hands out at once is read to its end. Method: 1,100
/// in one topic.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_topic_is_read_to_its_end() {
    let broker = Broker::single().await;
    let (journal, stream) = (journal(&broker).await, operator(1));
    for n in 0..11 {
        let events: Vec<_> = (0..100)
            .map(|nth| write(&stream, &format!("c{n}.{nth}"), 0).events.remove(0))
            .collect();
        let batch = StreamAppend {
            stream: stream.clone(),
            expected: n * 100,
            events,
        };
        journal.append(&[batch]).await.unwrap();
    }
    for found in [
        journal.load(&stream, 0).await.unwrap(),
        journal.load_prefix(&stream).await.unwrap(),
    ] {
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
