//! The addresses of a witness: `POST /add-checkpoint`, and `GET /checkpoint/<origin>` for the newest
//! checkpoint of a log.
//!
//! Anybody may ask. Connections, requests and bodies are bounded, and a slow client is cut off.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{Witness, WitnessAnswer};

/// The largest body, in bytes. A proof of 63 hashes and a checkpoint with a few signatures fit well.
const LARGEST_BODY: usize = 16 * 1024;
/// The time that a client has for the head of a request, and again for its body.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections at once. Further clients wait.
const CONNECTIONS: usize = 256;
/// The pause after a failed accept, such as when no file descriptor is free.
const PAUSE: Duration = Duration::from_millis(50);
/// The time that running requests have at the end.
const ENDING: Duration = Duration::from_secs(5);

/// Serves a witness until the shutdown, then finishes the running requests.
pub async fn serve(witness: Arc<Witness>, listener: TcpListener, shutdown: CancellationToken) {
    let router = router(witness);
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = async {
            let permit = permits.clone().acquire_owned().await.ok();
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accepted => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .serve_connection(
                TokioIo::new(stream),
                TowerToHyperService::new(router.clone()),
            );
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
            drop(permit);
        });
    }
    drop(listener);
    if timeout(ENDING, graceful.shutdown()).await.is_err() {
        tracing::warn!("running requests did not finish in time and are dropped");
    }
}

fn router(witness: Arc<Witness>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/checkpoint/{*origin}", get(newest))
        .with_state(witness)
}

async fn newest(State(witness): State<Arc<Witness>>, Path(origin): Path<String>) -> Response {
    // A checkpoint that is being stored is waited for.
    match tokio::task::spawn_blocking(move || witness.newest(&origin)).await {
        Ok(Some(note)) => ([(CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response(),
        Ok(None) => answer(StatusCode::NOT_FOUND, "no checkpoint of this log"),
        Err(error) => fault(&error.to_string()),
    }
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, body: Body) -> Response {
    let body = match timeout(PATIENCE, to_bytes(body, LARGEST_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return answer(StatusCode::PAYLOAD_TOO_LARGE, "more than 16 KiB"),
        Err(_) => return answer(StatusCode::REQUEST_TIMEOUT, "the body is too slow"),
    };
    // A comparison waits for the one before it, and for the disk.
    let added = tokio::task::spawn_blocking(move || witness.add_checkpoint(&body)).await;
    let failed = match added {
        Ok(Ok(added)) => return added.into_response(),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    fault(&failed)
}

/// A fault of the machine or of the witness. Nothing was cosigned.
fn fault(error: &str) -> Response {
    tracing::error!(%error, "a request failed, and nothing was cosigned");
    answer(
        StatusCode::INTERNAL_SERVER_ERROR,
        "it failed; the witness's log says more",
    )
}

fn answer(status: StatusCode, reason: &str) -> Response {
    (status, format!("{reason}\n")).into_response()
}

impl IntoResponse for WitnessAnswer {
    fn into_response(self) -> Response {
        match self {
            Self::Cosigned(line) => {
                ([(CONTENT_TYPE, "text/plain; charset=utf-8")], line).into_response()
            }
            Self::Malformed(reason) => answer(StatusCode::BAD_REQUEST, reason),
            Self::Forbidden => answer(StatusCode::FORBIDDEN, "no known key signed it"),
            Self::UnknownLog => answer(StatusCode::NOT_FOUND, "this log is not known here"),
            Self::Conflict(size) => (
                StatusCode::CONFLICT,
                [(CONTENT_TYPE, "text/x.tlog.size")],
                format!("{size}\n"),
            )
                .into_response(),
            Self::BadProof => answer(
                StatusCode::UNPROCESSABLE_ENTITY,
                "the proof does not lead from the cosigned tree to this one",
            ),
        }
    }
}
