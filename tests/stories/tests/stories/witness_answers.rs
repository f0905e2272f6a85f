//! Goal: a witness answers nonsense as C2SP tlog-witness says, remembers none of it, and bounds its size.
//! Method: requests by hand to a `jejak witness` of an office's log.

use std::fs;

use jejak_rig::office::Office;
use jejak_stories::{
    audited::{signed, size_of},
    witnessed::RunningWitness,
};
use reqwest::{Method, StatusCode, header::CONTENT_TYPE};

const KEY: &str = "data/keys/log.vkey";
/// The events of the demonstration.
const LAST: u64 = 57;

/// Submits a body: status, content type and text of the answer.
async fn submit(witness: &RunningWitness, body: impl Into<reqwest::Body>) -> (u16, String, String) {
    let request = witness.http.request(Method::POST, "/add-checkpoint");
    let answer = request.body(body).send().await.unwrap();
    let status = answer.status().as_u16();
    let kind = answer.headers().get(CONTENT_TYPE);
    let kind = kind.map_or("", |kind| kind.to_str().unwrap()).to_owned();
    (status, kind, answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_gets_the_answer_that_the_protocol_names() {
    let office = Office::up(true).await;
    let checkpoint = signed(&office.http, LAST).await;
    let witness = RunningWitness::start(&office, &[KEY]);
    let unseen = witness.http.get("/checkpoint/jejak/pontianak").await;
    assert_eq!(unseen.status(), StatusCode::NOT_FOUND);
    let hash = "A".repeat(43) + "=";
    for (body, expected) in [
        (String::new(), 400),
        ("old 0\n".to_owned(), 400),
        (format!("old 00\n\n{checkpoint}"), 400),
        (format!("old {}\n\n{checkpoint}", LAST + 1), 400),
        (format!("old 0\nno hash\n\n{checkpoint}"), 400),
        (
            format!("old 0\n{}\n{checkpoint}", format!("{hash}\n").repeat(64)),
            400,
        ),
        (
            format!("old 0\n\n{}", checkpoint.replace("\n57\n", "\n52\n")),
            403,
        ),
        (
            format!(
                "old 0\n\n{}",
                checkpoint.replace("jejak/pontianak", "jejak/singkawang")
            ),
            404,
        ),
        (format!("old 0\n{hash}\n\n{checkpoint}"), 422),
        ("x".repeat(16 * 1024 + 1), 413),
    ] {
        let (status, _, text) = submit(&witness, body.clone()).await;
        assert_eq!(
            status,
            expected,
            "{text} for {}",
            &body[..body.len().min(80)]
        );
    }
    let (status, kind, text) = submit(&witness, format!("old 7\n\n{checkpoint}")).await;
    assert_eq!(
        (status, &kind[..], &text[..]),
        (409, "text/x.tlog.size", "0\n")
    );
    let unseen = witness.http.get("/checkpoint/jejak/pontianak").await;
    assert_eq!(
        unseen.status(),
        StatusCode::NOT_FOUND,
        "none of these is remembered"
    );

    let (status, _, line) = submit(&witness, format!("old 0\n\n{checkpoint}")).await;
    assert_eq!(status, 200, "{line}");
    assert!(line.starts_with("— witness.example/kota ") && line.ends_with('\n'));
    let (status, kind, text) = submit(&witness, format!("old 0\n\n{checkpoint}")).await;
    assert_eq!(
        (status, &kind[..], &text[..]),
        (409, "text/x.tlog.size", "57\n")
    );
    let (status, _, _) = submit(&witness, format!("old 57\n\n{checkpoint}")).await;
    assert_eq!(status, 200, "the same checkpoint may come again");
    let (status, _, _) = submit(&witness, format!("old 57\n{hash}\n\n{checkpoint}")).await;
    assert_eq!(status, 422);
    assert_eq!(size_of(&witness.newest().await), Some(LAST));

    let get = witness.http.get("/add-checkpoint").await;
    assert_eq!(get.status(), StatusCode::METHOD_NOT_ALLOWED);
    for path in [
        "/",
        "/checkpoint/",
        "/checkpoint/jejak/singkawang",
        "/checkpoint/..%2f..%2fwitness.key",
    ] {
        let answer = witness.http.get(path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_witness_guards_its_key_and_its_memory() {
    use std::os::unix::fs::PermissionsExt;

    let office = Office::up(true).await;
    signed(&office.http, LAST).await;
    let mut witness = RunningWitness::start(&office, &[KEY]);
    let folder = office.dir().join("witness");
    let mode = |name: &str| {
        fs::metadata(folder.join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("witness.key"), 0o600);
    let again = [
        "witness",
        "--dir",
        "witness",
        "--log-key",
        KEY,
        "--listen",
        "127.0.0.1:0",
    ];
    let refused = |words: &str| {
        let (status, _, said) = jejak_rig::process::run(office.dir(), &again);
        assert!(!status.success() && said.contains(words), "{said}");
    };
    refused("is in use by another witness");
    witness.process.terminate();
    fs::remove_file(folder.join("cosigned.json")).unwrap();
    refused("cosigned.json is gone, but its key is here");
}
