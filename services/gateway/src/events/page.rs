//! `GET /v1/events`: a page of the log in its stored bytes, one event a line; or as JSON, each event beside
//! its position.
//!
//! `Jejak-Position` is the last position that the page covers. A client asks again with `after` set
//! to it, until it no longer grows. A page may hold fewer events than its limit, or none if the
//! filters match none.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{RawQuery, State},
    http::{
        HeaderMap, HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse, Response},
};
use jejak_bus::RequestProblem;
use jejak_events::ids::StreamId;
use jejak_journal::{EventFilter, Journal, JournalError, LogEntry, StoredEvent};
use tokio::time::Instant;

use super::{format::PageFormat, stored::type_of};
use crate::{
    access_log::EntryKind,
    app::App,
    auth::{Caller, roles},
    broker::{NoReply, log_problem},
    positions::{JEJAK_POSITION, position},
    problem::{Failure, fault, malformed},
};

/// The events of a page without the parameter `limit`.
const LIMIT: usize = 1_000;
/// The most events of a page.
pub(crate) const LIMIT_MAX: usize = 10_000;
/// A page ends early at this size.
const LARGEST_PAGE_BYTES: usize = 8 * 1024 * 1024;
/// A page ends early after reading for this long.
const LONGEST_READ: Duration = Duration::from_secs(5);
/// Events read from the log at once.
const BATCH: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
struct PageParameters {
    after: u64,
    limit: usize,
    stream: Option<StreamId>,
    kind: Option<String>,
}

impl PageParameters {
    fn read(search: Option<&str>) -> Result<Self, RequestProblem> {
        let mut parameters = Self {
            after: 0,
            limit: LIMIT,
            stream: None,
            kind: None,
        };
        for (name, value) in form_urlencoded::parse(search.unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "after" => parameters.after = position("after", &value)?,
                "limit" => parameters.limit = limit(&value)?,
                "stream" => {
                    let stream = value.parse();
                    parameters.stream =
                        Some(stream.map_err(|error| malformed("stream", format!("{error}")))?);
                }
                "type" => parameters.kind = Some(value.into_owned()),
                other => return Err(malformed(other, "is not a parameter of this query")),
            }
        }
        Ok(parameters)
    }
}

fn limit(value: &str) -> Result<usize, RequestProblem> {
    let limit = value
        .parse()
        .ok()
        .filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| malformed("limit", format!("must be from 1 to {LIMIT_MAX}")))
}

/// A page while it is filled.
struct EventPage {
    parameters: PageParameters,
    format: PageFormat,
    /// The last position that the page covers.
    position: u64,
    events: usize,
    body: Vec<u8>,
}

impl EventPage {
    fn new(parameters: PageParameters, format: PageFormat) -> Self {
        Self {
            position: parameters.after,
            parameters,
            format,
            events: 0,
            body: Vec::new(),
        }
    }

    fn is_full(&self) -> bool {
        self.events >= self.parameters.limit || self.body.len() >= LARGEST_PAGE_BYTES
    }

    /// Adds the matching events of messages, and passes over those in quarantine. A page ends before
    /// any other message that is no event; returns whether it may go on.
    ///
    /// # Errors
    /// `log.unreadable` where the page would be empty.
    fn read(&mut self, journal: &Journal, entries: &[LogEntry]) -> Result<bool, RequestProblem> {
        for entry in entries {
            match journal.event(entry) {
                Ok(Some(_)) => self.take(std::slice::from_ref(&entry.stored))?,
                Ok(None) if self.is_full() => {}
                Ok(None) => self.position = entry.stored.position,
                Err(_) if self.position > self.parameters.after => return Ok(false),
                Err(error) => return Err(log_problem(&error)),
            }
        }
        Ok(!self.is_full())
    }

    fn add(&mut self, stored: &StoredEvent) {
        match self.format {
            PageFormat::Lines => {
                self.body.extend_from_slice(&stored.payload);
                self.body.push(b'\n');
            }
            PageFormat::List => {
                let comma = if self.events > 0 { "," } else { "" };
                let begin = format!("{comma}{{\"position\":{},\"event\":", stored.position);
                self.body.extend_from_slice(begin.as_bytes());
                self.body.extend_from_slice(&stored.payload);
                self.body.push(b'}');
            }
        }
        self.events += 1;
    }

    /// The whole page.
    fn into_body(self) -> Vec<u8> {
        match self.format {
            PageFormat::Lines => self.body,
            PageFormat::List => {
                let begin = format!("{{\"position\":{},\"items\":[", self.position);
                [begin.as_bytes(), &self.body, b"]}"].concat()
            }
        }
    }

