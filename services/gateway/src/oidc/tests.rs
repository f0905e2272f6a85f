//! How the provider is asked: once in a while, at its own addresses only, with the secret and the proof; and what each
//! of its answers means.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{
    pending::PendingSignIn,
    provider::{ExchangeProblem, HERE, KNOWN, OidcProvider},
};
use crate::config::{GatewayError, OidcConfig};

const RETURN: &str = "https://jejak.example.org/masuk/oidc/kembali";

/// The `Authorization` header and the body of a request for a token.
type AskedForToken = (Option<String>, String);

/// A provider that answers as it is told, and keeps what it was asked.
#[derive(Clone)]
struct Fake {
    issuer: String,
    description: Arc<Mutex<Value>>,
    descriptions: Arc<AtomicUsize>,
    token: Arc<Mutex<(u16, String)>>,
    asked: Arc<Mutex<Vec<AskedForToken>>>,
}

impl Fake {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let description = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/auth"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
        });
        let fake = Self {
            issuer,
            description: Arc::new(Mutex::new(description)),
            descriptions: Arc::default(),
            token: Arc::new(Mutex::new((200, String::new()))),
            asked: Arc::default(),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/token", post(give))
            .route("/moved", post(async || Redirect::temporary("/token")))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    fn provider(&self, secret: Option<&str>) -> OidcProvider {
        OidcProvider::new(config(&self.issuer, secret)).unwrap()
    }

    fn answer(&self, status: u16, body: &str) {
        *self.token.lock().unwrap() = (status, body.to_owned());
    }

    fn describe(&self, name: &str, value: Value) {
        self.description.lock().unwrap()[name] = value;
    }

    /// The answer to a code.
    async fn exchange(&self, secret: Option<&str>) -> Result<String, ExchangeProblem> {
        let provider = self.provider(secret);
        let found = provider.discover(KNOWN).await.ok().unwrap();
        provider.exchange(&found.metadata, &pending(), "c&d").await
    }
}

async fn describe(State(fake): State<Fake>) -> String {
    fake.descriptions.fetch_add(1, Ordering::SeqCst);
    fake.description.lock().unwrap().to_string()
}

