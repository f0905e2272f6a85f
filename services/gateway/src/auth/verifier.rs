//! Checks bearer tokens: the signature, the end, the start, the audience, the subject.

use axum::http::{HeaderMap, header::AUTHORIZATION};
use jejak_bus::RequestProblem;
use jsonwebtoken::{
    Algorithm, DecodingKey, TokenData, Validation, decode, errors::ErrorKind, get_current_timestamp,
};
use quick_cache::sync::Cache;
use ring::digest::{SHA256, digest};
use rustls::pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};
use serde::Deserialize;

use super::{caller::Caller, key_set::KeySet, roles, signatures};
use crate::{
    config::{GatewayError, Tokens},
    problem::token_invalid,
};

/// The longest `sub` that is accepted, in bytes.
const LONGEST_SUB: usize = 256;

/// The DER of an Ed25519 public key starts with these bytes (RFC 8410); the 32 bytes of the key
/// follow.
const ED25519_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// Checks tokens of one issuer.
pub(crate) enum Verifier {
    /// The issuer is the data folder's key.
    Local {
        key: Box<DecodingKey>,
        validation: Box<Validation>,
        checked: CheckedTokens,
    },
    /// The issuer publishes a key set.
    Jwks { keys: KeySet, audience: String },
}

/// Callers by the SHA-256 of their checked tokens. A signature stays valid while the gateway runs,
/// because the key never changes; only the token's end is looked at again. A signature check costs
/// more than the rest of a query here.
type CheckedTokens = Cache<[u8; 32], Caller>;

/// The capacity of [`CheckedTokens`].
const CHECKED_TOKENS: usize = 4_096;

#[derive(Deserialize)]
struct TokenClaims {
    sub: String,
    exp: serde_json::Number,
    #[serde(default)]
    roles: Vec<String>,
}

impl Verifier {
    /// A verifier for the tokens of the configuration.
    ///
    /// # Errors
    /// A PEM text without an Ed25519 key, or an address that is not http.
    pub(crate) fn new(tokens: &Tokens) -> Result<Self, GatewayError> {
        signatures::install();
        match tokens {
            Tokens::Local { public_key_pem } => {
                let mut validation = Validation::new(Algorithm::EdDSA);
                validation.set_required_spec_claims(&["exp", "sub"]);
                validation.leeway = 0;
                // A token is valid before `exp`, and no longer at `exp` itself (RFC 7519, 4.1.4).
                validation.reject_tokens_expiring_in_less_than = 1;
                validation.validate_nbf = true;
                validation.validate_aud = false;
                Ok(Self::Local {
                    key: Box::new(ed25519_key(public_key_pem).ok_or(GatewayError::PublicKey)?),
                    validation: Box::new(validation),
                    checked: Cache::new(CHECKED_TOKENS),
                })
            }
            Tokens::Jwks { url, audience } => Ok(Self::Jwks {
                keys: KeySet::new(url)?,
                audience: audience.clone(),
            }),
        }
    }

    /// The caller by the `Authorization` header.
    ///
    /// # Errors
    /// `token.invalid`; `service.unavailable` while the issuer's keys cannot be fetched.
    pub(crate) async fn caller(&self, headers: &HeaderMap) -> Result<Caller, RequestProblem> {
        let token = bearer_token(headers)?;
        match self {
            Self::Local {
                key,
                validation,
                checked,
            } => {
                let mut id = [0; 32];
                id.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
                let now = get_current_timestamp();
                if let Some(caller) = checked.get(&id).filter(|caller| caller.expires_s() > now) {
                    return Ok(caller);
                }
                let caller = to_caller(decode::<TokenClaims>(token, key, validation))?;
                checked.insert(id, caller.clone());
                Ok(caller)
            }
            Self::Jwks { keys, audience } => {
                let (key, algorithm) = keys.key_for(token).await?;
                let mut validation = Validation::new(algorithm);
                validation.set_required_spec_claims(&["exp", "sub", "aud"]);
                validation.set_audience(&[audience]);
                validation.validate_nbf = true;
                to_caller(decode::<TokenClaims>(token, &key, &validation))
            }
        }
    }
}

/// The key of a PEM text; none for any other kind of key.
fn ed25519_key(pem: &str) -> Option<DecodingKey> {
    let der = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()).ok()?;
    let key = der.as_ref().strip_prefix(&ED25519_PREFIX)?;
    (key.len() == 32).then(|| DecodingKey::from_ed_der(key))
}

fn to_caller(
    decoded: Result<TokenData<TokenClaims>, jsonwebtoken::errors::Error>,
) -> Result<Caller, RequestProblem> {
    let claims = decoded
        .map_err(|error| token_invalid(reason(error.kind())))?
        .claims;
    if claims.sub.is_empty() || claims.sub.len() > LONGEST_SUB {
        return Err(token_invalid("claims"));
    }
    let names = claims.roles.iter();
    let roles = names.filter_map(|name| roles::role(name)).collect();
    let expires_s = claims.exp.as_u64().unwrap_or(0);
    Ok(Caller::new(claims.sub, roles, expires_s))
}

fn bearer_token(headers: &HeaderMap) -> Result<&str, RequestProblem> {
    let value = headers
        .get(AUTHORIZATION)
        .ok_or_else(|| token_invalid("missing"))?;
    let value = value.to_str().map_err(|_| token_invalid("malformed"))?;
    let (scheme, token) = value
        .split_once(' ')
        .ok_or_else(|| token_invalid("missing"))?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim())
    } else {
        Err(token_invalid("missing"))
    }
}

fn reason(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ExpiredSignature => "expired",
        ErrorKind::ImmatureSignature => "not_yet_valid",
        ErrorKind::InvalidAudience => "audience",
        ErrorKind::MissingRequiredClaim(_)
        | ErrorKind::InvalidClaimFormat(_)
        | ErrorKind::Json(_) => "claims",
        ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => "algorithm",
        ErrorKind::InvalidSignature => "signature",
        _ => "malformed",
    }
}

#[cfg(test)]
mod tests;
