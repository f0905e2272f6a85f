//! `/log`: the auditor's signed tree, by the paths and content types of C2SP tlog-tiles, and proofs of
//! single events. Anyone may read the checkpoint; only auditors read entries, hashes and proofs of any event. A
//! proof of a person's event is for the readers of that person's history.

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
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use jejak_bus::{
    Problem, RequestProblem, Role, query_subject,
    tile::{AUDIT, FilePart, ProofRequest, TileRequest},
};

use jejak_events::{ids::OperatorId, kinds::ItemKind};
use serde::Deserialize;

use crate::{
    access_log::EntryKind,
    app::App,
    auth::{
        Caller,
        roles::{self, QueryAccess, RecordScope},
    },
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
    let position = number(&position)?;
    let proof = prove(&app, position).await?;
    let read = EntryKind::read_of_log(&caller, "/log/proof/{position}", None);
    app.access_log.add(read).await;
    proof_file(position, proof)
}

/// `GET /v1/operators/{operator_id}/proofs/{position}`: the same proof, of an event of one person. Whoever may
/// read the person's history may have it.
pub(crate) async fn proof_of_operator(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((operator_id, position)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let access = QueryAccess {
        service: false,
        operator: true,
    };
    let parsed = operator_id.parse::<OperatorId>();
    let operator_id = parsed.map_err(|_| malformed("operator_id", "must be a UUID"))?;
    if let RecordScope::Operator(own) = access.scope_of(&caller)?
        && own != operator_id
    {
        return Err(access.other_person().into());
    }
    let position = number(&position)?;
    let proof = prove(&app, position).await?;
    if !is_about(&proof, operator_id) {
        let item = format!("proof/{position}");
        return Err(RequestProblem::ItemUnknown {
            thing: ItemKind::Tile,
            item,
        }
        .into());
    }
    let path = "/v1/operators/{operator_id}/proofs/{position}";
    let read = EntryKind::read_of_log(&caller, path, None);
    app.access_log.add(read).await;
    proof_file(position, proof)
}

fn number(position: &str) -> Result<u64, RequestProblem> {
    let number = position.parse();
    number.map_err(|_| malformed("position", "must be a whole number"))
}

/// Asks the auditor for the proof of a position.
async fn prove(app: &App, position: u64) -> Result<Vec<u8>, Failure> {
    let request = serde_json::to_vec(&ProofRequest { position });
    let request = request.map_err(|error| fault(&error))?;
    let reply = query(app, "proof", request.into()).await?;
    let part = FilePart::from_reply(&reply)
        .filter(|part| part.whole == part.bytes.len())
        .ok_or_else(unreadable)?;
    Ok(part.bytes.to_vec())
}

/// Whether the event in a proof is of the stream of a person. The proof holds the event in its line `extra`.
fn is_about(proof: &[u8], operator_id: OperatorId) -> bool {
    let text = std::str::from_utf8(proof).unwrap_or_default();
    let event = text.lines().find_map(|line| line.strip_prefix("extra "));
    let event = event.and_then(|event| BASE64.decode(event).ok());
    let event = event.and_then(|event| serde_json::from_slice::<Subject>(&event).ok());
    event.is_some_and(|event| event.subject == format!("operator/{operator_id}"))
}

/// The member of an event that names its stream.
#[derive(Deserialize)]
struct Subject {
    subject: String,
}

fn proof_file(position: u64, proof: Vec<u8>) -> Result<Response, Failure> {
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
    Ok((headers, proof).into_response())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_about_the_stream_that_its_event_names() {
        let one = "b6696fa5-c4ed-84ce-a1ba-b8ea3d326587".parse().unwrap();
        let other = "b6696fa5-c4ed-84ce-a1ba-b8ea3d326588".parse().unwrap();
        let event = format!("{{\"id\":\"x\",\"subject\":\"operator/{one}\"}}");
        let proof = format!(
            "c2sp.org/tlog-proof@v1\nextra {}\nindex 1\n",
            BASE64.encode(event)
        );
        assert!(is_about(proof.as_bytes(), one));
        assert!(!is_about(proof.as_bytes(), other));
        for damaged in ["", "extra", "extra !", "extra e30="] {
            assert!(!is_about(damaged.as_bytes(), one), "{damaged}");
        }
    }
}
