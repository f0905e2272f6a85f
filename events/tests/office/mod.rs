//! An office in memory: commands are decided, sealed, encoded, decoded, opened and taken in as the
//! services do it, without a broker. Every event goes through its codec on the way and must survive, and
//! is valid against its schema.

use std::collections::HashMap;

use jejak_events::{
    Command, DecisionContext, Envelope, Event, RecordedEvent, Rejection, Role,
    actor::ActorIdentity,
    calendar::Calendar,
    commands::Decision,
    decision::GivenBy,
    envelope::{self, decode, encode, event_id},
    ids::{CommandId, OperatorId, StreamId, TenantId},
    operator::Sources,
    personal::Key,
    secret::{DataKey, TenantKey},
    stream_state::StreamState,
};

mod schemas;

/// Keys, states and the log of one tenant.
pub(crate) struct Office {
    pub(crate) key: TenantKey,
    pub(crate) streams: HashMap<StreamId, StreamState>,
    pub(crate) log: Vec<Stored>,
    tenant: TenantId,
    data_key: DataKey,
    /// The office's key of those who give commands.
    actors_key: DataKey,
}

/// An event as it is stored and as it is read back.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) bytes: Vec<u8>,
    pub(crate) recorded: RecordedEvent,
}

/// A command as it arrives: its body, its id, its sender and its day.
pub(crate) struct Asked<'a> {
    pub(crate) command: &'a Command,
    pub(crate) id: &'a str,
    pub(crate) sub: &'a str,
    pub(crate) today: chrono::NaiveDate,
}

impl Asked<'_> {
    /// The sender. An operator's id is the subject of one who is an officer too.
    fn identity(&self) -> ActorIdentity {
        let mut roles: Vec<_> = Command::given_by(self.command.name())
            .map(GivenBy::role)
            .into_iter()
            .collect();
        if self.sub.parse::<OperatorId>().is_ok() {
            roles.push(Role::Operator);
        }
        let identity = ActorIdentity {
            subject: self.sub.to_owned(),
            name: Some("Contoh Pemberi, S.Sos.".parse().unwrap()),
            roles,
        };
        identity.to_keep()
    }
}

impl Office {
    pub(crate) fn new() -> Self {
        Self {
            key: TenantKey::new([7; 32]),
            streams: HashMap::new(),
            log: vec![],
            tenant: "pontianak".parse().unwrap(),
            data_key: DataKey::new([8; 32]),
            actors_key: DataKey::new([9; 32]),
        }
    }

    fn state(&self, stream: &StreamId) -> StreamState {
        self.streams
            .get(stream)
            .cloned()
            .unwrap_or_else(|| StreamState::empty(stream))
    }

    /// All years of the calendar.
    pub(crate) fn calendar(&self) -> Calendar {
        let mut calendar = Calendar::default();
        for (stream, state) in &self.streams {
            if let (StreamId::Calendar(year), StreamState::Calendar(state)) = (stream, state) {
                calendar.replace_year(*year, &state.days);
            }
        }
        calendar
    }

    fn home(&self, asked: &Asked<'_>) -> StreamId {
        asked
            .command
            .home(&self.key, |stream| self.streams.get(stream))
    }

    /// Decides without recording, twice, since the same inputs must decide the same.
    pub(crate) fn decide(&self, asked: &Asked<'_>) -> Result<Decision, Rejection> {
        let state = self.state(&self.home(asked));
        let reads = asked.command.reads(&state, &self.key);
        let actor = asked.identity().actor_id(&self.key);
        let command_id = asked.id.parse().unwrap();
        let context = DecisionContext {
            today: asked.today,
            actor: &actor,
            tenant: &self.key,
            command_id: &command_id,
        };
        let calendar = self.calendar();
        let sources = Sources::of(&reads, &calendar, &self.key, |stream| {
            self.streams.get(stream)
        });
        let decision = asked.command.decide(&state, &context, &sources);
        decision
            .as_ref()
            .err()
            .into_iter()
            .for_each(assert_reads_back);
        assert_eq!(
            decision,
            asked.command.decide(&state, &context, &sources),
            "{:?} decides the same twice",
            asked.command
        );
        decision
    }

