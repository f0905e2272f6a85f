//! The physical limits, measured at the broker without Jejak: guarded publishes, batched gets, a
//! consumer.

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

use crate::{error::BenchError, load::Worker};

/// One answer may take this long.
const ANSWER: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct PublishReply {
    seq: Option<u64>,
}

/// Creates a stream with the log's settings, for raw publishes.
///
/// # Errors
/// When the broker refuses.
pub async fn scratch(client: &Client) -> Result<(), BenchError> {
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
        .map_err(|error| BenchError::unanswered("the broker", error))
}

/// Publishes each event to a subject of its own, with an event's headers and its guard.
pub struct Publisher {
    /// The connection that all workers share.
    pub client: Client,
    /// The payload of a stored event.
    pub payload: Bytes,
    /// A name that keeps the subjects of this sample apart.
    pub sample: String,
}

impl Publisher {
    /// One guarded publish to an empty subject.
    ///
    /// # Errors
    /// When it is not stored.
    pub async fn publish(&self, nth: usize) -> Result<(), BenchError> {
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
        let reply = reply.map_err(|error| BenchError::unanswered("a publish", error))?;
        match serde_json::from_slice::<PublishReply>(&reply.payload)? {
            PublishReply { seq: Some(_) } => Ok(()),
            PublishReply { seq: None } => Err(BenchError::answer("a publish", &reply.payload)),
        }
    }
}

impl Worker for Publisher {
    async fn once(&mut self, nth: usize) -> Result<(), BenchError> {
        self.publish(nth).await
    }
}

/// Reads all events of some subjects of a log, by one batched direct get each, all at once; returns
/// their number.
///
/// # Errors
/// When a get is not answered.
pub async fn batched_gets(
    client: &Client,
    log: &str,
    subjects: &[String],
) -> Result<usize, BenchError> {
    let counts = try_join_all(
        subjects
            .iter()
            .map(|subject| batched_get(client, log, subject)),
    )
    .await?;
    Ok(counts.into_iter().sum())
}

async fn batched_get(client: &Client, log: &str, subject: &str) -> Result<usize, BenchError> {
    let unanswered = |why: &dyn std::fmt::Display| BenchError::unanswered("a direct get", why);
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

/// Messages in a second of a pull consumer on a connection of its own, from the first to the last.
/// It has one thread, as services have; on the several threads of this process it gets a quarter
/// fewer.
///
/// # Errors
/// When the broker does not answer.
pub async fn consume(url: String, log: String, events: u64) -> Result<f64, BenchError> {
    on_one_thread(async move { consume_all(&url, &log, events).await }).await
}

/// Does some work on one thread with a runtime of its own, as a service does.
async fn on_one_thread<T: Send + 'static>(
    work: impl Future<Output = Result<T, BenchError>> + Send + 'static,
) -> Result<T, BenchError> {
    let working = tokio::task::spawn_blocking(move || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(work)
    });
    working.await?
}

async fn consume_all(url: &str, log: &str, events: u64) -> Result<f64, BenchError> {
    let client = crate::connect(url).await.map_err(no_consumer)?;
    let began = Instant::now();
    let mut messages = consumer(&client, log, 0).await?;
    for _ in 0..events {
        arrive(&mut messages).await?;
    }
    Ok(events as f64 / began.elapsed().as_secs_f64())
}

/// A pull consumer of the events after a position, with requests as large as the journal's.
///
/// # Errors
/// When the broker does not answer.
pub async fn consumer(client: &Client, log: &str, after: u64) -> Result<pull::Stream, BenchError> {
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

/// Waits for the next message of a consumer; returns its moment.
///
/// # Errors
/// When no message comes.
pub async fn arrive(messages: &mut pull::Stream) -> Result<Instant, BenchError> {
    let next = tokio::time::timeout(ANSWER, messages.next())
        .await
        .map_err(no_consumer)?;
    next.ok_or_else(|| no_consumer("it ended"))?
        .map_err(no_consumer)?;
    Ok(Instant::now())
}

fn no_consumer(why: impl std::fmt::Display) -> BenchError {
    BenchError::unanswered("a consumer", why)
}
