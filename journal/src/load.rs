//! Reading: one stream by its exact subjects, or one position.

use std::time::Duration;

use async_nats::{Client, HeaderMap, Message, StatusCode};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use futures_util::{StreamExt, future::try_join_all};
use jejak_events::ids::StreamId;
use serde::Deserialize;
use serde_json::json;

use crate::{Journal, JournalError, Stored, subject};

/// How long the broker may take for one answer.
const ANSWER: Duration = Duration::from_secs(2);
/// Events a batched direct get asks for at once.
const BATCH: u64 = 1_000;
/// How often a replica that lags behind the leader is asked again.
const LAGGING: u32 = 40;
/// How much longer it is given each time.
const CATCH_UP: Duration = Duration::from_millis(1);

impl Journal {
    /// The events of a stream after a position, in order: all the leader has when it is called, without a
    /// hole.
    ///
    /// Topics are read side by side, and on a cluster by any replica, so that one may already show an event
    /// that came after one another does not show yet. Each is therefore read up to what the leader has of
    /// it, and the whole is cut where the leader was before that.
    ///
    /// # Errors
    /// No answer, or a replica that does not catch up with the leader.
    pub async fn load(&self, stream: &StreamId, after: u64) -> Result<Vec<Stored>, JournalError> {
        let until = self.last_of(&subject::guard(self.tenant(), stream)).await?;
        self.load_until(stream, after, until).await
    }

    /// What came after the last event known of a stream.
    ///
    /// # Errors
    /// As [`Journal::load`]; [`JournalError::Diverged`] when the stream ends before that event.
    pub async fn load_since(&self, stream: &StreamId, last: u64) -> Result<Vec<Stored>, JournalError> {
        let until = self.last_of(&subject::guard(self.tenant(), stream)).await?;
        if until < last {
            return Err(JournalError::Diverged { position: last });
        }
        self.load_until(stream, last, until).await
    }

    async fn load_until(
        &self,
        stream: &StreamId,
        after: u64,
        until: u64,
    ) -> Result<Vec<Stored>, JournalError> {
        if until <= after {
            return Ok(vec![]);
        }
        let topics = stream.topics().iter().map(|topic| self.load_topic(stream, topic, after));
        let mut events: Vec<Stored> = try_join_all(topics).await?.into_iter().flatten().collect();
        events.retain(|stored| stored.position <= until);
        events.sort_unstable_by_key(|stored| stored.position);
        Ok(events)
    }

    /// A topic's events, at least up to what the leader has of it.
    async fn load_topic(
        &self,
        stream: &StreamId,
        topic: &str,
        after: u64,
    ) -> Result<Vec<Stored>, JournalError> {
        let subject = subject::topic(self.tenant(), stream, topic);
        // Read while the leader is asked: nearly always that is enough already.
        let (wanted, mut events) =
            tokio::try_join!(self.last_of(&subject), self.read_topic(&subject, after))?;
        let mut attempt = 0;
        while wanted > after && events.last().is_none_or(|stored| stored.position < wanted) {
            if attempt == LAGGING {
                return Err(JournalError::Unavailable("a replica lags behind the leader".to_owned()));
            }
            tokio::time::sleep(CATCH_UP * attempt).await;
            events = self.read_topic(&subject, after).await?;
            attempt += 1;
        }
        Ok(events)
    }

    /// The position of the first event after a position of one topic of all streams of a kind, by the leader's
    /// word. Near the end of the log that takes a fraction of a millisecond at any size, while asking for the
    /// last one makes the broker look at every subject: 26 ms at 200,000 people.
    ///
    /// # Errors
    /// No answer, or a malformed one.
    pub async fn next_of_topic(
        &self,
        kind: &str,
        topic: &str,
        after: u64,
    ) -> Result<Option<u64>, JournalError> {
        let filter = subject::topic_filter(self.tenant(), kind, topic);
        let next = leader_next(self.client(), &self.inner.log, &filter, after + 1).await?;
        Ok(next.map(|next| next.position))
    }

    /// The position of a filter's last event by the leader's word, 0 if it has none.
    async fn last_of(&self, filter: &str) -> Result<u64, JournalError> {
        Ok(leader_last(self.client(), &self.inner.log, filter).await?.map_or(0, |last| last.position))
    }

    async fn read_topic(&self, subject: &str, after: u64) -> Result<Vec<Stored>, JournalError> {
        let mut events = Vec::new();
        let mut from = after + 1;
        loop {
            let query = json!({ "seq": from, "batch": BATCH, "next_by_subj": subject });
            let (found, pending) =
                direct_get(self.client(), &self.inner.log, query.to_string().into()).await?;
            if let Some(last) = found.last() {
                from = last.position + 1;
            }
            let more = pending > 0 && !found.is_empty();
            events.extend(found);
            if !more {
                return Ok(events);
            }
        }
    }

    /// The event at a position, if the log is that long.
    ///
    /// # Errors
    /// No answer, or a malformed one.
    pub async fn read(&self, position: u64) -> Result<Option<Stored>, JournalError> {
        if position == 0 {
            return Ok(None);
        }
        let query = json!({ "seq": position, "batch": 1 }).to_string();
        let (found, _) = direct_get(self.client(), &self.inner.log, query.into()).await?;
        match found.into_iter().find(|stored| stored.position == position) {
            Some(found) => Ok(Some(found)),
            // Any replica answers, so one that lags behind may not have it yet.
            None => leader_at(self.client(), &self.inner.log, position).await,
        }
    }
}

