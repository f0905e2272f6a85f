//! The journal against real brokers: guards, batches, look-ups, following through outages.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use async_nats::jetstream;
use futures_util::FutureExt;
use jejak_events::{
    ids::StreamId,
    personal::{Key, Owner},
    secret::TenantKey,
};
use jejak_journal::{AppendError, EventFilter, Journal, JournalError, Keyring, MAX_BATCH_BYTES};
use jejak_rig::broker::Broker;
use jejak_stories::{reading::Reading, tenant, write};

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

fn package() -> StreamId {
    "package/2020-tenaga-it".parse().unwrap()
}

#[tokio::test]
async fn a_guard_lets_one_of_two_decisions_through() {
    let broker = Broker::single().await;
    let journal = journal(&broker).await;
    let stream = operator(1);
    let first = journal.append(&[write(&stream, "a", 0)]).await.unwrap();
    assert_eq!(first, [1]);
    let stale = journal.append(&[write(&stream, "b", 0)]).await;
    assert!(matches!(stale, Err(AppendError::Conflict)), "{stale:?}");
    assert_eq!(
        journal.append(&[write(&stream, "b", 1)]).await.unwrap(),
        [2]
    );
    let positions: Vec<_> = journal
        .load(&stream, 0)
        .await
        .unwrap()
        .iter()
        .map(|entry| entry.stored.position)
        .collect();
    assert_eq!(positions, [1, 2]);
    assert_eq!(journal.load(&stream, 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn two_streams_change_together_or_not_at_all() {
    let broker = Broker::single().await;
    let journal = journal(&broker).await;
    journal
        .append(&[write(&package(), "seed", 0)])
        .await
        .unwrap();
    let refused = journal
        .append(&[write(&package(), "a", 0), write(&operator(1), "a", 0)])
        .await;
    assert!(matches!(refused, Err(AppendError::Conflict)), "{refused:?}");
    assert_eq!(journal.last_position().await.unwrap(), 1);
    let refused = journal
        .append(&[write(&package(), "a", 1), write(&operator(1), "a", 7)])
        .await;
    assert!(matches!(refused, Err(AppendError::Conflict)), "{refused:?}");
    assert_eq!(journal.last_position().await.unwrap(), 1);
    let stored = journal
        .append(&[write(&package(), "a", 1), write(&operator(1), "a", 0)])
        .await
        .unwrap();
    assert_eq!(stored, [2, 3]);
}

/// Several events of one stream in a batch: only the first carries the guard.
#[tokio::test]
async fn several_events_of_one_stream_go_as_one_batch() {
    let broker = Broker::single().await;
    let journal = journal(&broker).await;
    let stream = operator(1);
    let mut both = write(&stream, "a", 0);
    both.events.extend(write(&stream, "b", 0).events);
    assert_eq!(journal.append(&[both.clone()]).await.unwrap(), [1, 2]);
    both.expected = 1;
    both.events = write(&stream, "c", 0)
        .events
        .into_iter()
        .chain(write(&stream, "d", 0).events)
        .collect();
    assert!(matches!(
        journal.append(&[both]).await,
        Err(AppendError::Conflict)
    ));
    assert_eq!(journal.last_position().await.unwrap(), 2);
}

/// The answer to a first try got lost: the same append again finds its own events, byte for byte.
#[tokio::test]
async fn an_append_repeated_after_a_lost_answer_finds_itself() {
    let broker = Broker::single().await;
    let journal = journal(&broker).await;
    let one = [write(&operator(1), "a", 0)];
    assert_eq!(journal.append(&one).await.unwrap(), [1]);
    assert_eq!(journal.append(&one).await.unwrap(), [1]);
    let pair = [write(&package(), "b", 0), write(&operator(1), "b", 1)];
    assert_eq!(journal.append(&pair).await.unwrap(), [2, 3]);
    assert_eq!(journal.append(&pair).await.unwrap(), [2, 3]);
    assert_eq!(journal.last_position().await.unwrap(), 3);
}

/// The same events again, decided on a stream that has them already. Well within the deadline: the broker
/// says so, and nobody waits for an answer that will not come.
#[tokio::test]
async fn an_append_that_is_stored_already_finds_itself_whatever_it_expects() {
    for broker in [Broker::single().await, Broker::cluster().await] {
        let journal = journal(&broker).await;
        journal
            .append(&[write(&operator(1), "a", 0)])
            .await
            .unwrap();
        let pair = |expected| {
            [
                write(&package(), "b", expected),
                write(&operator(1), "b", 1),
            ]
        };
        assert_eq!(journal.append(&pair(0)).await.unwrap(), [2, 3]);
        let began = Instant::now();
        assert_eq!(
            journal
                .append(&[write(&operator(1), "a", 3)])
                .await
                .unwrap(),
            [1]
        );
        assert_eq!(journal.append(&pair(2)).await.unwrap(), [2, 3]);
        assert!(
            began.elapsed() < Duration::from_secs(2),
            "{:?}",
            began.elapsed()
        );
        assert_eq!(journal.last_position().await.unwrap(), 3);
    }
}

#[tokio::test]
async fn a_broker_that_is_down_is_said_within_five_seconds_and_found_again() {
    let mut broker = Broker::single().await;
    let journal = journal(&broker).await;
    journal
        .append(&[write(&operator(1), "a", 0)])
        .await
        .unwrap();
    broker.kill();
    let began = Instant::now();
    let down = journal.append(&[write(&operator(1), "b", 1)]).await;
    assert!(matches!(down, Err(AppendError::Unavailable(_))), "{down:?}");
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    broker.restart().await;
    let stored = journal
        .append(&[write(&operator(1), "b", 1)])
        .await
        .unwrap();
    assert_eq!(stored, [2]);
}

/// A follower started before two outages hands out every event once, in order, across both.
async fn following_survives_a_killed_broker(reading: Reading) {
    let mut broker = reading.on(Broker::single().await).await;
    let journal = journal(&broker).await;
    let reader = reading.reader(&broker).await;
    let mut follow = reader.subscribe(0, EventFilter::All);
    for n in 1..=20 {
        journal
            .append(&[write(&operator(n), "a", 0)])
            .await
            .unwrap();
    }
    let mut seen = Vec::new();
    while seen.len() < 10 {
        seen.extend(
            follow
                .next_batch(5)
                .await
                .unwrap()
                .into_iter()
                .map(|stored| stored.position),
        );
    }
    // Stopped the first time, killed the second: appends and followers must not care.
    broker.stop();
    broker.restart().await;
    journal
        .append(&[write(&operator(21), "a", 0)])
        .await
        .unwrap();
    broker.kill();
    broker.restart().await;
    for n in 22..=40 {
        journal
            .append(&[write(&operator(n), "a", 0)])
            .await
            .unwrap();
    }
    while seen.len() < 40 {
        seen.extend(
            follow
                .next_batch(1_000)
                .await
                .unwrap()
                .into_iter()
                .map(|stored| stored.position),
        );
    }
    assert_eq!(seen, (1..=40).collect::<Vec<u64>>());
}

#[tokio::test]
async fn following_by_a_consumer_survives_a_killed_broker_without_gap_or_double() {
    following_survives_a_killed_broker(Reading::Consumers).await;
}

#[tokio::test]
async fn following_by_gets_survives_a_killed_broker_without_gap_or_double() {
    following_survives_a_killed_broker(Reading::DirectGets).await;
}

/// Goal: a follower in another account makes no consumer, and is woken by each event. Method: events
/// come one by one. Without live messages a follower looks four times a second at most.
#[tokio::test]
async fn a_follower_in_another_account_is_woken_by_each_event() {
    const EVENTS: u32 = 60;
    let broker = Reading::DirectGets.on(Broker::single().await).await;
    let journal = journal(&broker).await;
    let reader = Reading::DirectGets.reader(&broker).await;
    let mut follow = reader.subscribe(0, EventFilter::All);
    let began = Instant::now();
    for n in 1..=EVENTS {
        journal
            .append(&[write(&operator(n), "a", 0)])
            .await
            .unwrap();
        let batch = follow.next_batch(10).await.unwrap();
        assert_eq!(batch.len(), 1);
        assert_eq!(batch[0].position, u64::from(n));
    }
    assert!(
        began.elapsed() < Duration::from_millis(250) * EVENTS / 2,
        "{:?}",
        began.elapsed()
    );
    let stream = jetstream::new(broker.client().await)
        .get_stream("JEJAK_PONTIANAK")
        .await
        .unwrap();
    assert_eq!(stream.cached_info().state.consumer_count, 0);
}

/// Goal: a reader far behind on large events does not hold them all. Method: more of them than a batch has
/// room for are at hand, since the connection has received them.
#[tokio::test]
async fn a_batch_of_large_events_ends_early() {
    const EVENTS: u32 = 100;
    const BYTES: usize = 60_000;
    let broker = Broker::single().await;
    let writer = journal(&broker).await;
    for n in 1..=EVENTS {
        let mut append = write(&operator(n), "a", 0);
        append.events[0].payload = vec![b' '; BYTES].into();
        writer.append(&[append]).await.unwrap();
    }
    let client = broker.client().await;
    let reader = Journal::open(client.clone(), &tenant()).await.unwrap();
    let mut follow = reader.subscribe(0, EventFilter::All);
    let mut seen = follow.next_batch(1).await.unwrap();
    let received = || client.statistics().in_bytes.load(Ordering::Relaxed);
    while received() < u64::from(EVENTS) * BYTES as u64 {
        reader.last_position().await.unwrap();
    }
    let batch = follow.next_batch(1_000).await.unwrap();
    assert_eq!(batch.len(), MAX_BATCH_BYTES.div_ceil(BYTES));
    seen.extend(batch);
    while seen.len() < EVENTS as usize {
        seen.extend(follow.next_batch(1_000).await.unwrap());
    }
    assert!(
        seen.iter()
            .map(|stored| stored.position)
            .eq(1..=u64::from(EVENTS))
    );
}

/// Goal: a reader that goes away before its batch is whole loses nothing of it. Method: every batch is asked
/// for and let go at once, until it is there; events come by hundreds, so that some are always gathered.
async fn who_goes_away_loses_nothing(reading: Reading) {
    const EVENTS: u64 = 2_000;
    const PATIENCE: Duration = Duration::from_secs(60);
    let broker = reading.on(Broker::single().await).await;
    let writer = journal(&broker).await;
    for first in (1..=EVENTS as u32).step_by(100) {
        let writes: Vec<_> = (first..first + 100)
            .map(|n| write(&operator(n), "a", 0))
            .collect();
        writer.append(&writes).await.unwrap();
    }
    let reader = reading.reader(&broker).await;
    let mut follow = reader.subscribe(0, EventFilter::All);
    let mut seen = follow.next_batch(1).await.unwrap();
    let (mut let_go, began) = (0, Instant::now());
    while (seen.len() as u64) < EVENTS {
        assert!(began.elapsed() < PATIENCE, "{} of {EVENTS}", seen.len());
        assert_eq!(follow.position(), seen.len() as u64);
        let most = [300, 3][let_go % 2];
        match follow.next_batch(most).now_or_never() {
            Some(batch) => {
                let batch = batch.unwrap();
                assert!((1..=most).contains(&batch.len()));
                seen.extend(batch);
            }
            None => {
                let_go += 1;
                tokio::task::yield_now().await;
            }
        }
    }
    assert!(let_go > 0, "nobody went away");
    assert!(seen.iter().map(|stored| stored.position).eq(1..=EVENTS));
}

#[tokio::test]
async fn who_goes_away_while_a_consumers_batch_is_gathered_loses_nothing() {
    who_goes_away_loses_nothing(Reading::Consumers).await;
}

#[tokio::test]
async fn who_goes_away_while_a_batch_of_gets_is_gathered_loses_nothing() {
    who_goes_away_loses_nothing(Reading::DirectGets).await;
}

#[tokio::test]
async fn a_filtered_consumer_gets_its_kinds_only() {
    filtered_follower(Reading::Consumers).await;
}

#[tokio::test]
async fn filtered_gets_return_their_kinds_only() {
    filtered_follower(Reading::DirectGets).await;
}

async fn filtered_follower(reading: Reading) {
    let broker = reading.on(Broker::single().await).await;
    let journal = journal(&broker).await;
    journal.append(&[write(&package(), "a", 0)]).await.unwrap();
    journal
        .append(&[write(&operator(1), "b", 0)])
        .await
        .unwrap();
    journal
        .append(&[write(&"calendar/2020".parse().unwrap(), "c", 0)])
        .await
        .unwrap();
    let reader = reading.reader(&broker).await;
    let mut follow = reader.subscribe(0, EventFilter::Kinds(vec!["package", "calendar"]));
    let mut seen = Vec::new();
    while seen.len() < 2 {
        seen.extend(
            follow
                .next_batch(10)
                .await
                .unwrap()
                .into_iter()
                .map(|stored| stored.position),
        );
    }
    assert_eq!(seen, [1, 3]);
    let mut topic = reader.subscribe(1, EventFilter::Topic("operator", "leave"));
    let found = topic.next_batch(10).await.unwrap();
    assert_eq!((found.len(), found[0].position), (1, 2));
}

async fn a_stream_created_anew(reading: Reading) {
    let broker = reading.on(Broker::single().await).await;
    let writer = journal(&broker).await;
    let reader = reading.reader(&broker).await;
    writer.append(&[write(&operator(1), "a", 0)]).await.unwrap();
    let mut at_the_end = reader.subscribe(0, EventFilter::All);
    at_the_end.next_batch(1).await.unwrap();
    let context = jetstream::new(broker.client().await);
    context.delete_stream("JEJAK_PONTIANAK").await.unwrap();
    let anew = journal(&broker).await;
    for n in 1..=3 {
        anew.append(&[write(&operator(n), "b", 0)]).await.unwrap();
    }
    let mut begins = reader.subscribe(0, EventFilter::All);
    for (name, follow) in [("at the end", &mut at_the_end), ("begins", &mut begins)] {
        let refused = follow.next_batch(1).await;
        assert!(
            matches!(refused, Err(JournalError::OtherIncarnation { .. })),
            "{name}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_consumer_takes_a_stream_created_anew_for_another_history() {
    a_stream_created_anew(Reading::Consumers).await;
}

#[tokio::test]
async fn gets_take_a_stream_created_anew_for_another_history() {
    a_stream_created_anew(Reading::DirectGets).await;
}

/// Two journals race for one stream on three replicas, over and over: each time exactly one wins.
/// The guards are in flight at the same moment, which is where differently spelled guards let both
/// through.
#[tokio::test]
async fn two_hundred_races_on_three_replicas_let_one_through() {
    let broker = Broker::cluster().await;
    let one = journal(&broker).await;
    let two = Journal::open(broker.client().await, &tenant())
        .await
        .unwrap();
    for race in 0..200 {
        let stream = operator(race);
        let (first, second) = ([write(&stream, "one", 0)], [write(&stream, "two", 0)]);
        let (first, second) = tokio::join!(one.append(&first), two.append(&second));
        let won = [&first, &second]
            .iter()
            .filter(|outcome| outcome.is_ok())
            .count();
        let lost = [&first, &second]
            .iter()
            .filter(|outcome| matches!(outcome, Err(AppendError::Conflict)))
            .count();
        assert_eq!((won, lost), (1, 1), "race {race}: {first:?} {second:?}");
        assert_eq!(one.load(&stream, 0).await.unwrap().len(), 1, "race {race}");
    }
}

#[tokio::test]
async fn a_data_key_is_made_once_and_destroyed_for_good() {
    let broker = Broker::single().await;
    let journal = journal(&broker).await;
    let open = || Keyring::open_all(&journal, TenantKey::new([1; 32]));
    let (one, two) = (open().await.unwrap(), open().await.unwrap());
    let owner = Owner::Office;
    for owner in [owner, Owner::Actors] {
        let (first, second) = tokio::join!(one.get_or_create(&owner), two.get_or_create(&owner));
        assert_eq!(first.unwrap(), second.unwrap());
    }
    assert!(matches!(
        open().await.unwrap().get(&owner),
        Some(Key::Present(_))
    ));
    let foreign = Keyring::open_all(&journal, TenantKey::new([2; 32])).await;
    assert!(matches!(foreign.err(), Some(JournalError::ForeignKey(_))));
    let bucket = jetstream::new(broker.client().await)
        .get_key_value("JEJAK_PONTIANAK_KEYS")
        .await
        .unwrap();
    let wrapped = bucket.get("office").await.unwrap().unwrap();
    assert!(stored(&broker, &wrapped), "the search finds what is there");
    one.destroy(&owner).await.unwrap();
    assert!(
        !stored(&broker, &wrapped),
        "the wrapped key is still in a file of the broker"
    );
    one.destroy(&owner).await.unwrap();
    let later = open().await.unwrap();
    assert_eq!(later.get(&owner), Some(Key::Destroyed));
    assert_eq!(later.get_or_create(&owner).await.unwrap(), None);
}

/// Goal: after a change of the wrapping key no file of the broker holds what the old one wrapped, a
/// destroyed key stays destroyed, and a change that was cut short goes on.
#[tokio::test]
async fn data_keys_are_wrapped_anew_and_the_old_values_are_overwritten() {
    let broker = Broker::single().await;
    let journal = journal(&broker).await;
    let before = TenantKey::new([1; 32]);
    let both = before
        .clone()
        .with_wrapping([9; 32], Some(before.wrapping()));
    let after = before.clone().with_wrapping([9; 32], None);
    let open = |key: &TenantKey| Keyring::open_all(&journal, key.clone());
    let operator = Owner::Operator("00000000-0000-8000-8000-000000000001".parse().unwrap());
    let erased = Owner::Operator("00000000-0000-8000-8000-000000000002".parse().unwrap());
    let old = open(&before).await.unwrap();
    let key = old.get_or_create(&Owner::Office).await.unwrap();
    let of_actors = old.get_or_create(&Owner::Actors).await.unwrap();
    old.get_or_create(&operator).await.unwrap();
    old.get_or_create(&erased).await.unwrap();
    old.destroy(&erased).await.unwrap();
    let bucket = jetstream::new(broker.client().await)
        .get_key_value("JEJAK_PONTIANAK_KEYS")
        .await
        .unwrap();
    let names = ["office", "actors", &operator.to_string()].map(str::to_owned);
    let mut wrapped = Vec::new();
    for name in &names {
        wrapped.push(bucket.get(name.as_str()).await.unwrap().unwrap());
    }
    assert!(open(&after).await.is_err(), "not wrapped anew yet");
    // As if it was cut short between the new value and the end of the old one.
    let data_key = key.clone().unwrap();
    let cut = both.wrap("office", &data_key, jejak_journal::nonce().unwrap());
    bucket.put("office", cut.into()).await.unwrap();
    let keyring = open(&both).await.unwrap();
    for _ in 0..2 {
        assert_eq!(keyring.rewrap_all(|_, _| ()).await.unwrap(), 3);
    }
    for (name, old) in names.iter().zip(&wrapped) {
        assert!(!stored(&broker, old), "{name} is still in a file");
    }
    let later = open(&after).await.unwrap();
    assert_eq!(later.get_or_create(&Owner::Office).await.unwrap(), key);
    let later_of_actors = later.get_or_create(&Owner::Actors).await.unwrap();
    assert_eq!(later_of_actors, of_actors);
    assert_eq!(later.get(&erased), Some(Key::Destroyed));
    assert!(open(&before).await.is_err(), "the old key opens nothing");
}

/// Whether these bytes stand in any file of the broker. Beyond the nonce, since that is drawn at
/// random.
fn stored(broker: &Broker, wrapped: &[u8]) -> bool {
    let mut folders = vec![broker.store().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(&path)
                .unwrap()
                .windows(wrapped.len() - 12)
                .any(|found| found == &wrapped[12..])
            {
                return true;
            }
        }
    }
    false
}
