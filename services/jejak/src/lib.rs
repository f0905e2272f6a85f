//! The binary `jejak`: arguments, data folder, broker child, start and stop. What runs is in the services.

pub mod asyncapi;
mod audit;
pub mod audit_as_of;
mod audit_verify;
pub mod broker;
pub mod cli;
pub mod data;
pub mod demo;
pub mod log;
pub mod permissions;
pub mod rebuild;
pub mod services;
pub mod token;
pub mod up;

use std::time::Duration;

/// A client for asking our own gateway.
///
/// # Errors
/// When it cannot be built.
pub(crate) fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    // A second provider is refused, which is as good as the first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(Duration::from_secs(15))
        .build()
}
