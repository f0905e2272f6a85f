//! Connections: accepted up to a limit, with a deadline for slow request heads, and finished at
//! shutdown. `axum::serve` has none of the three, so this file drives hyper itself.

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::sync::CancellationToken;

use crate::config::Limits;

/// The pause after a failed accept, such as when no file descriptor is free.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until `shutdown`, then finishes the running requests.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &Limits,
    shutdown: &CancellationToken,
) {
    let permits = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let give_up = CancellationToken::new();
    while let Some((stream, permit)) = accept(&listener, &permits, shutdown).await {
        let connection = HttpConnection {
            router: router.clone(),
            head_time: limits.head_time,
            _permit: permit,
        };
        tokio::spawn(connection.run(stream, graceful.watcher(), give_up.clone()));
    }
    // A closed listener makes clients try another gateway.
    drop(listener);
    if tokio::time::timeout(limits.shutdown_time, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("running requests did not finish in time and are dropped");
    }
    give_up.cancel();
}

/// The next connection; none at shutdown.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let accepting = async {
        let permit = permits.clone().acquire_owned().await.ok()?;
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

struct HttpConnection {
    router: Router,
    head_time: Duration,
    _permit: OwnedSemaphorePermit,
}

impl HttpConnection {
    async fn run(self, stream: TcpStream, watcher: Watcher, give_up: CancellationToken) {
        // Answers are small, and a client waits for each. A failure only costs latency.
        let _ = stream.set_nodelay(true);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_time)
            .serve_connection(
                TokioIo::new(stream),
                TowerToHyperService::new(self.router.clone()),
            );
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
