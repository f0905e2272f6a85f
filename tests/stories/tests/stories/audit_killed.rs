//! Goal: an auditor killed at any instant goes on without a gap, and never two trees of one size
//! are signed. Method: commands keep coming while the auditor is killed and started again at
//! instants drawn from a printed seed; every checkpoint that anyone could see is kept.

use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jejak_rig::{broker::Broker, office::Office};
use jejak_stories::audited::{audit, signed, size_of, verify};
use serde_json::json;

const KILLS: u32 = 12;

/// A small generator, for instants only.
struct RandomPauses(u64);

impl RandomPauses {
    fn next_ms(&mut self, most: u64) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_millis(self.0 % most)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_instant_it_goes_on() {
    let seed = std::env::var("SEED").map_or_else(
        |_| u64::from(std::process::id()),
        |seed| seed.parse().unwrap(),
    );
    println!("SEED={seed}");
    let mut instants = RandomPauses(seed.max(1));
    let mut office = Office::apart(Broker::single().await).await;
    let over = Arc::new(AtomicBool::new(false));
    let seen: Arc<Mutex<BTreeMap<u64, String>>> = Arc::default();
    let writer = {
        let (admin, over) = (office.http_as("admin-1", &["admin"]), over.clone());
        tokio::spawn(async move {
            let mut last = 0;
            for n in 0.. {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let body = json!({"date": format!("{}-{:02}-{:02}", 2030 + n / 240, 1 + n / 20 % 12, 1 + n % 20), "kind": "public_holiday", "name": "Hari", "decree": "SKB"});
                let (status, answer) = admin
                    .command("declare-holiday", &format!("h-{n}"), &body)
                    .await;
                assert_eq!(status, 200, "{answer}");
                last = answer["position"].as_u64().unwrap();
            }
            last
        })
    };
    let watcher = {
        let (http, over, seen) = (office.http.clone(), over.clone(), seen.clone());
        tokio::spawn(async move {
            while !over.load(Ordering::Relaxed) {
                let checkpoint = http.get("/log/checkpoint").await.text().await.unwrap();
                if let Some(size) = size_of(&checkpoint) {
                    let mut seen = seen.lock().unwrap();
                    let known = seen.entry(size).or_insert_with(|| checkpoint.clone());
                    assert_eq!(*known, checkpoint, "two trees of {size} entries");
                }
            }
        })
    };
    for _ in 0..KILLS {
        // Any instant will do, so this waits for time and not for a position.
        tokio::time::sleep(instants.next_ms(400)).await;
        office.process("auditor").kill();
        office.start("auditor");
    }
    over.store(true, Ordering::Relaxed);
    let last = writer.await.unwrap();
    watcher.await.unwrap();
    signed(&office.http, last).await;
    office.http.ready().await;
    verify(&office);
    let seen = seen.lock().unwrap();
    println!("{} checkpoints seen of {last} entries", seen.len());
    for checkpoint in seen.values().step_by(seen.len().div_ceil(5)) {
        fs::write(office.dir().join("older"), checkpoint).unwrap();
        let said = audit(&office, &["verify", "--since", "older"]);
        assert!(said.success, "{}", said.text);
    }
}
