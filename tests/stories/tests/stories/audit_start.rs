//! Goal: an auditor that starts on a damaged tree, or runs beside a silent broker, says so. It ends when told
//! to, in any state of the broker. Method: files of the tree are altered between two starts; the broker's
//! process is halted and goes on.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use jejak_rig::{broker::Broker, office::Office};
use jejak_stories::audited::{append_holidays, red, signed, size_of};

/// More than an auditor looks at before it begins.
const EVENTS: u64 = 1_500;

async fn office() -> Office {
    let office = Office::apart(Broker::single().await).await;
    append_holidays(&office.broker.as_ref().unwrap().client().await, EVENTS).await;
    signed(&office.http, EVENTS).await;
    office
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_tile_is_named_by_an_auditor_that_starts_on_it() {
    let mut office = office().await;
    // Damage near the end is met at once. Damage far from the end is met by the comparison of the whole. The
    // unfinished tiles are checked together, against the root that the checkpoint names.
    let no_root = "the partial tiles do not lead to its root";
    for (file, flipped) in [
        ("tile/0/005.p/220", no_root),
        ("tile/1/000.p/5", no_root),
        (
            "tile/entries/005.p/220",
            "tile/entries/005.p/220 of the signed tree is damaged",
        ),
        ("tile/0/004", "tile/0/004 of the signed tree is damaged"),
        ("tile/0/000", "tile/0/000 of the signed tree is damaged"),
    ] {
        office.process("auditor").terminate();
        let path = office.data().join("tree").join(file);
        let whole = fs::read(&path).unwrap();
        let mut altered = whole.clone();
        altered[whole.len() / 2] ^= 1;
        let cut = (whole[..whole.len() - 1].to_vec(), file);
        for (damaged, named) in [(altered, flipped), cut] {
            fs::write(&path, damaged).unwrap();
            office.start("auditor");
            red(
                &office.http,
                &["auditor: stopped at position 1500: ", named],
            )
            .await;
            let checkpoint = office
                .http
                .get("/log/checkpoint")
                .await
                .text()
                .await
                .unwrap();
            assert_eq!(
                size_of(&checkpoint),
                Some(EVENTS),
                "what was signed is still served"
            );
            office.process("auditor").terminate();
        }
        fs::write(&path, whole).unwrap();
        office.start("auditor");
        office.http.ready().await;
    }
}

fn signal(office: &Office, signal: &str) {
    let pid = office.broker.as_ref().unwrap().pid(0).unwrap().to_string();
    assert!(
        Command::new("kill")
            .args([signal, &pid])
            .status()
            .unwrap()
            .success()
    );
}

/// Waits until a line of the auditor's log has these words.
fn says(office: &mut Office, words: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !office.process("auditor").log_text().contains(words) {
        assert!(
            Instant::now() < deadline,
            "{words:?} is not in {}",
            office.process("auditor").log_text()
        );
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_auditor_says_that_the_broker_does_not_answer_and_ends_when_told_to() {
    let mut office = office().await;
    signal(&office, "-STOP");
    says(&mut office, "the broker does not confirm the signed events");
    signal(&office, "-CONT");
    says(&mut office, "the broker confirms the signed events again");
    office.http.ready().await;
    signal(&office, "-STOP");
    let told = Instant::now();
    let ended = office.process("auditor").terminate();
    let took = told.elapsed();
    signal(&office, "-CONT");
    assert!(
        ended.success() && took < Duration::from_secs(3),
        "it took {took:?}"
    );
    office.start("auditor");
    office.http.ready().await;
}
