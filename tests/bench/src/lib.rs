//! Jejak's figures of speed and memory, each measured in the same run as its physical limit, on
//! brokers and services of its own. The last table is in `docs/performance.md`. The stories check
//! that the measured things are right.

#![allow(
    clippy::float_arithmetic,
    reason = "figures of a measurement, no money"
)]

pub mod bed;
pub mod connection;
pub mod echo;
pub mod error;
pub mod figure;
pub mod give;
pub mod history;
pub mod load;
pub mod office;
pub mod people;
pub mod raw;
pub mod scale;
pub mod sections;

/// Connects to a broker as the user that the address may name, as `nats://user:password@host:port`.
///
/// # Errors
/// Those of the client.
pub async fn connect(url: &str) -> Result<async_nats::Client, async_nats::ConnectError> {
    let named = url
        .strip_prefix("nats://")
        .and_then(|rest| rest.split_once('@'))
        .and_then(|(identity, host)| Some((identity.split_once(':')?, host)));
    match named {
        Some(((user, password), host)) => {
            async_nats::ConnectOptions::with_user_and_password(user.into(), password.into())
                .connect(host)
                .await
        }
        None => async_nats::connect(url).await,
    }
}
