//! The sum of all events, with the way from a type name and its data to an event and back.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    calendar,
    facts::{CreatedId, Remarks},
    ids::{NikDigest, OperatorId, PackageId, StreamId},
    nik, operator, package,
    personal::{Owner, Part},
    topic::{TopicEvent, TypeSchemas},
    version::{self, PayloadError},
};

/// An event of any stream. As JSON it is its payload alone. Personal parts must be sealed to be written.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// An event of a package.
    Package(package::Event),
    /// An event of a person.
    Operator(operator::Event),
    /// An event of a citizen number.
    Nik(nik::Event),
    /// An event of a calendar year.
    Calendar(calendar::Event),
}

impl<E> From<E> for Event
where
    E: TopicEvent,
    Event: From<E::StreamEvent>,
{
    fn from(event: E) -> Self {
        Self::from(E::StreamEvent::from(event))
    }
}

impl From<package::Event> for Event {
    fn from(event: package::Event) -> Self {
        Self::Package(event)
    }
}

impl From<operator::Event> for Event {
    fn from(event: operator::Event) -> Self {
        Self::Operator(event)
    }
}

impl From<nik::Event> for Event {
    fn from(event: nik::Event) -> Self {
        Self::Nik(event)
    }
}

impl From<calendar::Event> for Event {
    fn from(event: calendar::Event) -> Self {
        Self::Calendar(event)
    }
}

/// The events of one kind of stream.
pub trait StreamEvent: Sized {
    /// The id of a stream of this kind.
    type Id;

    /// The event and the id of its stream, where both are of this kind.
    fn of<'e>(event: &'e Event, stream: &'e StreamId) -> Option<(&'e Self, &'e Self::Id)>;
}

/// Implements [`StreamEvent`] for the events of each kind of stream.
macro_rules! stream_events {
    ($($kind:ident: $event:ty, $id:ty);+ $(;)?) => {$(
        impl StreamEvent for $event {
            type Id = $id;

            fn of<'e>(event: &'e Event, stream: &'e StreamId) -> Option<(&'e Self, &'e $id)> {
                if let (Event::$kind(event), StreamId::$kind(id)) = (event, stream) {
                    Some((event, id))
                } else {
                    None
                }
            }
        }
    )+};
}

stream_events! {
    Package: package::Event, PackageId;
    Operator: operator::Event, OperatorId;
    Nik: nik::Event, NikDigest;
    Calendar: calendar::Event, i32;
}

impl StreamId {
    /// The topics of a stream of this kind.
    pub fn topics(&self) -> &'static [&'static str] {
        match self {
            Self::Package(_) => package::Event::TOPICS,
            Self::Operator(_) => operator::Event::TOPICS,
            Self::Nik(_) => nik::Event::TOPICS,
            Self::Calendar(_) => calendar::Event::TOPICS,
        }
    }
}

