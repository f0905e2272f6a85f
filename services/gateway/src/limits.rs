//! How much is taken on at once, and for how long. Beyond it: `request.too_many`, at once, rather than
//! an answer that comes too late.

use std::{convert::Infallible, time::Duration};

use axum::response::{IntoResponse, Response};
use jejak_bus::RequestProblem;

use crate::{App, edge::answered, problem::Failure};

/// Bounds of one gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at once; further ones wait to be accepted.
    pub connections: usize,
    /// Requests in hand at once.
    pub requests: usize,
    /// Event streams open at once.
    pub streams: usize,
    /// The largest body of a command, in bytes.
    pub body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_time: Duration,
    /// How long the head of a request may take to arrive.
    pub head_time: Duration,
    /// How long a request may take in all (event streams: until they begin).
    pub request_time: Duration,
    /// How long requests in hand may take to finish at shutdown.
    pub shutdown_time: Duration,
    /// How much is remembered of the views' last answers, in bytes.
    pub remembered_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 2_048,
            requests: 512,
            streams: 64,
            body_bytes: 64 * 1024,
            body_time: Duration::from_secs(10),
            head_time: Duration::from_secs(10),
            request_time: Duration::from_secs(25),
            shutdown_time: Duration::from_secs(8),
            remembered_bytes: 64 * 1024 * 1024,
        }
    }
}

/// The refusal of what is too much.
pub(crate) fn too_many() -> Failure {
    RequestProblem::TooMany { retry_after_s: 1 }.into()
}

/// Answers within the bounds of requests in hand and of their time.
pub(crate) async fn bound<R: IntoResponse>(
    app: &App,
    answering: impl Future<Output = Result<R, Infallible>>,
) -> Response {
    let Ok(_in_hand) = app.requests.try_acquire() else {
        return too_many().into_response();
    };
    match tokio::time::timeout(app.limits.request_time, answering).await {
        Ok(response) => answered(response),
        Err(_) => {
            let service = "gateway".to_owned();
            Failure::from(RequestProblem::ServiceUnavailable {
                service,
                retry_after_s: 1,
            })
            .into_response()
        }
    }
}
