//! `/audit`: the newest checkpoint, the comparison of the log with what was signed, the views, and the events
//! as they are stored, with proofs to download.
//!
//! Deliberately absent: a check. Who checks must not ask the office, so the page says the commands.

mod rows;

use askama::Template;
use axum::{
    Router,
    body::to_bytes,
    extract::{Path, State},
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{
            ACCEPT, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
        },
    },
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::future::try_join3;

use crate::{
    answer::{Asker, Refused},
    context::Context,
    frame::{Frame, Section},
    html,
    people::path_segment,
    readiness::Readiness,
    session::Pages,
};
use rows::{Events, StoredEvent};

/// Events on one page.
const A_PAGE: u64 = 50;
/// Positions that are looked through for events of one type.
const WINDOW: u64 = 5_000;
/// A file is taken as it is stored.
const ANY: (HeaderName, &str) = (ACCEPT, "*/*");
/// The longest checkpoint with its cosignatures, in bytes.
const LONGEST_NOTE: usize = 64 * 1024;
/// The most events of a stream that are read.
const MOST: u64 = 10_000;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    f: Frame,
    /// The signed note as it is.
    checkpoint: Option<String>,
    readiness: Readiness,
    /// Latest first.
    events: Vec<EventLine>,
    stream: String,
    kind: String,
    /// The API's refusal of the filter.
    problem: Option<String>,
    /// The positions that the page looked through.
    from: u64,
    to: u64,
    /// The address of the events before these.
    older: Option<String>,
    is_newest: bool,
}

/// An event with its time in the office's zone.
struct EventLine {
    stored: StoredEvent,
    when: String,
}

/// What the address asks for.
struct Filter {
    stream: String,
    kind: String,
    /// Only events before this position.
    before: Option<u64>,
}

impl Filter {
    fn of(context: &Context) -> Self {
        let before = context.parameter("sebelum");
        let text = |name| context.parameter(name).map(|text| text.trim().to_owned());
        Self {
            stream: text("aliran").unwrap_or_default(),
            kind: text("jenis").unwrap_or_default(),
            before: before.and_then(|before| before.parse().ok()),
        }
    }

    /// The address of the API, and the positions that it looks through: after the first, to the second.
    fn query(&self, last: u64) -> (String, u64, u64) {
        let to = self
            .before
            .map_or(last, |before| before.saturating_sub(1).min(last));
        let (after, limit) = match (self.stream.is_empty(), self.kind.is_empty()) {
            (false, _) => (0, MOST),
            (true, false) => (to.saturating_sub(WINDOW), WINDOW),
            (true, true) => (to.saturating_sub(A_PAGE), A_PAGE),
        };
        // The newest page takes what was recorded since the position was asked for.
        let limit = self.before.map_or(MOST, |_| limit);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("after", &after.to_string());
        query.append_pair("limit", &limit.to_string());
        if !self.stream.is_empty() {
            query.append_pair("stream", &self.stream);
        }
        if !self.kind.is_empty() {
            let whole = match self.kind.starts_with("jejak.") {
                true => self.kind.clone(),
                false => format!("jejak.{}", self.kind),
            };
            query.append_pair("type", &whole);
        }
        (format!("/v1/events?{}", query.finish()), after, to)
    }

    /// The address of the page with the events before a position.
    fn page_before(&self, position: u64) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("aliran", &self.stream), ("jenis", &self.kind)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("sebelum", &position.to_string());
        format!("/audit?{}", query.finish())
    }
}

/// The routes of the audit.
pub(crate) fn routes() -> Router<Pages> {
    Router::new()
        .route("/audit", get(page))
        .route("/audit/titik-periksa", get(checkpoint))
        .route("/audit/bukti/{position}", get(proof))
        .route("/audit/peristiwa/{position}", get(event))
}

async fn page(State(pages): State<Pages>, context: Context) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    let f = Frame::new(&context, Some(&person), Section::Audit);
    match ask(asker, &context, f).await {
        Ok(page) => html::page(&context, StatusCode::OK, &page),
        Err(refused) => asker.refusal(&refused),
    }
}

/// The number of events under a checkpoint, which stands in its second line.
fn signed_events(checkpoint: &str) -> u64 {
    let line = checkpoint.lines().nth(1);
    line.and_then(|number| number.parse().ok()).unwrap_or(0)
}

