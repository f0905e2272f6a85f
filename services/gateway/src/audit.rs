//! `/log`: the auditor's signed tree, by the paths and content types of C2SP tlog-tiles, and proofs of
//! single events. Anyone may read the checkpoint; only auditors read entries, hashes and proofs.

use std::{sync::Arc, time::Duration};

use async_nats::HeaderMap;
use axum::{
    extract::{Path, State},
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use jejak_bus::{
    Problem, RequestProblem, Role, query_subject,
    tile::{AUDIT, FilePart, ProofRequest, TileRequest},
};

use crate::{
    access_log::EntryKind,
    app::App,
    auth::{Caller, roles},
    problem::{Failure, fault, malformed},
};

/// The deadline for one part of a file.
const ANSWER: Duration = Duration::from_secs(4);
/// The largest file, in bytes: 256 entries of 65535 bytes with their lengths.
const LARGEST_FILE: usize = 256 * (2 + 65_535);
/// A full tile never changes. Only the caller's own cache may keep it.
const FULL_TILE: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
/// A fuller tile replaces a partial one.
const PARTIAL_TILE: HeaderValue = HeaderValue::from_static("private, max-age=3600, immutable");

/// `GET /log/checkpoint`: the latest signed checkpoint.
pub(crate) async fn checkpoint(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let reply = query(&app, "checkpoint", Bytes::new()).await?;
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
    let is_partial = path.contains(".p/");
    let mut file = Vec::new();
    loop {
        let request = TileRequest {
            path: path.clone(),
            offset: file.len(),
        };
        let request = serde_json::to_vec(&request).map_err(|error| fault(&error))?;
        let reply = query(&app, "tile", request.into()).await?;
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
    let read = EntryKind::read_of_log(&caller, "/log/tile/{*path}", None);
    app.access_log.add(read).await;
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        ),
        (
            CACHE_CONTROL,
            if is_partial { PARTIAL_TILE } else { FULL_TILE },
        ),
    ];
    Ok((headers, file).into_response())
}

/// `GET /log/proof/{position}`: the proof that the signed log holds an event (C2SP tlog-proof).
pub(crate) async fn proof(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(position): Path<String>,
) -> Result<Response, Failure> {
    if !caller.has(Role::Auditor) {
        return Err(roles::missing(&[Role::Auditor]).into());
    }
    let number = position.parse::<u64>();
    let position = number.map_err(|_| malformed("position", "must be a whole number"))?;
    let request = serde_json::to_vec(&ProofRequest { position });
    let reply = query(
        &app,
        "proof",
        request.map_err(|error| fault(&error))?.into(),
    )
    .await?;
    let part = FilePart::from_reply(&reply)
        .filter(|part| part.whole == part.bytes.len())
        .ok_or_else(unreadable)?;
    let read = EntryKind::read_of_log(&caller, "/log/proof/{position}", None);
    app.access_log.add(read).await;
    let name = format!("attachment; filename=\"{position}.tlog-proof\"");
    let name = HeaderValue::try_from(name).map_err(|error| fault(&error))?;
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        ),
        (CONTENT_DISPOSITION, name),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, part.bytes.to_vec()).into_response())
}

fn unreadable() -> RequestProblem {
    fault(&"the auditor's answer is not a part of a file")
}

async fn query(app: &App, name: &str, payload: Bytes) -> Result<Bytes, Problem> {
    let subject = query_subject(&app.broker.tenant, AUDIT, name);
    app.broker
        .query("auditor", subject, HeaderMap::new(), payload, ANSWER)
        .await
}
