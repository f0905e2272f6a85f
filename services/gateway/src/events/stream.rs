//! `GET /v1/events/stream`: events as they are recorded, as server-sent events. The stream ends
//! with the token, soon after its revocation or the end of its key, and at shutdown. A client resumes with `Last-Event-ID` and misses nothing.
//!
//! A slow client holds one batch in memory; the next batch is read after this one is written.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, header::CACHE_CONTROL},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use jejak_bus::RequestProblem;
use jejak_journal::{EventFilter, Journal, LogEntry, StoredEvent, Subscription};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use super::stored::type_of;
use crate::{
    access_log::EntryKind,
    app::App,
    auth::{Caller, roles},
    positions::position,
    problem::{Failure, malformed, share_taken, too_many},
    shares::Place,
};

/// Events read from the log at once.
const BATCH: usize = 64;
/// The interval of comments. They tell a quiet stream from a dead one.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// The time between two looks at whether the token was revoked or its key replaced.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The longest stream, in seconds. It keeps the arithmetic of deadlines in bounds.
const LONGEST_S: u64 = 366 * 24 * 3600;
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

#[derive(Debug, Clone, PartialEq, Eq)]
struct StreamParameters {
    after: u64,
    filter: EventFilter,
}

impl StreamParameters {
    /// Reads the address and `Last-Event-ID`. The header wins over `after`: a browser repeats the
    /// address when it resumes.
    fn read(search: Option<&str>, headers: &HeaderMap) -> Result<Self, RequestProblem> {
        let mut parameters = Self {
            after: 0,
            filter: EventFilter::All,
        };
        for (name, value) in form_urlencoded::parse(search.unwrap_or_default().as_bytes()) {
            match (name.as_ref(), value.as_ref()) {
                ("after", value) => parameters.after = position("after", value)?,
                ("topic", "contract") => {
                    parameters.filter = EventFilter::Topic("operator", "contract")
                }
                ("topic", _) => return Err(malformed("topic", "can only be contract")),
                (other, _) => return Err(malformed(other, "is not a parameter of this stream")),
            }
        }
        if let Some(value) = headers.get(LAST_EVENT_ID) {
            parameters.after = position("Last-Event-ID", value.to_str().unwrap_or_default())?;
        }
        Ok(parameters)
    }
}

/// Answers with a stream of events, for auditors and for services.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawQuery(search): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let contracts_only = is_for_contracts(search.as_deref());
    roles::admit_to_events(&caller, contracts_only)?;
    let StreamParameters { after, filter } = StreamParameters::read(search.as_deref(), &headers)?;
    let place = app.streams_of.take(caller.actor().sub.clone());
    let place = place.ok_or_else(share_taken)?;
    let permit = app
        .streams
        .clone()
        .try_acquire_owned()
        .map_err(|_| too_many())?;
    let journal = app.broker.journal().await?;
    app.access_log
        .add(EntryKind::read_of_log(&caller, "/v1/events/stream", None))
        .await;
    let events = EventStream {
        journal: journal.clone(),
        subscription: journal.subscribe(after, filter),
        batch: VecDeque::new(),
        token_ends: token_ends(&caller),
        app: app.clone(),
        caller,
        _permit: permit,
        _place: place,
    };
    let events = stream::unfold(events, |mut events| async move {
        let event = events.next().await?;
        Some((Ok::<_, Infallible>(event), events))
    });
    let mut response = Sse::new(events)
        .keep_alive(KeepAlive::new().interval(HEARTBEAT))
        .into_response();
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn is_for_contracts(search: Option<&str>) -> bool {
    form_urlencoded::parse(search.unwrap_or_default().as_bytes())
        .any(|pair| pair == ("topic".into(), "contract".into()))
}

fn token_ends(caller: &Caller) -> Instant {
    let left = caller
        .expires_s()
        .saturating_sub(jsonwebtoken::get_current_timestamp());
    Instant::now() + Duration::from_secs(left.min(LONGEST_S))
}

/// One client's stream.
struct EventStream {
    journal: Journal,
    subscription: Subscription,
    batch: VecDeque<LogEntry>,
    app: Arc<App>,
    caller: Caller,
    token_ends: Instant,
    _permit: OwnedSemaphorePermit,
    _place: Place<String>,
}

impl EventStream {
    /// The next event; none ends the stream. A message that is no event ends it, unless it is in
    /// quarantine.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let entry = self.next_entry().await?;
            let event = match self.journal.event(&entry) {
                Ok(Some(_)) => event(&entry.stored),
                Ok(None) => continue,
                Err(error) => {
                    tracing::error!(%error, "an event stream ends");
                    return None;
                }
            };
            return event;
        }
    }

    async fn next_entry(&mut self) -> Option<LogEntry> {
        while self.batch.is_empty() {
            let batch = tokio::select! {
                biased;
                () = self.app.shutdown.cancelled() => return None,
                () = tokio::time::sleep_until(self.token_ends) => return None,
                () = until_revoked(&self.app, &self.caller) => return None,
                batch = self.subscription.next_entries(BATCH) => batch,
            };
            match batch {
                Ok(batch) => self.batch.extend(batch),
                Err(error) => {
                    tracing::error!(%error, "an event stream ends");
                    return None;
                }
            }
        }
        let ended = self.app.shutdown.is_cancelled() || Instant::now() >= self.token_ends;
        if ended || self.app.verifier.is_revoked(&self.caller) {
            return None;
        }
        self.batch.pop_front()
    }
}

/// Waits until the token of a caller is revoked.
async fn until_revoked(app: &App, caller: &Caller) {
    while !app.verifier.is_revoked(caller) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn event(stored: &StoredEvent) -> Option<Event> {
    let kind = type_of(&stored.payload)?;
    let data = std::str::from_utf8(&stored.payload).ok()?;
    if kind.contains(['\n', '\r']) {
        return None;
    }
    Some(
        Event::default()
            .id(stored.position.to_string())
            .event(kind)
            .data(data),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_resumes_after_its_last_event() {
        let mut headers = HeaderMap::new();
        let from = |search, headers: &HeaderMap| StreamParameters::read(Some(search), headers);
        assert_eq!(
            from("", &headers).unwrap(),
            StreamParameters {
                after: 0,
                filter: EventFilter::All
            }
        );
        assert_eq!(from("after=3", &headers).unwrap().after, 3);
        headers.insert(LAST_EVENT_ID, HeaderValue::from_static("9"));
        let resumed = from("after=3&topic=contract", &headers).unwrap();
        assert_eq!(
            resumed,
            StreamParameters {
                after: 9,
                filter: EventFilter::Topic("operator", "contract")
            }
        );
        headers.insert(LAST_EVENT_ID, HeaderValue::from_static("x"));
        assert!(from("", &headers).is_err());
        assert!(from("topic=leave", &HeaderMap::new()).is_err());
        assert!(from("colour=red", &HeaderMap::new()).is_err());
    }

    #[test]
    fn topic_contract_is_recognized_among_other_parameters() {
        assert!(is_for_contracts(Some("after=3&topic=contract")));
        assert!(!is_for_contracts(Some("topic=leave&x=contract")));
        assert!(!is_for_contracts(None));
    }

    #[test]
    fn only_events_are_sent() {
        let stored = |payload: &'static str| StoredEvent {
            position: 1,
            payload: payload.into(),
        };
        assert!(event(&stored(r#"{"type":"a"}"#)).is_some());
        assert!(event(&stored("{\"type\":\"a\\n\"}")).is_none());
        assert!(event(&stored("{\"type\":\r\"a\"}")).is_none());
    }
}
