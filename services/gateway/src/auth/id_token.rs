//! Checks the ID token of a sign-in at a provider (OpenID Connect Core 1.0, 3.1.3.7). Subject and roles are judged as
//! those of a bearer token are.

use jejak_bus::RequestProblem;
use serde::Deserialize;
use serde_json::Value;

use super::{caller::Caller, claims::TokenClaims, key_set::KeySet, verifier};
use crate::{problem::token_invalid, roles_claim::RolesClaim};

/// The claims that an ID token must have.
pub(crate) struct ExpectedIdToken<'a> {
    /// `iss`.
    pub(crate) issuer: &'a str,
    /// `aud` contains it; `azp` is it, where there is one.
    pub(crate) client_id: &'a str,
    /// `nonce`, made for this sign-in.
    pub(crate) nonce: &'a str,
    /// The place of the roles.
    pub(crate) roles_claim: &'a RolesClaim,
}

#[derive(Clone, Deserialize)]
struct IdTokenClaims {
    nonce: Option<String>,
    azp: Option<String>,
    aud: Value,
    #[serde(flatten)]
    token: TokenClaims,
}

impl ExpectedIdToken<'_> {
    /// The person of an ID token.
    ///
    /// # Errors
    /// `token.invalid`; `service.unavailable` while the provider's keys cannot be fetched.
    pub(crate) async fn caller(
        &self,
        token: &str,
        keys: &KeySet,
    ) -> Result<Caller, RequestProblem> {
        let claims: IdTokenClaims =
            verifier::claims_of(token, keys, self.issuer, self.client_id).await?;
        if claims.nonce.as_deref() != Some(self.nonce) {
            return Err(token_invalid("nonce"));
        }
        let is_for_several = claims.aud.as_array().is_some_and(|names| names.len() > 1);
        let is_for_us = match &claims.azp {
            Some(party) => party == self.client_id,
            // A token for several services says which of them asked for it.
            None => !is_for_several,
        };
        if !is_for_us {
            return Err(token_invalid("audience"));
        }
        claims.token.caller(self.roles_claim, u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{ISSUER, Issuer, compact, hs256, in_an_hour, publish};

    const NIP: &str = "197701161997031006";

    fn claims() -> Value {
        json!({"sub": NIP, "iss": ISSUER, "aud": "jejak", "nonce": "n", "exp": in_an_hour(),
            "realm_access": {"roles": ["officer", "uma_authorization"]}})
    }

    async fn check(keys: &KeySet, token: &str) -> Result<Caller, String> {
        crate::auth::signatures::install();
        let expected = ExpectedIdToken {
            issuer: ISSUER,
            client_id: "jejak",
            nonce: "n",
            roles_claim: &"realm_access.roles".parse().unwrap(),
        };
        let caller = expected.caller(token, keys).await;
        caller.map_err(|problem| match problem {
            RequestProblem::TokenInvalid { reason } => reason,
            other => panic!("{other:?}"),
        })
    }

    /// Goal: a token is accepted only for this client, this sign-in and this moment. Method: a good token, and the
    /// same with one claim changed.
    #[tokio::test]
    async fn each_claim_is_checked() {
        let issuer = Issuer::new(1);
        let (url, server) = publish(&[issuer.jwk("k1")]).await;
        let keys = KeySet::new(&url).unwrap();
        let sign = |claims: &Value| issuer.sign_as(claims, Some("k1"));
        let good = check(&keys, &sign(&claims())).await.unwrap();
        assert_eq!(good.actor().sub, NIP);
        assert!(good.has(jejak_bus::Role::Officer) && good.actor().roles.len() == 1);
        for (name, value) in [
            ("azp", json!("jejak")),
            ("aud", json!(["jejak"])),
            ("azp", Value::Null),
        ] {
            let mut fine = claims();
            fine[name] = value;
            assert!(check(&keys, &sign(&fine)).await.is_ok(), "{fine}");
        }
        for (name, value, reason) in [
            ("nonce", json!("other"), "nonce"),
            ("nonce", Value::Null, "nonce"),
            ("aud", json!("other"), "audience"),
            ("aud", json!(["other", "jejak"]), "audience"),
            ("azp", json!("other"), "audience"),
            ("iss", json!("https://other.example.org"), "issuer"),
            ("exp", json!(1), "expired"),
            ("nbf", json!(in_an_hour()), "not_yet_valid"),
            ("sub", json!("6171011503950001"), "subject"),
            ("sub", json!("budi"), "subject"),
            ("realm_access", json!({"roles": "officer"}), "claims"),
        ] {
            let mut changed = claims();
            changed[name] = value;
            let refused = check(&keys, &sign(&changed)).await;
            assert_eq!(refused, Err(reason.to_owned()), "{name}");
        }
        let mut both = claims();
        (both["aud"], both["azp"]) = (json!(["other", "jejak"]), json!("jejak"));
        assert!(check(&keys, &sign(&both)).await.is_ok());
        server.abort();
    }

    /// Goal: nothing but a signature with a published key counts. Method: no signature, the client's secret as an
    /// HMAC key, the public key as one, and another issuer's key.
    #[tokio::test]
    async fn a_token_without_a_published_key_is_refused() {
        let issuer = Issuer::new(1);
        let (url, server) = publish(&[issuer.jwk("k1")]).await;
        let keys = KeySet::new(&url).unwrap();
        let none = compact(&json!({"alg": "none"}), &claims(), |_| vec![]);
        let by_secret = hs256(&claims(), None, b"secret");
        let by_public_key = hs256(&claims(), Some("k1"), &issuer.public_key());
        let forged = Issuer::new(2).sign_as(&claims(), Some("k1"));
        for (token, reason) in [
            (none, "claims"),
            (by_secret, "algorithm"),
            (by_public_key, "algorithm"),
            (forged, "signature"),
            ("".to_owned(), "malformed"),
        ] {
            let refused = check(&keys, &token).await;
            assert_eq!(refused, Err(reason.to_owned()), "{token}");
        }
        server.abort();
    }
}
