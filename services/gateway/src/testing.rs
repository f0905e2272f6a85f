//! For tests: an issuer of tokens with a key of its own. Never part of a build.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ed25519_dalek::{
    SigningKey,
    pkcs8::{EncodePrivateKey, EncodePublicKey, spki::der::pem::LineEnding},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Value, json};

use crate::Tokens;

/// Signs tokens.
pub(crate) struct Issuer(SigningKey);

impl Issuer {
    pub(crate) fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    pub(crate) fn tokens(&self) -> Tokens {
        let public_key_pem = self
            .0
            .verifying_key()
            .to_public_key_pem(LineEnding::LF)
            .unwrap();
        Tokens::Local { public_key_pem }
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_as(claims, None)
    }

    pub(crate) fn sign_as(&self, claims: &Value, key_id: Option<&str>) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = key_id.map(str::to_owned);
        let key = EncodingKey::from_ed_der(self.0.to_pkcs8_der().unwrap().as_bytes());
        encode(&header, claims, &key).unwrap()
    }

    pub(crate) fn unsigned(&self, claims: &Value) -> String {
        let part = |value: &Value| BASE64URL.encode(value.to_string());
        format!(
            "{}.{}.",
            part(&json!({"alg": "none", "typ": "JWT"})),
            part(claims)
        )
    }

    pub(crate) fn jwk(&self, key_id: &str) -> Value {
        let x = BASE64URL.encode(self.0.verifying_key().as_bytes());
        json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key_id, "x": x})
    }

    /// An `Authorization` header for someone with these roles.
    pub(crate) fn bearer(&self, sub: &str, roles: &[&str]) -> String {
        format!(
            "Bearer {}",
            self.sign(&json!({"sub": sub, "roles": roles, "exp": in_an_hour()}))
        )
    }
}

pub(crate) fn in_an_hour() -> u64 {
    get_current_timestamp() + 3_600
}
