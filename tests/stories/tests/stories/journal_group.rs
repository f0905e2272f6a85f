//! Group commit against real brokers: appends that come together go together, and each has its own
//! outcome.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use async_nats::{
    Client, HeaderMap, Message, Subscriber,
    jetstream::{
        self,
        consumer::{AckPolicy, Consumer, pull},
        stream,
    },
};
use futures_util::{FutureExt, StreamExt, future::join_all};
use jejak_events::ids::StreamId;
use jejak_journal::{AppendError, Journal, StreamAppend};
use jejak_rig::broker::Broker;
use jejak_stories::{tenant, write};
use tokio::task::unconstrained;

/// More than are on their way at once, so that some wait, and enough that both ways are tried.
const APPENDS: u32 = 1_000;
/// Most rounds of a story.
const ROUNDS: u32 = 20;
/// Appends that are queued together. The guard of one does not hold.
const MEMBERS: u32 = 10;
const STALE: u32 = 4;
/// Workers that append one after another, and the appends of each.
const WORKERS: u32 = 64;
const EACH: u32 = 5;
/// More than may ever be on their way at once.
const GIVEN_UP: u32 = 600;

fn operator(n: u32) -> StreamId {
    format!("operator/00000000-0000-8000-8000-{n:012}")
        .parse()
        .unwrap()
}

/// Everything that is tried, stored or not. On the journal's own connection, so that the attempt is here
/// before its answer.
async fn tries(client: &Client) -> Subscriber {
    client.subscribe("jejak.pontianak.ev.>").await.unwrap()
}

/// A journal with group commit, of a log that is created where it is missing.
async fn grouping_journal(client: &Client, replicas: usize) -> Journal {
    let journal = Journal::init(client.clone(), &tenant(), replicas).await;
    journal.unwrap().with_group_commit()
}

fn batch(headers: Option<&HeaderMap>) -> Option<String> {
    headers?.get("Nats-Batch-Id").map(ToString::to_string)
}

/// The batches tried since this was asked last, and how many events were in each.
fn tried(tries: &mut Subscriber) -> BTreeMap<String, usize> {
    let mut batches = BTreeMap::new();
    while let Some(Some(Message { headers, .. })) = unconstrained(tries.next()).now_or_never() {
        batch(headers.as_ref())
            .into_iter()
            .for_each(|batch| *batches.entry(batch).or_default() += 1);
    }
    batches
}

/// Goal: the fault of one append costs only that one. Method: of many at once, some state a wrong position,
/// some are stored already, one stream is written twice; again until some went together.
async fn each_has_its_own_outcome(broker: Broker) {
    let client = broker.client().await;
    let journal = grouping_journal(&client, broker.replicas()).await;
    let mut tries = tries(&client).await;
    for round in 0..ROUNDS {
        many_at_once(&journal, round * APPENDS).await;
        if tried(&mut tries).values().any(|appends| *appends > 1) {
            return;
        }
    }
    panic!("none of {ROUNDS} times {APPENDS} went together");
}

