//! Tokens of the data folder's key, and of an issuer with keys of all three kinds.

use jejak_bus::Role;
use serde_json::{Value, json};

use super::*;
use crate::{
    TokenRegister,
    testing::{
        EcIssuer, ISSUER, Issuer, RegisterFile, RsaIssuer, compact, external, hs256, in_an_hour,
        publish,
    },
};

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
    let verifier = Verifier::new(&issuer.register().tokens()).unwrap();
    let exp = in_an_hour();
    let claims = json!({"sub": "197701161997031006", "name": "B", "roles": ["officer", "other"], "exp": exp});
    let token = issuer.sign(&claims);
    let caller = check_token(&verifier, &token).await.unwrap();
    let expected = Caller::new(
        "197701161997031006".to_owned(),
        vec![Role::Officer],
        exp,
        None,
    );
    let expected = expected.named(Some("B".parse().unwrap()));
    let key = caller.key().unwrap();
    assert_eq!(caller, expected.signed_by(&key.into()));
    let lower_case = format!("bearer {token}");
    assert_eq!(check(&verifier, Some(&lower_case)).await.unwrap(), caller);
}

#[tokio::test]
async fn every_other_token_is_refused_with_its_reason() {
    let issuer = Issuer::new(1);
    let verifier = Verifier::new(&issuer.register().tokens()).unwrap();
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
        (
            Some(bearer(
                &json!({"sub": "x", "iss": "elsewhere", "exp": in_an_hour()}),
            )),
            "issuer",
        ),
        (
            Some(format!("Bearer {}", issuer.sign_as(&good, Some("other")))),
            "signature",
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
    let verifier = Verifier::new(&issuer.register().tokens()).unwrap();
    let claims = json!({"sub": "x", "roles": ["admin"], "exp": in_an_hour()});
    for secret in [issuer.public_key_pem().into_bytes(), issuer.public_key()] {
        let refused = check_token(&verifier, &hs256(&claims, None, &secret)).await;
        assert_eq!(refused, Err("algorithm".to_owned()));
    }
    let rsa = RsaIssuer::new();
    let (url, server) = publish(&[rsa.jwk("rsa")]).await;
    let verifier = verifier_of(url);
    let claims = json!({"sub": "x", "roles": ["admin"], "aud": AUDIENCE, "iss": ISSUER, "exp": in_an_hour()});
    let refused = check_token(&verifier, &hs256(&claims, Some("rsa"), &rsa.modulus())).await;
    assert_eq!(refused, Err("algorithm".to_owned()));
    server.abort();
}

/// Goal: a cached caller is refused once the token has ended. Method: a token of two seconds, shown
/// until it is refused.
#[tokio::test]
async fn a_checked_token_ends_in_time() {
    let issuer = Issuer::new(1);
    let verifier = Verifier::new(&issuer.register().tokens()).unwrap();
    let exp = get_current_timestamp() + 2;
    let token = issuer.sign(&json!({"sub": "x", "roles": ["admin"], "exp": exp}));
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
    verifier_with(url, None)
}

fn verifier_with(url: String, register: Option<&RegisterFile>) -> Verifier {
    let tokens = Tokens::External {
        issuer: external(url),
        register: register.map(|file| file.0.path().to_owned()),
    };
    Verifier::new(&tokens).unwrap()
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
    let claims = json!({"sub": "x", "roles": ["auditor"], "aud": AUDIENCE, "iss": ISSUER, "exp": in_an_hour()});
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

/// Goal: an issuer elsewhere names no officer whom no rule knows, and nobody by his NIK.
#[tokio::test]
async fn a_subject_of_an_issuer_fits_its_role() {
    let issuer = Issuer::new(1);
    let (url, server) = publish(&[issuer.jwk("k1")]).await;
    let verifier = verifier_of(url);
    let check = async |sub: &str, role: &str| {
        let claims = json!({"sub": sub, "roles": [role], "iss": ISSUER, "aud": AUDIENCE,
            "exp": in_an_hour()});
        check_token(&verifier, &issuer.sign_as(&claims, Some("k1"))).await
    };
    let id = "00000000-0000-8000-8000-000000000001";
    for (sub, role) in [
        ("197701161997031006", "officer"),
        (id, "operator"),
        ("sari@example.go.id", "admin"),
    ] {
        assert!(check(sub, role).await.is_ok(), "{sub} {role}");
    }
    for (sub, role) in [
        ("12", "officer"),
        ("sari@example.go.id", "officer"),
        ("budi", "operator"),
        ("6171011503950001", "operator"),
        ("6171011503950001", "auditor"),
    ] {
        assert_eq!(check(sub, role).await, Err("subject".to_owned()), "{sub}");
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
        let mut claims =
            json!({"sub": "x", "roles": ["auditor"], "iss": ISSUER, "exp": in_an_hour()});
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

/// Goal: a key set may serve several issuers, and only one of them is this office's.
#[tokio::test]
async fn a_token_must_be_of_the_issuer() {
    let issuer = Issuer::new(1);
    let (url, server) = publish(&[issuer.jwk("k1")]).await;
    let verifier = verifier_of(url);
    let check = async |iss: Value| {
        let mut claims = json!({"sub": "x", "aud": AUDIENCE, "exp": in_an_hour()});
        if !iss.is_null() {
            claims["iss"] = iss;
        }
        check_token(&verifier, &issuer.sign_as(&claims, Some("k1"))).await
    };
    assert!(check(json!(ISSUER)).await.is_ok());
    for other in [json!("https://login.example.org/"), json!("x")] {
        assert_eq!(check(other).await, Err("issuer".to_owned()));
    }
    assert_eq!(check(Value::Null).await, Err("claims".to_owned()));
    server.abort();
}

/// Goal: an extension that nobody here knows is never passed over (RFC 7515, 4.1.11).
#[tokio::test]
async fn a_token_with_a_critical_extension_is_refused() {
    let issuer = Issuer::new(1);
    let (url, server) = publish(&[issuer.jwk("k1")]).await;
    let local = Verifier::new(&issuer.register().tokens()).unwrap();
    let external = verifier_of(url);
    let header = json!({"alg": "EdDSA", "kid": "k1", "crit": ["b64"], "b64": true});
    let local_header = json!({"alg": "EdDSA", "crit": ["b64"], "b64": true});
    let claims = json!({"sub": "x", "aud": AUDIENCE, "iss": ISSUER, "exp": in_an_hour()});
    let refused = check_token(&external, &issuer.sign_header(&header, &claims)).await;
    assert_eq!(refused, Err("critical".to_owned()));
    let claims = json!({"sub": "x", "exp": in_an_hour()});
    let refused = check_token(&local, &issuer.sign_header(&local_header, &claims)).await;
    assert_eq!(refused, Err("critical".to_owned()));
    server.abort();
}

fn read(file: &RegisterFile) -> std::io::Result<Vec<u8>> {
    std::fs::read(file.0.path())
}

/// Goal: a revocation reaches tokens that a running gateway has checked before, local and external,
/// and no token that is issued later. A new gateway knows it too.
#[tokio::test]
async fn a_revoked_subject_is_refused_until_a_later_token() {
    let issuer = Issuer::new(1);
    let file = issuer.register();
    let (url, server) = publish(&[issuer.jwk("local")]).await;
    let now = get_current_timestamp();
    let token = |sub: &str, iat: Value| {
        let claims =
            json!({"sub": sub, "aud": AUDIENCE, "iss": LOCAL_ISSUER, "iat": iat, "exp": now + 60});
        issuer.sign_as(&claims, Some("local"))
    };
    let mut tokens = external(url);
    tokens.issuer = LOCAL_ISSUER.to_owned();
    let elsewhere = Tokens::External {
        issuer: tokens,
        register: Some(file.0.path().to_owned()),
    };
    let (early, undated) = (token("a", json!(now - 9)), token("a", Value::Null));
    for tokens in [file.tokens(), elsewhere] {
        file.write(&TokenRegister {
            keys: vec![issuer.token_key("local")],
            ..TokenRegister::default()
        });
        let verifier = Verifier::new(&tokens).unwrap();
        for token in [&early, &undated] {
            assert!(check_token(&verifier, token).await.is_ok());
        }
        let shown = check_token(&verifier, &early).await.unwrap();
        assert!(!verifier.is_revoked(&shown));
        file.write(&TokenRegister {
            keys: vec![issuer.token_key("local")],
            revoked: [("a".to_owned(), now - 5)].into(),
        });
        verifier.register.as_ref().unwrap().take(read(&file));
        let restarted = Verifier::new(&tokens).unwrap();
        assert!(verifier.is_revoked(&shown), "an open stream ends");
        for verifier in [&verifier, &restarted] {
            for token in [&early, &undated, &token("a", json!(now - 5))] {
                let refused = check_token(verifier, token).await;
                assert_eq!(refused, Err("revoked".to_owned()));
            }
            let later = check_token(verifier, &token("a", json!(now - 4))).await;
            assert!(later.is_ok(), "{later:?}");
            assert!(
                check_token(verifier, &token("b", json!(now - 9)))
                    .await
                    .is_ok()
            );
        }
    }
    server.abort();
}

/// Goal: after a rotation both keys admit, until the old one ends; then neither an old token nor a
/// remembered one does.
#[tokio::test]
async fn a_replaced_key_ends_at_its_time() {
    let (old, new) = (Issuer::new(1), Issuer::new(2));
    let now = get_current_timestamp();
    let file = RegisterFile::new(&TokenRegister {
        keys: vec![
            new.token_key("new"),
            crate::TokenKey {
                until: Some(now + 2),
                ..old.token_key("old")
            },
        ],
        ..TokenRegister::default()
    });
    let verifier = Verifier::new(&file.tokens()).unwrap();
    let claims = json!({"sub": "x", "exp": in_an_hour()});
    let (named, unnamed) = (old.sign_as(&claims, Some("old")), old.sign(&claims));
    for token in [&named, &unnamed] {
        let caller = check_token(&verifier, token).await.unwrap();
        assert_eq!(caller.expires_s(), now + 2, "a stream ends with the key");
    }
    while get_current_timestamp() < now + 2 {
        tokio::task::yield_now().await;
    }
    for token in [&named, &unnamed] {
        assert_eq!(
            check_token(&verifier, token).await,
            Err("signature".to_owned())
        );
    }
    let current = new.sign_as(&claims, Some("new"));
    assert!(check_token(&verifier, &current).await.is_ok());
}

/// Goal: what a token opened ends with the key that signed it: removed, or replaced without an overlap. A session has
/// no key, and goes on.
#[tokio::test]
async fn an_open_stream_ends_with_the_key_of_its_token() {
    let (old, new) = (Issuer::new(1), Issuer::new(2));
    let now = get_current_timestamp();
    let (keys, ended) = (
        [new.token_key("new"), old.token_key("old")],
        crate::TokenKey {
            until: Some(now),
            ..old.token_key("old")
        },
    );
    let session = Caller::new("x".to_owned(), vec![Role::Auditor], now + 60, Some(now));
    for after in [vec![keys[0].clone()], vec![keys[0].clone(), ended], vec![]] {
        let is_new_there = !after.is_empty();
        let file = RegisterFile::new(&TokenRegister {
            keys: keys.to_vec(),
            ..TokenRegister::default()
        });
        let verifier = Verifier::new(&file.tokens()).unwrap();
        let claims = json!({"sub": "x", "exp": in_an_hour()});
        let named = old.sign_as(&claims, Some("old"));
        let by_old = check_token(&verifier, &named).await.unwrap();
        // A token that names no key has the one that fits.
        let by_new = check_token(&verifier, &new.sign(&claims)).await.unwrap();
        for caller in [&by_old, &by_new, &session] {
            assert!(!verifier.is_revoked(caller));
        }
        file.write(&TokenRegister {
            keys: after,
            ..TokenRegister::default()
        });
        verifier.register.as_ref().unwrap().take(read(&file));
        assert!(verifier.is_revoked(&by_old));
        assert_eq!(verifier.is_revoked(&by_new), !is_new_there);
        assert!(!verifier.is_revoked(&session));
    }
}

/// Goal: no spelling of an operator's id escapes a revocation. Method: a register of before with one in upper case, and
/// tokens in each spelling.
#[tokio::test]
async fn a_revocation_knows_every_spelling() {
    const ID: &str = "3aaa6a03-1c2d-8e4f-9a5b-6c7d8e9f0a1b";
    let issuer = Issuer::new(1);
    let now = get_current_timestamp();
    for revoked in [ID.to_owned(), ID.to_uppercase(), ID.replace('-', "")] {
        let file = RegisterFile::new(&TokenRegister {
            keys: vec![issuer.token_key("k")],
            revoked: [(revoked, now)].into(),
        });
        let verifier = Verifier::new(&file.tokens()).unwrap();
        for (sub, role, reason) in [
            (ID.to_owned(), "operator", "revoked"),
            (ID.to_uppercase(), "operator", "subject"),
            (format!("urn:uuid:{ID}"), "operator", "subject"),
            (ID.replace('-', ""), "service", "revoked"),
            (ID.to_uppercase(), "service", "revoked"),
        ] {
            let claims = json!({"sub": sub, "roles": [role], "iat": now, "exp": now + 60});
            let refused = check_token(&verifier, &issuer.sign_as(&claims, Some("k"))).await;
            assert_eq!(refused, Err(reason.to_owned()), "{sub} {role}");
        }
    }
}

/// Goal: a register that is damaged or gone is said, and nobody who was revoked comes back.
#[tokio::test]
async fn a_lost_register_is_said_and_the_last_one_counts() {
    let issuer = Issuer::new(1);
    let file = issuer.register();
    let verifier = Verifier::new(&file.tokens()).unwrap();
    let register = verifier.register.as_ref().unwrap();
    let token = issuer.sign(&json!({"sub": "x", "exp": in_an_hour()}));
    let whole = read(&file).unwrap();
    register.take(Ok(b"{}".to_vec()));
    assert!(verifier.problem().unwrap().contains("no token register"));
    register.take(Err(std::io::ErrorKind::NotFound.into()));
    assert!(verifier.problem().unwrap().contains("not found"));
    assert!(check_token(&verifier, &token).await.is_ok());
    register.take(Ok(whole));
    assert_eq!(verifier.problem(), None);
}

#[test]
fn a_gateway_does_not_start_without_names() {
    let url = "https://login.example.org/jwks".to_owned();
    for (audience, issuer) in [("", "x"), (" ", "x"), ("x", "")] {
        let mut named = external(url.clone());
        (named.audience, named.issuer) = (audience.to_owned(), issuer.to_owned());
        let tokens = Tokens::External {
            issuer: named,
            register: None,
        };
        let refused = Verifier::new(&tokens).err();
        assert!(matches!(refused, Some(GatewayError::EmptyName(_))));
    }
}

#[test]
fn only_an_ed25519_key_is_a_local_key() {
    for pem in ["", "nonsense", include_str!("../test_rsa_key.pem")] {
        let mut key = Issuer::new(1).token_key("k");
        key.pem = pem.to_owned();
        let file = RegisterFile::new(&TokenRegister {
            keys: vec![key],
            ..TokenRegister::default()
        });
        let refused = Verifier::new(&file.tokens()).err();
        assert!(
            matches!(refused, Some(GatewayError::Register { .. })),
            "{pem}"
        );
    }
}
