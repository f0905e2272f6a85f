//! The limit of a query: HTTP to NATS and back, with nothing decided on the way. Two processes, as the
//! gateway and a projector are.

use std::{net::SocketAddr, sync::Arc};

use async_nats::Client;
use axum::{Router, extract::State, http::StatusCode, routing::get};
use bytes::Bytes;
use futures_util::StreamExt;

use crate::fault::Fault;

const SUBJECT: &str = "bench.echo";

/// Answers every request with so many bytes, until ended.
///
/// # Errors
/// When the broker is not there.
pub async fn respond(nats: &str, size: usize) -> Result<(), Fault> {
    let client = connect(nats).await?;
    let mut requests = client
        .subscribe(SUBJECT)
        .await
        .map_err(|error| Fault::unanswered("the broker", error))?;
    let body = Bytes::from(vec![b'x'; size]);
    while let Some(request) = requests.next().await {
        let (client, body) = (client.clone(), body.clone());
        tokio::spawn(async move {
            if let Some(reply) = request.reply {
                // Who asked is told by his own time-out.
                let _ = client.publish(reply, body).await;
            }
        });
    }
    Ok(())
}

/// Passes every request on, until ended.
///
/// # Errors
/// When the broker is not there, or the address is taken.
pub async fn pass_on(nats: &str, listen: SocketAddr) -> Result<(), Fault> {
    let client = Arc::new(connect(nats).await?);
    let listener = tokio::net::TcpListener::bind(listen).await?;
    Ok(axum::serve(
        listener,
        Router::new().route("/echo", get(ask)).with_state(client),
    )
    .await?)
}

async fn ask(State(client): State<Arc<Client>>) -> Result<Bytes, StatusCode> {
    let reply = client.request(SUBJECT, Bytes::new()).await;
    reply
        .map(|reply| reply.payload)
        .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
}

async fn connect(nats: &str) -> Result<Client, Fault> {
    async_nats::connect(nats)
        .await
        .map_err(|error| Fault::unanswered("the broker", error))
}
