//! Queries: checked here, answered by a view. The view's answer is passed on unchanged, with its
//! position.

mod ask;
mod export;
pub(crate) mod params;
pub(crate) mod table;

use std::sync::Arc;

use axum::{
    Router,
    extract::{RawPathParams, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use jejak_bus::Problem;
use jejak_events::ids::OperatorId;
use jejak_projections::{OperatorAccess, Query};
use rapidhash::v3::rapidhash_v3;

use crate::{
    access_log::EntryKind,
    app::App,
    auth::{
        Caller,
        roles::{QueryAccess, RecordScope},
    },
    positions::JEJAK_POSITION,
    problem::{Failure, fault, share_taken},
    request_ids::X_CORRELATION_ID,
    shares::Place,
    tables,
};
use ask::{ask, position_of};
use export::Export;
use table::QUERIES;

/// The routes of all queries.
pub(crate) fn routes() -> Router<Arc<App>> {
    QUERIES.iter().fold(Router::new(), |router, query| {
        let handler = move |State(app): State<Arc<App>>,
                            caller: Caller,
                            path: RawPathParams,
                            request: Request| async move {
            let (uri, headers) = (request.uri(), request.headers());
            answer(&app, query, &caller, &path, uri.query(), headers).await
        };
        router.route(query.path, get(handler))
    })
}

async fn answer(
    app: &App,
    query: &'static Query,
    caller: &Caller,
    path: &RawPathParams,
    search: Option<&str>,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let scope = QueryAccess::of(query).scope_of(caller)?;
    let view_query = params::read(query, scope, path.iter(), search)?;
    let _place = match view_query.min_position {
        0 => None,
        _ => Some(wait_of(app, caller)?),
    };
    let is_list = !query.columns.is_empty();
    if is_list && let Some(format) = tables::asked(headers) {
        let export = Export {
            app,
            query,
            caller,
            scope,
            headers,
        };
        return export.answer(view_query, format).await;
    }
    let body = ask(app, &view_query, scope).await?;
    if let (OperatorAccess::Answer(member), RecordScope::Operator(id)) = (query.operator, scope)
        && !concerns(&body, member, id)?
    {
        return Err(QueryAccess::of(query).other_person().into());
    }
    let position = position_of(&body).ok_or_else(|| fault(&"an answer without a position"))?;
    let read = EntryKind::Read {
        caller: caller.clone(),
        query: query.path,
        params: view_query.params,
        answer: body.clone(),
        correlation: headers.get(X_CORRELATION_ID).cloned(),
    };
    app.access_log.add(read).await;
    let mut response = respond(position, body, headers);
    if is_list {
        response
            .headers_mut()
            .insert(VARY, HeaderValue::from_static("accept"));
    }
    Ok(response)
}

/// A place among the caller's own queries that wait for a position.
fn wait_of(app: &App, caller: &Caller) -> Result<Place<String>, Failure> {
    let place = app.waits_of.take(caller.actor().sub.clone());
    place.ok_or_else(share_taken)
}

/// Whether the answer's member holds the operator's id.
fn concerns(body: &[u8], member: &str, id: OperatorId) -> Result<bool, Problem> {
    let answer: serde_json::Value = serde_json::from_slice(body).map_err(|error| fault(&error))?;
    Ok(answer[member] == id.to_string())
}

/// The entity tag of an answer: its position, and a hash of its bytes. The same position may have
/// another answer on another day or after an upgrade.
fn tag(position: u64, body: &[u8]) -> String {
    format!("\"{position}-{:016x}\"", rapidhash_v3(body))
}

fn respond(position: u64, body: Bytes, request: &HeaderMap) -> Response {
    let tag = tag(position, &body);
    let unchanged = has_tag(request, &tag);
    let mut headers = HeaderMap::new();
    headers.insert(JEJAK_POSITION, HeaderValue::from(position));
    // Answers hold data of people. A client may still name the tag of an answer that it holds.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(ETAG, tag);
    }
    if unchanged {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (StatusCode::OK, headers, body).into_response()
}

/// Whether `If-None-Match` names the tag (RFC 9110, 13.1.2).
fn has_tag(request: &HeaderMap, tag: &str) -> bool {
    let values = request
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut tags = values.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|named| named == "*" || named.strip_prefix("W/").unwrap_or(named) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_one_answer_at_one_position() {
        let one = tag(7, b"{\"position\":7,\"items\":[]}");
        assert_eq!(one, tag(7, b"{\"position\":7,\"items\":[]}"));
        assert_ne!(one, tag(8, b"{\"position\":7,\"items\":[]}"));
        assert_ne!(one, tag(7, b"{\"position\":7,\"items\":[1]}"));
        assert!(one.starts_with("\"7-"));
    }

    #[test]
    fn an_answer_is_not_sent_again_to_a_client_that_has_it() {
        let body = Bytes::from_static(b"{\"position\":7,\"items\":[]}");
        let mut headers = HeaderMap::new();
        let response = respond(7, body.clone(), &headers);
        assert_eq!(response.status(), StatusCode::OK);
        for (tags, status) in [
            (
                format!("\"6-0\", W/{}", tag(7, &body)),
                StatusCode::NOT_MODIFIED,
            ),
            ("*".to_owned(), StatusCode::NOT_MODIFIED),
            ("\"6-0\"".to_owned(), StatusCode::OK),
        ] {
            headers.insert(IF_NONE_MATCH, tags.parse().unwrap());
            let response = respond(7, body.clone(), &headers);
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()[JEJAK_POSITION], "7");
            assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        }
    }

    #[test]
    fn positions_are_read_from_answers() {
        let answer = b"{\"position\":12,\"items\":[],\"next\":null}";
        assert_eq!(position_of(answer), Some(12));
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
