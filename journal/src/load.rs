//! Reading: one stream by its exact subjects, or one position.

use std::time::Duration;

use async_nats::{Client, HeaderMap, Message, StatusCode};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use futures_util::StreamExt;
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

/// The beginning of a stream, from some position on.
struct Prefix {
    events: Vec<Stored>,
    /// The position of its last event, 0 if there is none.
    end: u64,
}

/// Waits for a replica that lags behind.
async fn lagging(attempt: u32) -> Result<(), JournalError> {
    if attempt == LAGGING {
        return Err(JournalError::Unavailable("a replica lags behind the leader".to_owned()));
    }
    tokio::time::sleep(CATCH_UP * attempt).await;
    Ok(())
}

impl Journal {
    /// The events of a stream after a position, in order: all the leader has when it is called, without a
    /// hole.
    ///
    /// # Errors
    /// No answer, or a replica that does not catch up with the leader.
    pub async fn load(&self, stream: &StreamId, after: u64) -> Result<Vec<Stored>, JournalError> {
        let filter = subject::guard(self.tenant(), stream);
        if after > 0 {
            // Most often nothing came after it.
            let end = self.last_of(&filter).await?;
            return self.up_to(end, stream, &filter, after).await;
        }
        // Read while the leader is asked: nearly always that is enough already.
        let (end, prefix) = tokio::try_join!(self.last_of(&filter), self.prefix(stream, &filter, after))?;
        if prefix.end >= end { Ok(prefix.events) } else { self.up_to(end, stream, &filter, after).await }
    }

    /// What came after the last event known of a stream.
    ///
    /// # Errors
    /// As [`Journal::load`]; [`JournalError::Diverged`] when the stream ends before that event.
    pub async fn load_since(&self, stream: &StreamId, last: u64) -> Result<Vec<Stored>, JournalError> {
        let filter = subject::guard(self.tenant(), stream);
        match self.last_of(&filter).await? {
            end if end < last => Err(JournalError::Diverged { position: last }),
            end => self.up_to(end, stream, &filter, last).await,
        }
    }

    /// A prefix of a stream, as one of the replicas has it: without a hole, but perhaps without the last events
    /// of all. It is enough for a stream that is appended to next, since its guard refuses what was decided on less.
    ///
    /// # Errors
    /// No answer, or replicas that do not catch up with each other.
    pub async fn load_prefix(&self, stream: &StreamId) -> Result<Vec<Stored>, JournalError> {
        let filter = subject::guard(self.tenant(), stream);
        Ok(self.prefix(stream, &filter, 0).await?.events)
    }

    /// The events after a position of a prefix that goes at least as far as the leader says.
    async fn up_to(
        &self,
        end: u64,
        stream: &StreamId,
        filter: &str,
        after: u64,
    ) -> Result<Vec<Stored>, JournalError> {
        if end <= after {
            return Ok(vec![]);
        }
        let mut attempt = 0;
        loop {
            let prefix = self.prefix(stream, filter, after).await?;
            if prefix.end >= end {
                return Ok(prefix.events);
            }
            lagging(attempt).await?;
            attempt += 1;
        }
    }

