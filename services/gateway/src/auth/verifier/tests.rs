//! Tokens of the data folder's key, and of an issuer with keys of all three kinds.

use jejak_bus::Role;
use serde_json::{Value, json};

use super::*;
use crate::testing::{EcIssuer, Issuer, RsaIssuer, compact, hs256, in_an_hour, publish};

const AUDIENCE: &str = "jejak";

async fn check(verifier: &Verifier, authorization: Option<&str>) -> Result<Caller, String> {
    let mut headers = HeaderMap::new();
    if let Some(value) = authorization {
        headers.insert(AUTHORIZATION, value.parse().unwrap());
    }
    let caller = verifier.caller(&headers).await;
    caller.map_err(|problem| match problem {
        RequestProblem::TokenInvalid { reason } => reason,
        other => panic!("{other:?}"),
    })
}

async fn check_token(verifier: &Verifier, token: &str) -> Result<Caller, String> {
    check(verifier, Some(&format!("Bearer {token}"))).await
}

#[tokio::test]
async fn a_token_of_the_data_folder_carries_subject_and_roles() {
    let issuer = Issuer::new(1);
    let verifier = Verifier::new(&issuer.tokens()).unwrap();
    let exp = in_an_hour();
    let claims = json!({"sub": "197701161997031006", "name": "B", "roles": ["officer", "other"], "exp": exp});
    let token = issuer.sign(&claims);
    let caller = check_token(&verifier, &token).await.unwrap();
    let expected = Caller::new("197701161997031006".to_owned(), vec![Role::Officer], exp);
    assert_eq!(caller, expected);
    let lower_case = format!("bearer {token}");
    assert_eq!(check(&verifier, Some(&lower_case)).await.unwrap(), caller);
}

#[tokio::test]
async fn every_other_token_is_refused_with_its_reason() {
    let issuer = Issuer::new(1);
    let verifier = Verifier::new(&issuer.tokens()).unwrap();
    let good = json!({"sub": "x", "roles": ["officer"], "exp": in_an_hour()});
    let bearer = |claims: &Value| format!("Bearer {}", issuer.sign(claims));
    let none = json!({"alg": "none", "typ": "JWT"});
    let cases = [
        (None, "missing"),
        (Some("Basic dXNlcjpwYXNz".to_owned()), "missing"),
        (Some("Bearer".to_owned()), "missing"),
        (Some("Bearer nonsense".to_owned()), "malformed"),
        (
            Some(format!("Bearer {}", Issuer::new(2).sign(&good))),
            "signature",
        ),
        (
            Some(bearer(&json!({"sub": "x", "roles": [], "exp": 1}))),
            "expired",
        ),
        (Some(bearer(&json!({"sub": "x", "roles": []}))), "claims"),
        (
            Some(bearer(&json!({"roles": [], "exp": in_an_hour()}))),
            "claims",
        ),
        (
            Some(bearer(
                &json!({"sub": "x", "exp": in_an_hour(), "nbf": in_an_hour()}),
            )),
            "not_yet_valid",
        ),
        (
            Some(format!("Bearer {}", compact(&none, &good, |_| vec![]))),
            "claims",
        ),
    ];
    for (header, reason) in cases {
        let refused = check(&verifier, header.as_deref()).await;
        assert_eq!(refused, Err(reason.to_owned()), "{header:?}");
    }
}

/// Goal: a public key is never used as a secret. Method: a token whose HMAC key is the public key,
/// as PEM and as bytes.
#[tokio::test]
async fn a_public_key_is_never_a_secret() {
    let issuer = Issuer::new(1);
    let verifier = Verifier::new(&issuer.tokens()).unwrap();
    let claims = json!({"sub": "x", "roles": ["admin"], "exp": in_an_hour()});
    for secret in [issuer.public_key_pem().into_bytes(), issuer.public_key()] {
        let refused = check_token(&verifier, &hs256(&claims, None, &secret)).await;
        assert_eq!(refused, Err("algorithm".to_owned()));
    }
    let rsa = RsaIssuer::new();
    let (url, server) = publish(&[rsa.jwk("rsa")]).await;
    let verifier = verifier_of(url);
    let claims = json!({"sub": "x", "roles": ["admin"], "aud": AUDIENCE, "exp": in_an_hour()});
    let refused = check_token(&verifier, &hs256(&claims, Some("rsa"), &rsa.modulus())).await;
    assert_eq!(refused, Err("algorithm".to_owned()));
    server.abort();
}

