//! Golden files: one stored event of every type, written once and never again. Old logs hold the same bytes,
//! so they are read for good. They give the same facts, and are written again to the same bytes.
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
    ids::ActorId,
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

/// One step of the story.
struct Step {
    /// The command's id. It does not change when another file gets a step.
    id: String,
    sub: String,
    name: String,
    body: Value,
}

/// The steps of the story, in the order of its files.
fn steps() -> Vec<Step> {
    let entries = fs::read_dir(folder().join("story")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: PathBuf| {
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        let steps: Vec<(String, String, Value)> =
            serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let step = move |(n, (sub, name, body)): (usize, _)| Step {
            id: format!("golden-{file}-{n}"),
            sub,
            name,
            body,
        };
        steps.into_iter().enumerate().map(step).collect::<Vec<_>>()
    };
    files.into_iter().flat_map(read).collect()
}

/// The ids that the story created so far, under the names that steps call them by: `$contract_id1` is the first
/// contract's.
type Created = BTreeMap<String, String>;

impl Step {
    fn command(&self, created: &Created) -> Command {
        let mut body = self.body.to_string();
        for (name, id) in created {
            body = body.replace(&format!("\"${name}\""), &format!("\"{id}\""));
        }
        Command::parse(&self.name, body.as_bytes())
            .unwrap()
            .unwrap_or_else(|malformed| panic!("{} {body}: {malformed}", self.id))
    }
}

/// The stored events of the whole story, and the ids that it created.
fn told() -> (Vec<Stored>, Created) {
    let mut office = Office::new();
    let mut created = Created::new();
    for step in steps() {
        let command = step.command(&created);
        let asked = Asked {
            command: &command,
            id: &step.id,
            sub: &step.sub,
            today: "2021-02-28".parse().unwrap(),
        };
        let stored = office
            .play(&asked)
            .unwrap_or_else(|refused| panic!("{} {}: {refused:?}", step.id, step.name));
        assert!(!stored.is_empty(), "{} changes something", step.id);
        for Stored { recorded, .. } in &stored {
            if let Some(made) = recorded.event.created_id(&recorded.envelope.stream) {
                let field = made.field;
                let nth = 1 + created
                    .keys()
                    .filter(|name| name.starts_with(field))
                    .count();
                created.insert(format!("{field}{nth}"), made.id.to_string());
            }
        }
    }
    assert!(office.rebuilt() == office.streams);
    (office.log, created)
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
    // The last event of each type is taken, because it cites the others.
    let told: BTreeMap<_, _> = told()
        .0
        .into_iter()
        .map(|stored| (stored.recorded.event.type_name(), stored.bytes))
        .collect();
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
/// digest of every golden file is that of a step of the story. The oldest files hold contract ids that callers
/// chose. Hires are left out: theirs held an id that a body may no longer have.
#[test]
fn every_golden_command_keeps_its_digest() {
    let (_, created) = told();
    let mut chosen = created.clone();
    for n in 1..=3 {
        let contract_id = format!("00000000-0000-4000-8000-{n:012}");
        chosen.insert(format!("contract_id{n}"), contract_id);
    }
    let mut compared = 0;
    for (name, bytes) in golden() {
        let envelope = decode(1, &bytes).unwrap().envelope;
        if envelope.command == "hire-operator" {
            continue;
        }
        let steps = steps();
        let of_command = steps.iter().filter(|step| step.name == envelope.command);
        let (stored, id) = (&envelope.command_digest, &envelope.command_id);
        let mut commands =
            of_command.flat_map(|step| [&created, &chosen].map(|ids| step.command(ids)));
        assert!(
            commands.any(|command| command.has_digest(stored, id, &TenantKey::new([7; 32]))),
            "no step gives the stored digest of {name}: did its command gain a field that is written as null?"
        );
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

fn of_actors() -> PathBuf {
    folder().join("actor")
}

/// The kinds of actors in the story, each with the end of its subject.
const ACTORS: [(&str, &str); 2] = [("officer", "1006"), ("account", "admin-bkpsdm")];

/// Goal: events whose actor is sealed are read for good, as their bytes are now. Events without one are the other
/// golden files. Method: a file for each kind of actor in the story, written once.
#[test]
fn every_golden_actor_opens_and_is_the_one_of_its_pseudonym() {
    for (kind, subject) in ACTORS {
        let path = of_actors().join(format!("{kind}.json"));
        if !path.exists()
            && std::env::var_os("JEJAK_WRITE_GOLDEN").is_some_and(|write| write == "1")
        {
            let is_of = |stored: &&Stored| {
                let actor = stored.recorded.envelope.actor.to_string();
                actor.starts_with(kind)
            };
            let told = told().0;
            fs::create_dir_all(of_actors()).unwrap();
            fs::write(&path, &told.iter().find(is_of).unwrap().bytes).unwrap();
        }
        let bytes = fs::read(&path).unwrap_or_else(|error| {
            panic!("no golden file of an {kind}: {error}; run with JEJAK_WRITE_GOLDEN=1")
        });
        let read = decode(1, &bytes).unwrap();
        let written = encode(&read.envelope, &read.event).unwrap();
        assert_eq!(written.get().as_bytes(), bytes);
        let sealed = read.envelope.sealed_actor.unwrap();
        let key = DataKey::new([9; 32]);
        let identity = sealed.open(read.envelope.id, &key).unwrap();
        assert!(identity.subject.ends_with(subject));
        assert_eq!(
            identity.name.as_ref().unwrap().as_str(),
            "Contoh Pemberi, S.Sos."
        );
        let tenant = TenantKey::new([7; 32]);
        assert_eq!(identity.actor_id(&tenant), read.envelope.actor);
        let text = String::from_utf8(bytes).unwrap();
        for clear in ["Contoh", "19770116", "admin"] {
            assert!(!text.contains(clear), "{clear} in {text}");
        }
    }
}

/// Goal: each golden file of before has no sealed actor, and keeps the name of its account.
#[test]
fn golden_files_of_before_have_no_sealed_actor() {
    let mut named = 0;
    for (name, bytes) in golden() {
        let envelope = decode(1, &bytes).unwrap().envelope;
        let is_old = envelope.sealed_actor.is_none();
        named += usize::from(is_old && envelope.actor.to_string() == "account/admin-bkpsdm");
        let is_account_of_now = matches!(envelope.actor, ActorId::Account(_));
        assert!(!(is_old && is_account_of_now), "{name}");
    }
    assert_eq!(named, 7);
}
