//! Which keys of a key set are used, how often it is fetched, and from where.

use std::sync::atomic::Ordering;

use axum::{Router, response::Redirect, routing::get};
use jsonwebtoken::decode_header;
use serde_json::{Value, json};

use super::*;
use crate::testing::{Issuer, RsaIssuer, in_an_hour, publish_and_count};

fn header(token: &str) -> Header {
    decode_header(token).unwrap()
}

#[test]
fn keys_of_other_kinds_are_left_out() {
    let set = json!({"keys": [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "a", "alg": "HS256"},
        {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "kid": "b"},
        Issuer::new(1).jwk("c"),
    ]});
    let keys = usable_keys(set.to_string().as_bytes()).unwrap();
    assert_eq!(
        keys.iter().map(|key| key.id.as_deref()).collect::<Vec<_>>(),
        [Some("c")]
    );
    assert!(find(&keys, Some("c"), Algorithm::EdDSA).is_some());
    assert!(find(&keys, None, Algorithm::EdDSA).is_some());
    assert!(find(&keys, Some("c"), Algorithm::RS256).is_none());
    assert!(usable_keys(b"<html>").is_err());
}

/// Goal: unknown keys cause one fetch, not one for each token. Method: an issuer that counts.
#[tokio::test]
async fn unknown_keys_cause_one_fetch() {
    let issuer = Issuer::new(1);
    let (url, fetches, server) = publish_and_count(&[issuer.jwk("k1")]).await;
    let keys = KeySet::new(&url).unwrap();
    let claims = json!({"sub": "x", "aud": "jejak", "exp": in_an_hour()});
    let token = issuer.sign_as(&claims, Some("k1"));
    assert!(keys.key_for(&header(&token)).await.is_ok());
    for _ in 0..20 {
        let refused = keys
            .key_for(&header(&issuer.sign_as(&claims, Some("k2"))))
            .await;
        assert_eq!(refused.err(), Some(token_invalid("signature")));
    }
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
    server.abort();
}

#[tokio::test]
async fn a_silent_issuer_is_no_fault_of_the_token() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    drop(listener);
    let token = Issuer::new(1).sign(&json!({"sub": "x", "exp": in_an_hour()}));
    let refused = KeySet::new(&url).unwrap().key_for(&header(&token)).await;
    let refused = refused.err().unwrap();
    assert!(
        matches!(refused, RequestProblem::ServiceUnavailable { .. }),
        "{refused:?}"
    );
    assert!(KeySet::new("ftp://x/y").is_err());
}

/// Goal: keys that the issuer means for something else, and short RSA keys, check no token.
#[test]
fn keys_for_other_uses_and_weak_keys_are_left_out() {
    let ids = |key: Value| {
        let set = json!({ "keys": [key] });
        usable_keys(set.to_string().as_bytes()).unwrap().len()
    };
    let with = |change: &dyn Fn(&mut Value)| {
        let mut key = Issuer::new(1).jwk("a");
        change(&mut key);
        ids(key)
    };
    assert_eq!(with(&|_| ()), 1);
    assert_eq!(with(&|key| key["use"] = json!("enc")), 0);
    assert_eq!(with(&|key| key["use"] = Value::Null), 1);
    assert_eq!(with(&|key| key["key_ops"] = json!(["verify"])), 1);
    assert_eq!(with(&|key| key["key_ops"] = json!(["encrypt"])), 0);
    assert_eq!(with(&|key| key["key_ops"] = json!([])), 0);
    let rsa = |modulus: &[u8]| {
        let mut key = RsaIssuer::new().jwk("rsa");
        key["n"] = json!(URL_SAFE_NO_PAD.encode(modulus));
        ids(key)
    };
    let modulus = RsaIssuer::new().modulus();
    assert_eq!(rsa(&modulus), 1);
    let mut padded = vec![0];
    padded.extend_from_slice(&modulus);
    assert_eq!(rsa(&padded), 1);
    for weak in [&modulus[..128], &modulus[..255], &[], &[0; 300]] {
        assert_eq!(rsa(weak), 0, "{} bytes", weak.len());
    }
    let mut one_bit_short = modulus;
    one_bit_short[0] = 0x7f;
    assert_eq!(rsa(&one_bit_short), 0);
}

#[test]
fn key_sets_come_over_https_or_from_this_machine() {
    for url in [
        "https://login.example.org/jwks",
        "http://127.0.0.1:1/jwks",
        "http://127.8.0.1/jwks",
        "http://[::1]:1/jwks",
        "http://localhost/jwks",
    ] {
        assert!(KeySet::new(url).is_ok(), "{url}");
    }
    for url in [
        "http://login.example.org/jwks",
        "http://localhost.example.org/jwks",
        "http://127.0.0.1.example.org/jwks",
        "http://10.0.0.1/jwks",
        "http://[fd00::1]/jwks",
        "ftp://127.0.0.1/jwks",
        "file:///jwks",
        "nonsense",
    ] {
        assert!(KeySet::new(url).is_err(), "{url}");
    }
}

/// Goal: an answer that leads elsewhere is no key set. Method: an issuer that redirects to a good one.
#[tokio::test]
async fn no_redirect_is_followed() {
    let issuer = Issuer::new(1);
    let (target, fetches, server) = publish_and_count(&[issuer.jwk("k1")]).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let redirect = get(move || std::future::ready(Redirect::temporary(&target)));
    let elsewhere = Router::new().route("/keys", redirect);
    let redirecting = tokio::spawn(async move { axum::serve(listener, elsewhere).await });
    let token = issuer.sign_as(&json!({"sub": "x", "exp": in_an_hour()}), Some("k1"));
    let refused = KeySet::new(&url).unwrap().key_for(&header(&token)).await;
    assert!(matches!(
        refused,
        Err(RequestProblem::ServiceUnavailable { .. })
    ));
    assert_eq!(fetches.load(Ordering::SeqCst), 0);
    redirecting.abort();
    server.abort();
}

/// Goal: keys that could not be fetched again for too long admit nobody. Method: an issuer that goes
/// away after the first fetch, and an age of zero.
#[tokio::test]
async fn keys_that_are_too_old_admit_nobody() {
    let issuer = Issuer::new(1);
    let (url, _, server) = publish_and_count(&[issuer.jwk("k1")]).await;
    let mut keys = KeySet::new(&url).unwrap();
    let token = issuer.sign_as(&json!({"sub": "x", "exp": in_an_hour()}), Some("k1"));
    assert!(keys.key_for(&header(&token)).await.is_ok());
    server.abort();
    assert!(keys.key_for(&header(&token)).await.is_ok(), "still young");
    keys.oldest = Duration::ZERO;
    let refused = keys.key_for(&header(&token)).await;
    assert!(matches!(
        refused,
        Err(RequestProblem::ServiceUnavailable { service, .. }) if service == "jwks"
    ));
}
