//! The keys of an issuer elsewhere (RFC 7517): fetched when first needed, kept, fetched again when a
//! token names a key that is not among them, but never more often than every half minute.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use jejak_bus::RequestProblem;
use jsonwebtoken::{
    Algorithm, DecodingKey, decode_header,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet},
};

use super::invalid;
use crate::GatewayError;

/// Between two fetches, whatever tokens say.
const PAUSE: Duration = Duration::from_secs(30);
/// The same while there are no keys at all: nobody can be let in before there are.
const PAUSE_WITHOUT_KEYS: Duration = Duration::from_secs(5);
/// How old keys may be before they are looked for again.
const FRESH: Duration = Duration::from_secs(600);
/// How long a fetch may take.
const DEADLINE: Duration = Duration::from_secs(3);
/// The largest key set that is read.
const LARGEST: usize = 256 * 1024;

/// An issuer and what is known of its keys.
pub(crate) struct Issuer {
    client: reqwest::Client,
    url: reqwest::Url,
    known: RwLock<Arc<Vec<Key>>>,
    /// When the last fetch began. Held while fetching, so that there is only one at a time.
    fetched: tokio::sync::Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

impl Issuer {
    pub(crate) fn new(url: &str) -> Result<Self, GatewayError> {
        let parsed = reqwest::Url::parse(url).map_err(|_| GatewayError::JwksUrl(url.to_owned()))?;
        if !["http", "https"].contains(&parsed.scheme()) {
            return Err(GatewayError::JwksUrl(url.to_owned()));
        }
        // Fails when another part of the process chose a provider first, which is just as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(DEADLINE)
            .build()
            .map_err(GatewayError::Jwks)?;
        Ok(Self {
            client,
            url: parsed,
            known: RwLock::default(),
            fetched: tokio::sync::Mutex::default(),
        })
    }

    /// The key that should have signed a token, and with which algorithm.
    ///
    /// # Errors
    /// `token.invalid` if there is none; `service.unavailable` if the issuer never answered.
    pub(crate) async fn key_for(
        &self,
        token: &str,
    ) -> Result<(DecodingKey, Algorithm), RequestProblem> {
        let header = decode_header(token).map_err(|_| invalid("malformed"))?;
        if ![Algorithm::EdDSA, Algorithm::RS256, Algorithm::ES256].contains(&header.alg) {
            return Err(invalid("algorithm"));
        }
        let find = |keys: &[Key]| find(keys, header.kid.as_deref(), header.alg);
        let known = self.known();
        let found = find(&known);
        if let (Some(key), true) = (&found, self.is_fresh()) {
            return Ok((key.clone(), header.alg));
        }
        let fetched = self.fetch().await;
        match (find(&self.known()).or(found), fetched) {
            (Some(key), _) => Ok((key, header.alg)),
            (None, Err(error)) if self.known().is_empty() => {
                tracing::warn!(error, "the issuer's keys cannot be fetched");
                Err(RequestProblem::ServiceUnavailable {
                    service: "jwks".to_owned(),
                    retry_after_s: PAUSE_WITHOUT_KEYS.as_secs(),
                })
            }
            (None, _) => Err(invalid("signature")),
        }
    }

    fn known(&self) -> Arc<Vec<Key>> {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether the keys were looked for lately; while someone does, those at hand will do.
    fn is_fresh(&self) -> bool {
        match self.fetched.try_lock() {
            Ok(fetched) => fetched.is_some_and(|at| at.elapsed() < FRESH),
            Err(_) => true,
        }
    }

    async fn fetch(&self) -> Result<(), String> {
        let mut fetched = self.fetched.lock().await;
        let pause = if self.known().is_empty() {
            PAUSE_WITHOUT_KEYS
        } else {
            PAUSE
        };
        if fetched.is_some_and(|at| at.elapsed() < pause) {
            return Err("asked a moment ago".to_owned());
        }
        *fetched = Some(Instant::now());
        let keys = self.download().await?;
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        Ok(())
    }

    async fn download(&self) -> Result<Vec<Key>, String> {
        // An error of reqwest names the address, which may hold a secret.
        let plain = |error: reqwest::Error| error.without_url().to_string();
        let request = self.client.get(self.url.clone()).send().await;
        let mut response = request
            .and_then(reqwest::Response::error_for_status)
            .map_err(plain)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(plain)? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                return Err(format!("the key set is larger than {LARGEST} bytes"));
            }
        }
        read(&body)
    }
}

/// The usable keys of a key set; what else stands in it is for others.
fn read(body: &[u8]) -> Result<Vec<Key>, String> {
    let set: JwkSet =
        serde_json::from_slice(body).map_err(|error| format!("not a key set: {error}"))?;
    let usable = set.keys.iter().filter_map(|jwk| {
        let algorithm = algorithm(jwk)?;
        let key = DecodingKey::from_jwk(jwk).ok()?;
        Some(Key {
            id: jwk.common.key_id.clone(),
            algorithm,
            key,
        })
    });
    Ok(usable.collect())
}

fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    let natural = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            Algorithm::EdDSA
        }
        _ => return None,
    };
    let stated = jwk
        .common
        .key_algorithm
        .map(|algorithm| algorithm.to_string());
    stated
        .is_none_or(|stated| stated == format!("{natural:?}"))
        .then_some(natural)
}

/// The key of an id; without one, the only key of the algorithm.
fn find(keys: &[Key], id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
    let mut fitting = keys.iter().filter(|key| key.algorithm == algorithm);
    match id {
        Some(id) => fitting
            .find(|key| key.id.as_deref() == Some(id))
            .map(|key| key.key.clone()),
        None => fitting
            .next()
            .filter(|_| fitting.next().is_none())
            .map(|key| key.key.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Tokens,
        auth::Verifier,
        testing::{Issuer as Signer, in_an_hour},
    };
    use axum::{
        Json, Router,
        http::{HeaderMap, header::AUTHORIZATION},
        routing::get,
    };
    use jejak_bus::Role;
    use serde_json::{Value, json};
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn keys_of_other_kinds_are_left_out() {
        let set = json!({"keys": [
            {"kty": "oct", "k": "c2VjcmV0", "kid": "a", "alg": "HS256"},
            {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "kid": "b"},
            Signer::new(1).jwk("c"),
        ]});
        let keys = read(set.to_string().as_bytes()).unwrap();
        assert_eq!(
            keys.iter().map(|key| key.id.as_deref()).collect::<Vec<_>>(),
            [Some("c")]
        );
        assert!(find(&keys, Some("c"), Algorithm::EdDSA).is_some());
        assert!(find(&keys, None, Algorithm::EdDSA).is_some());
        assert!(find(&keys, Some("c"), Algorithm::RS256).is_none());
        assert!(read(b"<html>").is_err());
    }

    /// Publishes a signer's key as `k1` on loopback, and counts who asks.
    async fn publish(signer: &Signer) -> (String, Arc<AtomicUsize>, tokio::task::JoinHandle<()>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let (count, set) = (asked.clone(), json!({"keys": [signer.jwk("k1")]}));
        let serve = get(move || async move {
            count.fetch_add(1, Ordering::SeqCst);
            Json(set)
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let router = Router::new().route("/keys", serve);
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (url, asked, server)
    }

    /// Goal: unknown keys cause one fetch, not one for each token. Method: an issuer that counts.
    #[tokio::test]
    async fn unknown_keys_do_not_make_us_hammer_the_issuer() {
        let signer = Signer::new(1);
        let (url, asked, server) = publish(&signer).await;
        let issuer = Issuer::new(&url).unwrap();
        let claims = json!({"sub": "x", "aud": "jejak", "exp": in_an_hour()});
        assert!(
            issuer
                .key_for(&signer.sign_as(&claims, Some("k1")))
                .await
                .is_ok()
        );
        for _ in 0..20 {
            let refused = issuer.key_for(&signer.sign_as(&claims, Some("k2"))).await;
            assert_eq!(refused.err(), Some(invalid("signature")));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        server.abort();
    }

    /// Goal: a token its issuer made for another service opens nothing here, nor does one for nobody.
    #[tokio::test]
    async fn a_token_of_an_issuer_must_be_for_us() {
        let signer = Signer::new(1);
        let (url, _, server) = publish(&signer).await;
        let verifier = Verifier::new(&Tokens::Jwks {
            url,
            audience: "jejak".to_owned(),
        })
        .unwrap();
        let check = async |signer: &Signer, audience: Value| {
            let mut claims = json!({"sub": "x", "roles": ["auditor"], "exp": in_an_hour()});
            if !audience.is_null() {
                claims["aud"] = audience;
            }
            let mut headers = HeaderMap::new();
            let bearer = format!("Bearer {}", signer.sign_as(&claims, Some("k1")));
            headers.insert(AUTHORIZATION, bearer.parse().unwrap());
            verifier
                .caller(&headers)
                .await
                .map(|caller| caller.roles.clone())
        };
        assert_eq!(
            check(&signer, json!("jejak")).await,
            Ok(vec![Role::Auditor])
        );
        assert_eq!(
            check(&signer, json!(["other", "jejak"])).await,
            Ok(vec![Role::Auditor])
        );
        assert_eq!(
            check(&signer, json!("other")).await,
            Err(invalid("audience"))
        );
        assert_eq!(check(&signer, Value::Null).await, Err(invalid("claims")));
        assert_eq!(
            check(&Signer::new(2), json!("jejak")).await,
            Err(invalid("signature"))
        );
        server.abort();
    }

    #[tokio::test]
    async fn an_issuer_that_does_not_answer_is_no_fault_of_the_token() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        drop(listener);
        let token = Signer::new(1).sign(&json!({"sub": "x", "exp": in_an_hour()}));
        let refused = Issuer::new(&url)
            .unwrap()
            .key_for(&token)
            .await
            .err()
            .unwrap();
        assert!(
            matches!(refused, RequestProblem::ServiceUnavailable { .. }),
            "{refused:?}"
        );
        assert!(Issuer::new("ftp://x/y").is_err());
    }
}
