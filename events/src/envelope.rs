//! The envelope: one event as the CloudEvents 1.0 JSON that is stored, and back.
//!
//! The bytes made here are the bytes subscribers read and auditors hash. Reading never changes
//! them; there is no canonical form.

use std::{borrow::Cow, fmt::Write};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Event,
    ids::{ActorId, CommandId, OperatorId, StreamId, TenantId},
    personal::{Key, OpenError, Owner},
    secret::{DataKey, Nonce},
    version::PayloadError,
};

/// The prefix of every event type.
pub const TYPE_PREFIX: &str = "jejak.";
/// The version of CloudEvents that events are written in.
pub const SPECVERSION: &str = "1.0";
/// What the data of an event is.
pub const DATA_CONTENT_TYPE: &str = "application/json";
/// The largest stored event, in bytes (design.md, The log).
pub const LARGEST_EVENT: usize = 60 * 1024;
/// What the name that an event's id is made of takes, in bytes, nearly always.
const ROOM_OF_NAME: usize = 160;

/// What an event says about itself besides its fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// UUIDv5 of tenant, stream, command id and n.
    pub id: Uuid,
    /// The office.
    pub tenant: TenantId,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// When it was recorded, UTC, to the millisecond.
    pub time: DateTime<Utc>,
    /// Who gave the command.
    pub actor: ActorId,
    /// The command's name.
    pub command: String,
    /// The command's id.
    pub command_id: CommandId,
    /// Keyed digest of the parsed command.
    pub command_digest: String,
    /// What this belongs to in the caller's eyes.
    pub correlation_id: Option<String>,
    /// W3C trace context.
    pub traceparent: Option<String>,
}

/// An event as recorded at a position of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedEvent {
    /// Its sequence in the stream of the tenant.
    pub position: u64,
    /// What it says about itself.
    pub envelope: Envelope,
    /// The fact.
    pub event: Event,
}

impl RecordedEvent {
    /// The person whose data the event erases; none for any other event.
    pub fn erased(&self) -> Option<OperatorId> {
        match &self.envelope.stream {
            StreamId::Operator(id) => self.event.is_erasure().then_some(*id),
            StreamId::Package(_) | StreamId::Calendar(_) => None,
        }
    }

    /// Its topic, `<stream>.<topic>`.
    pub fn topic(&self) -> String {
        format!("{}.{}", self.envelope.stream.kind(), self.event.topic())
    }

    /// Whether it is of a topic, `<stream>.<topic>`.
    pub fn is_of(&self, topic: &str) -> bool {
        topic.split_once('.') == Some((self.envelope.stream.kind(), self.event.topic()))
    }
}

/// Why bytes are not an event of this log.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not a CloudEvent with the fields of [`Envelope`].
    #[error("not one of our CloudEvents: {0}")]
    Envelope(#[from] serde_json::Error),
    /// A field of the envelope does not hold what it should.
    #[error("the field {field} of the CloudEvent is not valid")]
    Field {
        /// Which one.
        field: &'static str,
    },
    /// The data is not what the type says.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

/// Why an event could not be written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// A personal part was left open.
    #[error("{0}")]
    Open(#[from] serde_json::Error),
    /// It would be larger than [`LARGEST_EVENT`].
    #[error("the event is {0} bytes, more than {LARGEST_EVENT}")]
    TooLarge(usize),
}

/// An event as stored: CloudEvents 1.0, structured mode. A field that is not one of these is refused like
/// any other damage.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CloudEvent, bound = "")]
pub(crate) struct Wire<'a, D> {
    /// The version of CloudEvents.
    #[schema(value_type = String)]
    #[serde(borrow)]
    specversion: Cow<'a, str>,
    /// UUIDv5 of tenant, stream, command id and n: the same for the same command, always.
    id: Uuid,
    /// `/jejak/` and the tenant.
    #[schema(value_type = String, pattern = "^/jejak/[a-z0-9-]{1,32}$")]
    #[serde(borrow)]
    source: Cow<'a, str>,
    /// `jejak.<stream>.<topic>.<event>.v<n>`.
    #[schema(value_type = String)]
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    /// `<stream>/<id>`: what the event is about. People stand under pseudonyms.
    #[schema(value_type = String)]
    #[serde(borrow)]
    subject: Cow<'a, str>,
    /// When it was recorded, UTC, to the millisecond.
    #[schema(value_type = DateTime<Utc>)]
    #[serde(borrow)]
    time: Cow<'a, str>,
    /// What `data` is.
    #[schema(value_type = String)]
    #[serde(borrow)]
    datacontenttype: Cow<'a, str>,
    /// The fact; its shape follows from the type. Personal parts are sealed.
    #[schema(value_type = Object)]
    data: D,
    /// Who gave the command: `officer/<uuid>` or `operator/<uuid>`, pseudonyms, or `account/<name>`.
    #[schema(
        value_type = String,
        pattern = "^((officer|operator)/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|account/[a-z0-9-]{1,64})$"
    )]
    #[serde(borrow)]
    actor: Cow<'a, str>,
    /// The command's name.
    #[schema(value_type = String)]
    #[serde(borrow)]
    command: Cow<'a, str>,
    /// The command's id: the caller's `Idempotency-Key`, or the one made up for him.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9._-]{1,64}$")]
    #[serde(borrow)]
    commandid: Cow<'a, str>,
    /// Keyed digest of the command, by which the same id with another body is told.
    #[schema(value_type = String)]
    #[serde(borrow)]
    commanddigest: Cow<'a, str>,
    /// What this belongs to in the caller's eyes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    correlationid: Option<Cow<'a, str>>,
    /// W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    traceparent: Option<Cow<'a, str>>,
}

