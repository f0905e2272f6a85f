//! Bearer tokens (JWT, RFC 7519): signed with the data folder's Ed25519 key,
//! valid for a limited time.

use std::{collections::BTreeSet, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Utc;
use ed25519_dalek::{Signer, SigningKey, pkcs8::DecodePrivateKey};
use jejak_bus::Role;
use serde::Serialize;

/// The claim `iss` of every token of a data folder.
pub const ISSUER: &str = "jejak";

/// The first part of every token.
const HEADER: &str = r#"{"typ":"JWT","alg":"EdDSA"}"#;

/// A token cannot be issued.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The PEM text holds no Ed25519 private key.
    #[error("the token key cannot be used: {0}")]
    Key(#[from] ed25519_dalek::pkcs8::Error),
    /// The claims cannot be written as JSON.
    #[error("the token cannot be written: {0}")]
    Claims(#[from] serde_json::Error),
}

/// Issues tokens with one private key.
pub struct TokenIssuer {
    key: SigningKey,
}

#[derive(Serialize)]
struct IssuedClaims<'a> {
    iss: &'static str,
    sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    roles: BTreeSet<Role>,
    iat: i64,
    exp: i64,
}

impl TokenIssuer {
    /// An issuer with the Ed25519 private key of a PKCS#8 PEM text.
    ///
    /// # Errors
    /// A text without such a key.
    pub fn from_pem(pem: &str) -> Result<Self, TokenError> {
        Ok(Self {
            key: SigningKey::from_pkcs8_pem(pem)?,
        })
    }

    /// A token for a subject (a NIP, an operator id or an account) with some roles. It is
    /// valid for `ttl` from now.
    ///
    /// # Errors
    /// Claims that cannot be written as JSON.
    pub fn issue(
        &self,
        sub: &str,
        roles: &[Role],
        name: Option<&str>,
        ttl: Duration,
    ) -> Result<String, TokenError> {
        let iat = Utc::now().timestamp();
        let ttl = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
        let claims = IssuedClaims {
            iss: ISSUER,
            sub,
            name,
            roles: roles.iter().copied().collect(),
            iat,
            exp: iat.saturating_add(ttl),
        };
        Ok(self.sign(&serde_json::to_vec(&claims)?))
    }

    /// A token of these claims in compact form (RFC 7515).
    fn sign(&self, claims: &[u8]) -> String {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let signed = format!("{}.{}", encode(HEADER.as_bytes()), encode(claims));
        let signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", encode(&signature.to_bytes()))
    }
}
