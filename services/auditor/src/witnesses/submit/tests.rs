//! Goal: no answer of a witness is believed that its key did not sign, and none stops or fills the
//! office. Method: a server on this machine that answers each submission with one given answer.

use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use tokio::net::TcpListener;

use super::*;
use crate::{cosignature::WitnessPrivateKey, note, tree::test_tree::TestTree};

fn key(seed: u8) -> WitnessPrivateKey {
    WitnessPrivateKey::parse(&WitnessPrivateKey::text("kota", &[seed; 32]).unwrap()).unwrap()
}

/// Submits the checkpoint of a tree to a witness that gives this answer to everything.
async fn answered(
    signed: &TestTree,
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
) -> Result<Submitted, SubmitError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = move || std::future::ready((status, headers, body));
    let router = Router::new().route("/add-checkpoint", post(answer));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let witness = RemoteWitness {
        url: url.parse().unwrap(),
        key: key(1).public().clone(),
    };
    let client = client().unwrap();
    let submitted = submit(&client, &witness, &signed.folder(), signed.key(), 0).await;
    server.abort();
    submitted
}

/// The same with an answer of status 200.
async fn ok(signed: &TestTree, body: Vec<u8>) -> Result<Submitted, SubmitError> {
    answered(signed, StatusCode::OK, HeaderMap::new(), body).await
}

#[tokio::test]
async fn only_the_cosignature_of_its_own_key_on_this_checkpoint_counts() {
    let signed = TestTree::of(5);
    let checkpoint = signed.tree().checkpoint().to_vec();
    let text = note::text(&checkpoint).unwrap();
    let now = now_s();
    let ours = key(1).cosign(&text, now).unwrap();
    let others = key(2).cosign(&text, now).unwrap();
    let both = ok(&signed, [&others[..], &ours].concat()).await.unwrap();
    assert_eq!((both.head.size, both.time), (5, now));
    assert_eq!(both.note, [&checkpoint[..], &ours].concat());

    let elsewhere = [&text[..], b"more\n"].concat();
    let of_other_text = key(1).cosign(&elsewhere, now).unwrap();
    // An empty line makes all before it the text that is signed.
    let whole = [&checkpoint[..], b"x\n"].concat();
    let injected = [&b"x\n\n"[..], &key(1).cosign(&whole, now).unwrap()].concat();
    for wrong in [
        others,
        of_other_text,
        injected,
        b"".to_vec(),
        b"ok\n".to_vec(),
    ] {
        let said = String::from_utf8_lossy(&wrong).into_owned();
        let error = ok(&signed, wrong).await.unwrap_err();
        assert!(matches!(error, SubmitError::Away(_)), "{said}: {error}");
    }
    let error = ok(&signed, vec![b'a'; LARGEST_ANSWER + 1])
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "its answer has no end");
}

/// Goal: a cosignature that somebody kept is no answer to a question of now. A clock may differ by a few minutes.
#[tokio::test]
async fn a_cosignature_of_before_the_request_does_not_count() {
    let signed = TestTree::of(5);
    let text = note::text(signed.tree().checkpoint()).unwrap();
    let at = |time| key(1).cosign(&text, time).unwrap();
    let now = now_s();
    for time in [now - CLOCKS_DIFFER_S + 60, now, now + CLOCKS_DIFFER_S] {
        assert_eq!(ok(&signed, at(time)).await.unwrap().time, time);
    }
    for time in [0, 7, now - CLOCKS_DIFFER_S - 1] {
        let error = ok(&signed, at(time)).await.unwrap_err();
        assert!(matches!(error, SubmitError::Away(_)), "{error}");
        assert!(error.to_string().contains("before it was asked"), "{error}");
    }
}

#[tokio::test]
async fn other_answers_are_no_cosignatures() {
    let signed = TestTree::of(5);
    let mut elsewhere = HeaderMap::new();
    elsewhere.insert("location", "http://127.0.0.1:1/".parse().unwrap());
    for (status, body, words) in [
        (StatusCode::TEMPORARY_REDIRECT, "", "it answers 307"),
        (StatusCode::FORBIDDEN, "", "hand it jejak/pontianak+"),
        (StatusCode::NOT_FOUND, "", "hand it jejak/pontianak+"),
        (StatusCode::UNPROCESSABLE_ENTITY, "", "it answers 422"),
        (StatusCode::BAD_GATEWAY, "<html>", "it answers 502"),
        (StatusCode::CONFLICT, "many\n", "409 without a size"),
        (StatusCode::CONFLICT, "3\n", "another size of its own"),
    ] {
        let answer = answered(&signed, status, elsewhere.clone(), body.into()).await;
        let error = answer.unwrap_err();
        assert!(matches!(error, SubmitError::Away(_)), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    for (status, body, words) in [
        (StatusCode::CONFLICT, "9\n", "positions 6 to 9 are missing"),
        (StatusCode::CONFLICT, "5\n", "does not extend"),
    ] {
        let answer = answered(&signed, status, HeaderMap::new(), body.into()).await;
        let error = answer.unwrap_err();
        assert!(matches!(error, SubmitError::Contradicts(_)), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}