/// The id of the nth event a command appends to a stream: the same command always makes the same ids.
pub fn event_id(tenant: &TenantId, stream: &StreamId, command: &CommandId, n: usize) -> Uuid {
    let mut name = String::with_capacity(ROOM_OF_NAME);
    // Text takes whatever is written to it.
    let _ = write!(name, "jejak/{tenant}/{stream}/{command}/{n}");
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes())
}

/// An event whose personal part is sealed, as it is stored.
///
/// # Errors
/// An open personal part, or more than [`LARGEST_EVENT`] bytes.
pub fn encode(envelope: &Envelope, event: &Event) -> Result<Box<RawValue>, EncodeError> {
    let wire = Wire {
        specversion: SPECVERSION.into(),
        id: envelope.id,
        source: ["/jejak/", envelope.tenant.as_str()].concat().into(),
        r#type: [TYPE_PREFIX, event.type_name()].concat().into(),
        subject: envelope.stream.to_string().into(),
        time: envelope
            .time
            .to_rfc3339_opts(SecondsFormat::Millis, true)
            .into(),
        datacontenttype: DATA_CONTENT_TYPE.into(),
        data: event,
        actor: envelope.actor.to_string().into(),
        command: envelope.command.as_str().into(),
        commandid: envelope.command_id.as_str().into(),
        commanddigest: envelope.command_digest.as_str().into(),
        correlationid: envelope.correlation_id.as_deref().map(Cow::from),
        traceparent: envelope.traceparent.as_deref().map(Cow::from),
    };
    let stored = to_raw_value(&wire)?;
    let bytes = stored.get().len();
    if bytes > LARGEST_EVENT {
        Err(EncodeError::TooLarge(bytes))
    } else {
        Ok(stored)
    }
}

/// The event stored as `bytes` at `position`. Personal parts stay sealed; see [`RecordedEvent::open`].
///
/// # Errors
/// Anything that is not an event of this system.
pub fn decode(position: u64, bytes: &[u8]) -> Result<RecordedEvent, DecodeError> {
    Unread::new(bytes)?.read(position)
}

/// A stored event whose fact is not read yet: enough for those it does not concern.
pub struct Unread<'a> {
    wire: Wire<'a, &'a RawValue>,
    time: DateTime<Utc>,
}