    /// Decides and records: the package's events first, those of the command's own stream last.
    pub(crate) fn play(&mut self, asked: &Asked<'_>) -> Result<Vec<Stored>, Rejection> {
        let decision = self.decide(asked)?;
        let own = self.home(asked);
        let package = asked
            .command
            .reads(&self.state(&own), &self.key)
            .package
            .map(StreamId::Package);
        let identity = asked.identity();
        let mut stored = Vec::new();
        let mut streams = vec![(own, decision.own)];
        let others = decision.others.into_iter();
        streams.extend(others.map(|(stream, event)| (stream, vec![event])));
        streams.extend(package.map(|package| (package, decision.package)));
        for (stream, events) in streams.into_iter().rev() {
            for (nth, event) in events.into_iter().enumerate() {
                stored.push(self.record(&stream, nth, event, asked, &identity));
            }
        }
        Ok(stored)
    }

    fn record(
        &mut self,
        stream: &StreamId,
        nth: usize,
        event: Event,
        asked: &Asked<'_>,
        identity: &ActorIdentity,
    ) -> Stored {
        let command_id: CommandId = asked.id.parse().unwrap();
        let position = self.log.len() as u64 + 1;
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&position.to_be_bytes());
        let id = event_id(&self.tenant, stream, &command_id, nth);
        let envelope = Envelope {
            id,
            tenant: self.tenant.clone(),
            stream: stream.clone(),
            time: format!("{}T01:02:03.004Z", asked.today).parse().unwrap(),
            actor: identity.actor_id(&self.key),
            sealed_actor: Some(identity.seal(id, &self.actors_key, nonce)),
            command: asked.command.name().into(),
            command_digest: asked.command.digest(&command_id, &self.key),
            command_id,
            correlation_id: None,
            traceparent: None,
        };
        let mut sealed = event.clone();
        envelope::seal(envelope.id, &mut sealed, &self.data_key, nonce);
        let bytes = encode(&envelope, &sealed)
            .unwrap()
            .get()
            .to_owned()
            .into_bytes();
        let mut read = decode(position, &bytes).unwrap();
        assert_eq!(
            schemas::violations(&bytes),
            Vec::<String>::new(),
            "{}",
            String::from_utf8_lossy(&bytes)
        );
        assert_eq!(
            encode(&read.envelope, &read.event)
                .unwrap()
                .get()
                .as_bytes(),
            bytes,
            "read and written again, the same bytes"
        );
        self.open(&mut read);
        assert_eq!(
            read,
            RecordedEvent {
                position,
                envelope,
                event
            },
            "the codec gives back what it was given"
        );
        self.streams
            .entry(stream.clone())
            .or_insert_with(|| StreamState::empty(stream))
            .evolve(&read);
        self.log.push(Stored {
            bytes,
            recorded: read,
        });
        self.log.last().cloned().unwrap()
    }

    fn open(&self, recorded: &mut RecordedEvent) {
        recorded
            .open(|_| Some(Key::Present(self.data_key.clone())))
            .unwrap();
    }

    /// The states as they come out of the stored bytes alone.
    pub(crate) fn rebuilt(&self) -> HashMap<StreamId, StreamState> {
        let mut streams: HashMap<StreamId, StreamState> = HashMap::new();
        for (position, stored) in (1..).zip(&self.log) {
            let mut read = decode(position, &stored.bytes).unwrap();
            self.open(&mut read);
            let stream = read.envelope.stream.clone();
            streams
                .entry(stream.clone())
                .or_insert_with(|| StreamState::empty(&stream))
                .evolve(&read);
        }
        streams
    }
}

/// A refusal crosses between services: it reads back as it was.
fn assert_reads_back(rejection: &Rejection) {
    let text = serde_json::to_string(rejection).unwrap();
    let read: Rejection =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(read, *rejection);
}