impl Event {
    /// The type without the leading `jejak.`, such as `operator.leave.recorded.v1`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Package(event) => event.type_name(),
            Self::Operator(event) => event.type_name(),
            Self::Nik(event) => event.type_name(),
            Self::Calendar(event) => event.type_name(),
        }
    }

    /// The topic, such as `leave`: the last token of the event's subject.
    pub fn topic(&self) -> &'static str {
        self.type_name()
            .split('.')
            .nth(1)
            .expect("a type name has four parts")
    }

    /// Reads the data of a type. Data of an older version is brought to the current one first ([`version`]).
    /// Personal parts stay sealed.
    ///
    /// # Errors
    /// An unknown type, a version newer than this program, or data of another shape.
    pub fn decode(type_name: &str, data: &RawValue) -> Result<Self, PayloadError> {
        let decoded = match type_name.split('.').next() {
            Some("package") => {
                package::Event::decode(type_name, data).map(|event| event.map(Self::Package))
            }
            Some("operator") => {
                operator::Event::decode(type_name, data).map(|event| event.map(Self::Operator))
            }
            Some("nik") => nik::Event::decode(type_name, data).map(|event| event.map(Self::Nik)),
            Some("calendar") => {
                calendar::Event::decode(type_name, data).map(|event| event.map(Self::Calendar))
            }
            _ => None,
        };
        decoded.unwrap_or_else(|| {
            let current = Self::schemas().into_iter().map(|(name, _)| name);
            Err(version::unknown(type_name, current))
        })
    }

    /// Whether the event erases a person: from then on the person's data key is destroyed.
    pub fn is_erasure(&self) -> bool {
        match self {
            Self::Operator(event) => event.is_erasure(),
            Self::Package(_) | Self::Nik(_) | Self::Calendar(_) => false,
        }
    }

    /// The reason and the note of the event.
    pub fn remarks(&self) -> Remarks<'_> {
        match self {
            Self::Package(event) => event.remarks(),
            Self::Operator(event) => event.remarks(),
            Self::Nik(event) => event.remarks(),
            Self::Calendar(event) => event.remarks(),
        }
    }

    /// The id of the thing that begins with the event in a stream; none where nothing begins.
    pub fn created_id(&self, stream: &StreamId) -> Option<CreatedId> {
        match (self, stream) {
            (Self::Package(event), StreamId::Package(id)) => event.created_id(id),
            (Self::Operator(event), StreamId::Operator(id)) => event.created_id(id),
            (Self::Nik(event), StreamId::Nik(digest)) => event.created_id(digest),
            (Self::Calendar(event), StreamId::Calendar(year)) => event.created_id(year),
            (Self::Package(_) | Self::Operator(_) | Self::Nik(_) | Self::Calendar(_), _) => None,
        }
    }

    /// The names of all ids that events create, such as `contract_id`, in the order of the streams.
    pub fn created_fields() -> Vec<&'static str> {
        [
            package::Event::created_fields(),
            operator::Event::created_fields(),
            nik::Event::created_fields(),
            calendar::Event::created_fields(),
        ]
        .concat()
    }

    /// Whether the event can stand in the stream.
    pub fn is_of(&self, stream: &StreamId) -> bool {
        match self {
            Self::Package(_) => matches!(stream, StreamId::Package(_)),
            Self::Operator(_) => matches!(stream, StreamId::Operator(_)),
            Self::Nik(_) => matches!(stream, StreamId::Nik(_)),
            Self::Calendar(_) => matches!(stream, StreamId::Calendar(_)),
        }
    }

    /// All topics with their streams, such as `operator.leave`, in ascending order.
    pub fn topics() -> Vec<&'static str> {
        let mut topics = [
            package::Event::TOPIC_NAMES,
            operator::Event::TOPIC_NAMES,
            nik::Event::TOPIC_NAMES,
            calendar::Event::TOPIC_NAMES,
        ]
        .concat();
        topics.sort_unstable();
        topics
    }

    /// The personal part; `None` where the event has none.
    pub fn part(&mut self) -> Option<&mut dyn Part> {
        match self {
            Self::Package(event) => event.part(),
            Self::Operator(event) => event.part(),
            Self::Nik(event) => event.part(),
            Self::Calendar(event) => event.part(),
        }
    }

    /// The owner of the key that seals the personal part; `None` means the stream's own person.
    pub fn owner(&self) -> Option<Owner> {
        match self {
            Self::Package(event) => event.owner(),
            Self::Operator(event) => event.owner(),
            Self::Nik(event) => event.owner(),
            Self::Calendar(event) => event.owner(),
        }
    }

    /// The JSON Schema of the data of every event type that is written.
    pub fn schemas() -> TypeSchemas {
        [
            package::Event::schemas(),
            operator::Event::schemas(),
            nik::Event::schemas(),
            calendar::Event::schemas(),
        ]
        .concat()
    }

    /// The JSON Schema of the data of every older version that logs may hold.
    pub fn superseded() -> TypeSchemas {
        [
            package::Event::superseded(),
            operator::Event::superseded(),
            nik::Event::superseded(),
            calendar::Event::superseded(),
        ]
        .concat()
    }

    /// The schemas that those refer to, by their names.
    pub fn referenced_schemas() -> Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)> {
        let mut found = Vec::new();
        package::Event::referenced_schemas(&mut found);
        operator::Event::referenced_schemas(&mut found);
        nik::Event::referenced_schemas(&mut found);
        calendar::Event::referenced_schemas(&mut found);
        found
    }
}
