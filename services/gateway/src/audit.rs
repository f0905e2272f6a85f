//! `/log`: the signed tree by the paths and content types of C2SP tlog-tiles, as the auditor has it. The
//! checkpoint is for everyone; entries and hashes are for auditors.

use std::{sync::Arc, time::Duration};

use async_nats::HeaderMap;
use axum::{
    extract::{Path, State},
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use jejak_bus::{
    Problem, RequestProblem, Role, query_subject,
    tile::{AUDIT, FilePart, TileRequest},
};

use crate::{
    App,
    auth::{Caller, roles},
    problem::{Failure, fault},
};

/// How long the auditor may take for one part.
const ANSWER: Duration = Duration::from_secs(4);
/// The largest file: 256 entries of 65535 bytes, with their lengths.
const LARGEST_FILE: usize = 256 * (2 + 65_535);
/// What a full tile holds is the same for good; for the one who was let in only.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
/// An unfinished tile gives way to a fuller one.
const FOR_A_WHILE: HeaderValue = HeaderValue::from_static("private, max-age=3600, immutable");

/// `GET /log/checkpoint`: the latest signed checkpoint.
pub(crate) async fn checkpoint(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let reply = ask(&app, "checkpoint", Bytes::new()).await?;
    let part = FilePart::from_reply(&reply).ok_or_else(unreadable)?;
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        ),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    Ok((headers, part.bytes.to_vec()).into_response())
}

/// `GET /log/tile/...`: a tile of hashes, or a bundle of entries.
pub(crate) async fn tile(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(path): Path<String>,
) -> Result<Response, Failure> {
    if !caller.has(Role::Auditor) {
        return Err(roles::missing(&[Role::Auditor]).into());
    }
    let path = format!("tile/{path}");
    let unfinished = path.contains(".p/");
    let mut file = Vec::new();
    loop {
        let asked = TileRequest {
            path: path.clone(),
            offset: file.len(),
        };
        let asked = serde_json::to_vec(&asked).map_err(|error| fault(&error))?;
        let reply = ask(&app, "tile", asked.into()).await?;
        let part = FilePart::from_reply(&reply)
            .filter(|part| part.whole <= LARGEST_FILE)
            .ok_or_else(unreadable)?;
        file.extend_from_slice(part.bytes);
        if file.len() >= part.whole {
            break;
        }
        if part.bytes.is_empty() {
            return Err(unreadable().into());
        }
    }
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        ),
        (
            CACHE_CONTROL,
            if unfinished { FOR_A_WHILE } else { FOR_GOOD },
        ),
    ];
    Ok((headers, file).into_response())
}

fn unreadable() -> RequestProblem {
    fault(&"the auditor answered what is no part of a file")
}

async fn ask(app: &App, query: &str, payload: Bytes) -> Result<Bytes, Problem> {
    let subject = query_subject(&app.link.tenant, AUDIT, query);
    let reply = app
        .link
        .ask(subject, HeaderMap::new(), payload, ANSWER)
        .await;
    let reply = reply.map_err(|unanswered| unanswered.problem("auditor"))?;
    match Problem::from_reply(&reply) {
        Some(problem) => Err(problem),
        None => Ok(reply),
    }
}
