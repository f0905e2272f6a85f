//! The envelope: one event as the CloudEvents 1.0 JSON that is stored, and back.
//!
//! Subscribers read and auditors hash the very bytes made here. Reading never changes them, and there is no
//! canonical form.

use std::{borrow::Cow, fmt::Write};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Event,
    actor::SealedActor,
    ids::{ActorId, CommandId, OperatorId, StreamId, TenantId},
    version::{PayloadError, fault},
};

mod sealing;

pub use sealing::{owner, seal};

/// The prefix of every event type.
pub const TYPE_PREFIX: &str = "jejak.";
/// The version of CloudEvents of every stored event.
pub const SPECVERSION: &str = "1.0";
/// The content type of an event's data.
pub const DATA_CONTENT_TYPE: &str = "application/json";
/// The size limit of a stored event, in bytes.
pub const LARGEST_EVENT: usize = 60 * 1024;
/// The length of the name that an event's id is made of, in bytes, nearly always.
const NAME_BYTES: usize = 160;

/// An event's own particulars, besides its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// UUIDv5 of tenant, stream, command id and n.
    pub id: Uuid,
    /// The office, such as `pontianak`.
    pub tenant: TenantId,
    /// The stream that the event belongs to.
    pub stream: StreamId,
    /// The time of recording, UTC, to the millisecond.
    pub time: DateTime<Utc>,
    /// The sender of the command, under a pseudonym.
    pub actor: ActorId,
    /// The sender's subject and name, sealed; none in events of earlier versions.
    pub sealed_actor: Option<SealedActor>,
    /// The command's name, such as `hire-operator`.
    pub command: String,
    /// The command's id: the `Idempotency-Key` of its sender.
    pub command_id: CommandId,
    /// The keyed digest of the parsed command, in hex.
    pub command_digest: String,
    /// The sender's own id for a piece of work that spans several requests.
    pub correlation_id: Option<String>,
    /// The W3C trace context of the request.
    pub traceparent: Option<String>,
}

/// An event as recorded at a position of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedEvent {
    /// Its sequence number in the office's log.
    pub position: u64,
    /// Id, stream, time, command and sender.
    pub envelope: Envelope,
    /// The event's data, personal parts included.
    pub event: Event,
}

impl RecordedEvent {
    /// The person whose data the event erases; none for any other event.
    pub fn erased(&self) -> Option<OperatorId> {
        match &self.envelope.stream {
            StreamId::Operator(id) => self.event.is_erasure().then_some(*id),
            StreamId::Package(_) | StreamId::Nik(_) | StreamId::Calendar(_) => None,
        }
    }

    /// The topic with its kind of stream, such as `operator.leave`.
    pub fn topic(&self) -> String {
        format!("{}.{}", self.envelope.stream.kind(), self.event.topic())
    }

    /// Whether the event is of a topic, given as `operator.leave`.
    pub fn is_of(&self, topic: &str) -> bool {
        topic.split_once('.') == Some((self.envelope.stream.kind(), self.event.topic()))
    }
}

