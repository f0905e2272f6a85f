//! Goal: an auditor with the broker, the tree and the public key verifies the office without its keys, and is
//! told the checks that were left out. An auditor without one of them is told which one. Method: `jejak up`
//! with a broker that asks every client for an identity, and a folder elsewhere with copies. `audit_alone` has
//! the auditor without a broker.

use std::fs;

use jejak_projections::{VIEWS, View};
use jejak_rig::office::Office;
use jejak_stories::audited::{AuditOutput, audit, fails, signed};

/// The events of the demonstration.
const LAST: u64 = 57;

/// Makes the folder of an outside auditor: a mirror of `/log`, the public key, and an identity that
/// reads the log.
async fn outside(office: &Office) {
    let auditor = office.http_as("auditor-1", &["auditor"]);
    let outside = office.dir().join("outside");
    for file in ["checkpoint", "tile/0/000.p/57", "tile/entries/000.p/57"] {
        let path = outside.join("tree").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(
            path,
            auditor
                .get(&format!("/log/{file}"))
                .await
                .bytes()
                .await
                .unwrap(),
        )
        .unwrap();
    }
    for (from, to) in [
        ("keys/log.vkey", "log.vkey"),
        ("keys/nats/auditor.seed", "auditor.seed"),
    ] {
        fs::copy(office.data().join(from), outside.join(to)).unwrap();
    }
}

pub(crate) fn url(office: &Office) -> String {
    fs::read_to_string(office.data().join("broker.url"))
        .unwrap()
        .trim()
        .to_owned()
}

const GIVEN: [&str; 8] = [
    "--data",
    "nowhere",
    "--key",
    "outside/log.vkey",
    "--tree",
    "outside/tree",
    "--nkey-seed-file",
    "outside/auditor.seed",
];

