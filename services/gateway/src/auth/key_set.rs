//! The key set of an issuer elsewhere (RFC 7517). It is fetched when first needed, and again when a
//! token names an unknown key or the set is old, but at most every half minute. A set that could not
//! be fetched for an hour counts no longer: the issuer may have withdrawn a key of it.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jejak_bus::RequestProblem;
use jsonwebtoken::{
    Algorithm, DecodingKey, Header,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyOperations, PublicKeyUse},
};

use crate::{
    config::GatewayError,
    issuer_http::{IssuerClient, is_protected},
    problem::token_invalid,
};

/// The least time between two fetches.
const PAUSE: Duration = Duration::from_secs(30);
/// The same while no keys are there: nobody can be let in before.
const PAUSE_WITHOUT_KEYS: Duration = Duration::from_secs(5);
/// Older keys are fetched again.
const FRESH: Duration = Duration::from_secs(600);
/// Still older keys admit nobody.
const OLDEST: Duration = Duration::from_secs(3_600);
/// The least length of an RSA modulus (RFC 7518, 3.3).
const LEAST_MODULUS_BITS: usize = 2_048;

/// The address of an issuer's key set, and the keys of the last fetch.
pub(crate) struct KeySet {
    client: IssuerClient,
    url: reqwest::Url,
    /// The age at which keys count no longer.
    oldest: Duration,
    keys: RwLock<Arc<FetchedKeys>>,
    /// The start of the last fetch. Held during a fetch, so that only one runs at a time.
    fetched: tokio::sync::Mutex<Option<Instant>>,
}

/// The keys of the last fetch that succeeded.
#[derive(Default)]
struct FetchedKeys {
    keys: Vec<PublicKey>,
    at: Option<Instant>,
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
    /// An address that is not https, nor http on loopback.
    pub(crate) fn new(url: &str) -> Result<Self, GatewayError> {
        let parsed = reqwest::Url::parse(url).map_err(|_| GatewayError::JwksUrl(url.to_owned()))?;
        if !is_protected(&parsed) {
            return Err(GatewayError::JwksUrl(url.to_owned()));
        }
        Ok(Self::at(IssuerClient::new()?, parsed))
    }

    /// The key set at a protected address. Nothing is fetched yet.
    pub(crate) fn at(client: IssuerClient, url: reqwest::Url) -> Self {
        Self {
            client,
            url,
            oldest: OLDEST,
            keys: RwLock::default(),
            fetched: tokio::sync::Mutex::default(),
        }
    }

    /// The key that a token names in its header.
    ///
    /// # Errors
    /// `token.invalid` for an unknown key; `service.unavailable` if the issuer did not give its keys
    /// within an hour.
    pub(crate) async fn key_for(&self, header: &Header) -> Result<DecodingKey, RequestProblem> {
        if ![Algorithm::EdDSA, Algorithm::RS256, Algorithm::ES256].contains(&header.alg) {
            return Err(token_invalid("algorithm"));
        }
        let find = |keys: &[PublicKey]| find(keys, header.kid.as_deref(), header.alg);
        let found = find(&self.keys().keys);
        if let (Some(key), true) = (&found, self.is_fresh() && self.is_young()) {
            return Ok(key.clone());
        }
        let fetched = self.fetch().await;
        if !self.is_young() {
            let error = fetched.err().unwrap_or_default();
            tracing::warn!(error, "the issuer's keys cannot be fetched");
            return Err(RequestProblem::ServiceUnavailable {
                service: "jwks".to_owned(),
                retry_after_s: PAUSE_WITHOUT_KEYS.as_secs(),
            });
        }
        find(&self.keys().keys).ok_or_else(|| token_invalid("signature"))
    }

    fn keys(&self) -> Arc<FetchedKeys> {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether the last fetch that succeeded is recent enough to admit anybody.
    fn is_young(&self) -> bool {
        let at = self.keys().at;
        at.is_some_and(|at| at.elapsed() < self.oldest)
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
        let pause = if self.is_young() {
            PAUSE
        } else {
            PAUSE_WITHOUT_KEYS
        };
        if fetched.is_some_and(|at| at.elapsed() < pause) {
            return Err("asked a moment ago".to_owned());
        }
        *fetched = Some(Instant::now());
        let fetched = FetchedKeys {
            keys: usable_keys(&self.client.get(&self.url).await?)?,
            at: *fetched,
        };
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fetched);
        Ok(())
    }
}

/// The keys of a key set that tokens here may be signed with. Other keys are left out.
fn usable_keys(body: &[u8]) -> Result<Vec<PublicKey>, String> {
    let set: JwkSet =
        serde_json::from_slice(body).map_err(|error| format!("not a key set: {error}"))?;
    let usable = set.keys.iter().filter_map(|jwk| {
        let algorithm = algorithm(jwk).filter(|_| is_for_signatures(jwk) && is_strong(jwk))?;
        let key = DecodingKey::from_jwk(jwk).ok()?;
        Some(PublicKey {
            id: jwk.common.key_id.clone(),
            algorithm,
            key,
        })
    });
    Ok(usable.collect())
}

/// Whether the issuer means the key for signatures (RFC 7517, 4.2 and 4.3).
fn is_for_signatures(jwk: &Jwk) -> bool {
    let usage = jwk.common.public_key_use.as_ref();
    let operations = jwk.common.key_operations.as_ref();
    usage.is_none_or(|usage| *usage == PublicKeyUse::Signature)
        && operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify))
}

/// Whether an RSA key has a modulus of 2,048 bits or more. Other keys have one length.
fn is_strong(jwk: &Jwk) -> bool {
    let AlgorithmParameters::RSA(key) = &jwk.algorithm else {
        return true;
    };
    let Ok(modulus) = URL_SAFE_NO_PAD.decode(&key.n) else {
        return false;
    };
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let first = modulus.get(zeros).map_or(0, |byte| byte.leading_zeros());
    (modulus.len() - zeros) * 8 >= LEAST_MODULUS_BITS + first as usize
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
mod tests;
