//! Reads the body of a command within the limits.

use axum::{
    body::{Body, BodyDataStream},
    http::{
        HeaderMap,
        header::{CONTENT_LENGTH, EXPECT},
    },
};
use bytes::Bytes;
use futures_util::StreamExt;
use jejak_bus::RequestProblem;
use tokio::time::{Instant, timeout_at};

use crate::{config::Limits, problem::malformed};

/// The gateway reads this many bytes of a body that is too large.
const DRAINED: usize = 32 * 1024 * 1024;

/// The whole body, unless it is too large or too slow.
///
/// # Errors
/// `request.too_large`, or `request.malformed` for a body that breaks off or arrives too late.
pub(crate) async fn read(
    limits: &Limits,
    headers: &HeaderMap,
    body: Body,
) -> Result<Bytes, RequestProblem> {
    let limit = limits.body_bytes;
    let too_large = Err(RequestProblem::TooLarge {
        limit_bytes: limit as u64,
    });
    let is_stated_too_large = stated_length(headers).is_some_and(|length| length > limit);
    // Such a client waits for permission to send, so nothing is to be drained.
    if is_stated_too_large && headers.contains_key(EXPECT) {
        return too_large;
    }
    let until = Instant::now() + limits.body_time;
    let mut chunks = body.into_data_stream();
    if !is_stated_too_large && let Some(whole) = read_within(&mut chunks, limit, until).await? {
        return Ok(whole);
    }
    drain(chunks, until).await;
    too_large
}

/// The whole body; none once it exceeds the limit, in bytes.
async fn read_within(
    chunks: &mut BodyDataStream,
    limit: usize,
    until: Instant,
) -> Result<Option<Bytes>, RequestProblem> {
    let mut whole = Vec::new();
    loop {
        match timeout_at(until, chunks.next()).await {
            Err(_) => return Err(malformed(".", "the body did not arrive in time")),
            Ok(Some(Err(_))) => return Err(malformed(".", "the body broke off")),
            Ok(None) => return Ok(Some(whole.into())),
            Ok(Some(Ok(chunk))) if whole.len() + chunk.len() > limit => return Ok(None),
            Ok(Some(Ok(chunk))) => whole.extend_from_slice(&chunk),
        }
    }
}

/// Reads on without keeping anything. A connection that closes while the client still sends would
/// hide the refusal from it.
async fn drain(mut chunks: BodyDataStream, until: Instant) {
    let mut drained = 0;
    while let Ok(Some(Ok(chunk))) = timeout_at(until, chunks.next()).await {
        drained += chunk.len();
        if drained > DRAINED {
            return;
        }
    }
}

fn stated_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