/// Goal: a cached caller is refused once the token has ended. Method: a token of two seconds, shown
/// until it is refused.
#[tokio::test]
async fn a_checked_token_ends_in_time() {
    let issuer = Issuer::new(1);
    let verifier = Verifier::new(&issuer.tokens()).unwrap();
    let exp = get_current_timestamp() + 2;
    let token = issuer.sign(&json!({"sub": "x", "roles": ["officer"], "exp": exp}));
    let mut accepted = 0;
    let refused = loop {
        let now = get_current_timestamp();
        match check_token(&verifier, &token).await {
            Ok(_) => accepted += 1,
            Err(reason) => break reason,
        }
        assert!(now <= exp, "accepted after its end");
    };
    assert!(accepted > 1, "accepted at first, and then from the cache");
    assert_eq!(refused, "expired");
}

fn verifier_of(url: String) -> Verifier {
    let audience = AUDIENCE.to_owned();
    Verifier::new(&Tokens::Jwks { url, audience }).unwrap()
}

/// Goal: each algorithm accepts its own signatures and no others. Method: three issuers in one key
/// set; each token is shown as it is, with an altered signature, with altered claims, expired, and
/// with another key's id.
#[tokio::test]
async fn tokens_of_all_three_algorithms_are_checked() {
    let (ed, rsa, ec) = (Issuer::new(1), RsaIssuer::new(), EcIssuer::new());
    let (url, server) = publish(&[ed.jwk("ed"), rsa.jwk("rsa"), ec.jwk("ec")]).await;
    let verifier = verifier_of(url);
    type Sign<'a> = &'a dyn Fn(&Value, &str) -> String;
    let signers: [(&str, Sign); 3] = [
        ("ed", &|claims, id| ed.sign_as(claims, Some(id))),
        ("rsa", &|claims, id| rsa.sign(claims, id)),
        ("ec", &|claims, id| ec.sign(claims, id)),
    ];
    let claims = json!({"sub": "x", "roles": ["auditor"], "aud": AUDIENCE, "exp": in_an_hour()});
    let refused = |reason: &str| Err(reason.to_owned());
    for (id, sign) in signers {
        let token = sign(&claims, id);
        let caller = check_token(&verifier, &token).await.unwrap();
        assert!(caller.has(Role::Auditor), "{id}");

        let (signed, signature) = token.rsplit_once('.').unwrap();
        let flipped: String = signature.chars().rev().collect();
        let altered = check_token(&verifier, &format!("{signed}.{flipped}")).await;
        assert!(
            altered == refused("signature") || altered == refused("malformed"),
            "{id}"
        );
        let (header, _) = signed.split_once('.').unwrap();
        let mut admin = claims.clone();
        admin["roles"] = json!(["admin"]);
        let forged = sign(&admin, id);
        let body = forged.split('.').nth(1).unwrap();
        let altered = format!("{header}.{body}.{signature}");
        assert_eq!(
            check_token(&verifier, &altered).await,
            refused("signature"),
            "{id}"
        );

        let mut expired = claims.clone();
        expired["exp"] = json!(1);
        assert_eq!(
            check_token(&verifier, &sign(&expired, id)).await,
            refused("expired"),
            "{id}"
        );
        for other in ["ed", "rsa", "ec"].into_iter().filter(|other| *other != id) {
            let misnamed = check_token(&verifier, &sign(&claims, other)).await;
            assert_eq!(misnamed, refused("signature"), "{id} as {other}");
        }
    }
    server.abort();
}

/// Goal: a token for another service opens nothing here, and neither does a token without an
/// audience.
#[tokio::test]
async fn a_token_of_an_issuer_must_be_for_this_service() {
    let issuer = Issuer::new(1);
    let (url, server) = publish(&[issuer.jwk("k1")]).await;
    let verifier = verifier_of(url);
    let check = async |issuer: &Issuer, audience: Value| {
        let mut claims = json!({"sub": "x", "roles": ["auditor"], "exp": in_an_hour()});
        if !audience.is_null() {
            claims["aud"] = audience;
        }
        let caller = check_token(&verifier, &issuer.sign_as(&claims, Some("k1"))).await;
        caller.map(|caller| caller.actor().roles.clone())
    };
    let refused = |reason: &str| Err(reason.to_owned());
    assert_eq!(
        check(&issuer, json!("jejak")).await,
        Ok(vec![Role::Auditor])
    );
    let several = json!(["other", "jejak"]);
    assert_eq!(check(&issuer, several).await, Ok(vec![Role::Auditor]));
    assert_eq!(check(&issuer, json!("other")).await, refused("audience"));
    assert_eq!(check(&issuer, Value::Null).await, refused("claims"));
    assert_eq!(
        check(&Issuer::new(2), json!("jejak")).await,
        refused("signature")
    );
    server.abort();
}

#[test]
fn only_an_ed25519_key_is_a_local_key() {
    for pem in ["", "nonsense", include_str!("../test_rsa_key.pem")] {
        let public_key_pem = pem.to_owned();
        let refused = Verifier::new(&Tokens::Local { public_key_pem }).err();
        assert!(matches!(refused, Some(GatewayError::PublicKey)), "{pem}");
    }
}
