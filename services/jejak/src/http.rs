//! A client for requests to our own gateway.

use std::time::Duration;

/// The time the gateway has for an answer.
const ANSWER: Duration = Duration::from_secs(15);

/// Makes the client.
///
/// # Errors
/// The TLS library cannot be set up.
pub(crate) fn client() -> Result<reqwest::Client, reqwest::Error> {
    // Fails if a provider is installed already; that one serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(ANSWER).build()
}
