//! The journal while connections break and the broker lives on. Followers get everything once and in order.
//! An append without an answer finds its outcome. And while a cluster loses its leader.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_nats::{Client, ConnectOptions, jetstream};
use futures_util::{TryStreamExt, future::try_join_all};
use jejak_journal::{AppendError, EventFilter, Journal, Subscription};
use jejak_rig::broker::Broker;
use jejak_stories::{reading::Reading, tenant, write};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};

/// A subscription has this long to continue after a cut.
const PATIENCE: Duration = Duration::from_secs(30);

/// A way to the broker that can be cut, as a switch or a firewall would: both ends live on.
struct CutConnection {
    address: String,
    cuts: watch::Sender<u64>,
    /// Whether messages of the broker are lost.
    swallows: Arc<AtomicBool>,
}

impl CutConnection {
    async fn to(broker: &Broker) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("nats://{}", listener.local_addr().unwrap());
        let target = broker.url().trim_start_matches("nats://").to_owned();
        let (cuts, swallows) = (watch::Sender::new(0), Arc::new(AtomicBool::new(false)));
        let (sender, swallowing) = (cuts.clone(), swallows.clone());
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(&target).await.unwrap();
                tokio::spawn(carry(near, far, sender.subscribe(), swallowing.clone()));
            }
        });
        Self {
            address,
            cuts,
            swallows,
        }
    }

    async fn client(&self, options: ConnectOptions) -> Client {
        let options = options.reconnect_delay_callback(|_| Duration::from_millis(20));
        options.connect(&self.address).await.unwrap()
    }

    fn cut(&self) {
        self.swallows.store(false, Ordering::SeqCst);
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

async fn carry(
    near: TcpStream,
    far: TcpStream,
    mut cuts: watch::Receiver<u64>,
    swallows: Arc<AtomicBool>,
) {
    let ((mut near_in, mut near_out), (mut far_in, mut far_out)) =
        (near.into_split(), far.into_split());
    let back = async {
        let mut buffer = vec![0; 64 * 1_024];
        while let Ok(read @ 1..) = far_in.read(&mut buffer).await {
            if !swallows.load(Ordering::SeqCst)
                && near_out.write_all(&buffer[..read]).await.is_err()
            {
                break;
            }
        }
    };
    tokio::select! {
        _ = tokio::io::copy(&mut near_in, &mut far_out) => {}
        () = back => {}
        _ = cuts.changed() => {}
    }
}

/// A broker with a log, and events of as many operators in it.
async fn broker_with(events: u64, reading: Reading) -> Broker {
    let broker = reading.on(Broker::single().await).await;
    Journal::init(broker.client().await, &tenant(), 1)
        .await
        .unwrap();
    add(&broker, 0, events).await;
    broker
}

async fn add(broker: &Broker, from: u64, to: u64) {
    let context = jetstream::new(broker.client().await);
    for hundred in (from..to).step_by(100) {
        let subject =
            |n| format!("jejak.pontianak.ev.operator.00000000-0000-8000-8000-{n:012}.contract");
        let publish = |n| context.publish(subject(n), vec![b'x'; 500].into());
        let acks = try_join_all((hundred..to.min(hundred + 100)).map(publish))
            .await
            .unwrap();
        try_join_all(acks.into_iter().map(IntoFuture::into_future))
            .await
            .unwrap();
    }
}

async fn next(follow: &mut Subscription) -> Vec<u64> {
    let batch = timeout(PATIENCE, follow.next_batch(200))
        .await
        .expect("the follower goes on")
        .unwrap();
    batch.into_iter().map(|stored| stored.position).collect()
}

/// Goal: events under way when a connection breaks are neither lost nor taken for a hole in the
/// log. Method: the follower's connection is cut again and again while the broker has much to send.
async fn cuts_lose_nothing(filter: EventFilter, reading: Reading) {
    const EVENTS: u64 = 20_000;
    let broker = broker_with(EVENTS, reading).await;
    let cable = CutConnection::to(&broker).await;
    let client = cable.client(reading.options(&broker)).await;
    let mut follow = reading.open(client).await.subscribe(0, filter);
    let mut seen = 0;
    while seen < EVENTS {
        let before = seen;
        for position in next(&mut follow).await {
            assert_eq!(position, seen + 1);
            seen = position;
        }
        if before / 3_000 != seen / 3_000 {
            cable.cut();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cuts_lose_nothing_of_all() {
    cuts_lose_nothing(EventFilter::All, Reading::Consumers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cuts_lose_nothing_of_all_gets() {
    cuts_lose_nothing(EventFilter::All, Reading::DirectGets).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cuts_lose_nothing_of_some() {
    cuts_lose_nothing(EventFilter::Kinds(vec!["operator"]), Reading::Consumers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cuts_lose_nothing_of_some_gets() {
    cuts_lose_nothing(EventFilter::Kinds(vec!["operator"]), Reading::DirectGets).await;
}

/// Goal: the last event of the log arrives, too, when it was lost with the connection and none comes after
/// it. Method: the follower is at the end. The broker's bytes are swallowed until it has sent one more event.
/// Then the connection is cut.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_event_survives_a_cut() {
    let broker = broker_with(1, Reading::Consumers).await;
    let cable = CutConnection::to(&broker).await;
    let client = cable.client(Reading::Consumers.options(&broker)).await;
    let mut follow = Reading::Consumers
        .open(client)
        .await
        .subscribe(0, EventFilter::All);
    assert_eq!(next(&mut follow).await, [1]);
    cable.swallows.store(true, Ordering::SeqCst);
    add(&broker, 1, 2).await;
    let stream = jetstream::new(broker.client().await)
        .get_stream("JEJAK_PONTIANAK")
        .await
        .unwrap();
    let mut asking = tokio::time::interval(Duration::from_millis(10));
    let sent = async {
        loop {
            asking.tick().await;
            let consumers: Vec<_> = stream.consumers().try_collect().await.unwrap();
            if consumers
                .iter()
                .all(|consumer| consumer.delivered.stream_sequence == 2)
            {
                break;
            }
        }
    };
    timeout(PATIENCE, sent)
        .await
        .expect("the broker sends the event");
    cable.cut();
    assert_eq!(next(&mut follow).await, [2]);
}

/// The same for direct gets. Their live message and every answer are swallowed before the cut.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_event_survives_a_cut_of_gets() {
    let broker = broker_with(1, Reading::DirectGets).await;
    let cable = CutConnection::to(&broker).await;
    let client = cable.client(Reading::DirectGets.options(&broker)).await;
    let reader = Reading::DirectGets.open(client).await;
    let mut follow = reader.subscribe(0, EventFilter::All);
    assert_eq!(next(&mut follow).await, [1]);
    cable.swallows.store(true, Ordering::SeqCst);
    add(&broker, 1, 2).await;
    let waiting = tokio::spawn(async move { next(&mut follow).await });
    cable.cut();
    assert_eq!(waiting.await.unwrap(), [2]);
}

/// The append is stored, its answer never arrives; the connection breaks, and the same call finds
/// it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_whose_answer_is_lost_finds_itself() {
    let broker = broker_with(1, Reading::Consumers).await;
    let cable = CutConnection::to(&broker).await;
    let client = cable.client(Reading::Consumers.options(&broker)).await;
    let journal = Journal::open(client, &tenant()).await.unwrap();
    let direct = Journal::open(broker.client().await, &tenant())
        .await
        .unwrap();
    let stream = "package/2020-tenaga-it".parse().unwrap();
    cable.swallows.store(true, Ordering::SeqCst);
    let writes = [write(&stream, "a", 0)];
    let (appended, ()) = tokio::join!(journal.append(&writes), async {
        let mut asking = tokio::time::interval(Duration::from_millis(10));
        while direct.last_position().await.unwrap() < 2 {
            asking.tick().await;
        }
        cable.cut();
    });
    assert_eq!(appended.unwrap(), [2]);
    assert_eq!(direct.last_position().await.unwrap(), 2);
}

/// Goal: the loss of the node that leads the log costs a pause, and no event. Method: the leader is
/// killed between appends, each repeated until it is stored, as a client does with 503.
async fn the_log_outlives_its_leader(reading: Reading) {
    const APPENDS: u32 = 60;
    let mut broker = reading.on(Broker::cluster().await).await;
    let journal = Journal::init(broker.client().await, &tenant(), 3)
        .await
        .unwrap();
    let reader = reading.reader(&broker).await;
    let mut follow = reader.subscribe(0, EventFilter::All);
    for n in 0..APPENDS {
        if n == APPENDS / 2 {
            let stream = jetstream::new(journal.client().clone())
                .get_stream("JEJAK_PONTIANAK")
                .await
                .unwrap();
            let leader = stream
                .cached_info()
                .cluster
                .as_ref()
                .unwrap()
                .leader
                .clone()
                .unwrap();
            broker.kill_node(leader.trim_start_matches("node").parse().unwrap());
        }
        let stream = format!("operator/00000000-0000-8000-8000-{n:012}")
            .parse()
            .unwrap();
        let writes = [write(&stream, "a", 0)];
        let stored = async {
            loop {
                match journal.append(&writes).await {
                    Ok(positions) => break positions,
                    Err(AppendError::Unavailable(_)) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        };
        assert_eq!(
            timeout(PATIENCE, stored).await.expect("another node leads"),
            [u64::from(n) + 1]
        );
    }
    let mut seen = Vec::new();
    while seen.len() < usize::try_from(APPENDS).unwrap() {
        seen.extend(next(&mut follow).await);
    }
    assert_eq!(seen, (1..=u64::from(APPENDS)).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_a_consumer_outlives_its_leader() {
    the_log_outlives_its_leader(Reading::Consumers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_gets_outlives_its_leader() {
    the_log_outlives_its_leader(Reading::DirectGets).await;
}
