//! The office of the KAK of 2020 in memory: commands are decided one after the other into events.
//! Tests of several crates include this file. Nothing is stored, sealed or sent.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta};
use jejak_events::{
    Command, DecisionContext, Envelope, Event, RecordedEvent, Rejection,
    calendar::Calendar,
    decision::GivenBy,
    envelope::event_id,
    ids::{ActorId, CommandId, StreamId, TenantId},
    operator::{self, contract, leave},
    secret::TenantKey,
    stream_state::StreamState,
};
use serde_json::{Value, json};

const STORY: &str = include_str!("../../../deploy/demo/kak-2020.json");
pub(crate) const ADMIN: &str = "admin-bkpsdm";
pub(crate) const PPK: &str = "197701161997031006";

/// An office with its events.
pub(crate) struct Office {
    pub(crate) events: Vec<RecordedEvent>,
    pub(crate) today: NaiveDate,
    key: TenantKey,
    streams: HashMap<StreamId, StreamState>,
    calendar: Calendar,
    saved: HashMap<String, String>,
    commands: usize,
}

impl Office {
    pub(crate) fn empty() -> Self {
        Self {
            events: vec![],
            today: "2021-02-01".parse().unwrap(),
            key: TenantKey::new([7; 32]),
            streams: HashMap::new(),
            calendar: Calendar::default(),
            saved: HashMap::new(),
            commands: 0,
        }
    }

    /// The office after all steps of the demonstration, with the outcomes that it names.
    pub(crate) fn of_2020() -> Self {
        let mut office = Self::empty();
        let story: Value = serde_json::from_str(STORY).unwrap();
        for step in story["steps"].as_array().unwrap() {
            let (actor, name) = (
                step["as"].as_str().unwrap(),
                step["command"].as_str().unwrap(),
            );
            let given = office.give(actor, name, step["body"].clone());
            match (&step["refused"], given) {
                (Value::Null, Ok(id)) => {
                    if let Some(save) = step["save"].as_str() {
                        office.saved.insert(save.to_owned(), id);
                    }
                }
                (Value::String(code), Err(rejection)) => {
                    assert_eq!(*code, rejection.code(), "{step}")
                }
                (_, other) => panic!("{step}: {other:?}"),
            }
        }
        office
    }

    /// The id that a step saved under a name such as `op1` or `op1.contract`.
    pub(crate) fn id(&self, name: &str) -> &str {
        &self.saved[name]
    }

    /// The actor of a command, whose token has the one role that may give it.
    fn actor_id(&self, actor: &str, command: &str) -> ActorId {
        self.key.actor_id(
            actor,
            Command::given_by(command).map(GivenBy::role).as_slice(),
        )
    }

    /// Gives a command and returns the id it made. The body may name saved ids as `$op1.contract`.
    pub(crate) fn give(
        &mut self,
        actor: &str,
        name: &str,
        mut body: Value,
    ) -> Result<String, Rejection> {
        for value in body.as_object_mut().unwrap().values_mut() {
            if let Some(saved) = value.as_str().and_then(|text| text.strip_prefix('$')) {
                *value = json!(self.saved[saved]);
            }
        }
        self.commands += 1;
        let command_id: CommandId = format!("step-{}", self.commands).parse().unwrap();
        let command = Command::parse(name, body.to_string().as_bytes())
            .unwrap()
            .unwrap();
        let home = command.home(&self.key, |stream| self.streams.get(stream));
        let state = self
            .streams
            .remove(&home)
            .unwrap_or_else(|| StreamState::empty(&home));
        let reads = command.reads(&state, &self.key);
        let context = DecisionContext {
            today: self.today,
            actor: &self.actor_id(actor, name),
            tenant: &self.key,
            command_id: &command_id,
        };
        let sources = operator::Sources::of(&reads, &self.calendar, &self.key, |stream| {
            self.streams.get(stream)
        });
        let decided = command.decide(&state, &context, &sources);
        self.streams.insert(home.clone(), state);
        let decision = decided?;
        let others = decision.others.clone().into_iter();
        let mut parts: Vec<_> = others
            .map(|(stream, event)| (stream, vec![event]))
            .collect();
        parts.push((home, decision.own));
        let person = parts
            .iter()
            .find(|(stream, _)| matches!(stream, StreamId::Operator(_)));
        let (stream, events) = person.unwrap_or(&parts[parts.len() - 1]);
        let made = made(events, stream);
        if let Some(package_id) = reads.package {
            self.record(
                actor,
                &command,
                &command_id,
                &StreamId::Package(package_id),
                decision.package,
            );
        }
        for (stream, events) in parts {
            self.record(actor, &command, &command_id, &stream, events);
        }
        Ok(made)
    }

    fn record(
        &mut self,
        actor: &str,
        command: &Command,
        command_id: &CommandId,
        stream: &StreamId,
        events: Vec<Event>,
    ) {
        let tenant: TenantId = "pontianak".parse().unwrap();
        for (n, event) in events.into_iter().enumerate() {
            let position = self.events.len() as u64 + 1;
            let start: DateTime<chrono::Utc> = "2020-09-30T01:00:00Z".parse().unwrap();
            let envelope = Envelope {
                id: event_id(&tenant, stream, command_id, n),
                tenant: tenant.clone(),
                stream: stream.clone(),
                time: start + TimeDelta::minutes(position as i64),
                actor: self.actor_id(actor, command.name()),
                sealed_actor: None,
                command: command.name().to_owned(),
                command_id: command_id.clone(),
                command_digest: command.digest(command_id, &self.key),
                correlation_id: None,
                traceparent: None,
            };
            let recorded = RecordedEvent {
                position,
                envelope,
                event,
            };
            self.streams
                .entry(stream.clone())
                .or_insert_with(|| StreamState::empty(stream))
                .evolve(&recorded);
            if let Event::Calendar(jejak_events::calendar::Event::Holiday(event)) = &recorded.event
            {
                self.calendar.evolve(event);
            }
            self.events.push(recorded);
        }
    }
}

/// The id that a command made: of the leave or contract, or else of its stream.
fn made(events: &[Event], home: &StreamId) -> String {
    match events.first() {
        Some(Event::Operator(operator::Event::Contract(contract::Event::Hired(hired)))) => {
            hired.contract_id.to_string()
        }
        Some(Event::Operator(operator::Event::Leave(leave::Event::Recorded(recorded)))) => {
            recorded.leave_id.to_string()
        }
        _ => home.id().to_string(),
    }
}

/// The events as a rebuild reads them after a person was erased: the person's sealed parts do not open.
pub(crate) fn forget(events: &[RecordedEvent], operator_id: &str) -> Vec<RecordedEvent> {
    let forgotten = |recorded: &RecordedEvent| {
        let mut recorded = recorded.clone();
        let theirs = recorded.envelope.stream.id().to_string() == operator_id
            && recorded.event.owner().is_none();
        if let Some(part) = recorded.event.part().filter(|_| theirs) {
            part.erase();
        }
        recorded
    };
    events.iter().map(forgotten).collect()
}
