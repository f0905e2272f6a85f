//! Bearer tokens: signed with the data folder's Ed25519 key, good for a bounded time.

use std::{collections::BTreeSet, time::Duration};

use chrono::Utc;
use jejak_bus::Role;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

/// The issuer's name in the tokens of a data folder.
pub const ISSUER: &str = "jejak";

/// The signing key is not one, or a token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the token key cannot be used: {0}")]
pub struct TokenError(#[from] jsonwebtoken::errors::Error);

/// Issues tokens.
pub struct Issuer {
    key: EncodingKey,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'static str,
    sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    roles: BTreeSet<Role>,
    iat: i64,
    exp: i64,
}

impl Issuer {
    /// An issuer with the private key of a PKCS#8 PEM text.
    ///
    /// # Errors
    /// When it is no Ed25519 key.
    pub fn from_pem(pem: &str) -> Result<Self, TokenError> {
        Ok(Self {
            key: EncodingKey::from_ed_pem(pem.as_bytes())?,
        })
    }

    /// A token for a subject (a NIP, an operator id or an account) with some roles.
    ///
    /// # Errors
    /// When signing fails.
    pub fn issue(
        &self,
        sub: &str,
        roles: &[Role],
        name: Option<&str>,
        ttl: Duration,
    ) -> Result<String, TokenError> {
        let iat = Utc::now().timestamp();
        let ttl = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
        let roles = roles.iter().copied().collect();
        let claims = Claims {
            iss: ISSUER,
            sub,
            name,
            roles,
            iat,
            exp: iat.saturating_add(ttl),
        };
        Ok(jsonwebtoken::encode(
            &Header::new(Algorithm::EdDSA),
            &claims,
            &self.key,
        )?)
    }
}