    /// A prefix of a stream, less what is known of it.
    ///
    /// Topics are read side by side, and on a cluster by any replica, so that one may already show an event
    /// that came after one another does not show yet. So one replica is asked meanwhile where all topics end,
    /// which it says of one moment. Each topic is read at least up to there, and the whole is cut there.
    async fn prefix(&self, stream: &StreamId, filter: &str, after: u64) -> Result<Prefix, JournalError> {
        let (client, log) = (self.client(), &self.inner.log);
        let subjects: Vec<String> =
            stream.topics().iter().map(|topic| subject::topic(self.tenant(), stream, topic)).collect();
        let mut queries: Vec<Bytes> = subjects.iter().map(|subject| topic_query(subject, after)).collect();
        queries.push(json!({ "multi_last": [filter] }).to_string().into());
        let (mut events, mut ends) = (Vec::<Stored>::new(), Vec::new());
        let mut reached = vec![after; subjects.len()];
        let pending = direct_gets(client, log, queries, |nth, found| match reached.get_mut(nth) {
            Some(reached) => {
                *reached = found.position;
                events.push(found.stored());
            }
            None => ends.push(found),
        })
        .await?;
        if pending.last() != Some(&0) {
            return Err(JournalError::Protocol("a stream has more topics than are told at once".to_owned()));
        }
        for (subject, mut reached) in subjects.iter().zip(reached) {
            let wanted = ends.iter().find(|last| last.subject == *subject).map_or(0, |last| last.position);
            let mut attempt = 0;
            while reached < wanted {
                lagging(attempt).await?;
                attempt += 1;
                direct_gets(client, log, vec![topic_query(subject, reached)], |_, found| {
                    (reached, attempt) = (found.position, 0);
                    events.push(found.stored());
                })
                .await?;
            }
        }
        let end = ends.iter().map(|last| last.position).max().unwrap_or(0);
        events.retain(|stored| stored.position <= end);
        events.sort_unstable_by_key(|stored| stored.position);
        Ok(Prefix { events, end })
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
        match found.into_iter().find(|found| found.position == position) {
            Some(found) => Ok(Some(found.stored())),
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

/// Asks for a topic's events after a position.
fn topic_query(subject: &str, after: u64) -> Bytes {
    json!({ "seq": after + 1, "batch": BATCH, "next_by_subj": subject }).to_string().into()
}

/// A message a direct get found.
pub(crate) struct Found {
    pub(crate) position: u64,
    pub(crate) subject: String,
    pub(crate) payload: Bytes,
}

impl Found {
    fn stored(self) -> Stored {
        Stored { position: self.position, payload: self.payload }
    }
}

/// One batched direct get on a stream: the messages, and how many more there are.
pub(crate) async fn direct_get(
    client: &Client,
    log: &str,
    query: Bytes,
) -> Result<(Vec<Found>, u64), JournalError> {
    let mut all = Vec::new();
    let pending = direct_gets(client, log, vec![query], |_, found| all.push(found)).await?;
    Ok((all, pending.into_iter().sum()))
}

/// Batched direct gets on a stream, all at once. `each` takes a message as it arrives, and which get it answers.
/// How many more each get found.
async fn direct_gets(
    client: &Client,
    log: &str,
    queries: Vec<Bytes>,
    mut each: impl FnMut(usize, Found),
) -> Result<Vec<u64>, JournalError> {
    let inbox = client.new_inbox();
    let mut replies = client.subscribe(format!("{inbox}.*")).await.map_err(JournalError::unavailable)?;
    let subject = format!("$JS.API.DIRECT.GET.{log}");
    let (mut open, mut gets) = (queries.len(), vec![Get::default(); queries.len()]);
    for (nth, query) in queries.into_iter().enumerate() {
        let sent = client.publish_with_reply(subject.clone(), format!("{inbox}.{nth}"), query).await;
        sent.map_err(JournalError::unavailable)?;
    }
    while open > 0 {
        let reply = tokio::time::timeout(ANSWER, replies.next()).await;
        let reply = reply.map_err(|_| JournalError::Unavailable("no answer to a direct get".to_owned()))?;
        let reply = reply.ok_or_else(|| JournalError::Unavailable("the connection closed".to_owned()))?;
        let nth = reply.subject.rsplit('.').next().and_then(|nth| nth.parse::<usize>().ok());
        let Some((nth, get)) = nth.and_then(|nth| Some((nth, gets.get_mut(nth)?))) else {
            return Err(JournalError::Protocol("an answer to no direct get".to_owned()));
        };
        match status(&reply) {
            None => {
                get.follows(reply.headers.as_ref())?;
                let found = read_found(reply)?;
                get.last = found.position;
                each(nth, found);
            }
            Some(204) => {
                get.follows(reply.headers.as_ref())?;
                get.pending = header(reply.headers.as_ref(), "Nats-Num-Pending").unwrap_or(0);
                open -= 1;
            }
            Some(404) if get.last == 0 => open -= 1,
            Some(code) => {
                let why = reply.description.unwrap_or_default();
                return Err(JournalError::Unavailable(format!("direct get: {code} {why}")));
            }
        }
    }
    Ok(gets.into_iter().map(|get| get.pending).collect())
}

/// What has come of a batched direct get.
#[derive(Clone, Default)]
struct Get {
    /// The position of its last message so far, 0 before the first.
    last: u64,
    /// How many more there are, once it is over.
    pending: u64,
}

impl Get {
    /// Whether nothing is missing before an answer, which says what came before it. A connection that breaks and
    /// comes back, or a reader that is too slow, loses messages out of the middle.
    ///
    /// # Errors
    /// When something is.
    fn follows(&self, headers: Option<&HeaderMap>) -> Result<(), JournalError> {
        match header(headers, "Nats-Last-Sequence") {
            Some(before) if before == self.last => Ok(()),
            _ => Err(JournalError::Unavailable("an answer to a direct get was lost".to_owned())),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: no state has a hole that its guard cannot see. Method: the answers of a get, one by one, each with what
    /// it says came before it.
    #[test]
    fn an_answer_that_was_lost_is_noticed() {
        let after =
            |position: &str| HeaderMap::from_iter([("Nats-Last-Sequence".parse().unwrap(), position.into())]);
        let get = Get { last: 7, pending: 0 };
        assert!(get.follows(Some(&after("7"))).is_ok());
        assert!(Get::default().follows(Some(&after("0"))).is_ok());
        for lost in [Some(&after("9")), Some(&after("0")), Some(&HeaderMap::new()), None] {
            assert!(matches!(get.follows(lost), Err(JournalError::Unavailable(_))), "{lost:?}");
        }
    }
}