    /// Adds the matching events until the page is full.
    fn take(&mut self, events: &[StoredEvent]) -> Result<(), RequestProblem> {
        for stored in events {
            if self.is_full() {
                break;
            }
            let kind = type_of(&stored.payload).ok_or_else(|| {
                fault(&format!(
                    "position {} does not hold an event",
                    stored.position
                ))
            })?;
            if self
                .parameters
                .kind
                .as_deref()
                .is_none_or(|only| only == kind)
            {
                self.add(stored);
            }
            self.position = stored.position;
        }
        Ok(())
    }
}

/// Answers with a page of events, for auditors.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawQuery(search): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    roles::admit_to_events(&caller, false)?;
    let format = PageFormat::of(&headers);
    let mut page = EventPage::new(PageParameters::read(search.as_deref())?, format);
    let person = match page.parameters.stream {
        Some(StreamId::Operator(id)) => Some(id),
        Some(StreamId::Package(_) | StreamId::Nik(_) | StreamId::Calendar(_)) | None => None,
    };
    let journal = app.broker.journal().await?;
    match page.parameters.stream.clone() {
        Some(stream) => {
            let events = journal.load(&stream, page.parameters.after).await;
            page.read(journal, &events.map_err(|error| log_problem(&error))?)?;
        }
        None => fill(journal, &mut page).await?,
    }
    let read = EntryKind::read_of_log(&caller, "/v1/events", person);
    app.access_log.add(read).await;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (VARY, HeaderValue::from_static("accept")),
        (JEJAK_POSITION, HeaderValue::from(page.position)),
    ];
    Ok((headers, page.into_body()).into_response())
}

/// Fills a page from the log, up to the log's present end.
async fn fill(journal: &Journal, page: &mut EventPage) -> Result<(), RequestProblem> {
    let until = Instant::now() + LONGEST_READ;
    let away = || JournalError::Unavailable("no answer in time".to_owned());
    let last = tokio::time::timeout_at(until, journal.last_position())
        .await
        .unwrap_or_else(|_| Err(away()));
    let last = last.map_err(|error| log_problem(&error))?;
    let mut follow = journal.subscribe(page.parameters.after, EventFilter::All);
    while page.position < last {
        match tokio::time::timeout_at(until, follow.next_entries(BATCH)).await {
            Ok(batch) => {
                if !page.read(journal, &batch.map_err(|error| log_problem(&error))?)? {
                    break;
                }
            }
            Err(_) if page.position > page.parameters.after => break,
            Err(_) => return Err(NoReply::BrokerAway.problem("log")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(position: u64, kind: &str) -> StoredEvent {
        StoredEvent {
            position,
            payload: format!("{{\"type\":\"{kind}\"}}").into(),
        }
    }

    #[test]
    fn parameters_are_checked() {
        let parameters =
            PageParameters::read(Some("after=7&limit=10000&stream=calendar/2020&type=x")).unwrap();
        let expected = PageParameters {
            after: 7,
            limit: 10_000,
            stream: Some(StreamId::Calendar(2020)),
            kind: Some("x".to_owned()),
        };
        assert_eq!(parameters, expected);
        for (search, field) in [
            ("after=-1", "after"),
            ("limit=0", "limit"),
            ("limit=10001", "limit"),
            ("stream=operator/17", "stream"),
            ("colour=red", "colour"),
        ] {
            match PageParameters::read(Some(search)) {
                Err(RequestProblem::Malformed { path, .. }) => assert_eq!(path, field),
                other => panic!("{search}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_page_is_stored_bytes_and_its_last_position() {
        let parameters = PageParameters {
            after: 1,
            limit: 2,
            stream: None,
            kind: Some("b".to_owned()),
        };
        let mut page = EventPage::new(parameters, PageFormat::Lines);
        page.take(&[stored(2, "a"), stored(3, "b"), stored(4, "a")])
            .unwrap();
        assert_eq!(page.body, b"{\"type\":\"b\"}\n");
        assert_eq!(page.position, 4);
        page.take(&[stored(5, "b"), stored(6, "b")]).unwrap();
        assert_eq!((page.events, page.position), (2, 5));
        assert!(page.is_full());
    }

    #[test]
    fn a_list_has_each_event_beside_its_position() {
        let parameters = PageParameters {
            after: 0,
            limit: 9,
            stream: None,
            kind: None,
        };
        let mut page = EventPage::new(parameters.clone(), PageFormat::List);
        page.take(&[stored(2, "a"), stored(5, "b")]).unwrap();
        let list: serde_json::Value = serde_json::from_slice(&page.into_body()).unwrap();
        let expected = serde_json::json!({"position": 5, "items": [
            {"position": 2, "event": {"type": "a"}}, {"position": 5, "event": {"type": "b"}},
        ]});
        assert_eq!(list, expected);
        let empty = EventPage::new(parameters, PageFormat::List).into_body();
        assert_eq!(empty, b"{\"position\":0,\"items\":[]}");
    }
}
