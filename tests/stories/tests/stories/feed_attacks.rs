//! Goal: the seed of a feed opens its own consumer and nothing else. Method: each other subject, and each
//! forbidden reply to the allowed ones, at the broker of `jejak up`, at one of `jejak init`, and at a cluster.
//! Every stream and the other feed are compared. The same reply from inside the account of the log changes the
//! log, so the comparison can fail.

use std::collections::BTreeMap;

use async_nats::{Client, ConnectOptions, HeaderMap};
use futures_util::{FutureExt, StreamExt};
use jejak::{data::DataFolder, identity::BrokerIdentity};
use jejak_rig::{broker::Broker, office::Office};

use crate::{
    feeds::{ask, event, feed, line, next_of, seed},
    identities::Identity,
    replies::{self, ACCOUNTS, KEYS, LOG, assert_unchanged, content, forbidden, until},
};

/// Subjects that a feed may not ask, with or without the prefix of other accounts.
fn refused_subjects() -> Vec<String> {
    let mut subjects: Vec<String> = [
        "jejak.pontianak.ev.operator.x.contract",
        "jejak.pontianak.cmd.health",
        "jejak.pontianak.qry.contracts.list",
        "jejak.pontianak.qry.history.operator",
        "jejak.pontianak.qry.audit.checkpoint",
        "$KV.JEJAK_PONTIANAK_KEYS.office",
        "$KV.JEJAK_PONTIANAK_ACCOUNTS.session-key",
        "$JS.ACK.JEJAK_PONTIANAK.feed-access.1.1.1.1.1",
        "$SRV.PING",
        "$SYS.REQ.SERVER.PING",
        "_R_.abcdef.abcdef",
    ]
    .map(str::to_owned)
    .into();
    for prefix in ["$JS.API", "office"] {
        subjects.push(format!("{prefix}.INFO"));
        subjects.push(format!("{prefix}.STREAM.NAMES"));
        for stream in [LOG, KEYS, ACCOUNTS] {
            for request in [
                "STREAM.INFO",
                "STREAM.MSG.GET",
                "DIRECT.GET",
                "CONSUMER.CREATE",
            ] {
                subjects.push(format!("{prefix}.{request}.{stream}"));
            }
        }
        for consumer in ["feed-payroll", "feed-access"] {
            for request in [
                "CONSUMER.CREATE",
                "CONSUMER.DURABLE.CREATE",
                "CONSUMER.INFO",
                "CONSUMER.DELETE",
            ] {
                subjects.push(format!("{prefix}.{request}.{LOG}.{consumer}"));
            }
        }
        subjects.push(format!("{prefix}.CONSUMER.MSG.NEXT.{LOG}.feed-access"));
    }
    subjects
}

