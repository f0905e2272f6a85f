//! A client of the gateway, as any other system would be one.

use std::time::{Duration, Instant};

use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

/// An office has this long to be ready.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time between two looks whether it is ready.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// A gateway, and a token to show it.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    /// `http://<host>:<port>`.
    pub base: String,
    token: Option<String>,
}

impl Http {
    /// A client of the gateway at this address, without a token.
    pub fn new(base: &str) -> Self {
        // A second provider is refused, which is as good as the first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            client: reqwest::Client::new(),
            base: base.trim_end_matches('/').to_owned(),
            token: None,
        }
    }

    /// The same client with a token.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// A request, ready to be changed further.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Asks a query.
    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path)
            .send()
            .await
            .expect("the gateway answers")
    }

    /// Asks a query that must succeed, for its JSON.
    pub async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        let status = response.status();
        let body = response.text().await.expect("an answer has a body");
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        serde_json::from_str(&body).expect("answers are JSON")
    }

    /// Sends a command under an id: status and JSON.
    pub async fn command(&self, name: &str, id: &str, body: &Value) -> (u16, Value) {
        let request = self
            .request(Method::POST, &format!("/v1/commands/{name}"))
            .header("Idempotency-Key", id);
        let response = request
            .json(body)
            .send()
            .await
            .expect("the gateway answers");
        let status = response.status().as_u16();
        (status, response.json().await.expect("answers are JSON"))
    }

    /// Waits until `/readyz` is green, by what the services say from now on.
    pub async fn ready(&self) {
        let began = Instant::now();
        let deadline = began + PATIENCE;
        let mut ticks = tokio::time::interval(ASK_EVERY);
        let mut last = String::new();
        while Instant::now() < deadline {
            ticks.tick().await;
            let waited = began.elapsed();
            match self.request(Method::GET, "/readyz").send().await {
                Ok(response) if response.status() == StatusCode::OK && age(&response) < waited => {
                    return;
                }
                Ok(response) => last = response.text().await.unwrap_or_default(),
                Err(error) => last = error.to_string(),
            }
        }
        panic!("not ready within {PATIENCE:?}: {last}");
    }
}

/// The time since the gateway asked the services, by an answer of `/readyz`. Its header counts whole milliseconds.
pub fn age(response: &reqwest::Response) -> Duration {
    let header = response.headers().get("jejak-age-ms");
    let age = header.and_then(|age| age.to_str().ok()?.parse().ok());
    Duration::from_millis(1 + age.unwrap_or(0))
}
