//! Tokens of a running office: a revocation and a new key reach the gateway without a restart, and
//! outlast one.

use std::time::{Duration, Instant};

use jejak_rig::{broker::Broker, http::Http, office::Office, process};

const PPK: &str = "197701161997031006";
/// The time that a running gateway has to hear of a change.
const WITHIN: Duration = Duration::from_secs(10);

fn token(office: &Office, arguments: &[&str]) {
    let arguments = [&["token"], arguments, &["--data", "data"]].concat();
    let (status, _, stderr) = process::run(office.dir(), &arguments);
    assert!(status.success(), "{arguments:?}: {stderr}");
}

async fn status(http: &Http) -> u16 {
    http.get("/v1/packages").await.status().as_u16()
}

/// Asks until the status is the expected one.
async fn becomes(http: &Http, expected: u16) {
    let deadline = Instant::now() + WITHIN;
    while status(http).await != expected {
        assert!(Instant::now() < deadline, "{expected} within {WITHIN:?}");
    }
}

/// Goal: a subject's tokens end while the gateway runs, an event stream of his ends too, a later
/// token is accepted, and a restart forgets nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_reaches_a_running_gateway_and_outlasts_it() {
    let mut office = Office::apart(Broker::single().await).await;
    let (before, other) = (
        office.http_as("auditor-1", &["auditor"]),
        office.http_as(PPK, &["officer"]),
    );
    assert_eq!((status(&before).await, status(&other).await), (200, 200));
    let mut stream = before.get("/v1/events/stream").await;
    assert_eq!(stream.status().as_u16(), 200);
    token(&office, &["revoke", "--subject", "auditor-1"]);
    becomes(&before, 401).await;
    let body = before.get("/v1/packages").await.text().await.unwrap();
    assert!(body.contains("\"reason\":\"revoked\""), "{body}");
    assert_eq!(status(&other).await, 200);
    let ended = tokio::time::timeout(WITHIN, async {
        while let Ok(Some(_)) = stream.chunk().await {}
    });
    assert!(ended.await.is_ok(), "the stream ends");
    let after = office.http_as("auditor-1", &["auditor"]);
    assert_eq!(status(&after).await, 200);
    office.process("gateway").kill();
    office.start("gateway");
    office.http.ready().await;
    assert_eq!((status(&before).await, status(&after).await), (401, 200));
}

/// Goal: after a rotation the old tokens are accepted for the overlap, and a rotation without one
/// ends them and the event streams that they opened, those of older keys too. The gateway runs on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_key_signs_and_the_old_one_lasts_for_the_overlap() {
    let office = Office::up(false).await;
    let first = office.http_as(PPK, &["officer"]);
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let mut stream = auditor.get("/v1/events/stream").await;
    assert_eq!(stream.status().as_u16(), 200);
    token(&office, &["rotate"]);
    let second = office.http_as(PPK, &["officer"]);
    becomes(&second, 200).await;
    assert_eq!(status(&first).await, 200);
    token(&office, &["rotate", "--overlap", "0s"]);
    let third = office.http_as(PPK, &["officer"]);
    becomes(&third, 200).await;
    assert_eq!(status(&second).await, 401, "without an overlap it ends");
    assert_eq!(
        status(&first).await,
        401,
        "nor does an older key outlast it"
    );
    let ended = tokio::time::timeout(WITHIN, async {
        while let Ok(Some(_)) = stream.chunk().await {}
    });
    assert!(ended.await.is_ok(), "the stream of the old key ends");
}

/// Goal: a gateway that runs alone needs the register and its own seed, and no other file of the
/// office. Method: a folder with these two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_needs_no_private_key_of_the_office() {
    let mut office = Office::apart(Broker::single().await).await;
    let officer = office.http_as(PPK, &["officer"]);
    office.process("gateway").terminate();
    let alone = office.dir().join("alone");
    std::fs::create_dir(&alone).unwrap();
    for (from, to) in [
        ("tokens/register.json", "register.json"),
        ("keys/nats/gateway.seed", "seed"),
    ] {
        std::fs::copy(office.data().join(from), alone.join(to)).unwrap();
    }
    let url = office.broker.as_ref().unwrap().url();
    let listen = office.http.base.trim_start_matches("http://").to_owned();
    let arguments = [
        "gateway",
        "--data",
        "none",
        "--nats",
        &url,
        "--listen",
        &listen,
        "--nkey-seed-file",
        "seed",
        "--token-register-file",
        "register.json",
    ];
    let _gateway = process::Process::start(&alone, "gateway", &arguments);
    office.http.ready().await;
    assert_eq!(status(&officer).await, 200);
    assert!(!alone.join("none/keys").exists(), "no key was made");
}
