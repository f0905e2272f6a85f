//! The KAK of 2020, all 61 steps, decided in memory: each is accepted or refused as the file says, every
//! event survives its codec, and the state comes out as an auditor would count it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its seed"
)]

use std::collections::HashMap;

use jejak_events::{Command, Event, Rejection, operator, stream_state::StreamState};
use office::{Asked, Office, Stored};
use serde_json::Value;

#[cfg(test)]
mod office;

const STEPS: &str = include_str!("../../deploy/demo/kak-2020.json");
/// Personal data of the demonstration, or a part of it.
const SECRETS: [&str; 5] = ["Contoh", "6171", "1995", "Fadli", "19770116"];

/// The office, and the ids that the steps refer to by name.
struct Demo {
    office: Office,
    saved: HashMap<String, String>,
}

impl Demo {
    fn play(&mut self, n: usize, step: &Value) -> Result<Vec<Stored>, Rejection> {
        let body = self.resolve(&step["body"].to_string());
        let command = Command::parse(step["command"].as_str().unwrap(), body.as_bytes())
            .unwrap()
            .unwrap();
        let (id, sub) = (format!("demo-{n}"), step["as"].as_str().unwrap());
        let asked = Asked {
            command: &command,
            id: &id,
            sub,
            today: "2026-11-24".parse().unwrap(),
        };
        let stored = self.office.play(&asked)?;
        for text in stored
            .iter()
            .map(|stored| String::from_utf8(stored.bytes.clone()).unwrap())
        {
            // The region of preferred domicile is policy, no one's address.
            let found = SECRETS.iter().find(|secret| text.contains(**secret));
            assert!(
                found.is_none() || text.contains("preferred_domicile"),
                "{found:?} in the clear: {text}"
            );
        }
        Ok(stored)
    }

    fn resolve(&self, body: &str) -> String {
        let mut names: Vec<_> = self.saved.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        names.into_iter().fold(body.to_owned(), |body, (name, id)| {
            body.replace(&format!("\"${name}\""), &format!("\"{id}\""))
        })
    }

    fn save(&mut self, name: &str, stored: &[Stored]) {
        use jejak_events::operator::{contract, leave};
        let id = stored
            .iter()
            .find_map(|stored| match &stored.recorded.event {
                Event::Operator(operator::Event::Contract(contract::Event::Hired(hired))) => {
                    Some(hired.contract_id.to_string())
                }
                Event::Operator(operator::Event::Leave(leave::Event::Recorded(leave))) => {
                    Some(leave.leave_id.to_string())
                }
                Event::Operator(operator::Event::Identity(_)) => {
                    Some(stored.recorded.envelope.stream.id().to_string())
                }
                _ => None,
            });
        self.saved.insert(name.to_owned(), id.unwrap());
    }
}

fn played() -> Office {
    let mut demo = Demo {
        office: Office::new(),
        saved: HashMap::new(),
    };
    let steps: Value = serde_json::from_str(STEPS).unwrap();
    for (n, step) in steps["steps"].as_array().unwrap().iter().enumerate() {
        match (demo.play(n, step), step["refused"].as_str()) {
            (Ok(stored), None) => {
                assert!(!stored.is_empty(), "step {n} changes something");
                if let Some(name) = step["save"].as_str() {
                    demo.save(name, &stored);
                }
            }
            (Err(rejection), Some(code)) => assert_eq!(rejection.code(), code, "step {n}"),
            (outcome, expected) => {
                let refused = outcome.err();
                panic!("step {n} {step}: refused {refused:?}, expected {expected:?}")
            }
        }
    }
    demo.office
}

#[test]
fn every_step_is_accepted_or_refused_as_the_file_says() {
    assert_eq!(
        serde_json::from_str::<Value>(STEPS).unwrap()["steps"]
            .as_array()
            .unwrap()
            .len(),
        61
    );
    let office = played();
    let StreamState::Package(package) = &office.streams[&"package/2020-tenaga-it".parse().unwrap()]
    else {
        panic!("a package stream holds a package")
    };
    assert_eq!(
        (
            package.slots.filled(),
            package.slots.committed().to_string()
        ),
        (3, "24750000".to_owned())
    );
}

#[test]
fn a_state_is_the_same_built_at_once_or_event_by_event() {
    let office = played();
    assert!(office.rebuilt() == office.streams);
}
