//! Who is asking: a bearer token, checked against the data folder's key or an issuer's key set.
//! What he may do is in [`roles`].

mod jwks;
pub(crate) mod roles;

use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};
use jejak_bus::{Actor, RequestProblem, request::Role};
use jejak_events::ids::OperatorId;
use jsonwebtoken::{
    Algorithm, DecodingKey, TokenData, Validation, decode, errors::ErrorKind, get_current_timestamp,
};
use quick_cache::sync::Cache;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{App, GatewayError, problem::Failure};

/// The longest `sub` that is taken.
const LONGEST_SUB: usize = 256;

/// Whose tokens are accepted.
#[derive(Debug, Clone)]
pub enum Tokens {
    /// Those signed (EdDSA) with the data folder's key.
    Local {
        /// Its public half, as PEM.
        public_key_pem: String,
    },
    /// Those of any issuer that publishes its keys (EdDSA, RS256 or ES256).
    Jwks {
        /// Where the key set is.
        url: String,
        /// What `aud` must say.
        audience: String,
    },
}

/// Checks tokens.
pub(crate) enum Verifier {
    Local {
        key: Box<DecodingKey>,
        validation: Box<Validation>,
        known: Known,
    },
    Jwks {
        issuer: jwks::Issuer,
        audience: String,
    },
}

/// The bearers of tokens that were checked before, by the tokens' digests. The key never changes while a
/// gateway runs, so what was signed stays signed, and only its end has to be looked at again: checking a
/// signature costs more than all else a question costs here.
type Known = Cache<[u8; 32], Caller>;

/// Bearers remembered.
const KNOWN: usize = 4_096;

/// A request's bearer, as his token says. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Caller(Arc<Bearer>);

/// What a token says of its bearer.
#[derive(Debug, PartialEq)]
pub(crate) struct Bearer {
    pub(crate) sub: String,
    pub(crate) roles: Vec<Role>,
    /// When his token ends, in seconds since 1970.
    pub(crate) expires: u64,
    /// How he is named to the services behind, once that was asked for.
    pub(crate) named: OnceLock<async_nats::HeaderMap>,
}

impl Deref for Caller {
    type Target = Bearer;
    fn deref(&self) -> &Bearer {
        &self.0
    }
}

impl Caller {
    pub(crate) fn new(sub: String, roles: Vec<Role>, expires: u64) -> Self {
        Self(Arc::new(Bearer {
            sub,
            roles,
            expires,
            named: OnceLock::new(),
        }))
    }

    pub(crate) fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Who he is, if he was hired and asks as such.
    pub(crate) fn operator_id(&self) -> Option<OperatorId> {
        if self.has(Role::Operator) {
            self.sub.parse().ok()
        } else {
            None
        }
    }

    /// Him, as the services behind see him.
    pub(crate) fn actor(&self) -> Actor {
        Actor {
            sub: self.sub.clone(),
            roles: self.roles.clone(),
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: serde_json::Number,
    #[serde(default)]
    roles: Vec<String>,
}

impl Verifier {
    pub(crate) fn new(tokens: &Tokens) -> Result<Self, GatewayError> {
        match tokens {
            Tokens::Local { public_key_pem } => {
                let key = DecodingKey::from_ed_pem(public_key_pem.as_bytes())
                    .map_err(GatewayError::PublicKey)?;
                let mut validation = Validation::new(Algorithm::EdDSA);
                validation.set_required_spec_claims(&["exp", "sub"]);
                validation.leeway = 0;
                validation.validate_nbf = true;
                validation.validate_aud = false;
                Ok(Self::Local {
                    key: Box::new(key),
                    validation: Box::new(validation),
                    known: Cache::new(KNOWN),
                })
            }
            Tokens::Jwks { url, audience } => Ok(Self::Jwks {
                issuer: jwks::Issuer::new(url)?,
                audience: audience.clone(),
            }),
        }
    }

    /// The bearer of a valid token.
    ///
    /// # Errors
    /// `token.invalid`; `service.unavailable` while an issuer's keys cannot be had.
    pub(crate) async fn caller(&self, headers: &HeaderMap) -> Result<Caller, RequestProblem> {
        let token = bearer(headers)?;
        match self {
            Self::Local {
                key,
                validation,
                known,
            } => {
                let digest: [u8; 32] = Sha256::digest(token).into();
                if let Some(caller) = known
                    .get(&digest)
                    .filter(|caller| caller.expires > get_current_timestamp())
                {
                    return Ok(caller);
                }
                let caller = read(decode::<Claims>(token, key, validation))?;
                known.insert(digest, caller.clone());
                Ok(caller)
            }
            Self::Jwks { issuer, audience } => {
                let (key, algorithm) = issuer.key_for(token).await?;
                let mut validation = Validation::new(algorithm);
                validation.set_required_spec_claims(&["exp", "sub", "aud"]);
                validation.set_audience(&[audience]);
                validation.validate_nbf = true;
                read(decode::<Claims>(token, &key, &validation))
            }
        }
    }
}

fn read(
    decoded: Result<TokenData<Claims>, jsonwebtoken::errors::Error>,
) -> Result<Caller, RequestProblem> {
    let claims = decoded
        .map_err(|error| invalid(reason(error.kind())))?
        .claims;
    if claims.sub.is_empty() || claims.sub.len() > LONGEST_SUB {
        return Err(invalid("claims"));
    }
    let roles = claims
        .roles
        .iter()
        .filter_map(|name| roles::role(name))
        .collect();
    Ok(Caller::new(
        claims.sub,
        roles,
        claims.exp.as_u64().unwrap_or(0),
    ))
}

fn bearer(headers: &HeaderMap) -> Result<&str, RequestProblem> {
    let value = headers
        .get(AUTHORIZATION)
        .ok_or_else(|| invalid("missing"))?;
    let value = value.to_str().map_err(|_| invalid("malformed"))?;
    let (scheme, token) = value.split_once(' ').ok_or_else(|| invalid("missing"))?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim())
    } else {
        Err(invalid("missing"))
    }
}

