//! Connections: accepted up to a limit in all and up to a share of each address, with a deadline for
//! slow request heads, and finished at shutdown. `axum::serve` has none of these, so this file drives
//! hyper itself.

use std::{net::IpAddr, sync::Arc, time::Duration};

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

use crate::{
    config::Limits,
    problem::share_taken,
    router::with_layers,
    shares::{Place, Shares, counted_address},
};

/// The pause after a failed accept, such as when no file descriptor is free.
const PAUSE: Duration = Duration::from_millis(50);
/// A refused connection has this time to send the head of its request and to take the refusal.
const REFUSING: Duration = Duration::from_secs(1);
/// Connections that are refused in words at once. Further ones are closed.
const REFUSALS: usize = 64;

/// Serves until `shutdown`, then finishes the running requests.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &Limits,
    shutdown: &CancellationToken,
) {
    let permits = Arc::new(Semaphore::new(limits.connections));
    let shares = Shares::new(limits.connections_per_address);
    let refusals = Refusals::new();
    let graceful = GracefulShutdown::new();
    let give_up = CancellationToken::new();
    while let Some((stream, address, permit)) = accept(&listener, &permits, shutdown).await {
        let Some(place) = shares.take(counted_address(address)) else {
            refusals.refuse(stream);
            continue;
        };
        let connection = HttpConnection {
            router: router.clone(),
            head_time: limits.head_time,
            _permit: permit,
            _place: place,
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
) -> Option<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    let accepting = async {
        let permit = permits.clone().acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return Some((stream, peer.ip(), permit)),
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
    _place: Place<IpAddr>,
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

/// Refuses connections beyond the share of an address. They hold none of the places for connections.
struct Refusals {
    router: Router,
    permits: Arc<Semaphore>,
}

impl Refusals {
    fn new() -> Self {
        Self {
            router: with_layers(Router::new().fallback(async || share_taken())),
            permits: Arc::new(Semaphore::new(REFUSALS)),
        }
    }

    /// Answers one request with the refusal, and closes. Closes at once while many are refused.
    fn refuse(&self, stream: TcpStream) {
        let Ok(permit) = self.permits.clone().try_acquire_owned() else {
            return;
        };
        let connection = http1::Builder::new().keep_alive(false).serve_connection(
            TokioIo::new(stream),
            TowerToHyperService::new(self.router.clone()),
        );
        tokio::spawn(async move {
            if let Ok(Err(error)) = tokio::time::timeout(REFUSING, connection).await {
                tracing::debug!(%error, "a refused connection broke");
            }
            drop(permit);
        });
    }
}

#[cfg(test)]
mod tests;
