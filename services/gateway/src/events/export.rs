//! `GET /v1/events`: a page of the log, the stored bytes exactly, one event a line.
//!
//! `Jejak-Position` says how far the page has looked; ask again with `after` set to it, until it no
//! longer grows. A page may hold fewer events than its limit, or none where a filter left none.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{RawQuery, State},
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use jejak_bus::RequestProblem;
use jejak_events::ids::StreamId;
use jejak_journal::{EventFilter, Journal, JournalError, StoredEvent};
use tokio::time::Instant;

use super::{position, type_of};
use crate::{
    App,
    auth::{Caller, roles},
    link::{Unanswered, log_problem},
    problem::{Failure, fault, malformed},
    queries::JEJAK_POSITION,
};

/// How many events a page has when it is not asked for a number.
const LIMIT: usize = 1_000;
/// The most events of a page.
pub(crate) const LIMIT_MAX: usize = 10_000;
/// A page ends early when it has grown to this.
const LARGEST_PAGE_BYTES: usize = 8 * 1024 * 1024;
/// A page ends early when it took this long to look.
const LONGEST_LOOK: Duration = Duration::from_secs(5);
/// Events taken at once.
const BATCH: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    after: u64,
    limit: usize,
    stream: Option<StreamId>,
    kind: Option<String>,
}

impl Wanted {
    fn read(search: Option<&str>) -> Result<Self, RequestProblem> {
        let mut wanted = Self {
            after: 0,
            limit: LIMIT,
            stream: None,
            kind: None,
        };
        for (name, value) in form_urlencoded::parse(search.unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "after" => wanted.after = position("after", &value)?,
                "limit" => wanted.limit = limit(&value)?,
                "stream" => {
                    let stream = value.parse();
                    wanted.stream =
                        Some(stream.map_err(|error| malformed("stream", format!("{error}")))?);
                }
                "type" => wanted.kind = Some(value.into_owned()),
                other => return Err(malformed(other, "is not a parameter of this query")),
            }
        }
        Ok(wanted)
    }
}

fn limit(value: &str) -> Result<usize, RequestProblem> {
    let limit = value
        .parse()
        .ok()
        .filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| malformed("limit", format!("must be from 1 to {LIMIT_MAX}")))
}

/// A page in the making.
struct Page {
    wanted: Wanted,
    /// How far it has looked.
    position: u64,
    events: usize,
    body: Vec<u8>,
}

impl Page {
    fn new(wanted: Wanted) -> Self {
        Self {
            position: wanted.after,
            wanted,
            events: 0,
            body: Vec::new(),
        }
    }

    fn is_full(&self) -> bool {
        self.events >= self.wanted.limit || self.body.len() >= LARGEST_PAGE_BYTES
    }

    /// Takes in events, as many as it has room for.
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
                .wanted
                .kind
                .as_deref()
                .is_none_or(|wanted| wanted == kind)
            {
                self.body.extend_from_slice(&stored.payload);
                self.body.push(b'\n');
                self.events += 1;
            }
            self.position = stored.position;
        }
        Ok(())
    }
}

/// Answers with a page of events.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    caller: Caller,
    RawQuery(search): RawQuery,
) -> Result<Response, Failure> {
    roles::admit_to_events(&caller, false)?;
    let mut page = Page::new(Wanted::read(search.as_deref())?);
    let journal = app.link.journal().await?;
    match page.wanted.stream.clone() {
        Some(stream) => {
            let events = journal.load(&stream, page.wanted.after).await;
            page.take(&events.map_err(|error| log_problem(&error))?)?;
        }
        None => look(journal, &mut page).await?,
    }
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-ndjson"),
        ),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (JEJAK_POSITION, HeaderValue::from(page.position)),
    ];
    Ok((headers, page.body).into_response())
}

/// Fills a page from the log as long as it is now.
async fn look(journal: &Journal, page: &mut Page) -> Result<(), RequestProblem> {
    let until = Instant::now() + LONGEST_LOOK;
    let away = || JournalError::Unavailable("no answer in time".to_owned());
    let last = tokio::time::timeout_at(until, journal.last_position())
        .await
        .unwrap_or_else(|_| Err(away()));
    let last = last.map_err(|error| log_problem(&error))?;
    let mut follow = journal.subscribe(page.wanted.after, EventFilter::All);
    while page.position < last && !page.is_full() {
        match tokio::time::timeout_at(until, follow.next_batch(BATCH)).await {
            Ok(batch) => page.take(&batch.map_err(|error| log_problem(&error))?)?,
            Err(_) if page.position > page.wanted.after => break,
            Err(_) => return Err(Unanswered::Away.problem("log")),
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
        let wanted = Wanted::read(Some("after=7&limit=10000&stream=calendar/2020&type=x")).unwrap();
        let expected = Wanted {
            after: 7,
            limit: 10_000,
            stream: Some(StreamId::Calendar(2020)),
            kind: Some("x".to_owned()),
        };
        assert_eq!(wanted, expected);
        for (search, field) in [
            ("after=-1", "after"),
            ("limit=0", "limit"),
            ("limit=10001", "limit"),
            ("stream=operator/17", "stream"),
            ("colour=red", "colour"),
        ] {
            match Wanted::read(Some(search)) {
                Err(RequestProblem::Malformed { path, .. }) => assert_eq!(path, field),
                other => panic!("{search}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_page_is_the_stored_bytes_and_says_how_far_it_looked() {
        let mut page = Page::new(Wanted {
            after: 1,
            limit: 2,
            stream: None,
            kind: Some("b".to_owned()),
        });
        page.take(&[stored(2, "a"), stored(3, "b"), stored(4, "a")])
            .unwrap();
        assert_eq!(page.body, b"{\"type\":\"b\"}\n");
        assert_eq!(page.position, 4);
        page.take(&[stored(5, "b"), stored(6, "b")]).unwrap();
        assert_eq!((page.events, page.position), (2, 5));
        assert!(page.is_full());
    }
}
