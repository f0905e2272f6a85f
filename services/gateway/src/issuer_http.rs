//! How an issuer elsewhere is asked: over a protected connection, within a deadline, without following redirects,
//! up to a size.

use std::{net::IpAddr, time::Duration};

use reqwest::{Client, Request, Response, StatusCode, Url};

use crate::config::GatewayError;

/// The deadline of a question with its answer.
const DEADLINE: Duration = Duration::from_secs(3);
/// The largest answer, in bytes.
const LARGEST: usize = 256 * 1024;

/// Asks issuers. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct IssuerClient(Client);

impl IssuerClient {
    /// A client that has asked nothing yet.
    ///
    /// # Errors
    /// The certificates of the machine cannot be used.
    pub(crate) fn new() -> Result<Self, GatewayError> {
        // Fails when another part of the process installed a provider before; that one serves as
        // well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(DEADLINE)
            // Another address may be one that is not protected, or another issuer's.
            .redirect(reqwest::redirect::Policy::none())
            .build();
        client.map(Self).map_err(GatewayError::Jwks)
    }

    /// The body at an address.
    ///
    /// # Errors
    /// The fault, without the address.
    pub(crate) async fn get(&self, url: &Url) -> Result<Vec<u8>, String> {
        let request = Request::new(reqwest::Method::GET, url.clone());
        let (status, body) = self.send(request).await?;
        match status.is_success() {
            true => Ok(body),
            false => Err(format!("the issuer answers {status}")),
        }
    }

    /// The status and the body of any answer.
    ///
    /// # Errors
    /// The fault, without the address.
    pub(crate) async fn send(&self, request: Request) -> Result<(StatusCode, Vec<u8>), String> {
        // An error of reqwest names the address, and an address may hold a secret.
        let plain = |error: reqwest::Error| error.without_url().to_string();
        let mut response: Response = self.0.execute(request).await.map_err(plain)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(plain)? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                return Err(format!("the answer is larger than {LARGEST} bytes"));
            }
        }
        Ok((response.status(), body))
    }
}

/// Whether nobody between can change what the address answers.
pub(crate) fn is_protected(url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = host == "localhost"
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback)
}
