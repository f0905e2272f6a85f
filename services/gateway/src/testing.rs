//! Issuers of tokens for tests, with keys of all three kinds. Never part of a build.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Json, Router, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ed25519_dalek::{
    Signer, SigningKey,
    pkcs8::{EncodePublicKey, spki::der::pem::LineEnding},
};
use jsonwebtoken::get_current_timestamp;
use ring::{
    hmac,
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{ExternalIssuer, RolesClaim, TokenKey, TokenRegister, Tokens};

/// Signs tokens with Ed25519.
pub(crate) struct Issuer(SigningKey);

impl Issuer {
    pub(crate) fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    pub(crate) fn public_key(&self) -> Vec<u8> {
        self.0.verifying_key().as_bytes().to_vec()
    }

    pub(crate) fn public_key_pem(&self) -> String {
        let key = self.0.verifying_key();
        key.to_public_key_pem(LineEnding::LF).unwrap()
    }

    pub(crate) fn token_key(&self, id: &str) -> TokenKey {
        TokenKey {
            id: id.to_owned(),
            pem: self.public_key_pem(),
            until: None,
        }
    }

    /// A register in a temporary file with this key alone.
    pub(crate) fn register(&self) -> RegisterFile {
        let register = TokenRegister {
            keys: vec![self.token_key("local")],
            revoked: BTreeMap::new(),
        };
        RegisterFile::new(&register)
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_as(claims, None)
    }

    pub(crate) fn sign_as(&self, claims: &Value, key_id: Option<&str>) -> String {
        self.sign_header(&header("EdDSA", key_id), claims)
    }

    pub(crate) fn sign_header(&self, header: &Value, claims: &Value) -> String {
        compact(header, claims, |signed| {
            self.0.sign(signed).to_bytes().to_vec()
        })
    }

    pub(crate) fn jwk(&self, key_id: &str) -> Value {
        let x = BASE64URL.encode(self.public_key());
        json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key_id, "x": x})
    }

    /// An `Authorization` header for a subject with these roles.
    pub(crate) fn bearer(&self, sub: &str, roles: &[&str]) -> String {
        let claims = json!({"sub": sub, "roles": roles, "exp": in_an_hour()});
        format!("Bearer {}", self.sign(&claims))
    }
}

/// A token register in a temporary file.
pub(crate) struct RegisterFile(pub(crate) tempfile::NamedTempFile);

impl RegisterFile {
    pub(crate) fn new(register: &TokenRegister) -> Self {
        let file = Self(tempfile::NamedTempFile::new().unwrap());
        file.write(register);
        file
    }

    pub(crate) fn write(&self, register: &TokenRegister) {
        std::fs::write(self.0.path(), serde_json::to_vec(register).unwrap()).unwrap();
    }

    pub(crate) fn tokens(&self) -> Tokens {
        Tokens::Local {
            register: self.0.path().to_owned(),
        }
    }
}

/// The issuer of a key set at an address.
pub(crate) fn external(url: String) -> ExternalIssuer {
    ExternalIssuer {
        jwks_url: url,
        issuer: ISSUER.to_owned(),
        audience: "jejak".to_owned(),
        roles_claim: RolesClaim::default(),
    }
}

/// The `iss` of external tokens.
pub(crate) const ISSUER: &str = "https://login.example.org";

/// Signs tokens with RSA. The key is for tests only; ring makes no RSA keys.
pub(crate) struct RsaIssuer(RsaKeyPair);

impl RsaIssuer {
    pub(crate) fn new() -> Self {
        let pem = include_bytes!("auth/test_rsa_key.pem");
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem).unwrap();
        Self(RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap())
    }

    pub(crate) fn modulus(&self) -> Vec<u8> {
        PublicKeyComponents::<Vec<u8>>::from(self.0.public()).n
    }

    pub(crate) fn sign(&self, claims: &Value, key_id: &str) -> String {
        compact(&header("RS256", Some(key_id)), claims, |signed| {
            let mut signature = vec![0; self.0.public().modulus_len()];
            let random = SystemRandom::new();
            let signing = self
                .0
                .sign(&RSA_PKCS1_SHA256, &random, signed, &mut signature);
            signing.unwrap();
            signature
        })
    }

    pub(crate) fn jwk(&self, key_id: &str) -> Value {
        let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(self.0.public());
        let (n, e) = (BASE64URL.encode(n), BASE64URL.encode(e));
        json!({"kty": "RSA", "alg": "RS256", "use": "sig", "kid": key_id, "n": n, "e": e})
    }
}

/// Signs tokens with ECDSA on P-256.
pub(crate) struct EcIssuer(EcdsaKeyPair);

impl EcIssuer {
    pub(crate) fn new() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap())
    }

    pub(crate) fn sign(&self, claims: &Value, key_id: &str) -> String {
        compact(&header("ES256", Some(key_id)), claims, |signed| {
            let signature = self.0.sign(&SystemRandom::new(), signed).unwrap();
            signature.as_ref().to_vec()
        })
    }

    pub(crate) fn jwk(&self, key_id: &str) -> Value {
        // The public key is an uncompressed point: 4, then x, then y.
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (BASE64URL.encode(x), BASE64URL.encode(y));
        json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": key_id, "x": x, "y": y})
    }
}

/// A token with an HMAC, as no issuer here makes one.
pub(crate) fn hs256(claims: &Value, key_id: Option<&str>, secret: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    compact(&header("HS256", key_id), claims, |signed| {
        hmac::sign(&key, signed).as_ref().to_vec()
    })
}

/// A token in compact form (RFC 7515).
pub(crate) fn compact(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| BASE64URL.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = BASE64URL.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn header(algorithm: &str, key_id: Option<&str>) -> Value {
    let mut header = json!({"alg": algorithm, "typ": "JWT"});
    if let Some(key_id) = key_id {
        header["kid"] = json!(key_id);
    }
    header
}

/// Publishes a key set on loopback; returns its address.
pub(crate) async fn publish(keys: &[Value]) -> (String, JoinHandle<()>) {
    let (url, _, server) = publish_and_count(keys).await;
    (url, server)
}

/// Publishes a key set on loopback, and counts its fetches.
pub(crate) async fn publish_and_count(
    keys: &[Value],
) -> (String, Arc<AtomicUsize>, JoinHandle<()>) {
    let fetches = Arc::new(AtomicUsize::new(0));
    let (count, set) = (fetches.clone(), json!({ "keys": keys }));
    let serve = get(move || async move {
        count.fetch_add(1, Ordering::SeqCst);
        Json(set)
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let router = Router::new().route("/keys", serve);
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, fetches, server)
}

pub(crate) fn in_an_hour() -> u64 {
    get_current_timestamp() + 3_600
}
