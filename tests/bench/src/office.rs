//! An office in memory: commands are decided on its states, and what follows is recorded. Nothing is
//! written anywhere.

use std::collections::HashMap;

use chrono::NaiveDate;
use jejak_events::{
    DecisionContext, Envelope, Event, RecordedEvent,
    calendar::Calendar,
    commands::StreamState,
    envelope,
    ids::{ActorId, CommandId, StreamId, TenantId},
    package,
    secret::TenantKey,
};

use crate::{fault::Fault, people::Asked};

/// The states of all streams, at the last position that was given to an event.
pub struct Office {
    key: TenantKey,
    tenant: TenantId,
    states: HashMap<StreamId, (StreamState, u64)>,
    calendar: Calendar,
    position: u64,
}

/// What one command adds to one stream.
pub struct Written {
    /// The stream.
    pub stream: StreamId,
    /// The position of its last event before.
    pub expected: u64,
    /// Its new events, in the clear.
    pub events: Vec<RecordedEvent>,
}

impl Office {
    /// An office where nothing happened yet.
    pub fn new(tenant: TenantId, key: TenantKey) -> Self {
        Self {
            key,
            tenant,
            states: HashMap::new(),
            calendar: Calendar::default(),
            position: 0,
        }
    }

    /// The position of the last event.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Decides a command and records what follows: the package's events first, if it has any.
    ///
    /// # Errors
    /// When the rules refuse it.
    pub fn play(&mut self, asked: &Asked) -> Result<Vec<Written>, Fault> {
        let home = asked.command.home(&self.key);
        let actor = self.key.actor_id(asked.sub);
        let command_id: CommandId = asked
            .id
            .parse()
            .expect("ids are made of letters, digits, - and _");
        let none = package::PackageState::default();
        let empty = StreamState::empty(&home);
        let state = self.states.get(&home).map_or(&empty, |(state, _)| state);
        let package = asked.command.reads(state).package.map(StreamId::Package);
        let package_state = match package.as_ref().and_then(|stream| self.states.get(stream)) {
            Some((StreamState::Package(state), _)) => state,
            _ => &none,
        };
        let facts = DecisionContext {
            today: asked.today,
            actor: &actor,
            tenant: &self.key,
            command_id: &command_id,
            package: package_state,
            calendar: &self.calendar,
        };
        let decision = asked
            .command
            .decide(state, &facts)
            .map_err(|rejection| Fault::Refused {
                command: asked.command.name(),
                id: asked.id.clone(),
                rejection: Box::new(rejection),
            })?;
        let parts = [
            (
                package.filter(|_| !decision.package.is_empty()),
                decision.package,
            ),
            (Some(home), decision.home),
        ];
        let parts = parts
            .into_iter()
            .filter_map(|(stream, events)| Some((stream?, events)));
        Ok(parts
            .map(|(stream, events)| self.record(stream, events, asked, &actor, &command_id))
            .collect())
    }

    fn record(
        &mut self,
        stream: StreamId,
        events: Vec<Event>,
        asked: &Asked,
        actor: &ActorId,
        command_id: &CommandId,
    ) -> Written {
        let (state, last) = self
            .states
            .entry(stream.clone())
            .or_insert_with(|| (StreamState::empty(&stream), 0));
        let mut written = Written {
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
                time: noon(asked.today),
                actor: actor.clone(),
                command: asked.command.name().into(),
                command_id: command_id.clone(),
                command_digest: asked.command.digest(&self.key),
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