/// Sends every request of a feed with every forbidden subject as its reply; returns their number.
async fn attack(client: &Client, ack: &str) -> usize {
    let mut targets = forbidden();
    targets
        .extend(["_INBOX.jejak-admin.victim", "_INBOX.jejak-commands.victim"].map(str::to_owned));
    targets.push(next_of("access"));
    targets.push(format!("$JS.ACK.{LOG}.feed-access.1.1.1.1.1"));
    let next = next_of("payroll");
    let requests = [
        (&*next, r#"{"batch":3,"no_wait":true}"#),
        (&*next, r#"{"batch":1001}"#),
        (ack, "+WPI"),
        (ack, r#"+NXT {"batch":2,"no_wait":true}"#),
        (ack, "-NAK"),
    ];
    let mut sent = 0;
    for target in &targets {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Request-Info", r#"{"acc":"OFFICE","svc":"x"}"#);
        headers.insert("Nats-Trace-Dest", target.as_str());
        headers.insert("Nats-Rollup", "all");
        for (subject, body) in requests {
            for headers in [HeaderMap::new(), headers.clone()] {
                let (subject, target) = (subject.to_owned(), target.clone());
                let asked =
                    client.publish_with_reply_and_headers(subject, target, headers, body.into());
                asked.await.unwrap();
                sent += 1;
            }
        }
        for body in ["", "{}"] {
            client.publish(target.clone(), body.into()).await.unwrap();
            sent += 1;
        }
    }
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_can_do_nothing_else() {
    let office = Office::up(true).await;
    add_feeds(&office);
    let url = DataFolder::open(&office.data()).unwrap().noted_broker();
    the_seed_opens_one_consumer(&office, &url.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_can_do_nothing_else_at_a_broker_of_init() {
    admitted_by_its_file(Broker::single().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_can_do_nothing_else_on_a_cluster() {
    admitted_by_its_file(Broker::cluster().await).await;
}

/// Attacks a broker that has the accounts of `jejak init`.
async fn admitted_by_its_file(broker: Broker) {
    let mut office = Office::apart(broker).await;
    crate::kak::play(&office).await;
    add_feeds(&office);
    let data = office.data();
    office.broker.as_mut().unwrap().admit(&data).await;
    office.http.ready().await;
    let url = office.broker.as_ref().unwrap().url();
    follows_again(&office, &url).await;
    the_seed_opens_one_consumer(&office, &url).await;
}

/// Waits until the two services that follow the log have their consumers again, beside the two of the feeds.
async fn follows_again(office: &Office, url: &str) {
    let folder = DataFolder::open(&office.data()).unwrap();
    let admin = replies::connect(url, &folder, BrokerIdentity::Admin).await;
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while content(&admin).await[LOG].consumers < 4 {
        assert!(tokio::time::Instant::now() < deadline, "nobody follows");
    }
}

/// The feed that attacks, and another one.
fn add_feeds(office: &Office) {
    feed(office, &["add", "payroll"]).unwrap();
    feed(office, &["add", "access", "--topic", "leave"]).unwrap();
}

async fn the_seed_opens_one_consumer(office: &Office, url: &str) {
    let folder = DataFolder::open(&office.data()).unwrap();
    let options = ConnectOptions::with_nkey(seed(office, "payroll"));
    let node = url.split(',').next_back().unwrap();
    let mut payroll = Identity::with(options, node).await;
    let refused_pull = br#"{"batch":1001}"#.to_vec();
    // On a cluster that was just started, the consumer has no leader for a moment.
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while !payroll
        .is_answered(&next_of("payroll"), refused_pull.clone())
        .await
    {
        assert!(tokio::time::Instant::now() < deadline, "nobody answers");
    }
    for subject in refused_subjects() {
        assert!(
            !payroll.is_answered(&subject, b"{}".to_vec()).await,
            "{subject}"
        );
    }
    for subject in [
        "jejak.pontianak.ev.>",
        "$KV.>",
        "office.>",
        "$JS.>",
        "_R_.>",
        ">",
    ] {
        payroll.may_not_subscribe(subject).await;
    }

    let admin = replies::connect(url, &folder, BrokerIdentity::Admin).await;
    let mut victim = admin.subscribe("_INBOX.jejak-admin.victim").await.unwrap();
    let other = line(office, "access");
    let before = content(&admin).await;
    assert!(!before[LOG].messages.is_empty() && !before[KEYS].messages.is_empty());
    let client = payroll.client.clone();
    let mut events = ask(&client, "payroll", r#"{"batch":1,"no_wait":true}"#).await;
    let taken = event(&client, &mut events).await.unwrap();
    let sent = attack(&client, taken.reply.as_ref().unwrap()).await;
    assert!(sent > 400, "only {sent} attacks");
    assert!(
        payroll
            .is_answered(&next_of("payroll"), refused_pull.clone())
            .await
    );
    assert_unchanged(&before, &content(&admin).await, "the feed");
    assert_eq!(line(office, "access"), other);
    let heard = victim.next().now_or_never();
    assert!(heard.is_none(), "{heard:?}");

    let inside = format!("$JS.API.CONSUMER.MSG.NEXT.{LOG}.feed-payroll");
    let target = "jejak.pontianak.ev.calendar.2031.holiday";
    let asked = admin.publish_with_reply(inside, target, refused_pull.into());
    asked.await.unwrap();
    let grown = |now: &BTreeMap<String, _>| {
        let now: &replies::StreamContent = &now[LOG];
        now.messages.len() == before[LOG].messages.len() + 1
    };
    until(&admin, grown).await;
}
