//! Bearer tokens (JWT, RFC 7519): signed with the data folder's Ed25519 key,
//! valid for a limited time. `data/tokens.rs` keeps the keys and the revocations.

use std::{collections::BTreeSet, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Utc;
use ed25519_dalek::{Signer, SigningKey, pkcs8::DecodePrivateKey};
use jejak_bus::{Role, SubjectFault, check_subject};
use jejak_gateway::LOCAL_ISSUER;
use serde::Serialize;

use crate::data::token_key_id;

/// The longest validity of a token, unless a longer one is forced.
pub const LONGEST_TTL: Duration = Duration::from_secs(24 * 3_600);

/// A token cannot be issued.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The PEM text holds no Ed25519 private key.
    #[error("the token key cannot be used: {0}")]
    Key(#[from] ed25519_dalek::pkcs8::Error),
    /// The claims cannot be written as JSON.
    #[error("the token cannot be written: {0}")]
    Claims(#[from] serde_json::Error),
    /// No rule or query would know the subject, or it is a NIK.
    #[error("{0}; give another --subject, or another --role")]
    Subject(#[from] SubjectFault),
    /// The token would be valid for too long.
    #[error("a token is valid for 24h at most; give a shorter --ttl, or --force")]
    TooLong,
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

    /// Refuses a subject that does not fit the roles, and a token that is valid for more than
    /// [`LONGEST_TTL`] without `force`.
    ///
    /// # Errors
    /// [`TokenError::Subject`], [`TokenError::TooLong`].
    pub fn check(sub: &str, roles: &[Role], ttl: Duration, force: bool) -> Result<(), TokenError> {
        check_subject(sub, roles)?;
        if ttl > LONGEST_TTL && !force {
            return Err(TokenError::TooLong);
        }
        Ok(())
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
            iss: LOCAL_ISSUER,
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
        let id = token_key_id(&self.key.verifying_key());
        let header = format!(r#"{{"typ":"JWT","alg":"EdDSA","kid":"{id}"}}"#);
        let signed = format!("{}.{}", encode(header.as_bytes()), encode(claims));
        let signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", encode(&signature.to_bytes()))
    }
}

/// The names of roles, as tokens and accounts have them.
pub(crate) fn role_names(roles: &[Role]) -> Vec<String> {
    let names = roles.iter().map(|role| serde_json::to_value(role).ok());
    let names = names.filter_map(|name| Some(name?.as_str()?.to_owned()));
    names.collect()
}

/// Waits until the present second is over, if it is this one. Counts in seconds since 1970.
pub(crate) async fn wait_until_after(second: u64) {
    while u64::try_from(Utc::now().timestamp()) == Ok(second) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_officer_has_a_nip_and_a_token_ends_within_a_day() {
        let day = LONGEST_TTL;
        let check = |sub, roles: &[Role], ttl, force| {
            TokenIssuer::check(sub, roles, ttl, force).map_err(|error| error.to_string())
        };
        let (nip, officer) = ("197701161997031006", &[Role::Officer][..]);
        assert_eq!(check(nip, officer, day, false), Ok(()));
        for wrong in [
            "admin-bkpsdm",
            "19770116199703100",
            "1977011619970310061",
            "19770116199703100x",
        ] {
            let refused = check(wrong, officer, day, false).unwrap_err();
            assert!(refused.contains("a NIP of 18 digits"), "{refused}");
            let both = [Role::Admin, Role::Officer];
            assert!(check(wrong, &both, day, true).is_err(), "{wrong}");
        }
        assert_eq!(check("admin-bkpsdm", &[Role::Admin], day, false), Ok(()));
        let longer = day + Duration::from_secs(1);
        let refused = check(nip, officer, longer, false).unwrap_err();
        assert!(refused.contains("24h"), "{refused}");
        assert_eq!(check(nip, officer, longer, true), Ok(()));
    }
}
