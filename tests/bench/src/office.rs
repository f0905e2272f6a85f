//! An office in memory: it decides commands on its states and records their events, without writing
//! anything.

use std::collections::HashMap;

use chrono::NaiveDate;
use jejak_events::{
    Command, DecisionContext, Envelope, Event, RecordedEvent,
    calendar::Calendar,
    decision::GivenBy,
    envelope,
    ids::{ActorId, CommandId, StreamId, TenantId},
    operator::Sources,
    secret::TenantKey,
    stream_state::StreamState,
};

use crate::{error::BenchError, people::PlannedCommand};

/// The states of all streams, after the last decided event.
pub struct InMemoryOffice {
    key: TenantKey,
    tenant: TenantId,
    states: HashMap<StreamId, (StreamState, u64)>,
    calendar: Calendar,
    position: u64,
}

/// The events that one command adds to one stream.
pub struct StreamEvents {
    /// The stream that the events belong to.
    pub stream: StreamId,
    /// The position of the stream's last event before them.
    pub expected: u64,
    /// The new events, their personal parts open.
    pub events: Vec<RecordedEvent>,
}

impl InMemoryOffice {
    /// An office without an event.
    pub fn new(tenant: TenantId, key: TenantKey) -> Self {
        Self {
            key,
            tenant,
            states: HashMap::new(),
            calendar: Calendar::default(),
            position: 0,
        }
    }

    /// The position of the last event, 0 without one.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Decides a command and records its events, the package's first.
    ///
    /// # Errors
    /// When a rule refuses it.
    pub fn play(&mut self, planned: &PlannedCommand) -> Result<Vec<StreamEvents>, BenchError> {
        let home = planned.command.home(&self.key, |stream| {
            self.states.get(stream).map(|(state, _)| state)
        });
        let role = Command::given_by(planned.command.name()).map(GivenBy::role);
        let actor = self.key.actor_id(planned.sub, role.as_slice());
        let command_id: CommandId = planned
            .id
            .parse()
            .expect("ids are made of letters, digits, - and _");
        let empty = StreamState::empty(&home);
        let state = self.states.get(&home).map_or(&empty, |(state, _)| state);
        let reads = planned.command.reads(state, &self.key);
        let context = DecisionContext {
            today: planned.today,
            actor: &actor,
            tenant: &self.key,
            command_id: &command_id,
        };
        let sources = Sources::of(&reads, &self.calendar, &self.key, |stream| {
            self.states.get(stream).map(|(state, _)| state)
        });
        let decision = planned
            .command
            .decide(state, &context, &sources)
            .map_err(|rejection| BenchError::Refused {
                command: planned.command.name(),
                id: planned.id.clone(),
                rejection: Box::new(rejection),
            })?;
        let package = reads.package.map(StreamId::Package);
        let package = package.filter(|_| !decision.package.is_empty());
        let mut parts: Vec<_> = package
            .map(|package| (package, decision.package))
            .into_iter()
            .collect();
        let others = decision.others.into_iter();
        parts.extend(others.map(|(stream, event)| (stream, vec![event])));
        parts.push((home, decision.own));
        Ok(parts
            .into_iter()
            .map(|(stream, events)| self.record(stream, events, planned, &actor, &command_id))
            .collect())
    }

    fn record(
        &mut self,
        stream: StreamId,
        events: Vec<Event>,
        planned: &PlannedCommand,
        actor: &ActorId,
        command_id: &CommandId,
    ) -> StreamEvents {
        let (state, last) = self
            .states
            .entry(stream.clone())
            .or_insert_with(|| (StreamState::empty(&stream), 0));
        let mut written = StreamEvents {
            stream,
            expected: *last,
            events: vec![],
        };
        for (n, event) in events.into_iter().enumerate() {
            self.position += 1;
            let envelope = Envelope {
                id: envelope::event_id(&self.tenant, &written.stream, command_id, n),
                tenant: self.tenant.clone(),
                stream: written.stream.clone(),
                time: noon(planned.today),
                actor: actor.clone(),
                sealed_actor: None,
                command: planned.command.name().into(),
                command_id: command_id.clone(),
                command_digest: planned.command.digest(command_id, &self.key),
                correlation_id: None,
                traceparent: None,
            };
            let recorded = RecordedEvent {
                position: self.position,
                envelope,
                event,
            };
            state.evolve(&recorded);
            written.events.push(recorded);
        }
        *last = self.position;
        if let (StreamId::Calendar(year), StreamState::Calendar(state)) = (&written.stream, &*state)
        {
            self.calendar.replace_year(*year, &state.days);
        }
        written
    }
}

fn noon(day: NaiveDate) -> chrono::DateTime<chrono::Utc> {
    day.and_hms_milli_opt(5, 0, 0, 1)
        .expect("a time of the day")
        .and_utc()
}