async fn ask(asker: Asker<'_>, context: &Context, f: Frame) -> Result<AuditPage, Refused> {
    let filter = Filter::of(context);
    // The role is asked for first: readiness and checkpoint are open to all.
    let none = asker.get::<Events>("/v1/events?limit=1");
    let (_, readiness, checkpoint) =
        try_join3(none, asker.readiness(), checkpoint_text(asker)).await?;
    // Readiness may be a second old, and the signed tree may be behind it.
    let signed = checkpoint.as_deref().map_or(0, signed_events);
    let last = signed.max(readiness.last_position());
    let (query, after, to) = filter.query(last);
    let (found, problem) = match asker.get::<Events>(&query).await {
        Ok(found) => (found, None),
        Err(refused) if refused.status == StatusCode::BAD_REQUEST => {
            let none = Events {
                items: vec![],
                position: to,
            };
            (none, Some(refused.text("detail").to_owned()))
        }
        Err(refused) => return Err(refused),
    };
    // Events recorded since belong to a newer page.
    let to = match filter.before {
        Some(_) => to,
        None => found.position.max(to),
    };
    let mut events = found.items;
    events.retain(|stored| stored.position <= to);
    let shown = usize::try_from(A_PAGE).unwrap_or(usize::MAX);
    let is_cut = events.len() > shown;
    events.drain(..events.len().saturating_sub(shown));
    let first = events.first().map(|stored| stored.position);
    let older = match (is_cut, first) {
        (true, Some(first)) => Some(first),
        _ => (after > 0).then_some(after + 1),
    };
    let lines = events.into_iter().rev().map(|stored| EventLine {
        when: asker.local_time(stored.event.time, context.language),
        stored,
    });
    Ok(AuditPage {
        f,
        checkpoint,
        events: lines.collect(),
        problem,
        from: first.filter(|_| is_cut).unwrap_or(after + 1).min(to),
        to,
        older: older.map(|position| filter.page_before(position)),
        is_newest: filter.before.is_none(),
        readiness,
        stream: filter.stream,
        kind: filter.kind,
    })
}

/// The checkpoint; none while nothing is signed.
async fn checkpoint_text(asker: Asker<'_>) -> Result<Option<String>, Refused> {
    match asker.file("/log/checkpoint", ANY).await {
        Ok(note) => {
            let note = to_bytes(note.into_body(), LONGEST_NOTE).await;
            Ok(note
                .ok()
                .map(|note| String::from_utf8_lossy(&note).into_owned()))
        }
        Err(refused) if refused.status == StatusCode::SERVICE_UNAVAILABLE => Ok(None),
        Err(refused) => Err(refused),
    }
}

/// The newest checkpoint as a file.
async fn checkpoint(State(pages): State<Pages>, context: Context) -> Response {
    download(&pages, &context, "/log/checkpoint", "jejak.checkpoint").await
}

/// The proof of an event as a file.
async fn proof(
    State(pages): State<Pages>,
    context: Context,
    Path(position): Path<String>,
) -> Response {
    let position = path_segment(&position);
    let path = format!("/log/proof/{position}");
    download(&pages, &context, &path, &format!("{position}.tlog-proof")).await
}

/// The stored bytes of an event as a file.
async fn event(
    State(pages): State<Pages>,
    context: Context,
    Path(position): Path<String>,
) -> Response {
    // What is no position is the API's to refuse.
    let before = position.parse::<u64>();
    let before = before.map_or(position.clone(), |at| at.saturating_sub(1).to_string());
    let position = path_segment(&position);
    let path = format!("/v1/events?after={}&limit=1", path_segment(&before));
    download(&pages, &context, &path, &format!("{position}.json")).await
}

/// Passes an answer of the API on as a file.
async fn download(pages: &Pages, context: &Context, path: &str, name: &str) -> Response {
    let person = match pages.person(context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(pages, context, &person);
    let mut file = match asker.file(path, ANY).await {
        Ok(file) => file,
        Err(refused) => return asker.refusal(&refused),
    };
    let name = format!("attachment; filename=\"{name}\"");
    let Ok(name) = HeaderValue::try_from(name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        ),
        (CONTENT_DISPOSITION, name),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ),
    ];
    for (name, value) in headers {
        file.headers_mut().insert(name, value);
    }
    file
}

impl Readiness {
    /// The last position that any part knows of.
    fn last_position(&self) -> u64 {
        let tree = self.audit.iter().map(|tree| tree.log_position);
        let views = self.views.iter().map(|view| view.log_position);
        tree.chain(views).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(stream: &str, kind: &str, before: Option<u64>) -> Filter {
        Filter {
            stream: stream.to_owned(),
            kind: kind.to_owned(),
            before,
        }
    }

    #[test]
    fn a_page_of_events_is_the_last_positions_before_a_place() {
        let (query, after, to) = filter("", "", None).query(120);
        assert_eq!(query, "/v1/events?after=70&limit=10000");
        assert_eq!((after, to), (70, 120));
        let (query, _, to) = filter("", "", Some(71)).query(120);
        assert_eq!((query.as_str(), to), ("/v1/events?after=20&limit=50", 70));
        assert_eq!(filter("", "", Some(999)).query(5).1, 0);
        let (query, ..) = filter("", "a.b.c.v1", Some(9_001)).query(20_000);
        assert_eq!(
            query,
            "/v1/events?after=4000&limit=5000&type=jejak.a.b.c.v1"
        );
        let (query, ..) = filter("package/a b", "package.terms.published.v1", None).query(9);
        assert_eq!(
            query,
            "/v1/events?after=0&limit=10000&stream=package%2Fa+b&type=jejak.package.terms.published.v1"
        );
        let older = filter("", "jejak.x", None).page_before(7);
        assert_eq!(older, "/audit?jenis=jejak.x&sebelum=7");
    }
}