fn verify(office: &Office, more: &[&str]) -> AuditOutput {
    audit(
        office,
        &[&["verify", "--nats", &url(office)], &GIVEN[..], more].concat(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_offices_keys_what_is_signed_is_verified_and_the_rest_is_said_not_to_be() {
    let office = Office::up(true).await;
    signed(&office.http, LAST).await;
    outside(&office).await;
    let said = verify(&office, &["--since", "outside/tree/checkpoint"]);
    assert_eq!(said.code, Some(0), "{}", said.text);
    let lines: Vec<&str> = said.out.lines().collect();
    let mut beginnings: Vec<String> = [
        "ok      checkpoint: 57 entries, root ",
        "ok      since: the tree extends the checkpoint of 57 entries",
        "ok      tree: ",
        "ok      log: positions 1 to 57 hold what was signed; its incarnation was not compared",
        "ok      events: 57 events are well-formed, under their subjects, without a gap, each once; their sealed parts",
        "SKIPPED streams: not checked: the rules concern data that only the office's keys open",
    ]
    .map(str::to_owned)
    .into();
    let skipped = |view: &&dyn View| format!("SKIPPED view {}: not checked: ", view.name());
    beginnings.extend(VIEWS.iter().map(skipped));
    let skipped = 1 + VIEWS.len();
    beginnings.push(format!(
        "5 checks passed, {skipped} skipped; each line says why"
    ));
    for (line, beginning) in lines.iter().zip(&beginnings) {
        assert!(
            line.starts_with(beginning),
            "{line:?} instead of {beginning:?}"
        );
    }
    assert_eq!(lines.len(), beginnings.len(), "{}", said.out);
    assert!(!office.dir().join("nowhere").exists(), "nothing is made");

    // A log.json comes with a copy of the office's folder, and says of which log it is.
    fs::copy(
        office.data().join("tree/log.json"),
        office.dir().join("outside/tree/log.json"),
    )
    .unwrap();
    let said = verify(&office, &[]);
    assert!(
        said.success
            && said
                .out
                .contains("positions 1 to 57 hold what was signed\n"),
        "{}",
        said.text
    );

    // The check itself still fails.
    let bundle = office.dir().join("outside/tree/tile/entries/000.p/57");
    let mut bytes = fs::read(&bundle).unwrap();
    bytes[5_000] ^= 1;
    fs::write(&bundle, bytes).unwrap();
    let said = verify(&office, &[]);
    assert_eq!(said.code, Some(1), "{}", said.text);
    assert!(
        said.text.contains("FAILED  tree: ") && said.text.contains("1 of 4 checks failed"),
        "{}",
        said.text
    );
}

/// The seed of a service, as its environment has it, does not turn checks off where the office's
/// keys are; nor need the broker be named there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_offices_keys_everything_is_checked_whatever_seed_is_given() {
    let office = Office::up(true).await;
    signed(&office.http, LAST).await;
    for seed in [
        "data/keys/nats/auditor.seed",
        "data/keys/nats/gateway.seed",
        "data/keys/nats/admin.seed",
    ] {
        let said = audit(&office, &["verify", "--nkey-seed-file", seed]);
        assert_eq!(said.code, Some(0), "{seed}: {}", said.text);
        let lines: Vec<&str> = said.out.lines().collect();
        let passed = lines.iter().filter(|line| line.starts_with("ok "));
        assert!(
            passed.count() == 5 + VIEWS.len() && said.out.matches("SKIPPED").count() == 1,
            "{seed}: {}",
            said.out
        );
        assert!(lines[1].starts_with("SKIPPED growth: "), "{}", said.out);
    }
    // One that the broker does not know is used, and refused.
    let other = Office::up(false).await;
    fs::copy(
        other.data().join("keys/nats/admin.seed"),
        office.dir().join("other.seed"),
    )
    .unwrap();
    fails(
        &office,
        &["verify", "--nkey-seed-file", "other.seed"],
        &["authorization violation"],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lacks_something_is_told_what() {
    let office = Office::up(true).await;
    signed(&office.http, LAST).await;
    outside(&office).await;
    let url = url(&office);
    let nowhere = [
        "verify",
        "--data",
        "nowhere",
        "--nats",
        &url,
        "--key",
        "outside/log.vkey",
    ];
    fails(
        &office,
        &nowhere,
        &[
            "nowhere is no data folder",
            "without the office's keys, give --key and --tree, and --nats to compare the log too",
        ],
    );
    // The broker asks for an identity.
    let nobody = [&nowhere[..], &["--tree", "outside/tree"]].concat();
    let asks = [
        "cannot connect to NATS",
        "authorization violation",
        "its seed with --nkey-seed-file",
    ];
    fails(&office, &nobody, &asks);
    let elsewhere = [&nobody[..], &["--tenant", "singkawang"]].concat();
    fails(
        &office,
        &elsewhere,
        &["the tree is of jejak/pontianak, not of jejak/singkawang; name its office with --tenant"],
    );
    let absent = [&nobody[..], &["--nkey-seed-file", "absent"]].concat();
    fails(&office, &absent, &["absent"]);

    fails(
        &office,
        &["restore", "--into", &url, "--tenant", "singkawang"],
        &["the tree is of jejak/pontianak, not of jejak/singkawang; name its office with --tenant"],
    );
    fails(
        &office,
        &["restore", "--into", &url],
        &["JEJAK_PONTIANAK is not empty: it holds events up to position 57"],
    );
    // An identity that may not create a log, and one that the broker does not know.
    let admin = office.data().join("keys/nats/admin.seed");
    let own = fs::read(&admin).unwrap();
    fs::copy(office.data().join("keys/nats/auditor.seed"), &admin).unwrap();
    let refused = [
        "Permissions Violation",
        "the broker does not answer",
        "it does not let the identity `admin` of data create the log",
    ];
    fails(&office, &["restore", "--into", &url], &refused);
    let other = Office::up(false).await;
    fs::copy(other.data().join("keys/nats/admin.seed"), &admin).unwrap();
    let unknown = [
        "cannot connect to NATS",
        "authorization violation",
        "it does not know this identity",
    ];
    fails(&office, &["restore", "--into", &url], &unknown);
    fs::write(&admin, own).unwrap();
    fails(&office, &["restore", "--into", &url], &["not empty"]);
}
