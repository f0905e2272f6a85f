//! Gets: messages of a stream by the word of any replica (direct gets, many at once) or of the leader.

use std::time::Duration;

use async_nats::{
    Client, HeaderMap, HeaderValue, Message, StatusCode,
    header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE,
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::json;

use crate::{JournalError, StoredEvent, publish::GUARD_SUBJECT};

/// How long the broker may take for one answer.
const ANSWER: Duration = Duration::from_secs(2);

/// A message a direct get found.
pub(crate) struct Found {
    pub(crate) position: u64,
    pub(crate) payload: Bytes,
    headers: HeaderMap,
}

impl Found {
    pub(crate) fn stored(self) -> StoredEvent {
        StoredEvent {
            position: self.position,
            payload: self.payload,
        }
    }

    /// The subject it is stored under.
    pub(crate) fn subject(&self) -> &str {
        self.headers
            .get("Nats-Subject")
            .map_or("", HeaderValue::as_str)
    }

    /// The position after which it was stored, by its guard on a filter: it was the next event there. `None` where it
    /// was stored without, or with a guard on something else.
    pub(crate) fn guarded_by(&self, filter: &str) -> Option<u64> {
        let is_on_it = self
            .headers
            .get(GUARD_SUBJECT)
            .is_some_and(|of| of.as_str() == filter);
        let after = header(
            Some(&self.headers),
            NATS_EXPECTED_LAST_SUBJECT_SEQUENCE.as_ref(),
        );
        after.filter(|_| is_on_it)
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
pub(crate) async fn direct_gets(
    client: &Client,
    log: &str,
    queries: Vec<Bytes>,
    mut each: impl FnMut(usize, Found),
) -> Result<Vec<u64>, JournalError> {
    let inbox = client.new_inbox();
    let mut replies = client
        .subscribe(format!("{inbox}.*"))
        .await
        .map_err(JournalError::unavailable)?;
    let subject = format!("$JS.API.DIRECT.GET.{log}");
    let (mut open, mut gets) = (queries.len(), vec![Get::default(); queries.len()]);
    for (nth, query) in queries.into_iter().enumerate() {
        let sent = client
            .publish_with_reply(subject.clone(), format!("{inbox}.{nth}"), query)
            .await;
        sent.map_err(JournalError::unavailable)?;
    }
    while open > 0 {
        let reply = tokio::time::timeout(ANSWER, replies.next()).await;
        let reply =
            reply.map_err(|_| JournalError::Unavailable("no answer to a direct get".to_owned()))?;
        let reply =
            reply.ok_or_else(|| JournalError::Unavailable("the connection closed".to_owned()))?;
        let nth = reply
            .subject
            .rsplit('.')
            .next()
            .and_then(|nth| nth.parse::<usize>().ok());
        let Some((nth, get)) = nth.and_then(|nth| Some((nth, gets.get_mut(nth)?))) else {
            return Err(JournalError::Protocol(
                "an answer to no direct get".to_owned(),
            ));
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
                return Err(JournalError::Unavailable(format!(
                    "direct get: {code} {why}"
                )));
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
            _ => Err(JournalError::Unavailable(
                "an answer to a direct get was lost".to_owned(),
            )),
        }
    }
}

/// The last message of a subject or filter by the leader's word.
pub(crate) async fn leader_last(
    client: &Client,
    log: &str,
    filter: &str,
) -> Result<Option<StoredEvent>, JournalError> {
    leader_get(client, log, json!({ "last_by_subj": filter })).await
}

/// The first message of a subject by the leader's word.
pub(crate) async fn leader_first(
    client: &Client,
    log: &str,
    filter: &str,
) -> Result<Option<StoredEvent>, JournalError> {
    leader_next(client, log, filter, 1).await
}

/// The first message of a subject or filter from a position on, by the leader's word.
pub(crate) async fn leader_next(
    client: &Client,
    log: &str,
    filter: &str,
    from: u64,
) -> Result<Option<StoredEvent>, JournalError> {
    leader_get(client, log, json!({ "seq": from, "next_by_subj": filter })).await
}

/// The message at a position by the leader's word.
pub(crate) async fn leader_at(
    client: &Client,
    log: &str,
    position: u64,
) -> Result<Option<StoredEvent>, JournalError> {
    leader_get(client, log, json!({ "seq": position })).await
}

async fn leader_get(
    client: &Client,
    log: &str,
    query: serde_json::Value,
) -> Result<Option<StoredEvent>, JournalError> {
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
    let request = async_nats::Request::new()
        .payload(query.to_string().into())
        .timeout(Some(ANSWER));
    let reply = client
        .send_request(format!("$JS.API.STREAM.MSG.GET.{log}"), request)
        .await;
    let reply = reply.map_err(JournalError::unavailable)?;
    let protocol = |error: &dyn std::fmt::Display| JournalError::Protocol(error.to_string());
    let reply: Reply = serde_json::from_slice(&reply.payload).map_err(|error| protocol(&error))?;
    match reply {
        Reply {
            message: Some(found),
            ..
        } => {
            let payload = BASE64
                .decode(found.data)
                .map_err(|error| protocol(&error))?;
            Ok(Some(StoredEvent {
                position: found.seq,
                payload: payload.into(),
            }))
        }
        Reply {
            error: Some(problem),
            ..
        } if problem.err_code == NO_MESSAGE => Ok(None),
        Reply {
            error: Some(problem),
            ..
        } => Err(JournalError::Unavailable(problem.description)),
        _ => Err(JournalError::Protocol(
            "neither a message nor an error".to_owned(),
        )),
    }
}

fn status(reply: &Message) -> Option<u16> {
    reply
        .status
        .filter(|status| *status != StatusCode::OK)
        .map(|status| status.as_u16())
}

fn header(headers: Option<&HeaderMap>, name: &str) -> Option<u64> {
    headers?.get(name)?.as_str().parse().ok()
}

/// A direct get answers with the message and says in headers what it was.
fn read_found(reply: Message) -> Result<Found, JournalError> {
    let protocol =
        || JournalError::Protocol("a direct get answers without sequence or subject".to_owned());
    let headers = reply
        .headers
        .filter(|headers| headers.get("Nats-Subject").is_some())
        .ok_or_else(protocol)?;
    let position = header(Some(&headers), "Nats-Sequence").ok_or_else(protocol)?;
    Ok(Found {
        position,
        headers,
        payload: reply.payload,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: no state has a hole that its guard cannot see. Method: the answers of a get, one by one, each with what
    /// it says came before it.
    #[test]
    fn an_answer_that_was_lost_is_noticed() {
        let after = |position: &str| {
            HeaderMap::from_iter([("Nats-Last-Sequence".parse().unwrap(), position.into())])
        };
        let get = Get {
            last: 7,
            pending: 0,
        };
        assert!(get.follows(Some(&after("7"))).is_ok());
        assert!(Get::default().follows(Some(&after("0"))).is_ok());
        for lost in [
            Some(&after("9")),
            Some(&after("0")),
            Some(&HeaderMap::new()),
            None,
        ] {
            assert!(
                matches!(get.follows(lost), Err(JournalError::Unavailable(_))),
                "{lost:?}"
            );
        }
    }
}
