//! Reads of single messages: direct gets, answered by any replica, many at once; and gets answered
//! by the leader.

use std::time::Duration;

use async_nats::{
    HeaderMap, HeaderValue, Message, StatusCode, header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE,
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::json;

use crate::{JournalError, LogEntry, StoredEvent, access::JetStreamApi, subject::GUARD_HEADER};

/// The request of a direct get.
pub(crate) const DIRECT_GET: &str = "DIRECT.GET";
/// The broker has this long for one answer.
pub(crate) const ANSWER: Duration = Duration::from_secs(2);

/// The header with the count of further messages.
pub(crate) const PENDING: &str = "Nats-Num-Pending";

/// A message as a direct get returns it.
pub(crate) struct DirectMessage {
    pub(crate) position: u64,
    pub(crate) payload: Bytes,
    headers: HeaderMap,
}

impl DirectMessage {
    pub(crate) fn entry(self) -> LogEntry {
        LogEntry {
            subject: self.subject().into(),
            stored: StoredEvent {
                position: self.position,
                payload: self.payload,
            },
        }
    }

    /// The message's subject in the stream.
    pub(crate) fn subject(&self) -> &str {
        self.headers
            .get("Nats-Subject")
            .map_or("", HeaderValue::as_str)
    }

    /// The count of further messages in the stream.
    pub(crate) fn pending(&self) -> u64 {
        header(Some(&self.headers), PENDING).unwrap_or(0)
    }

    /// The position in its guard on a filter: the message came next after it there. `None` for a
    /// message without a guard on this filter.
    pub(crate) fn guarded_by(&self, filter: &str) -> Option<u64> {
        let is_on_filter = self
            .headers
            .get(GUARD_HEADER)
            .is_some_and(|guarded| guarded.as_str() == filter);
        let after = header(
            Some(&self.headers),
            NATS_EXPECTED_LAST_SUBJECT_SEQUENCE.as_ref(),
        );
        after.filter(|_| is_on_filter)
    }
}

/// One batched direct get on a stream: the messages, and the count of further ones.
pub(crate) async fn direct_get(
    api: &JetStreamApi,
    log: &str,
    query: Bytes,
) -> Result<(Vec<DirectMessage>, u64), JournalError> {
    let mut all = Vec::new();
    let pending = direct_gets(api, log, vec![query], |_, message| all.push(message)).await?;
    Ok((all, pending.into_iter().sum()))
}

/// Batched direct gets on a stream, all at once. `each` takes the number of a get and a message of
/// it, as it arrives. Returns the count of further messages of each get.
pub(crate) async fn direct_gets(
    api: &JetStreamApi,
    log: &str,
    queries: Vec<Bytes>,
    mut each: impl FnMut(usize, DirectMessage),
) -> Result<Vec<u64>, JournalError> {
    let client = api.client();
    let inbox = client.new_inbox();
    let mut replies = client
        .subscribe(format!("{inbox}.*"))
        .await
        .map_err(JournalError::unavailable)?;
    let subject = api.subject(DIRECT_GET, log);
    let (mut open, mut gets) = (queries.len(), vec![DirectGet::default(); queries.len()]);
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
                let message = read_message(reply)?;
                get.last = message.position;
                each(nth, message);
            }
            Some(204) => {
                get.follows(reply.headers.as_ref())?;
                get.pending = header(reply.headers.as_ref(), PENDING).unwrap_or(0);
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

/// The progress of a batched direct get.
#[derive(Clone, Default)]
pub(crate) struct DirectGet {
    /// The position of the last message so far, 0 before the first.
    pub(crate) last: u64,
    /// The count of further messages, known at the end.
    pending: u64,
}

impl DirectGet {
    /// Checks that no answer before this one was lost: each answer names the position before it. A
    /// connection that breaks and comes back loses answers in between, and so does a reader that is
    /// too slow.
    ///
    /// # Errors
    /// [`JournalError::Unavailable`] after a lost answer.
    pub(crate) fn follows(&self, headers: Option<&HeaderMap>) -> Result<(), JournalError> {
        match header(headers, "Nats-Last-Sequence") {
            Some(before) if before == self.last => Ok(()),
            _ => Err(JournalError::Unavailable(
                "an answer to a direct get was lost".to_owned(),
            )),
        }
    }
}

/// The last message of a subject or filter, from the leader.
pub(crate) async fn leader_last(
    api: &JetStreamApi,
    log: &str,
    filter: &str,
) -> Result<Option<LogEntry>, JournalError> {
    leader_get(api, log, json!({ "last_by_subj": filter })).await
}

/// The first message of a subject or filter at a position or after it, from the leader.
pub(crate) async fn leader_next(
    api: &JetStreamApi,
    log: &str,
    filter: &str,
    from: u64,
) -> Result<Option<LogEntry>, JournalError> {
    leader_get(api, log, json!({ "seq": from, "next_by_subj": filter })).await
}

/// The message at a position, from the leader.
pub(crate) async fn leader_at(
    api: &JetStreamApi,
    log: &str,
    position: u64,
) -> Result<Option<LogEntry>, JournalError> {
    leader_get(api, log, json!({ "seq": position })).await
}

async fn leader_get(
    api: &JetStreamApi,
    log: &str,
    query: serde_json::Value,
) -> Result<Option<LogEntry>, JournalError> {
    #[derive(Deserialize)]
    struct LeaderReply {
        message: Option<LeaderMessage>,
        error: Option<LeaderError>,
    }
    #[derive(Deserialize)]
    struct LeaderMessage {
        subject: String,
        seq: u64,
        #[serde(default)]
        data: String,
    }
    #[derive(Deserialize)]
    struct LeaderError {
        #[serde(default)]
        err_code: u64,
        description: String,
    }
    const NO_MESSAGE: u64 = 10_037;
    let request = async_nats::Request::new()
        .payload(query.to_string().into())
        .timeout(Some(ANSWER));
    let subject = api.subject("STREAM.MSG.GET", log);
    let reply = api.client().send_request(subject, request).await;
    let reply = reply.map_err(JournalError::unavailable)?;
    let protocol = |error: &dyn std::fmt::Display| JournalError::Protocol(error.to_string());
    let reply: LeaderReply =
        serde_json::from_slice(&reply.payload).map_err(|error| protocol(&error))?;
    match reply {
        LeaderReply {
            message: Some(message),
            ..
        } => {
            let payload = BASE64
                .decode(message.data)
                .map_err(|error| protocol(&error))?;
            Ok(Some(LogEntry {
                subject: message.subject.into(),
                stored: StoredEvent {
                    position: message.seq,
                    payload: payload.into(),
                },
            }))
        }
        LeaderReply {
            error: Some(error), ..
        } if error.err_code == NO_MESSAGE => Ok(None),
        LeaderReply {
            error: Some(error), ..
        } => Err(JournalError::Unavailable(error.description)),
        _ => Err(JournalError::Protocol(
            "neither a message nor an error".to_owned(),
        )),
    }
}

/// The status of an answer; none for a message.
pub(crate) fn status(reply: &Message) -> Option<u16> {
    reply
        .status
        .filter(|status| *status != StatusCode::OK)
        .map(|status| status.as_u16())
}

/// A header that holds a number.
pub(crate) fn header(headers: Option<&HeaderMap>, name: &str) -> Option<u64> {
    headers?.get(name)?.as_str().parse().ok()
}

/// Reads an answer to a direct get: position and subject stand in its headers.
pub(crate) fn read_message(reply: Message) -> Result<DirectMessage, JournalError> {
    let protocol =
        || JournalError::Protocol("a direct get answers without sequence or subject".to_owned());
    let headers = reply
        .headers
        .filter(|headers| headers.get("Nats-Subject").is_some())
        .ok_or_else(protocol)?;
    let position = header(Some(&headers), "Nats-Sequence").ok_or_else(protocol)?;
    Ok(DirectMessage {
        position,
        headers,
        payload: reply.payload,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: no state has a hole that its guard cannot detect. Method: answers with the right
    /// position before them, and with a wrong one.
    #[test]
    fn an_answer_that_was_lost_is_noticed() {
        let after = |position: &str| {
            HeaderMap::from_iter([("Nats-Last-Sequence".parse().unwrap(), position.into())])
        };
        let get = DirectGet {
            last: 7,
            pending: 0,
        };
        assert!(get.follows(Some(&after("7"))).is_ok());
        assert!(DirectGet::default().follows(Some(&after("0"))).is_ok());
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
