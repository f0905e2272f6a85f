//! Golden files: one stored event of every type, written once and never again. What is in them is what
//! old logs hold, so they are read for good: to the same facts, and written again to the same bytes.
//!
//! A new event type needs a step in the story, a file of `golden/story`, that decides it, and a run with
//! `JEJAK_WRITE_GOLDEN=1`, which writes the files that are missing and touches no other. A new version gets
//! a file of its own; that of the old one stays, and is read as the new one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its seed"
)]

use std::{collections::BTreeMap, fs, path::PathBuf};

use jejak_events::{
    Command, Event,
    envelope::{decode, encode},
    operator::{self, contract},
    personal::Key,
    secret::{DataKey, TenantKey},
};
use office::{Asked, Office, Stored};
use serde_json::Value;

#[cfg(test)]
mod office;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The steps of the story, in the order of its files: the sender, the command's name and its body.
fn steps() -> Vec<(String, String, Value)> {
    let entries = fs::read_dir(folder().join("story")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: PathBuf| -> Vec<(String, String, Value)> {
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    };
    files.into_iter().flat_map(read).collect()
}

/// The nth step's command, with the ids that it names as `$operator` and `$contract1`.
fn command(n: usize, contracts: &[String]) -> Command {
    let (_, name, body) = &steps()[n];
    let operator = TenantKey::new([7; 32]).operator_id(&"6171011503950001".parse().unwrap());
    let mut body = body.to_string().replace("$operator", &operator.to_string());
    for (contract, id) in (1..).zip(contracts) {
        body = body.replace(&format!("$contract{contract}"), id);
    }
    Command::parse(name, body.as_bytes()).unwrap().unwrap()
}

/// The stored bytes by type; of several events of a type the last, which cites the others.
fn told() -> BTreeMap<String, Vec<u8>> {
    let mut office = Office::new();
    let mut contracts = vec![];
    for (n, (sub, name, _)) in steps().iter().enumerate() {
        let command = command(n, &contracts);
        let id = format!("golden-{n}");
        let asked = Asked {
            command: &command,
            id: &id,
            sub,
            today: "2021-02-28".parse().unwrap(),
        };
        let stored = office
            .play(&asked)
            .unwrap_or_else(|refused| panic!("step {n} {name}: {refused:?}"));
        assert!(!stored.is_empty(), "step {n} {name} changes something");
        for Stored { recorded, .. } in &stored {
            if let Event::Operator(operator::Event::Contract(contract::Event::Hired(hired))) =
                &recorded.event
            {
                contracts.push(hired.contract_id.to_string());
            }
        }
    }
    assert!(office.rebuilt() == office.streams);
    let by_type = office
        .log
        .iter()
        .map(|stored| (stored.recorded.event.type_name(), &stored.bytes));
    by_type
        .map(|(name, bytes)| (name.to_owned(), bytes.clone()))
        .collect()
}

fn golden() -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let events = entries.filter(|path| path.extension().is_some_and(|e| e == "json"));
    events
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                fs::read(&path).unwrap(),
            )
        })
        .collect()
}

#[test]
fn every_event_type_has_a_golden_file() {
    let told = told();
    for (name, _) in Event::schemas() {
        let path = folder().join(format!("{name}.json"));
        let bytes = told
            .get(name)
            .unwrap_or_else(|| panic!("golden/story has no step that decides {name}"));
        if !path.exists()
            && std::env::var_os("JEJAK_WRITE_GOLDEN").is_some_and(|write| write == "1")
        {
            fs::write(&path, bytes).unwrap();
        }
        assert!(
            path.exists(),
            "no golden file for {name}: run with JEJAK_WRITE_GOLDEN=1 and commit it"
        );
    }
    for (name, _) in Event::superseded() {
        assert!(
            folder().join(format!("{name}.json")).exists(),
            "the golden file of {name} stays for good"
        );
    }
}

#[test]
fn every_golden_file_reads_and_writes_to_the_same_bytes() {
    let superseded: Vec<_> = Event::superseded()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    for (name, bytes) in golden() {
        let read = decode(1, &bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        if superseded.contains(&name.as_str()) {
            // Read as the version that is written now, and never written again as it was.
            assert!(!superseded.contains(&read.event.type_name()), "{name}");
            encode(&read.envelope, &read.event).unwrap();
            continue;
        }
        assert_eq!(read.event.type_name(), name);
        let written = encode(&read.envelope, &read.event).unwrap();
        assert_eq!(written.get(), String::from_utf8(bytes).unwrap(), "{name}");
    }
}

/// Goal: a command sent again is told by the digest that was stored with its event, however old. Method: the
/// digest of every golden file is that of a step of the story. Hires are left out: theirs held an id
/// that a body may no longer have.
#[test]
fn every_golden_command_keeps_its_digest() {
    let contracts = [1, 2, 3].map(|n| format!("00000000-0000-4000-8000-{n:012}"));
    let mut compared = 0;
    for (name, bytes) in golden() {
        let envelope = decode(1, &bytes).unwrap().envelope;
        if envelope.command == "hire-operator" {
            continue;
        }
        let of_command = (0..)
            .zip(steps())
            .filter(|(_, step)| step.1 == envelope.command);
        let digests: Vec<_> = of_command
            .map(|(n, _)| command(n, &contracts).digest(&TenantKey::new([7; 32])))
            .collect();
        assert!(digests.contains(&envelope.command_digest), "{name}");
        compared += 1;
    }
    assert!(compared > 20, "{compared} digests");
}

#[test]
fn every_golden_file_opens_with_its_key_and_holds_nothing_personal_in_the_clear() {
    for (name, bytes) in golden() {
        let mut read = decode(1, &bytes).unwrap();
        let had_part = read.event.part().is_some();
        read.open(|_| Some(Key::Present(DataKey::new([8; 32]))))
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        // An opened part is one that can no longer be written.
        assert_eq!(
            encode(&read.envelope, &read.event).is_err(),
            had_part,
            "{name}"
        );
        let text = String::from_utf8(bytes).unwrap();
        for personal in [
            "Contoh",
            "61710115",
            "1995",
            "sakit",
            "alasan",
            "19770116",
            "0800000001",
        ] {
            assert!(!text.contains(personal), "{personal} in {name}");
        }
    }
}
