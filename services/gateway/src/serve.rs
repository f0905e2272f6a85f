//! Connections: accepted up to a bound, with a deadline for heads that trickle in, and finished before
//! the end. What is said on them is the edge's business.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::body::Body;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::sync::CancellationToken;

use crate::{Limits, edge::Edge};

/// How long to wait when the system has no room for another connection.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until told to stop, then finishes what is in hand.
pub(crate) async fn serve(
    listener: TcpListener,
    edge: Edge,
    limits: &Limits,
    shutdown: &CancellationToken,
) {
    let room = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let give_up = CancellationToken::new();
    while let Some((stream, permit)) = accept(&listener, &room, shutdown).await {
        let connection = Connection {
            edge: edge.clone(),
            head_time: limits.head_time,
            _permit: permit,
        };
        tokio::spawn(connection.run(stream, graceful.watcher(), give_up.clone()));
    }
    drop(listener);
    if tokio::time::timeout(limits.shutdown_time, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests in hand did not finish in time and are dropped");
    }
    give_up.cancel();
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let accepting = async {
        let permit = room.clone().acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return Some((stream, permit)),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => None,
        accepted = accepting => accepted,
    }
}

struct Connection {
    edge: Edge,
    head_time: Duration,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    async fn run(self, stream: TcpStream, watcher: Watcher, give_up: CancellationToken) {
        // Answers are small and awaited; a failure only costs latency.
        let _ = stream.set_nodelay(true);
        let edge = &self.edge;
        let answer = service_fn(move |request: Request<Incoming>| async move {
            Ok::<_, Infallible>(edge.answer(request.map(Body::new)).await)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_time)
            .serve_connection(TokioIo::new(stream), answer);
        tokio::select! {
            () = give_up.cancelled() => {}
            ended = watcher.watch(connection) => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection broke");
                }
            }
        }
    }
}
