//! Checks bearer tokens: the signature, the end, the start, the issuer, the audience, the subject, and
//! whether the subject was revoked.

use std::sync::Arc;

use axum::http::{HeaderMap, header::AUTHORIZATION};
use jejak_bus::RequestProblem;
use jsonwebtoken::{
    Algorithm, Header, Validation, decode, decode_header, errors::ErrorKind, get_current_timestamp,
};
use ring::digest::{SHA256, digest};
use serde::de::DeserializeOwned;

use super::{
    admission::Admission, caller::Caller, claims::TokenClaims, key_set::KeySet,
    register::WatchedRegister, signatures,
};
use crate::{
    config::{ExternalIssuer, GatewayError, Tokens},
    problem::token_invalid,
    roles_claim::RolesClaim,
};

/// The claim `iss` of the tokens of a data folder.
pub const LOCAL_ISSUER: &str = "jejak";

/// Checks tokens of one issuer.
pub(crate) struct Verifier {
    issuer: Issuer,
    /// The keys of local tokens, and the revoked subjects of any.
    register: Option<WatchedRegister>,
}

enum Issuer {
    /// The keys of the register sign tokens.
    Local(Box<Validation>),
    /// The issuer publishes a key set.
    External(Box<KeySet>, Box<ExternalIssuer>),
}

impl Verifier {
    /// A verifier for the tokens of the configuration.
    ///
    /// # Errors
    /// A register that cannot be read, an address that is not https, or an empty name.
    pub(crate) fn new(tokens: &Tokens) -> Result<Self, GatewayError> {
        signatures::install();
        let (issuer, register) = match tokens {
            Tokens::Local { register } => {
                let mut validation = Validation::new(Algorithm::EdDSA);
                validation.set_required_spec_claims(&["exp", "sub"]);
                validation.set_issuer(&[LOCAL_ISSUER]);
                validation.leeway = 0;
                // A token is valid before `exp`, and no longer at `exp` itself (RFC 7519, 4.1.4).
                validation.reject_tokens_expiring_in_less_than = 1;
                validation.validate_nbf = true;
                validation.validate_aud = false;
                (Issuer::Local(Box::new(validation)), Some(register))
            }
            Tokens::External { issuer, register } => {
                issuer.check()?;
                let keys = KeySet::new(&issuer.jwks_url)?;
                let issuer = Box::new(issuer.clone());
                (Issuer::External(Box::new(keys), issuer), register.as_ref())
            }
        };
        Ok(Self {
            issuer,
            register: register
                .map(|path| WatchedRegister::open(path))
                .transpose()?,
        })
    }

    /// Looks for changes of the register for as long as it runs.
    pub(crate) async fn watch(&self) {
        match &self.register {
            Some(register) => register.watch().await,
            None => std::future::pending().await,
        }
    }

    /// The reason why revocations cannot be read.
    pub(crate) fn problem(&self) -> Option<String> {
        self.register.as_ref().and_then(WatchedRegister::problem)
    }

    /// Whether the token of a caller ended after it was checked: by a revocation, or with its key.
    pub(crate) fn is_revoked(&self, caller: &Caller) -> bool {
        let now = get_current_timestamp();
        let register = self.register.as_ref();
        register.is_some_and(|register| register.now().has_ended(caller, now))
    }

    /// The caller by the `Authorization` header.
    ///
    /// # Errors
    /// `token.invalid`; `service.unavailable` while the issuer's keys cannot be fetched.
    pub(crate) async fn caller(&self, headers: &HeaderMap) -> Result<Caller, RequestProblem> {
        let token = bearer_token(headers)?;
        let admission = self.register.as_ref().map(WatchedRegister::now);
        match (&self.issuer, admission) {
            (Issuer::Local(validation), Some(admission)) => {
                local_caller(token, validation, &admission)
            }
            (Issuer::Local(_), None) => Err(token_invalid("signature")),
            (Issuer::External(keys, issuer), admission) => {
                external_caller(token, keys, issuer, admission).await
            }
        }
    }
}

/// The caller by a token of the register's keys. A token that was checked before is not checked again.
fn local_caller(
    token: &str,
    validation: &Validation,
    admission: &Admission,
) -> Result<Caller, RequestProblem> {
    let mut id = [0; 32];
    id.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    let now = get_current_timestamp();
    let known = admission.checked.get(&id);
    if let Some(caller) = known.filter(|caller| caller.expires_s() > now) {
        return Ok(caller);
    }
    let header = header(token)?;
    let mut refused = token_invalid("signature");
    for key in admission.keys_for(header.kid.as_deref(), now) {
        match decode::<TokenClaims>(token, &key.key, validation) {
            Ok(decoded) => {
                let caller = decoded.claims.caller(&RolesClaim::default(), key.until)?;
                let caller = caller.signed_by(&key.id);
                admission.admit(&caller)?;
                admission.checked.insert(id, caller.clone());
                return Ok(caller);
            }
            Err(error) => refused = token_invalid(reason(error.kind())),
        }
    }
    Err(refused)
}

async fn external_caller(
    token: &str,
    keys: &KeySet,
    issuer: &ExternalIssuer,
    admission: Option<Arc<Admission>>,
) -> Result<Caller, RequestProblem> {
    let claims: TokenClaims = claims_of(token, keys, &issuer.issuer, &issuer.audience).await?;
    let caller = claims.caller(&issuer.roles_claim, u64::MAX)?;
    if let Some(admission) = admission {
        admission.admit(&caller)?;
    }
    Ok(caller)
}

/// The claims of a token that an issuer elsewhere signed for this audience.
///
/// # Errors
/// `token.invalid`; `service.unavailable` while the issuer's keys cannot be fetched.
pub(super) async fn claims_of<C: DeserializeOwned + Clone>(
    token: &str,
    keys: &KeySet,
    issuer: &str,
    audience: &str,
) -> Result<C, RequestProblem> {
    let header = header(token)?;
    let key = keys.key_for(&header).await?;
    let mut validation = Validation::new(header.alg);
    validation.set_required_spec_claims(&["exp", "sub", "aud", "iss"]);
    validation.set_audience(&[audience]);
    validation.set_issuer(&[issuer]);
    validation.validate_nbf = true;
    let decoded = decode::<C>(token, &key, &validation);
    let decoded = decoded.map_err(|error| token_invalid(reason(error.kind())))?;
    Ok(decoded.claims)
}

/// The header of a token. One with `crit` names extensions that must be understood (RFC 7515, 4.1.11);
/// none is understood here.
fn header(token: &str) -> Result<Header, RequestProblem> {
    let header = decode_header(token).map_err(|error| token_invalid(reason(error.kind())))?;
    if header.crit.is_some() {
        return Err(token_invalid("critical"));
    }
    Ok(header)
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
        ErrorKind::InvalidIssuer => "issuer",
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
