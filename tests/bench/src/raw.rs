//! The physical limits: what the broker beneath does when nothing of ours is in between. Guarded
//! publishes, batched gets, a consumer.

use std::time::{Duration, Instant};

use async_nats::{
    Client, HeaderMap, Request, StatusCode,
    jetstream::{
        self,
        consumer::{AckPolicy, DeliverPolicy, pull},
        stream::{Config, DiscardPolicy},
    },
};
use bytes::Bytes;
use futures_util::{StreamExt, future::try_join_all};
use serde::Deserialize;

use crate::{fault::Fault, load::Worker};

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Published {
    seq: Option<u64>,
}

/// A stream with the log's settings that is nobody's log.
///
/// # Errors
/// When the broker refuses.
pub async fn scratch(client: &Client) -> Result<(), Fault> {
    let config = Config {
        name: "BENCH".to_owned(),
        subjects: vec!["bench.ev.>".to_owned()],
        discard: DiscardPolicy::New,
        max_messages_per_subject: -1,
        deny_delete: true,
        deny_purge: true,
        allow_direct: true,
        allow_atomic_publish: true,
        duplicate_window: Duration::from_secs(120),
        ..Config::default()
    };
    let made = jetstream::new(client.clone()).create_stream(config).await;
    made.map(drop)
        .map_err(|error| Fault::unanswered("the broker", error))
}

/// Publishes an event to a stream of its own each time, with an event's headers and its guard.
pub struct Publisher {
    /// The connection all share.
    pub client: Client,
    /// An event as it is stored.
    pub payload: Bytes,
    /// What tells this sample's streams from another's.
    pub sample: String,
}

impl Publisher {
    /// One guarded publish onto a stream that is empty.
    ///
    /// # Errors
    /// When it is not stored.
    pub async fn publish(&self, nth: usize) -> Result<(), Fault> {
        let stream = format!("bench.ev.operator.{}-{nth}", self.sample);
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/cloudevents+json");
        headers.insert("Nats-Msg-Id", uuid::Uuid::new_v4().to_string());
        headers.insert("Nats-Expected-Last-Subject-Sequence", "0");
        headers.insert(
            "Nats-Expected-Last-Subject-Sequence-Subject",
            format!("{stream}.*"),
        );
        let request = Request::new()
            .headers(headers)
            .payload(self.payload.clone())
            .timeout(Some(ANSWER));
        let reply = self
            .client
            .send_request(format!("{stream}.appraisal"), request)
            .await;
        let reply = reply.map_err(|error| Fault::unanswered("a publish", error))?;
        match serde_json::from_slice::<Published>(&reply.payload)? {
            Published { seq: Some(_) } => Ok(()),
            Published { seq: None } => Err(Fault::answer("a publish", &reply.payload)),
        }
    }
}

impl Worker for Publisher {
    async fn once(&mut self, nth: usize) -> Result<(), Fault> {
        self.publish(nth).await
    }
}

/// All events of some subjects of a log, one batched direct get each, all at once: how many there were.
///
/// # Errors
/// When one is not answered.
pub async fn batched_gets(client: &Client, log: &str, subjects: &[String]) -> Result<usize, Fault> {
    let counts = try_join_all(
        subjects
            .iter()
            .map(|subject| batched_get(client, log, subject)),
    )
    .await?;
    Ok(counts.into_iter().sum())
}

async fn batched_get(client: &Client, log: &str, subject: &str) -> Result<usize, Fault> {
    let unanswered = |why: &dyn std::fmt::Display| Fault::unanswered("a direct get", why);
    let inbox = client.new_inbox();
    let mut replies = client
        .subscribe(inbox.clone())
        .await
        .map_err(|error| unanswered(&error))?;
    let query = format!(r#"{{"seq":1,"batch":1000,"next_by_subj":"{subject}"}}"#);
    let sent = client
        .publish_with_reply(format!("$JS.API.DIRECT.GET.{log}"), inbox, query.into())
        .await;
    sent.map_err(|error| unanswered(&error))?;
    let mut found = 0;
    loop {
        let reply = tokio::time::timeout(ANSWER, replies.next())
            .await
            .map_err(|error| unanswered(&error))?;
        match reply
            .and_then(|reply| reply.status)
            .filter(|status| *status != StatusCode::OK)
        {
            None => found += 1,
            Some(_) => return Ok(found),
        }
    }
}

/// Messages in a second that a pull consumer hands out, from the first to the last, to a connection of its own that does
/// nothing with them. It has one thread, as services have: with the bench's several it gets a quarter fewer.
///
/// # Errors
/// When it is not answered.
pub async fn consume(url: String, log: String, events: u64) -> Result<f64, Fault> {
    on_one_thread(async move { consume_all(&url, &log, events).await }).await
}

/// Does some work on one thread with a runtime of its own, as a service does.
async fn on_one_thread<T: Send + 'static>(
    work: impl Future<Output = Result<T, Fault>> + Send + 'static,
) -> Result<T, Fault> {
    let working = tokio::task::spawn_blocking(move || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(work)
    });
    working.await?
}

async fn consume_all(url: &str, log: &str, events: u64) -> Result<f64, Fault> {
    let client = async_nats::connect(url).await.map_err(no_consumer)?;
    let began = Instant::now();
    let mut messages = consumer(&client, log, 0).await?;
    for _ in 0..events {
        arrive(&mut messages).await?;
    }
    Ok(events as f64 / began.elapsed().as_secs_f64())
}

/// A pull consumer of what comes after a position that asks for as many at once as a follower that takes large batches.
///
/// # Errors
/// When it is not answered.
pub async fn consumer(client: &Client, log: &str, after: u64) -> Result<pull::Stream, Fault> {
    let config = pull::Config {
        deliver_policy: DeliverPolicy::ByStartSequence {
            start_sequence: after + 1,
        },
        ack_policy: AckPolicy::None,
        memory_storage: true,
        ..pull::Config::default()
    };
    let context = jetstream::new(client.clone());
    let consumer = context
        .create_consumer_on_stream(config, log)
        .await
        .map_err(no_consumer)?;
    let messages = consumer
        .stream()
        .max_messages_per_batch(jejak_journal::MAX_PULL)
        .messages()
        .await;
    messages.map_err(no_consumer)
}

/// When the next message of a consumer arrived.
///
/// # Errors
/// When none comes.
pub async fn arrive(messages: &mut pull::Stream) -> Result<Instant, Fault> {
    let next = tokio::time::timeout(ANSWER, messages.next())
        .await
        .map_err(no_consumer)?;
    next.ok_or_else(|| no_consumer("it ended"))?
        .map_err(no_consumer)?;
    Ok(Instant::now())
}

fn no_consumer(why: impl std::fmt::Display) -> Fault {
    Fault::unanswered("a consumer", why)
}
