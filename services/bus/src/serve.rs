//! Serving requests: many at once, up to a bound, and none dropped at shutdown.

use std::{collections::HashMap, future::Future, sync::Arc, time::Duration};

use async_nats::{
    Client,
    service::{Request, Service, ServiceExt, endpoint::Endpoint},
};
use futures_util::StreamExt;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Problem, RequestProblem};

/// The broker refused to register a service.
#[derive(Debug, thiserror::Error)]
#[error("cannot register the service {name}: {reason}")]
pub struct RegisterError {
    name: String,
    reason: String,
}

/// The broker has this long to take the last replies at shutdown.
const LAST_REPLIES: Duration = Duration::from_secs(1);

/// A service as discovery shows it (ADR-32). It has one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceInfo {
    /// The name of the service, for example `jejak-commands`.
    pub name: String,
    /// One sentence about the answers, for people.
    pub description: String,
    /// The name of the endpoint, after what it answers, for example `commands`.
    pub endpoint: String,
    /// The subject of the endpoint. Its last token may be `*`.
    pub subject: String,
    /// The last tokens of the subjects that get an answer, for example `record-leave`.
    pub answers: Vec<String>,
}

impl ServiceInfo {
    /// The metadata of the endpoint.
    fn metadata(&self) -> HashMap<String, String> {
        let documents = "jejak schema asyncapi".to_owned();
        HashMap::from([
            ("answers".to_owned(), self.answers.join(" ")),
            ("document".to_owned(), documents),
        ])
    }
}

/// Serves every request at the subject of a NATS service (ADR-32), at most `max_in_hand` at a time.
/// `answer` turns a request into the bytes of its reply.
///
/// Ends at `shutdown`, after the requests in hand are answered.
///
/// # Errors
/// When the broker refuses the registration.
pub async fn serve<A, F>(
    client: &Client,
    info: &ServiceInfo,
    max_in_hand: usize,
    shutdown: CancellationToken,
    answer: A,
) -> Result<(), RegisterError>
where
    A: Fn(Arc<Request>) -> F,
    F: Future<Output = Vec<u8>> + Send + 'static,
{
    let (service, endpoint) = register(client, info).await?;
    answer_all(endpoint, max_in_hand, shutdown, answer).await;
    if let Err(error) = service.stop().await {
        tracing::warn!(%error, "the service could not be deregistered");
    }
    // The connection's task holds the last replies now and ends with the runtime, so it is flushed
    // first.
    match tokio::time::timeout(LAST_REPLIES, client.flush()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the last answers may not have been sent"),
        Err(_) => {
            tracing::warn!("the last answers may not have been sent: the broker does not take them")
        }
    }
    Ok(())
}

async fn register(
    client: &Client,
    info: &ServiceInfo,
) -> Result<(Service, Endpoint), RegisterError> {
    let failed = |reason: String| RegisterError {
        name: info.name.clone(),
        reason,
    };
    let service = client
        .service_builder()
        .description(&info.description)
        .start(&info.name, env!("CARGO_PKG_VERSION"))
        .await;
    let service = service.map_err(|error| failed(error.to_string()))?;
    let endpoint = service
        .endpoint_builder()
        .name(&info.endpoint)
        .metadata(info.metadata())
        .add(&info.subject)
        .await;
    let endpoint = endpoint.map_err(|error| failed(error.to_string()))?;
    Ok((service, endpoint))
}

async fn answer_all<A, F>(
    mut endpoint: Endpoint,
    max_in_hand: usize,
    shutdown: CancellationToken,
    answer: A,
) where
    A: Fn(Arc<Request>) -> F,
    F: Future<Output = Vec<u8>> + Send + 'static,
{
    let permits = Arc::new(Semaphore::new(max_in_hand));
    let in_hand = TaskTracker::new();
    loop {
        let permit = permits.clone().acquire_owned().await;
        let request = tokio::select! {
            () = shutdown.cancelled() => break,
            request = endpoint.next() => request,
        };
        let Some(request) = request.map(Arc::new) else {
            break;
        };
        let reply = answer(request.clone());
        in_hand.spawn(async move {
            respond(&request, reply.await).await;
            drop(permit);
        });
    }
    in_hand.close();
    in_hand.wait().await;
}

/// Sends a reply. The broker refuses a reply that is too large; a fault is sent in its place, so
/// that the caller need not wait for its timeout.
async fn respond(request: &Request, reply: Vec<u8>) {
    let Err(error) = request.respond(Ok(reply.into())).await else {
        return;
    };
    let fault = Problem::Request(RequestProblem::fault("sending an answer", &error));
    if let Err(error) = request.respond(Ok(fault.to_reply().into())).await {
        tracing::warn!(%error, "an answer could not be sent");
    }
}