/// Appends to the streams from `first` on.
async fn many_at_once(journal: &Journal, first: u32) {
    let operator = |n: u32| operator(first + n);
    let begun_at = journal.last_position().await.unwrap();
    let before = journal
        .append(&[write(&operator(7), "c", 0)])
        .await
        .unwrap();
    let stale = |n: u32| n % 50 == 3;
    let appends = (0..APPENDS).map(|n| {
        let journal = journal.clone();
        let append = write(&operator(n), "c", if stale(n) { 9 } else { 0 });
        tokio::spawn(async move { (n, journal.append(&[append]).await) })
    });
    let other = write(&operator(11), "other", 0);
    let (outcomes, second) = tokio::join!(join_all(appends.collect::<Vec<_>>()), async {
        journal.append(&[other]).await
    });
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
                assert_eq!(
                    journal
                        .read(stored[0])
                        .await
                        .unwrap()
                        .unwrap()
                        .stored
                        .payload,
                    expected,
                    "append {n}"
                );
                assert!(
                    positions.insert(stored[0]),
                    "append {n} has the position of another"
                );
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
    assert_eq!(
        lost, 1,
        "of two appends on one stream at one position, one comes first"
    );
    let last = journal.last_position().await.unwrap();
    let stored = positions.len() as u64;
    assert_eq!(
        begun_at + 1 + stored,
        last,
        "the log holds what was answered, and nothing else"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_has_its_own_outcome_on_one_replica() {
    each_has_its_own_outcome(Broker::single().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_has_its_own_outcome_on_three_replicas() {
    each_has_its_own_outcome(Broker::cluster().await).await;
}

/// Goal: one stale append of a group costs the group a try and the others nothing. Method: appends
/// of two events, which always go as a batch, all queued before the first of them is sent: on one
/// thread nothing is sent before the last was asked for.
async fn a_group_with_a_stale_member(broker: Broker) {
    let client = broker.client().await;
    let journal = grouping_journal(&client, broker.replicas()).await;
    let mut tries = tries(&client).await;
    let append = |n: u32| {
        let mut both = write(&operator(n), "one", if n == STALE { 9 } else { 0 });
        both.events.extend(write(&operator(n), "two", 0).events);
        [both]
    };
    let appends: Vec<_> = (0..MEMBERS).map(append).collect();
    let outcomes = join_all(appends.iter().map(|append| journal.append(append))).await;
    let mut sizes: Vec<_> = tried(&mut tries).into_values().collect();
    sizes.sort_unstable();
    assert_eq!(
        sizes.pop(),
        Some(2 * MEMBERS as usize),
        "first all together"
    );
    assert!(
        sizes.len() >= MEMBERS as usize && sizes.iter().all(|size| *size == 2),
        "then each alone"
    );
    let mut positions = BTreeSet::new();
    for (n, outcome) in (0..).zip(outcomes) {
        if n == STALE {
            assert!(matches!(outcome, Err(AppendError::Conflict)), "{outcome:?}");
            continue;
        }
        let events = appends[n as usize][0].events.iter();
        for (event, position) in events.zip(outcome.unwrap()) {
            assert_eq!(
                journal
                    .read(position)
                    .await
                    .unwrap()
                    .unwrap()
                    .stored
                    .payload,
                event.payload,
                "append {n}"
            );
            positions.insert(position);
        }
    }
    let all = (1..=u64::from(2 * (MEMBERS - 1))).collect::<BTreeSet<u64>>();
    assert_eq!(positions, all);
    assert_eq!(
        journal.last_position().await.unwrap(),
        all.len() as u64,
        "nothing is stored twice"
    );
}

#[tokio::test]
async fn a_stale_member_costs_its_group_nothing_on_one_replica() {
    a_group_with_a_stale_member(Broker::single().await).await;
}

#[tokio::test]
async fn a_stale_member_costs_its_group_nothing_on_three_replicas() {
    a_group_with_a_stale_member(Broker::cluster().await).await;
}

/// Goal: an append that finds the way free goes at once and plain; where many come at once, batches
/// are tried. Method: many at once, again until some went together, since a machine at other work
/// lets them come one by one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_shares_a_batch() {
    let broker = Broker::single().await;
    let client = broker.client().await;
    let journal = grouping_journal(&client, 1).await;
    journal
        .append(&[write(&operator(0), "alone", 0)])
        .await
        .unwrap();
    let consumer = pull::Config {
        ack_policy: AckPolicy::None,
        ..pull::Config::default()
    };
    let consumer = jetstream::new(client)
        .create_consumer_on_stream(consumer, "JEJAK_PONTIANAK")
        .await
        .unwrap();
    assert_eq!(batches(&consumer, 1).await, [None], "nobody to share with");
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for round in 0..ROUNDS {
        let appends = (1..=APPENDS).map(|n| {
            let (journal, append) = (
                journal.clone(),
                write(&operator(round * APPENDS + n), "c", 0),
            );
            tokio::spawn(async move { journal.append(&[append]).await.unwrap() })
        });
        let stored = join_all(appends.collect::<Vec<_>>()).await;
        assert!(stored.iter().all(Result::is_ok));
        let batches = batches(&consumer, APPENDS as usize).await;
        batches
            .into_iter()
            .flatten()
            .for_each(|group| *groups.entry(group).or_default() += 1);
        if groups.values().any(|appends| *appends > 1) {
            return;
        }
    }
    panic!("none of {ROUNDS} times {APPENDS} went together");
}

/// Lets many append at once: more than a first trial of each way takes and fewer than both do, so
/// that the last of them go by batches, all at once. How many streams it took, from `first` on.
async fn turn_to_batches(journal: &Journal, first: u32) -> u32 {
    let of = |worker: u32| first + worker * EACH..first + (worker + 1) * EACH;
    join_all((0..WORKERS).map(|worker| work(journal, of(worker)))).await;
    let last = first + WORKERS * EACH;
    join_all((last..last + WORKERS).map(|n| work(journal, n..n + 1))).await;
    WORKERS * EACH + WORKERS
}

/// Appends one after another, each to a stream of its own.
async fn work(journal: &Journal, operators: Range<u32>) {
    for n in operators {
        journal
            .append(&[write(&operator(n), "c", 0)])
            .await
            .unwrap();
    }
}

/// Goal: a batch that nobody joins holds the one event that it was opened for, or refuses it.
/// Method: one by itself after many, again until one that holds and one that is stale had a batch
/// to itself.
async fn one_that_nobody_joins(broker: Broker) {
    let client = broker.client().await;
    grouping_journal(&client, broker.replicas()).await;
    let mut tries = tries(&client).await;
    let mut seen = [false, false];
    let (mut first, mut before) = (0, 0);
    for round in 0..2 * ROUNDS {
        let stale = round % 2 == 1;
        // It has tried nothing yet.
        let journal = grouping_journal(&client, broker.replicas()).await;
        let many = turn_to_batches(&journal, first).await;
        before += u64::from(many);
        while unconstrained(tries.next()).now_or_never().is_some() {}
        let append = write(&operator(first + many), "alone", if stale { 9 } else { 0 });
        let outcome = journal.append(std::slice::from_ref(&append)).await;
        if stale {
            assert!(matches!(outcome, Err(AppendError::Conflict)), "{outcome:?}");
        } else {
            before += 1;
            assert_eq!(outcome.unwrap(), [before]);
            let found = journal.read(before).await.unwrap().unwrap();
            assert_eq!(found.stored.payload, append.events[0].payload);
        }
        assert_eq!(
            journal.last_position().await.unwrap(),
            before,
            "what ends a batch is no event"
        );
        first += many + 1;
        while let Some(Some(Message { headers, .. })) = unconstrained(tries.next()).now_or_never() {
            let commit = headers
                .as_ref()
                .and_then(|headers| headers.get("Nats-Batch-Commit"));
            seen[usize::from(stale)] |= commit.is_some_and(|commit| commit.as_str() == "eob");
        }
        if seen == [true, true] {
            return;
        }
    }
    panic!("of {} none had a batch to itself: {seen:?}", 2 * ROUNDS);
}

#[tokio::test]
async fn one_that_nobody_joins_is_alone_in_its_batch_on_one_replica() {
    one_that_nobody_joins(Broker::single().await).await;
}

#[tokio::test]
async fn one_that_nobody_joins_is_alone_in_its_batch_on_three_replicas() {
    one_that_nobody_joins(Broker::cluster().await).await;
}

/// Goal: a broker that opens no batches takes the same appends one by one. Method: it is told to
/// take none any more, while the journal goes by batches; then many at once.
#[tokio::test]
async fn where_no_batch_is_opened_each_goes_alone() {
    let broker = Broker::single().await;
    let client = broker.client().await;
    let journal = grouping_journal(&client, 1).await;
    let mut tries = tries(&client).await;
    let first = turn_to_batches(&journal, 0).await;
    assert!(!tried(&mut tries).is_empty());
    let context = jetstream::new(client.clone());
    let stream = context.get_stream("JEJAK_PONTIANAK").await.unwrap();
    let without = stream::Config {
        allow_atomic_publish: false,
        ..stream.cached_info().config.clone()
    };
    context.update_stream(without).await.unwrap();
    let many = (first..first + WORKERS).map(|n| {
        let journal = journal.clone();
        async move {
            journal
                .append(&[write(&operator(n), "c", 0)])
                .await
                .unwrap()
        }
    });
    let positions: BTreeSet<u64> = join_all(many).await.into_iter().flatten().collect();
    assert_eq!(
        positions,
        (u64::from(first) + 1..=u64::from(first + WORKERS)).collect()
    );
}

/// Opens a batch with the event of an append, as the journal does, and never ends it.
async fn open_only(client: &Client, append: &StreamAppend) {
    let mut headers = HeaderMap::new();
    headers.insert("Nats-Msg-Id", append.events[0].id.to_string());
    headers.insert(
        "Nats-Expected-Last-Subject-Sequence",
        append.expected.to_string(),
    );
    let stream = format!(
        "jejak.pontianak.ev.{}",
        append.stream.to_string().replace('/', ".")
    );
    headers.insert(
        "Nats-Expected-Last-Subject-Sequence-Subject",
        format!("{stream}.>"),
    );
    headers.insert("Nats-Batch-Id", "opened");
    headers.insert("Nats-Batch-Sequence", "1");
    let (subject, payload) = (
        format!("{stream}.{}", append.events[0].topic),
        append.events[0].payload.clone(),
    );
    let opened = client
        .request_with_headers(subject, headers, payload)
        .await
        .unwrap();
    assert!(opened.payload.is_empty(), "{opened:?}");
}

/// Goal: the first append of a batch may go alone when the batch is given up. Method: the same event while
/// its batch is open; nothing else is stored.
async fn a_batch_that_is_only_opened_is_in_nobodys_way(broker: Broker) {
    let client = broker.client().await;
    let journal = grouping_journal(&client, broker.replicas()).await;
    let append = write(&operator(0), "c", 0);
    open_only(&client, &append).await;
    assert_eq!(
        journal.append(std::slice::from_ref(&append)).await.unwrap(),
        [1]
    );
    assert_eq!(
        journal.read(1).await.unwrap().unwrap().stored.payload,
        append.events[0].payload
    );
    assert_eq!(journal.last_position().await.unwrap(), 1);
}

#[tokio::test]
async fn a_batch_that_is_only_opened_is_in_nobodys_way_on_one_replica() {
    a_batch_that_is_only_opened_is_in_nobodys_way(Broker::single().await).await;
}

#[tokio::test]
async fn a_batch_that_is_only_opened_is_in_nobodys_way_on_three_replicas() {
    a_batch_that_is_only_opened_is_in_nobodys_way(Broker::cluster().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_is_only_opened_is_not_stored_by_a_broker_that_is_killed_then() {
    let mut broker = Broker::single().await;
    let client = broker.client().await;
    grouping_journal(&client, 1).await;
    let append = write(&operator(0), "c", 0);
    open_only(&client, &append).await;
    broker.kill();
    broker.restart().await;
    let journal = Journal::open(broker.client().await, &tenant())
        .await
        .unwrap();
    assert_eq!(journal.last_position().await.unwrap(), 0);
    assert_eq!(journal.append(&[append]).await.unwrap(), [1]);
}

/// The batches that the next events went in, if they did.
async fn batches(consumer: &Consumer<pull::Config>, events: usize) -> Vec<Option<String>> {
    let messages = consumer
        .fetch()
        .max_messages(events)
        .messages()
        .await
        .unwrap();
    let batches: Vec<_> = messages
        .map(|message| batch(message.unwrap().headers.as_ref()))
        .collect()
        .await;
    assert_eq!(batches.len(), events);
    batches
}

/// Goal: an append that gives up leaves its place to others. Method: more appends are given up, each once it
/// was sent, than have room at a time; then one is made in earnest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_is_given_up_leaves_its_place() {
    let broker = Broker::single().await;
    let journal = grouping_journal(&broker.client().await, 1).await;
    for n in 0..GIVEN_UP {
        let append = [write(&operator(n), "given-up", 0)];
        // Polled once, which sends it or queues it, and dropped.
        assert!(journal.append(&append).now_or_never().is_none());
    }
    let append = [write(&operator(GIVEN_UP), "in-earnest", 0)];
    journal.append(&append).await.unwrap();
}
