//! The key set of an issuer elsewhere (RFC 7517). It is fetched when first needed, and again when a
//! token names an unknown key or the set is old, but at most every half minute.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use jejak_bus::RequestProblem;
use jsonwebtoken::{
    Algorithm, DecodingKey, decode_header,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet},
};

use crate::{config::GatewayError, problem::token_invalid};

/// The least time between two fetches.
const PAUSE: Duration = Duration::from_secs(30);
/// The same while no keys are there: nobody can be let in before.
const PAUSE_WITHOUT_KEYS: Duration = Duration::from_secs(5);
/// Older keys are fetched again.
const FRESH: Duration = Duration::from_secs(600);
/// The deadline of a fetch.
const DEADLINE: Duration = Duration::from_secs(3);
/// The largest key set, in bytes.
const LARGEST: usize = 256 * 1024;

/// The address of an issuer's key set, and the keys of the last fetch.
pub(crate) struct KeySet {
    client: reqwest::Client,
    url: reqwest::Url,
    keys: RwLock<Arc<Vec<PublicKey>>>,
    /// The start of the last fetch. Held during a fetch, so that only one runs at a time.
    fetched: tokio::sync::Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct PublicKey {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

impl KeySet {
    /// The key set at an address. Nothing is fetched yet.
    ///
    /// # Errors
    /// An address that is not http or https.
    pub(crate) fn new(url: &str) -> Result<Self, GatewayError> {
        let parsed = reqwest::Url::parse(url).map_err(|_| GatewayError::JwksUrl(url.to_owned()))?;
        if !["http", "https"].contains(&parsed.scheme()) {
            return Err(GatewayError::JwksUrl(url.to_owned()));
        }
        // Fails when another part of the process installed a provider before; that one serves as
        // well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(DEADLINE)
            .build()
            .map_err(GatewayError::Jwks)?;
        Ok(Self {
            client,
            url: parsed,
            keys: RwLock::default(),
            fetched: tokio::sync::Mutex::default(),
        })
    }

    /// The key that a token names, and the token's algorithm.
    ///
    /// # Errors
    /// `token.invalid` for an unknown key; `service.unavailable` if the issuer never answered.
    pub(crate) async fn key_for(
        &self,
        token: &str,
    ) -> Result<(DecodingKey, Algorithm), RequestProblem> {
        let header = decode_header(token).map_err(|_| token_invalid("malformed"))?;
        if ![Algorithm::EdDSA, Algorithm::RS256, Algorithm::ES256].contains(&header.alg) {
            return Err(token_invalid("algorithm"));
        }
        let find = |keys: &[PublicKey]| find(keys, header.kid.as_deref(), header.alg);
        let found = find(&self.keys());
        if let (Some(key), true) = (&found, self.is_fresh()) {
            return Ok((key.clone(), header.alg));
        }
        let fetched = self.fetch().await;
        match (find(&self.keys()).or(found), fetched) {
            (Some(key), _) => Ok((key, header.alg)),
            (None, Err(error)) if self.keys().is_empty() => {
                tracing::warn!(error, "the issuer's keys cannot be fetched");
                Err(RequestProblem::ServiceUnavailable {
                    service: "jwks".to_owned(),
                    retry_after_s: PAUSE_WITHOUT_KEYS.as_secs(),
                })
            }
            (None, _) => Err(token_invalid("signature")),
        }
    }

    fn keys(&self) -> Arc<Vec<PublicKey>> {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether the last fetch is recent. During a fetch the present keys count as fresh.
    fn is_fresh(&self) -> bool {
        match self.fetched.try_lock() {
            Ok(fetched) => fetched.is_some_and(|at| at.elapsed() < FRESH),
            Err(_) => true,
        }
    }

    async fn fetch(&self) -> Result<(), String> {
        let mut fetched = self.fetched.lock().await;
        let pause = if self.keys().is_empty() {
            PAUSE_WITHOUT_KEYS
        } else {
            PAUSE
        };
        if fetched.is_some_and(|at| at.elapsed() < pause) {
            return Err("asked a moment ago".to_owned());
        }
        *fetched = Some(Instant::now());
        let keys = self.download().await?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        Ok(())
    }

    async fn download(&self) -> Result<Vec<PublicKey>, String> {
        // An error of reqwest names the address, and an address may hold a secret.
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
        usable_keys(&body)
    }
}

/// The keys of a key set that tokens here may be signed with. Other keys are left out.
fn usable_keys(body: &[u8]) -> Result<Vec<PublicKey>, String> {
    let set: JwkSet =
        serde_json::from_slice(body).map_err(|error| format!("not a key set: {error}"))?;
    let usable = set.keys.iter().filter_map(|jwk| {
        let algorithm = algorithm(jwk)?;
        let key = DecodingKey::from_jwk(jwk).ok()?;
        Some(PublicKey {
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
    let stated = jwk.common.key_algorithm;
    let stated = stated.map(|algorithm| algorithm.to_string());
    stated
        .is_none_or(|stated| stated == format!("{natural:?}"))
        .then_some(natural)
}

/// The key with an id; without an id, the only key of the algorithm.
fn find(keys: &[PublicKey], id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
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
    use crate::testing::{Issuer, in_an_hour, publish_and_count};
    use serde_json::json;
    use std::sync::atomic::Ordering;

    #[test]
    fn keys_of_other_kinds_are_left_out() {
        let set = json!({"keys": [
            {"kty": "oct", "k": "c2VjcmV0", "kid": "a", "alg": "HS256"},
            {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "kid": "b"},
            Issuer::new(1).jwk("c"),
        ]});
        let keys = usable_keys(set.to_string().as_bytes()).unwrap();
        assert_eq!(
            keys.iter().map(|key| key.id.as_deref()).collect::<Vec<_>>(),
            [Some("c")]
        );
        assert!(find(&keys, Some("c"), Algorithm::EdDSA).is_some());
        assert!(find(&keys, None, Algorithm::EdDSA).is_some());
        assert!(find(&keys, Some("c"), Algorithm::RS256).is_none());
        assert!(usable_keys(b"<html>").is_err());
    }

    /// Goal: unknown keys cause one fetch, not one for each token. Method: an issuer that counts.
    #[tokio::test]
    async fn unknown_keys_cause_one_fetch() {
        let issuer = Issuer::new(1);
        let (url, fetches, server) = publish_and_count(&[issuer.jwk("k1")]).await;
        let keys = KeySet::new(&url).unwrap();
        let claims = json!({"sub": "x", "aud": "jejak", "exp": in_an_hour()});
        let token = issuer.sign_as(&claims, Some("k1"));
        assert!(keys.key_for(&token).await.is_ok());
        for _ in 0..20 {
            let refused = keys.key_for(&issuer.sign_as(&claims, Some("k2"))).await;
            assert_eq!(refused.err(), Some(token_invalid("signature")));
        }
        assert_eq!(fetches.load(Ordering::SeqCst), 1);
        server.abort();
    }

    #[tokio::test]
    async fn a_silent_issuer_is_no_fault_of_the_token() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        drop(listener);
        let token = Issuer::new(1).sign(&json!({"sub": "x", "exp": in_an_hour()}));
        let refused = KeySet::new(&url).unwrap().key_for(&token).await;
        let refused = refused.err().unwrap();
        assert!(
            matches!(refused, RequestProblem::ServiceUnavailable { .. }),
            "{refused:?}"
        );
        assert!(KeySet::new("ftp://x/y").is_err());
    }
}
