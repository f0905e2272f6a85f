//! The durable consumer of a feed. The administration makes it, so a feed needs no right to.

use std::time::Duration;

use async_nats::jetstream::{
    self, Context, ErrorCode,
    consumer::{AckPolicy, DeliverPolicy, pull},
    stream::{ConsumerError, ConsumerErrorKind},
};
use jejak_journal::{Journal, log_name};
use tokio::time::Instant;

use crate::{identity::FeedName, terminal::CliError};

/// The longest wait of one pull. It is shorter than the time after which the broker drops the way of
/// the answer.
const LONGEST_PULL: Duration = Duration::from_secs(60);
/// The most events of one pull.
const LARGEST_PULL: i64 = 1_000;
/// The most pulls that wait at once.
const WAITING_PULLS: i64 = 16;
/// An event without an acknowledgement is delivered again after this time.
const ACK_WITHIN: Duration = Duration::from_secs(30);

/// The time in which a broker that read its configuration answers again.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
const ASK_EVERY: Duration = Duration::from_millis(50);

/// The progress of a feed.
pub(super) struct FeedProgress {
    /// The subject of its events.
    pub(super) filter: String,
    /// The position up to which all events are acknowledged; 0 for none.
    pub(super) acknowledged: u64,
    /// The number of events without an acknowledgement.
    pub(super) pending: u64,
}

fn config(feed: &FeedName, filter: &str) -> pull::Config {
    pull::Config {
        durable_name: Some(feed.consumer()),
        description: Some("Made by `jejak feed add`.".to_owned()),
        deliver_policy: DeliverPolicy::All,
        ack_policy: AckPolicy::Explicit,
        ack_wait: ACK_WITHIN,
        filter_subject: filter.to_owned(),
        max_waiting: WAITING_PULLS,
        max_batch: LARGEST_PULL,
        max_expires: LONGEST_PULL,
        ..pull::Config::default()
    }
}

fn context(journal: &Journal) -> Context {
    jetstream::new(journal.client().clone())
}

/// Makes the consumer of a feed, from the first event on. An existing one with the same filter stays
/// where it is.
pub(super) async fn make(journal: &Journal, feed: &FeedName, filter: &str) -> Result<(), CliError> {
    if let Some(found) = find(journal, feed).await? {
        if found.filter == filter {
            return Ok(());
        }
        return Err(format!(
            "the feed {feed} follows {}; remove it first, or give another name",
            found.filter
        )
        .into());
    }
    let log = log_name(journal.tenant());
    let context = context(journal);
    let made = context.create_consumer_strict_on_stream(config(feed, filter), log);
    made.await?;
    Ok(())
}

/// The progress of a feed; none without a consumer.
pub(super) async fn find(
    journal: &Journal,
    feed: &FeedName,
) -> Result<Option<FeedProgress>, CliError> {
    let log = log_name(journal.tenant());
    let context = context(journal);
    let found = context.get_consumer_from_stream::<pull::Config, _, _>(feed.consumer(), log);
    match found.await {
        Ok(consumer) => {
            let info = consumer.cached_info();
            Ok(Some(FeedProgress {
                filter: info.config.filter_subject.clone(),
                acknowledged: info.ack_floor.stream_sequence,
                pending: info.num_pending + u64::try_from(info.num_ack_pending)?,
            }))
        }
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Deletes the consumer of a feed, if there is one. A broker that reads its configuration may not
/// answer for a moment.
pub(super) async fn delete(journal: &Journal, feed: &FeedName) -> Result<(), CliError> {
    let (context, log) = (context(journal), log_name(journal.tenant()));
    let deadline = Instant::now() + ANSWERS_WITHIN;
    loop {
        let deleted = context.delete_consumer_from_stream(feed.consumer(), &log);
        match deleted.await {
            Err(error) if is_missing(&error) => return Ok(()),
            Err(error) if !is_unanswered(&error) || Instant::now() > deadline => {
                return Err(error.into());
            }
            Err(_) => tokio::time::sleep(ASK_EVERY).await,
            Ok(_) => return Ok(()),
        }
    }
}

fn is_unanswered(error: &ConsumerError) -> bool {
    matches!(
        error.kind(),
        ConsumerErrorKind::Request | ConsumerErrorKind::TimedOut
    )
}

fn is_missing(error: &ConsumerError) -> bool {
    matches!(error.kind(), ConsumerErrorKind::JetStream(error) if error.error_code() == ErrorCode::CONSUMER_NOT_FOUND)
}
