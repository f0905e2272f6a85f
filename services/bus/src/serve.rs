//! Answering requests: many at once, up to a bound, and none dropped at shutdown.

use std::{future::Future, num::NonZero, sync::Arc, thread::available_parallelism, time::Duration};

use async_nats::{
    Client,
    service::{Request, Service, ServiceExt, endpoint::Endpoint},
};
use futures_util::StreamExt;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Problem, RequestProblem, busy_poll::BusyPoll};

/// The broker does not take a service's registration.
#[derive(Debug, thiserror::Error)]
#[error("cannot register the service {name}: {reason}")]
pub struct RegisterError {
    name: String,
    reason: String,
}

/// How long the broker may take to get the last answers at shutdown.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// An answer, and what is left to do once it is on its way.
pub struct Reply {
    bytes: Vec<u8>,
    afterwards: Option<Box<dyn FnOnce() + Send>>,
}

impl Reply {
    /// An answer that need not wait for the rest.
    pub fn then(bytes: Vec<u8>, afterwards: impl FnOnce() + Send + 'static) -> Self {
        Self {
            bytes,
            afterwards: Some(Box::new(afterwards)),
        }
    }
}

impl From<Vec<u8>> for Reply {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            afterwards: None,
        }
    }
}

/// Answers every request at `subject`, which may hold wildcards, as a NATS service (ADR-32) with what `answer` makes of
/// it, at most `at_once` at a time. While they come one after another it stays awake between them. Ends when told to,
/// after the answers in hand are sent.
///
/// # Errors
/// When the broker refuses the registration.
pub async fn serve<A, F>(
    client: &Client,
    name: &str,
    subject: &str,
    at_once: usize,
    shutdown: CancellationToken,
    answer: A,
) -> Result<(), RegisterError>
where
    A: Fn(Arc<Request>) -> F,
    F: Future<Output: Into<Reply>> + Send + 'static,
{
    let (service, endpoint) = register(client, name, subject).await?;
    answer_all(endpoint, at_once, shutdown, answer).await;
    if let Err(error) = service.stop().await {
        tracing::warn!(%error, "the service could not be deregistered");
    }
    // Answers are with the connection's own task by now, which ends with the service.
    match tokio::time::timeout(LAST_ANSWERS, client.flush()).await {
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
    name: &str,
    subject: &str,
) -> Result<(Service, Endpoint), RegisterError> {
    let failed = |reason: String| RegisterError {
        name: name.to_owned(),
        reason,
    };
    let service = client
        .service_builder()
        .start(name, env!("CARGO_PKG_VERSION"))
        .await;
    let service = service.map_err(|error| failed(error.to_string()))?;
    let endpoint = service
        .endpoint_builder()
        .name("requests")
        .add(subject)
        .await;
    let endpoint = endpoint.map_err(|error| failed(error.to_string()))?;
    Ok((service, endpoint))
}

async fn answer_all<A, F>(
    mut endpoint: Endpoint,
    at_once: usize,
    shutdown: CancellationToken,
    answer: A,
) where
    A: Fn(Arc<Request>) -> F,
    F: Future<Output: Into<Reply>> + Send + 'static,
{
    let permits = Arc::new(Semaphore::new(at_once));
    let in_hand = TaskTracker::new();
    let mut busy_poll = BusyPoll::new(available_parallelism().map_or(1, NonZero::get));
    loop {
        let permit = permits.clone().acquire_owned().await;
        let request = tokio::select! {
            () = shutdown.cancelled() => break,
            request = busy_poll.wait(endpoint.next(), in_hand.len()) => request,
        };
        let Some(request) = request.map(Arc::new) else {
            break;
        };
        // Boxed, since it is moved several times on its way into a task.
        let reply = Box::pin(answer(request.clone()));
        in_hand.spawn(async move {
            let Reply { bytes, afterwards } = reply.await.into();
            respond(&request, bytes).await;
            if let Some(afterwards) = afterwards {
                // The connection's own task may send the answer first.
                tokio::task::yield_now().await;
                afterwards();
            }
            drop(permit);
        });
    }
    in_hand.close();
    in_hand.wait().await;
}

/// Sends an answer; one that the broker does not carry becomes a fault, so that nobody waits in vain.
async fn respond(request: &Request, reply: Vec<u8>) {
    let Err(error) = request.respond(Ok(reply.into())).await else {
        return;
    };
    let fault = Problem::Request(RequestProblem::fault("sending an answer", &error));
    if let Err(error) = request.respond(Ok(fault.to_reply().into())).await {
        tracing::warn!(%error, "an answer could not be sent");
    }
}
