//! The KAK of 2020, all 61 steps, decided in memory: each is accepted or refused as the file says, every
//! event survives its codec, and the state comes out as an auditor would count it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::HashMap;

use jejak_events::{
    Command, Envelope, Event, Facts, Recorded, Rejection,
    calendar::Calendar,
    commands::State,
    envelope::{self, decode, encode, event_id},
    ids::{CommandId, StreamId, TenantId},
    package,
    personal::Key,
    secret::{DataKey, TenantKey},
};
use serde_json::Value;

const STEPS: &str = include_str!("../../deploy/demo/kak-2020.json");

struct Office {
    tenant: TenantId,
    key: TenantKey,
    data_key: DataKey,
    streams: HashMap<StreamId, State>,
    log: Vec<Recorded>,
    saved: HashMap<String, String>,
}

impl Office {
    fn new() -> Self {
        Self {
            tenant: "pontianak".parse().unwrap(),
            key: TenantKey::new([7; 32]),
            data_key: DataKey::new([8; 32]),
            streams: HashMap::new(),
            log: vec![],
            saved: HashMap::new(),
        }
    }

    fn state(&self, stream: &StreamId) -> State {
        self.streams.get(stream).cloned().unwrap_or_else(|| State::empty(stream))
    }

    fn play(&mut self, n: usize, step: &Value) -> Result<Vec<Recorded>, Rejection> {
        let body = self.resolve(&step["body"].to_string());
        let name = step["command"].as_str().unwrap();
        let command = Command::parse(name, body.as_bytes()).unwrap().unwrap();
        let command_id: CommandId = format!("demo-{n}").parse().unwrap();
        let home_id = command.home(&self.key);
        let home = self.state(&home_id);
        let package_id = command.reads(&home).package.map(StreamId::Package);
        let package = match package_id.as_ref().map(|id| self.state(id)) {
            Some(State::Package(state)) => *state,
            _ => package::State::default(),
        };
        let mut calendar = Calendar::default();
        for state in self.streams.values() {
            if let State::Calendar(state) = state {
                calendar.replace_year(2020, &state.days);
            }
        }
        let actor = self.key.actor_id(step["as"].as_str().unwrap());
        let facts = Facts {
            today: "2026-11-24".parse().unwrap(),
            actor: &actor,
            tenant: &self.key,
            command_id: &command_id,
            package: &package,
            calendar: &calendar,
        };
        let decision = command.decide(&home, &facts)?;
        let again = command.decide(&home, &facts).unwrap();
        assert_eq!(decision, again, "step {n} decides the same twice");
        let mut recorded = Vec::new();
        for (stream, events) in [(package_id.as_ref(), decision.package), (Some(&home_id), decision.home)] {
            for (nth, event) in events.into_iter().enumerate() {
                recorded.push(self.record(stream.unwrap(), nth, event, &command, &command_id, &actor));
            }
        }
        Ok(recorded)
    }

    /// Seals, encodes, decodes, opens and takes in, as the services do.
    fn record(
        &mut self,
        stream: &StreamId,
        nth: usize,
        event: Event,
        command: &Command,
        command_id: &CommandId,
        actor: &jejak_events::ids::ActorId,
    ) -> Recorded {
        let envelope = Envelope {
            id: event_id(&self.tenant, stream, command_id, nth),
            tenant: self.tenant.clone(),
            stream: stream.clone(),
            time: "2026-11-24T01:02:03.004Z".parse().unwrap(),
            actor: actor.clone(),
            command: command.name().into(),
            command_id: command_id.clone(),
            command_digest: command.digest(&self.key),
            correlation_id: None,
            traceparent: None,
        };
        let mut sealed = event.clone();
        envelope::seal(envelope.id, &mut sealed, &self.data_key, [nth as u8; 12]);
        let bytes = encode(&envelope, &sealed).unwrap();
        let position = self.log.len() as u64 + 1;
        let mut read = decode(position, &bytes).unwrap();
        read.open(|_| Some(Key::Present(self.data_key.clone()))).unwrap();
        assert_eq!(read, Recorded { position, envelope, event }, "the codec gives back what it was given");
        for secret in ["Contoh", "6171", "1995", "Fadli", "19770116"] {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let clear = text.contains(secret) && !text.contains("preferred_domicile");
            assert!(!clear, "{secret} in the clear: {text}");
        }
        self.streams.entry(stream.clone()).or_insert_with(|| State::empty(stream)).evolve(&read);
        self.log.push(read.clone());
        read
    }

    fn resolve(&self, body: &str) -> String {
        let mut names: Vec<_> = self.saved.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        names.into_iter().fold(body.to_owned(), |body, (name, id)| {
            body.replace(&format!("\"${name}\""), &format!("\"{id}\""))
        })
    }

    fn save(&mut self, name: &str, recorded: &[Recorded]) {
        use jejak_events::operator::{self, contract, leave};
        let id = recorded.iter().find_map(|recorded| match &recorded.event {
            Event::Operator(operator::Event::Contract(contract::Event::Hired(hired))) => {
                Some(hired.contract_id.to_string())
            }
            Event::Operator(operator::Event::Leave(leave::Event::Recorded(leave))) => {
                Some(leave.leave_id.to_string())
            }
            Event::Operator(operator::Event::Identity(_)) => Some(recorded.envelope.stream.id()),
            _ => None,
        });
        self.saved.insert(name.to_owned(), id.unwrap());
    }
}

fn played() -> Office {
    let mut office = Office::new();
    let steps: Value = serde_json::from_str(STEPS).unwrap();
    for (n, step) in steps["steps"].as_array().unwrap().iter().enumerate() {
        let outcome = office.play(n, step);
        match (outcome, step["refused"].as_str()) {
            (Ok(recorded), None) => {
                assert!(!recorded.is_empty(), "step {n} changes something");
                if let Some(name) = step["save"].as_str() {
                    office.save(name, &recorded);
                }
            }
            (Err(rejection), Some(code)) => assert_eq!(rejection.code(), code, "step {n}"),
            (outcome, expected) => panic!("step {n} {step}: {outcome:?}, expected refusal {expected:?}"),
        }
    }
    office
}

#[test]
fn every_step_is_accepted_or_refused_as_the_file_says() {
    assert_eq!(serde_json::from_str::<Value>(STEPS).unwrap()["steps"].as_array().unwrap().len(), 61);
    let office = played();
    let State::Package(package) = office.state(&"package/2020-tenaga-it".parse().unwrap()) else { panic!() };
    assert_eq!((package.slots.filled(), package.slots.committed().to_string()), (3, "24750000".to_owned()));
}

#[test]
fn a_state_is_the_same_built_at_once_or_event_by_event() {
    let office = played();
    let mut rebuilt: HashMap<StreamId, State> = HashMap::new();
    for recorded in &office.log {
        let stream = &recorded.envelope.stream;
        rebuilt.entry(stream.clone()).or_insert_with(|| State::empty(stream)).evolve(recorded);
    }
    assert!(rebuilt == office.streams);
}
