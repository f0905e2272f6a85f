//! The limit of a query: from HTTP to NATS and back, without a decision, through two processes like
//! the gateway and a projector.

use std::{net::SocketAddr, sync::Arc};

use async_nats::Client;
use axum::{Router, extract::State, http::StatusCode, routing::get};
use bytes::Bytes;
use futures_util::StreamExt;

use crate::error::BenchError;

const SUBJECT: &str = "bench.echo";

/// Answers every request with `size` bytes, until it is killed.
///
/// # Errors
/// Without a broker.
pub async fn respond(nats: &str, size: usize) -> Result<(), BenchError> {
    let client = connect(nats).await?;
    let mut requests = client
        .subscribe(SUBJECT)
        .await
        .map_err(|error| BenchError::unanswered("the broker", error))?;
    let body = Bytes::from(vec![b'x'; size]);
    while let Some(request) = requests.next().await {
        let (client, body) = (client.clone(), body.clone());
        tokio::spawn(async move {
            if let Some(reply) = request.reply {
                // A lost reply shows as the asker's timeout.
                let _ = client.publish(reply, body).await;
            }
        });
    }
    Ok(())
}

/// Passes every HTTP request on to NATS, until it is killed.
///
/// # Errors
/// Without a broker, or when the address is taken.
pub async fn pass_on(nats: &str, listen: SocketAddr) -> Result<(), BenchError> {
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

async fn connect(nats: &str) -> Result<Client, BenchError> {
    crate::connect(nats)
        .await
        .map_err(|error| BenchError::unanswered("the broker", error))
}