pub(crate) fn invalid(reason: &str) -> RequestProblem {
    RequestProblem::TokenInvalid {
        reason: reason.to_owned(),
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

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        Ok(app.verifier.caller(&parts.headers).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Issuer, in_an_hour};
    use serde_json::json;

    async fn check(issuer: &Issuer, authorization: Option<&str>) -> Result<Caller, String> {
        let verifier = Verifier::new(&issuer.tokens()).unwrap();
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, value.parse().unwrap());
        }
        verifier
            .caller(&headers)
            .await
            .map_err(|problem| match problem {
                RequestProblem::TokenInvalid { reason } => reason,
                other => panic!("{other:?}"),
            })
    }

    #[tokio::test]
    async fn a_token_of_our_key_says_who_and_what() {
        let issuer = Issuer::new(1);
        let exp = in_an_hour();
        let claims = json!({"sub": "197701161997031006", "name": "B", "roles": ["officer", "other"], "exp": exp});
        let token = issuer.sign(&claims);
        let caller = check(&issuer, Some(&format!("Bearer {token}")))
            .await
            .unwrap();
        let expected = Caller::new("197701161997031006".to_owned(), vec![Role::Officer], exp);
        assert_eq!(caller, expected);
        assert_eq!(
            check(&issuer, Some(&format!("bearer {token}")))
                .await
                .unwrap(),
            caller
        );
    }

    #[tokio::test]
    async fn anything_else_is_refused_with_its_reason() {
        let issuer = Issuer::new(1);
        let good = json!({"sub": "x", "roles": ["officer"], "exp": in_an_hour()});
        let foreign = format!("Bearer {}", Issuer::new(2).sign(&good));
        let expired = json!({"sub": "x", "roles": [], "exp": 1});
        let endless = json!({"sub": "x", "roles": []});
        let nobody = json!({"roles": [], "exp": in_an_hour()});
        let early = json!({"sub": "x", "exp": in_an_hour(), "nbf": in_an_hour()});
        let unsigned = format!("Bearer {}", issuer.unsigned(&good));
        let signed = |claims| format!("Bearer {}", issuer.sign(claims));
        let cases = [
            (None, "missing"),
            (Some("Basic dXNlcjpwYXNz".to_owned()), "missing"),
            (Some("Bearer".to_owned()), "missing"),
            (Some("Bearer nonsense".to_owned()), "malformed"),
            (Some(foreign), "signature"),
            (Some(signed(&expired)), "expired"),
            (Some(signed(&endless)), "claims"),
            (Some(signed(&nobody)), "claims"),
            (Some(signed(&early)), "not_yet_valid"),
        ];
        for (header, reason) in cases {
            assert_eq!(
                check(&issuer, header.as_deref()).await,
                Err(reason.to_owned()),
                "{header:?}"
            );
        }
        assert!(check(&issuer, Some(&unsigned)).await.is_err());
    }

    /// Goal: a bearer who is remembered is not believed longer than his token says. Method: a token that
    /// ends within the test's time, shown until it is refused.
    #[tokio::test]
    async fn a_token_seen_before_ends_when_it_says() {
        let issuer = Issuer::new(1);
        let verifier = Verifier::new(&issuer.tokens()).unwrap();
        let exp = get_current_timestamp() + 2;
        let token = issuer.sign(&json!({"sub": "x", "roles": ["officer"], "exp": exp}));
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        let mut taken = 0;
        let refused = loop {
            let now = get_current_timestamp();
            match verifier.caller(&headers).await {
                Ok(_) => taken += 1,
                Err(problem) => break problem,
            }
            assert!(now <= exp, "believed after its end");
        };
        assert!(
            taken > 1,
            "it was good at first, and the second time from memory"
        );
        assert!(matches!(refused, RequestProblem::TokenInvalid { reason } if reason == "expired"));
    }
}