/// A fault of stored bytes that should be an event.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are no CloudEvent with the fields of [`Envelope`].
    #[error("not one of our CloudEvents: {}", fault(.0))]
    Envelope(#[from] serde_json::Error),
    /// A field of the envelope has another form.
    #[error("the field {field} of the CloudEvent is not valid")]
    Field {
        /// The field's name, such as `subject`.
        field: &'static str,
    },
    /// The data does not have the shape of its type.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}

/// A fault of an event about to be stored.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// A personal part is not sealed.
    #[error("{0}")]
    Open(#[from] serde_json::Error),
    /// The event has more than [`LARGEST_EVENT`] bytes.
    #[error("the event is {0} bytes, more than {LARGEST_EVENT}")]
    TooLarge(usize),
}

/// An event as stored: CloudEvents 1.0, structured mode. Reading refuses any other field, as it refuses damage.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CloudEvent, bound = "")]
pub(crate) struct Wire<'a, D> {
    /// The version of CloudEvents, `1.0`.
    #[schema(value_type = String)]
    #[serde(borrow)]
    specversion: Cow<'a, str>,
    /// UUIDv5 of tenant, stream, command id and n: the same for the same command, always.
    id: Uuid,
    /// `/jejak/` and the tenant, such as `/jejak/pontianak`.
    #[schema(value_type = String, pattern = "^/jejak/[a-z0-9-]{1,32}$")]
    #[serde(borrow)]
    source: Cow<'a, str>,
    /// The event's type: `jejak.<stream>.<topic>.<event>.v<n>`.
    #[schema(value_type = String)]
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    /// `<stream>/<id>`: the package, person or year of the event. People stand under pseudonyms.
    #[schema(value_type = String)]
    #[serde(borrow)]
    subject: Cow<'a, str>,
    /// The time of recording, UTC, to the millisecond.
    #[schema(value_type = DateTime<Utc>)]
    #[serde(borrow)]
    time: Cow<'a, str>,
    /// The content type of `data`.
    #[schema(value_type = String)]
    #[serde(borrow)]
    datacontenttype: Cow<'a, str>,
    /// The event's data; its shape follows from the type. Personal parts are sealed.
    #[schema(value_type = Object)]
    data: D,
    /// The sender of the command, a pseudonym: `officer/<uuid>`, `operator/<uuid>` or `account/<uuid>`. Events of
    /// earlier versions have `account/<name>`.
    #[schema(
        value_type = String,
        pattern = "^((officer|operator)/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|account/[a-z0-9-]{1,64})$"
    )]
    #[serde(borrow)]
    actor: Cow<'a, str>,
    /// The sender's subject, name and roles, sealed: base64 without padding of a nonce of 12 bytes, a ciphertext
    /// and a tag of 16 bytes. The cipher is AES-256-GCM under a key of the office, with `<event id>/actorsealed`
    /// as associated data. Events of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^[A-Za-z0-9+/]{38,}$")]
    actorsealed: Option<Cow<'a, str>>,
    /// The command's name, such as `hire-operator`.
    #[schema(value_type = String)]
    #[serde(borrow)]
    command: Cow<'a, str>,
    /// The command's id: the caller's `Idempotency-Key`, or a made-up one.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9._-]{1,64}$")]
    #[serde(borrow)]
    commandid: Cow<'a, str>,
    /// Keyed digest of the command. It tells whether an id comes again with another body.
    #[schema(value_type = String)]
    #[serde(borrow)]
    commanddigest: Cow<'a, str>,
    /// The caller's own id for a piece of work that spans several requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    correlationid: Option<Cow<'a, str>>,
    /// The W3C trace context of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    traceparent: Option<Cow<'a, str>>,
}

/// The id of the nth event that a command appends to a stream. The same command always makes the same ids.
pub fn event_id(tenant: &TenantId, stream: &StreamId, command: &CommandId, n: usize) -> Uuid {
    let mut name = String::with_capacity(NAME_BYTES);
    // Writing to a string never fails.
    let _ = write!(name, "jejak/{tenant}/{stream}/{command}/{n}");
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes())
}

/// Writes an event as it is stored.
///
/// # Errors
/// An open personal part, or an event of more than [`LARGEST_EVENT`] bytes.
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
        actorsealed: envelope
            .sealed_actor
            .as_ref()
            .map(|sealed| sealed.as_str().into()),
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

/// Reads the event stored at a position. Personal parts stay sealed until [`RecordedEvent::open`].
///
/// # Errors
/// See [`DecodeError`].
pub fn decode(position: u64, bytes: &[u8]) -> Result<RecordedEvent, DecodeError> {
    RawEvent::new(bytes)?.read(position)
}

/// A stored event whose envelope alone is read so far. Readers pass over many events by it.
pub struct RawEvent<'a> {
    wire: Wire<'a, &'a RawValue>,
    time: DateTime<Utc>,
}

impl<'a> RawEvent<'a> {
    /// Reads the envelope of a stored event.
    ///
    /// # Errors
    /// Bytes that are no CloudEvent of this system.
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

    /// The same id as [`Envelope::id`].
    pub fn id(&self) -> Uuid {
        self.wire.id
    }

    /// The same time as [`Envelope::time`].
    pub fn time(&self) -> DateTime<Utc> {
        self.time
    }

    fn type_name(&self) -> &str {
        self.wire
            .r#type
            .strip_prefix(TYPE_PREFIX)
            .unwrap_or_default()
    }

    /// Whether the event is of a topic, given as `operator.leave`.
    pub fn is_of(&self, topic: &str) -> bool {
        self.type_name()
            .strip_prefix(topic)
            .is_some_and(|rest| rest.starts_with('.'))
    }

    /// The topic with its kind of stream, such as `operator.leave`. It may be one that does not exist.
    pub fn topic(&self) -> &str {
        let name = self.type_name();
        name.match_indices('.')
            .nth(1)
            .map_or(name, |(end, _)| &name[..end])
    }

    /// The stream. It must be of the kind that the type names.
    fn stream(&self) -> Result<StreamId, DecodeError> {
        let field = DecodeError::Field { field: "subject" };
        match self.wire.subject.parse::<StreamId>() {
            Ok(stream) if self.type_name().split('.').next() == Some(stream.kind()) => Ok(stream),
            _ => Err(field),
        }
    }

    /// Checks that the topic exists. Readers that pass the event over still notice damage by it.
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

    /// Reads the data too.
    ///
    /// # Errors
    /// See [`DecodeError`].
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
            sealed_actor: wire
                .actorsealed
                .map(|sealed| sealed.parse().map_err(|_| field("actorsealed")))
                .transpose()?,
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
