//! Waiting for a broker and a log that are not there yet: a service that starts first starts as well.

use std::{future::Future, time::Duration};

use async_nats::Client;
use jejak_journal::JournalError;

use crate::connect::{BrokerConfig, connect};

/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(250);

/// Connects, however long it takes.
pub async fn wait_for_broker(broker: &BrokerConfig, name: &str) -> Client {
    let mut said = false;
    loop {
        match connect(broker, name).await {
            Ok(client) => return client,
            Err(error) if !said => {
                tracing::warn!(%error, "trying until the broker is there");
                said = true;
            }
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Tries until the broker answers and the stream is there.
///
/// # Errors
/// What does not pass by itself.
pub async fn wait_for_log<T, F>(open: impl Fn() -> F) -> Result<T, JournalError>
where
    F: Future<Output = Result<T, JournalError>>,
{
    let mut said = false;
    loop {
        match open().await {
            Err(error @ (JournalError::Unavailable(_) | JournalError::StreamMissing(_))) => {
                if !said {
                    tracing::warn!(%error, "waiting for the log");
                    said = true;
                }
                tokio::time::sleep(PAUSE).await;
            }
            other => return other,
        }
    }
}
