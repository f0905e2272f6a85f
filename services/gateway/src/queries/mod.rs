//! Queries: checked here, answered by views. Their bytes are passed on unchanged, with the position
//! they were computed at.
//!
//! While the broker is away no view can be asked. Then the last answer to the same question is given
//! again, marked `Jejak-Stale: true`, with the position it had: old, but true at that position. It is
//! never given for less than the `min_position` asked for. See [`remembered`].

pub(crate) mod params;
pub(crate) mod remembered;
pub(crate) mod table;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{RawPathParams, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use jejak_bus::{Problem, RequestProblem, query_subject, request::MIN_POSITION};
use rapidhash::v3::rapidhash_v3;

use crate::{
    App,
    auth::{Caller, roles::Sight},
    link::{self, Unanswered},
    problem::{Failure, fault},
};
use params::Asked;
use remembered::Answer;
use table::{Own, QUERIES, Query};

/// How long a view may take: it waits for a position for five seconds at most.
const ANSWER: Duration = Duration::from_secs(7);

/// The position an answer was computed at.
pub(crate) const JEJAK_POSITION: HeaderName = HeaderName::from_static("jejak-position");
/// Present and `true` when the answer is an earlier one, because the broker is away.
pub(crate) const JEJAK_STALE: HeaderName = HeaderName::from_static("jejak-stale");

/// The routes of all queries.
pub(crate) fn routes() -> Router<Arc<App>> {
    QUERIES.iter().fold(Router::new(), |router, query| {
        let handler = move |State(app): State<Arc<App>>,
                            caller: Caller,
                            path: RawPathParams,
                            request: Request| async move {
            answer(
                &app,
                query,
                &caller,
                &path,
                request.uri().query(),
                request.headers(),
            )
            .await
        };
        router.route(query.path, get(handler))
    })
}

async fn answer(
    app: &App,
    query: &Query,
    caller: &Caller,
    path: &RawPathParams,
    search: Option<&str>,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let sight = query.readers().admit(caller)?;
    let asked = params::read(query, sight, path.iter(), search)?;
    let (answer, stale) = ask(app, caller, &asked).await?;
    if let (Own::Answer(member), Sight::Own(id)) = (query.own, sight) {
        let whose: serde_json::Value =
            serde_json::from_slice(&answer.body).map_err(|error| fault(&error))?;
        if whose.get(member).and_then(serde_json::Value::as_str) != Some(id.to_string().as_str()) {
            return Err(query.readers().not_own().into());
        }
    }
    Ok(respond(answer, stale, headers))
}

/// The view's answer; while the broker is away the last one, and then `true`.
async fn ask(app: &App, caller: &Caller, asked: &Asked) -> Result<(Answer, bool), Problem> {
    let Asked {
        view,
        name,
        params,
        min_position,
    } = asked;
    let payload = params.to_string();
    let question = format!("{view}.{name}{payload}");
    let subject = query_subject(&app.link.tenant, view, name);
    let mut onward = link::headers_for(caller)?;
    if *min_position > 0 {
        onward.insert(MIN_POSITION, min_position.to_string());
    }
    match app.link.ask(subject, onward, payload.into(), ANSWER).await {
        Ok(reply) => {
            if let Some(problem) = Problem::from_reply(&reply) {
                return Err(problem);
            }
            let position =
                position_of(&reply).ok_or_else(|| fault(&"an answer without a position"))?;
            // A copy: a reply is a part of all that was read from the broker at once, and would keep it.
            let answer = Answer {
                position,
                body: Bytes::copy_from_slice(&reply),
            };
            app.remembered.keep(question, answer.clone());
            Ok((answer, false))
        }
        Err(Unanswered::Away) => match app.remembered.get(&question) {
            Some(answer) if answer.position >= *min_position => Ok((answer, true)),
            Some(answer) => Err(behind(view, answer.position, *min_position).into()),
            None => Err(Unanswered::Away.problem(view).into()),
        },
        Err(nobody) => Err(nobody.problem(view).into()),
    }
}

fn behind(view: &str, position: u64, min_position: u64) -> RequestProblem {
    let lag = min_position.saturating_sub(position);
    RequestProblem::ViewBehind {
        view: view.to_owned(),
        position,
        min_position,
        lag,
    }
}

/// The position of an answer, which comes first in it: what follows need not be read for it.
fn position_of(answer: &[u8]) -> Option<u64> {
    let rest = answer.strip_prefix(b"{\"position\":")?;
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(&rest[..end]).ok()?.parse().ok()
}

/// Names an answer: its position, and a digest, since an answer may also change with the day. What an answer is
/// made of is not chosen by who would gain from two that look alike, so a hash that costs little is enough.
fn tag(answer: &Answer) -> String {
    format!(
        "\"{}-{:016x}\"",
        answer.position,
        rapidhash_v3(&answer.body)
    )
}

fn respond(answer: Answer, stale: bool, asked: &HeaderMap) -> Response {
    let tag = tag(&answer);
    let mut headers = HeaderMap::new();
    headers.insert(JEJAK_POSITION, HeaderValue::from(answer.position));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if stale {
        headers.insert(JEJAK_STALE, HeaderValue::from_static("true"));
    }
    let unchanged = matches(asked, &tag);
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(ETAG, tag);
    }
    if unchanged {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (StatusCode::OK, headers, answer.body).into_response()
}

fn matches(asked: &HeaderMap, tag: &str) -> bool {
    let values = asked
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut known = values.flat_map(|value| value.split(',')).map(str::trim);
    known.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(position: u64, rest: &str) -> Answer {
        Answer {
            position,
            body: format!("{{\"position\":{position},{rest}}}").into(),
        }
    }

    #[test]
    fn a_tag_names_one_answer_at_one_position() {
        let one = tag(&answer(7, "\"items\":[]"));
        assert_eq!(one, tag(&answer(7, "\"items\":[]")));
        assert_ne!(one, tag(&answer(8, "\"items\":[]")));
        assert_ne!(one, tag(&answer(7, "\"items\":[1]")));
        assert!(one.starts_with("\"7-"));
    }

    #[test]
    fn an_answer_that_is_known_is_not_sent_again() {
        let answer = answer(7, "\"items\":[]");
        let mut headers = HeaderMap::new();
        assert_eq!(
            respond(answer.clone(), false, &headers).status(),
            StatusCode::OK
        );
        for (known, status) in [
            (
                format!("\"6-0\", W/{}", tag(&answer)),
                StatusCode::NOT_MODIFIED,
            ),
            ("*".to_owned(), StatusCode::NOT_MODIFIED),
            ("\"6-0\"".to_owned(), StatusCode::OK),
        ] {
            headers.insert(IF_NONE_MATCH, known.parse().unwrap());
            let response = respond(answer.clone(), true, &headers);
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()[JEJAK_POSITION], "7");
            assert_eq!(response.headers()[JEJAK_STALE], "true");
        }
    }

    #[test]
    fn positions_are_read_from_answers() {
        assert_eq!(
            position_of(b"{\"position\":12,\"items\":[],\"next\":null}"),
            Some(12)
        );
        assert_eq!(position_of(b"{\"position\":12}"), Some(12));
        for wrong in [
            "",
            "{}",
            "{\"position\":12",
            "{\"position\":-1}",
            "{\"position\":99999999999999999999}",
        ] {
            assert_eq!(position_of(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