async fn give(State(fake): State<Fake>, headers: HeaderMap, body: Bytes) -> Response {
    let authorization = headers.get("authorization");
    let authorization = authorization.map(|value| value.to_str().unwrap().to_owned());
    let body = String::from_utf8(body.to_vec()).unwrap();
    fake.asked.lock().unwrap().push((authorization, body));
    let (status, body) = fake.token.lock().unwrap().clone();
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

fn config(issuer: &str, secret: Option<&str>) -> OidcConfig {
    OidcConfig {
        issuer: issuer.to_owned(),
        client_id: "jejak".to_owned(),
        client_secret: secret.map(str::to_owned),
        roles_claim: crate::RolesClaim::default(),
    }
}

fn pending() -> PendingSignIn {
    PendingSignIn {
        state: "state".to_owned(),
        nonce: "nonce".to_owned(),
        verifier: "v".repeat(43),
        return_address: RETURN.to_owned(),
        back: "/".to_owned(),
        until_ms: u64::MAX,
    }
}

#[tokio::test]
async fn many_sign_ins_ask_for_the_description_once() {
    let fake = Fake::start().await;
    let provider = fake.provider(None);
    let asked = (0..20).map(|_| provider.discover(HERE));
    let found = futures_util::future::join_all(asked).await;
    assert!(found.iter().all(Result::is_ok));
    assert_eq!(fake.descriptions.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_description_that_is_not_the_issuers_is_not_used() {
    let fake = Fake::start().await;
    fake.describe("issuer", json!("https://login.example.org"));
    let provider = fake.provider(None);
    for _ in 0..5 {
        assert!(provider.discover(KNOWN).await.is_err());
    }
    let asked = fake.descriptions.load(Ordering::SeqCst);
    assert_eq!(
        asked, 1,
        "a provider in trouble is not asked at every click"
    );
}

#[test]
fn only_an_https_issuer_with_a_client_id_is_a_provider() {
    let refused = |issuer: &str| OidcProvider::new(config(issuer, None)).err();
    assert!(refused("https://login.example.org/realms/office").is_none());
    assert!(refused("http://127.0.0.1:9000").is_none());
    for issuer in ["http://login.example.org", "login.example.org", " "] {
        let refused = refused(issuer);
        assert!(
            matches!(refused, Some(GatewayError::OidcIssuer(_))),
            "{issuer}"
        );
    }
    let nobody = OidcConfig {
        client_id: " ".to_owned(),
        ..config("https://login.example.org", None)
    };
    let refused = OidcProvider::new(nobody).err();
    assert!(matches!(refused, Some(GatewayError::EmptyName(_))));
    let shown = format!("{:?}", config("https://login.example.org", Some("hidden")));
    assert!(!shown.contains("hidden"), "{shown}");
}

/// Goal: the address asks for a code alone, with a proof, and nothing in it is used twice.
#[tokio::test]
async fn the_way_there_carries_a_new_state_nonce_and_proof() {
    let fake = Fake::start().await;
    fake.describe(
        "authorization_endpoint",
        json!(format!("{}/auth?realm=a", fake.issuer)),
    );
    let provider = fake.provider(Some("s3cret"));
    let found = provider.discover(HERE).await.ok().unwrap();
    let begin = || {
        provider
            .begin(&found.metadata, (RETURN, "/orang"), "id", 7)
            .ok()
    };
    let (address, pending) = begin().unwrap();
    let value = |name: &str| {
        let found: Vec<_> = address.query_pairs().filter(|(n, _)| n == name).collect();
        assert_eq!(found.len(), 1, "{name}: {address}");
        found[0].1.clone().into_owned()
    };
    for (name, expected) in [
        ("realm", "a"),
        ("response_type", "code"),
        ("client_id", "jejak"),
        ("redirect_uri", RETURN),
        ("scope", "openid profile"),
        ("code_challenge_method", "S256"),
        ("state", &pending.state),
        ("nonce", &pending.nonce),
    ] {
        assert_eq!(value(name), expected, "{name}");
    }
    let text = address.as_str();
    assert!(
        !text.contains(&pending.verifier) && !text.contains("s3cret"),
        "{text}"
    );
    assert!(pending.verifier.len() >= 43 && pending.back == "/orang" && pending.until_ms == 7);
    let (_, other) = begin().unwrap();
    assert!(other.state != pending.state && other.nonce != pending.nonce);
    assert!(other.verifier != pending.verifier && pending.state != pending.nonce);
    assert!(
        provider
            .begin(&found.metadata, ("https://", "/"), "id", 7)
            .is_err()
    );
}

#[tokio::test]
async fn the_secret_and_the_proof_go_to_the_provider_alone() {
    let fake = Fake::start().await;
    fake.answer(
        200,
        r#"{"access_token": "a", "token_type": "Bearer", "id_token": "x.y.z"}"#,
    );
    assert_eq!(fake.exchange(Some("s:%")).await, Ok("x.y.z".to_owned()));
    fake.describe(
        "token_endpoint_auth_methods_supported",
        json!(["client_secret_post"]),
    );
    assert_eq!(fake.exchange(Some("s:%")).await, Ok("x.y.z".to_owned()));
    assert_eq!(fake.exchange(None).await, Ok("x.y.z".to_owned()));
    let asked = fake.asked.lock().unwrap().clone();
    let [(basic, body), (None, with_secret), (None, public)] = &asked[..] else {
        panic!("{asked:?}")
    };
    // "jejak" and "s%3A%25" (RFC 6749, 2.3.1).
    assert_eq!(basic.as_deref(), Some("Basic amVqYWs6cyUzQSUyNQ=="));
    for body in [body, with_secret, public] {
        assert!(body.contains("grant_type=authorization_code"), "{body}");
        assert!(body.contains("code=c%26d"), "{body}");
        assert!(
            body.contains(&format!("code_verifier={}", "v".repeat(43))),
            "{body}"
        );
        assert!(
            body.contains("redirect_uri=https%3A%2F%2Fjejak.example.org%2Fmasuk"),
            "{body}"
        );
    }
    assert!(
        with_secret.contains("client_secret=s%3A%25"),
        "{with_secret}"
    );
    assert!(
        !body.contains("secret") && !public.contains("secret"),
        "{body} {public}"
    );
}

#[tokio::test]
async fn each_answer_of_the_provider_has_its_meaning() {
    use ExchangeProblem as P;
    let fake = Fake::start().await;
    for (status, body, meaning) in [
        (400, r#"{"error": "invalid_grant"}"#, P::CodeEnded),
        (401, r#"{"error": "invalid_client"}"#, P::Refused),
        (400, r#"{"error": "unauthorized_client"}"#, P::Refused),
        (
            200,
            r#"{"access_token": "a", "token_type": "Bearer"}"#,
            P::Refused,
        ),
        (200, "<html>", P::Refused),
        (200, "", P::Refused),
        (503, "<html>", P::Away),
        (500, r#"{"error": "invalid_grant"}"#, P::Away),
    ] {
        fake.answer(status, body);
        assert_eq!(
            fake.exchange(Some("s")).await,
            Err(meaning),
            "{status} {body}"
        );
    }
    fake.answer(200, &"x".repeat(300_000));
    assert_eq!(fake.exchange(Some("s")).await, Err(P::Away), "too large");
    // An answer that leads elsewhere is no token, and the secret is not carried there.
    fake.answer(
        200,
        r#"{"access_token": "a", "token_type": "Bearer", "id_token": "x.y.z"}"#,
    );
    fake.describe("token_endpoint", json!(format!("{}/moved", fake.issuer)));
    let asked = fake.asked.lock().unwrap().len();
    assert_eq!(fake.exchange(Some("s")).await, Err(P::Refused));
    assert_eq!(fake.asked.lock().unwrap().len(), asked);
    fake.describe("token_endpoint", json!("http://127.0.0.1:9/token"));
    assert_eq!(fake.exchange(Some("s")).await, Err(P::Away));
}
