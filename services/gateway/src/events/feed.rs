//! `GET /v1/events/stream`: events as they are recorded, as server-sent events. Ends when the token
//! does, and at shutdown; a client resumes with `Last-Event-ID` and misses nothing.
//!
//! A client that reads slowly holds one batch: the next is asked for when this one is written.

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
use jejak_journal::{EventFilter, StoredEvent, Subscription};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{position, type_of};
use crate::{
    App,
    auth::{Caller, roles},
    limits::too_many,
    problem::{Failure, malformed},
};

/// Events taken at once.
const BATCH: usize = 64;
/// Between two comments that tell a silent stream from a dead one.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Longer than any token lasts; keeps the arithmetic of deadlines in bounds.
const LONGEST_S: u64 = 366 * 24 * 3600;
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    after: u64,
    filter: EventFilter,
}

impl Wanted {
    /// What a client asks for. What it saw last goes before what its address says: browsers repeat the
    /// address when they resume.
    fn read(search: Option<&str>, headers: &HeaderMap) -> Result<Self, RequestProblem> {
        let mut wanted = Self {
            after: 0,
            filter: EventFilter::All,
        };
        for (name, value) in form_urlencoded::parse(search.unwrap_or_default().as_bytes()) {
            match (name.as_ref(), value.as_ref()) {
                ("after", value) => wanted.after = position("after", value)?,
                ("topic", "contract") => wanted.filter = EventFilter::Topic("operator", "contract"),
                ("topic", _) => return Err(malformed("topic", "can only be contract")),
                (other, _) => return Err(malformed(other, "is not a parameter of this stream")),
            }
        }
        if let Some(value) = headers.get(LAST_EVENT_ID) {
            wanted.after = position("Last-Event-ID", value.to_str().unwrap_or_default())?;
        }
        Ok(wanted)
    }
}

/// Answers with a stream of events.
pub(crate) async fn stream(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawQuery(search): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let contracts_only = is_for_contracts(search.as_deref());
    roles::admit_to_events(&caller, contracts_only)?;
    let Wanted { after, filter } = Wanted::read(search.as_deref(), &headers)?;
    let permit = app
        .streams
        .clone()
        .try_acquire_owned()
        .map_err(|_| too_many())?;
    let journal = app.link.journal().await?;
    let feed = Feed {
        follow: journal.subscribe(after, filter),
        at_hand: VecDeque::new(),
        shutdown: app.shutdown.clone(),
        ends: ends(&caller),
        _permit: permit,
    };
    let events = stream::unfold(feed, |mut feed| async move {
        let event = feed.next().await?;
        Some((Ok::<_, Infallible>(event), feed))
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

fn ends(caller: &Caller) -> Instant {
    let left = caller
        .expires
        .saturating_sub(jsonwebtoken::get_current_timestamp());
    Instant::now() + Duration::from_secs(left.min(LONGEST_S))
}

struct Feed {
    follow: Subscription,
    at_hand: VecDeque<StoredEvent>,
    shutdown: CancellationToken,
    /// When the token does.
    ends: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Feed {
    async fn next(&mut self) -> Option<Event> {
        while self.at_hand.is_empty() {
            let batch = tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return None,
                () = tokio::time::sleep_until(self.ends) => return None,
                batch = self.follow.next_batch(BATCH) => batch,
            };
            match batch {
                Ok(batch) => self.at_hand.extend(batch),
                Err(error) => {
                    tracing::error!(%error, "an event stream ends");
                    return None;
                }
            }
        }
        if self.shutdown.is_cancelled() || Instant::now() >= self.ends {
            return None;
        }
        let stored = self.at_hand.pop_front()?;
        let event = event(&stored);
        if event.is_none() {
            tracing::error!(
                position = stored.position,
                "an event stream ends at what is not an event"
            );
        }
        event
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
    fn a_client_resumes_where_it_was() {
        let mut headers = HeaderMap::new();
        let from = |search, headers: &HeaderMap| Wanted::read(Some(search), headers);
        assert_eq!(
            from("", &headers).unwrap(),
            Wanted {
                after: 0,
                filter: EventFilter::All
            }
        );
        assert_eq!(from("after=3", &headers).unwrap().after, 3);
        headers.insert(LAST_EVENT_ID, HeaderValue::from_static("9"));
        let resumed = from("after=3&topic=contract", &headers).unwrap();
        assert_eq!(
            resumed,
            Wanted {
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
    fn what_is_not_an_event_is_not_sent() {
        let stored = |payload: &'static str| StoredEvent {
            position: 1,
            payload: payload.into(),
        };
        assert!(event(&stored(r#"{"type":"a"}"#)).is_some());
        assert!(event(&stored("{\"type\":\"a\\n\"}")).is_none());
        assert!(event(&stored("{\"type\":\r\"a\"}")).is_none());
    }
}
