//! Start before the broker and the log are there: a service may be started first.

use std::{future::Future, time::Duration};

use async_nats::Client;
use jejak_journal::JournalError;

use crate::connect::{BrokerConfig, connect};

/// Time between two tries.
const PAUSE: Duration = Duration::from_millis(250);

/// Connects, however long it takes.
pub async fn wait_for_broker(broker: &BrokerConfig, name: &str) -> Client {
    let mut warned = false;
    loop {
        match connect(broker, name).await {
            Ok(client) => return client,
            Err(error) if !warned => {
                tracing::warn!(%error, "trying until the broker is there");
                warned = true;
            }
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Repeats `open` until the broker answers and the stream exists.
///
/// # Errors
/// Every error other than [`JournalError::Unavailable`] and [`JournalError::StreamMissing`].
pub async fn wait_for_log<T, F>(open: impl Fn() -> F) -> Result<T, JournalError>
where
    F: Future<Output = Result<T, JournalError>>,
{
    let mut warned = false;
    loop {
        match open().await {
            Err(error @ (JournalError::Unavailable(_) | JournalError::StreamMissing(_))) => {
                if !warned {
                    tracing::warn!(%error, "waiting for the log");
                    warned = true;
                }
                tokio::time::sleep(PAUSE).await;
            }
            other => return other,
        }
    }
}