impl<'a> Unread<'a> {
    /// Of the stored bytes.
    ///
    /// # Errors
    /// What is not a CloudEvent of this system.
    pub fn new(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let wire: Wire<'_, &RawValue> = serde_json::from_slice(bytes)?;
        let field = |field| DecodeError::Field { field };
        if wire.specversion != SPECVERSION {
            return Err(field("specversion"));
        }
        if !wire.r#type.starts_with(TYPE_PREFIX) {
            return Err(field("type"));
        }
        if wire.datacontenttype != DATA_CONTENT_TYPE {
            return Err(field("datacontenttype"));
        }
        let time = DateTime::parse_from_rfc3339(&wire.time)
            .map_err(|_| field("time"))?
            .to_utc();
        Ok(Self { wire, time })
    }

    /// [`Envelope::id`].
    pub fn id(&self) -> Uuid {
        self.wire.id
    }

    /// [`Envelope::time`].
    pub fn time(&self) -> DateTime<Utc> {
        self.time
    }

    fn type_name(&self) -> &str {
        self.wire
            .r#type
            .strip_prefix(TYPE_PREFIX)
            .unwrap_or_default()
    }

    /// Whether it is of a topic, `<stream>.<topic>`.
    pub fn is_of(&self, topic: &str) -> bool {
        self.type_name()
            .strip_prefix(topic)
            .is_some_and(|rest| rest.starts_with('.'))
    }

    /// Its topic, `<stream>.<topic>`, whether or not there is one of this name.
    pub fn topic(&self) -> &str {
        let name = self.type_name();
        name.match_indices('.')
            .nth(1)
            .map_or(name, |(end, _)| &name[..end])
    }

    /// The stream, which must be of the type's kind.
    fn stream(&self) -> Result<StreamId, DecodeError> {
        let field = DecodeError::Field { field: "subject" };
        match self.wire.subject.parse::<StreamId>() {
            Ok(stream) if self.type_name().split('.').next() == Some(stream.kind()) => Ok(stream),
            _ => Err(field),
        }
    }

    /// That it is of a topic there is, for those who pass it over.
    ///
    /// # Errors
    /// A topic that no stream of this system has.
    pub fn check_topic(&self) -> Result<(), DecodeError> {
        let topic = self.type_name().split('.').nth(1).unwrap_or_default();
        let is_known = self.stream()?.topics().contains(&topic);
        is_known
            .then_some(())
            .ok_or(DecodeError::Field { field: "type" })
    }

    /// All of it.
    ///
    /// # Errors
    /// Anything that is not an event of this system.
    pub fn read(self, position: u64) -> Result<RecordedEvent, DecodeError> {
        let field = |field| DecodeError::Field { field };
        let event = Event::decode(self.type_name(), self.wire.data)?;
        let stream = self.stream()?;
        let Self { wire, time } = self;
        let envelope = Envelope {
            id: wire.id,
            tenant: wire
                .source
                .strip_prefix("/jejak/")
                .and_then(|t| t.parse().ok())
                .ok_or(field("source"))?,
            stream,
            time,
            actor: wire.actor.parse().map_err(|_| field("actor"))?,
            command: wire.command.into_owned(),
            command_id: wire.commandid.parse().map_err(|_| field("commandid"))?,
            command_digest: wire.commanddigest.into_owned(),
            correlation_id: wire.correlationid.map(Cow::into_owned),
            traceparent: wire.traceparent.map(Cow::into_owned),
        };
        Ok(RecordedEvent {
            position,
            envelope,
            event,
        })
    }
}

/// Whose key seals the personal part of an event in a stream.
pub fn owner(stream: &StreamId, event: &Event) -> Owner {
    event.owner().unwrap_or(match stream {
        StreamId::Operator(id) => Owner::Operator(*id),
        StreamId::Package(_) | StreamId::Calendar(_) => Owner::Office,
    })
}

fn associated(id: Uuid) -> String {
    format!("{id}/personal")
}

/// Seals the personal part of an event about to be stored under `id`.
pub fn seal(id: Uuid, event: &mut Event, key: &DataKey, nonce: Nonce) {
    if let Some(part) = event.part() {
        part.seal(key, nonce, associated(id).as_bytes());
    }
}

impl RecordedEvent {
    /// Opens the personal part with what `keys` knows, or marks it erased.
    ///
    /// # Errors
    /// A key that is missing without having been destroyed, or a part that does not open.
    pub fn open(&mut self, keys: impl Fn(&Owner) -> Option<Key>) -> Result<(), OpenError> {
        let id = self.envelope.id;
        let owner = owner(&self.envelope.stream, &self.event);
        let Some(part) = self.event.part() else {
            return Ok(());
        };
        match keys(&owner) {
            None => Err(OpenError::KeyMissing(owner)),
            Some(Key::Destroyed) => {
                part.erase();
                Ok(())
            }
            Some(Key::Present(key)) => match part.open(&key, associated(id).as_bytes()) {
                Ok(true) => Ok(()),
                Ok(false) => Err(OpenError::Shape(id)),
                Err(_) => Err(OpenError::Altered(id)),
            },
        }
    }
}