impl Journal {
    /// The event at a position by the leader's word, if the log has it.
    ///
    /// # Errors
    /// No answer, or one that it cannot be read.
    pub async fn read_leader(&self, position: u64) -> Result<Option<Stored>, JournalError> {
        let found = leader_at(self.client(), &self.inner.log, position).await?;
        Ok(found.filter(|stored| stored.position == position))
    }
}

async fn direct_get(client: &Client, log: &str, query: Bytes) -> Result<(Vec<Stored>, u64), JournalError> {
    let (found, pending) = direct_get_messages(client, log, query).await?;
    let stored = |found: Found| Stored { position: found.position, payload: found.payload };
    Ok((found.into_iter().map(stored).collect(), pending))
}

/// A message a direct get found.
pub(crate) struct Found {
    pub(crate) position: u64,
    pub(crate) subject: String,
    pub(crate) payload: Bytes,
}

/// One batched direct get on a stream: the messages, and how many more there are.
pub(crate) async fn direct_get_messages(
    client: &Client,
    log: &str,
    query: Bytes,
) -> Result<(Vec<Found>, u64), JournalError> {
    let inbox = client.new_inbox();
    let mut replies = client.subscribe(inbox.clone()).await.map_err(JournalError::unavailable)?;
    let sent = client.publish_with_reply(format!("$JS.API.DIRECT.GET.{log}"), inbox, query).await;
    sent.map_err(JournalError::unavailable)?;
    let mut found = Vec::new();
    loop {
        let reply = tokio::time::timeout(ANSWER, replies.next()).await;
        let reply = reply.map_err(|_| JournalError::Unavailable("no answer to a direct get".to_owned()))?;
        let reply = reply.ok_or_else(|| JournalError::Unavailable("the connection closed".to_owned()))?;
        match status(&reply) {
            None => found.push(read_found(reply)?),
            Some(204) => return Ok((found, header(reply.headers.as_ref(), "Nats-Num-Pending").unwrap_or(0))),
            Some(404) => return Ok((found, 0)),
            Some(code) => {
                let why = reply.description.unwrap_or_default();
                return Err(JournalError::Unavailable(format!("direct get: {code} {why}")));
            }
        }
    }
}

/// The last message of a subject or filter by the leader's word.
pub(crate) async fn leader_last(
    client: &Client,
    log: &str,
    filter: &str,
) -> Result<Option<Stored>, JournalError> {
    leader_get(client, log, json!({ "last_by_subj": filter })).await
}

/// The first message of a subject by the leader's word.
pub(crate) async fn leader_first(
    client: &Client,
    log: &str,
    filter: &str,
) -> Result<Option<Stored>, JournalError> {
    leader_next(client, log, filter, 1).await
}

/// The first message of a subject or filter from a position on, by the leader's word.
async fn leader_next(
    client: &Client,
    log: &str,
    filter: &str,
    from: u64,
) -> Result<Option<Stored>, JournalError> {
    leader_get(client, log, json!({ "seq": from, "next_by_subj": filter })).await
}

/// The message at a position by the leader's word.
pub(crate) async fn leader_at(
    client: &Client,
    log: &str,
    position: u64,
) -> Result<Option<Stored>, JournalError> {
    leader_get(client, log, json!({ "seq": position })).await
}

async fn leader_get(
    client: &Client,
    log: &str,
    query: serde_json::Value,
) -> Result<Option<Stored>, JournalError> {
    #[derive(Deserialize)]
    struct Reply {
        message: Option<Found>,
        error: Option<Problem>,
    }
    #[derive(Deserialize)]
    struct Found {
        seq: u64,
        #[serde(default)]
        data: String,
    }
    #[derive(Deserialize)]
    struct Problem {
        #[serde(default)]
        err_code: u64,
        description: String,
    }
    const NO_MESSAGE: u64 = 10_037;
    let request = async_nats::Request::new().payload(query.to_string().into()).timeout(Some(ANSWER));
    let reply = client.send_request(format!("$JS.API.STREAM.MSG.GET.{log}"), request).await;
    let reply = reply.map_err(JournalError::unavailable)?;
    let protocol = |error: &dyn std::fmt::Display| JournalError::Protocol(error.to_string());
    let reply: Reply = serde_json::from_slice(&reply.payload).map_err(|error| protocol(&error))?;
    match reply {
        Reply { message: Some(found), .. } => {
            let payload = BASE64.decode(found.data).map_err(|error| protocol(&error))?;
            Ok(Some(Stored { position: found.seq, payload: payload.into() }))
        }
        Reply { error: Some(problem), .. } if problem.err_code == NO_MESSAGE => Ok(None),
        Reply { error: Some(problem), .. } => Err(JournalError::Unavailable(problem.description)),
        _ => Err(JournalError::Protocol("neither a message nor an error".to_owned())),
    }
}

fn status(reply: &Message) -> Option<u16> {
    reply.status.filter(|status| *status != StatusCode::OK).map(|status| status.as_u16())
}

fn header(headers: Option<&HeaderMap>, name: &str) -> Option<u64> {
    headers?.get(name)?.as_str().parse().ok()
}

/// A direct get answers with the message and says in headers what it was.
fn read_found(reply: Message) -> Result<Found, JournalError> {
    let protocol = || JournalError::Protocol("a direct get answers without sequence or subject".to_owned());
    let position = header(reply.headers.as_ref(), "Nats-Sequence").ok_or_else(protocol)?;
    let subject =
        reply.headers.as_ref().and_then(|headers| headers.get("Nats-Subject")).ok_or_else(protocol)?;
    Ok(Found { position, subject: subject.as_str().to_owned(), payload: reply.payload })
}
