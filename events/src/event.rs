//! The sum of all events, with the way from a type name and its data to an event and back.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    calendar,
    ids::StreamId,
    operator, package,
    personal::{Owner, Part},
    topic::{Schemas, TopicEvent},
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

impl From<calendar::Event> for Event {
    fn from(event: calendar::Event) -> Self {
        Self::Calendar(event)
    }
}

impl StreamId {
    /// The topics of a stream of this kind.
    pub fn topics(&self) -> &'static [&'static str] {
        match self {
            Self::Package(_) => package::Event::TOPICS,
            Self::Operator(_) => operator::Event::TOPICS,
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
            Self::Package(_) | Self::Calendar(_) => false,
        }
    }

    /// The personal part; `None` where the event has none.
    pub fn part(&mut self) -> Option<&mut dyn Part> {
        match self {
            Self::Package(event) => event.part(),
            Self::Operator(event) => event.part(),
            Self::Calendar(event) => event.part(),
        }
    }

    /// The owner of the key that seals the personal part; `None` means the stream's own person.
    pub fn owner(&self) -> Option<Owner> {
        match self {
            Self::Package(event) => event.owner(),
            Self::Operator(event) => event.owner(),
            Self::Calendar(event) => event.owner(),
        }
    }

    /// The JSON Schema of the data of every event type that is written.
    pub fn schemas() -> Schemas {
        [
            package::Event::schemas(),
            operator::Event::schemas(),
            calendar::Event::schemas(),
        ]
        .concat()
    }

    /// The JSON Schema of the data of every older version that logs may hold.
    pub fn superseded() -> Schemas {
        [
            package::Event::superseded(),
            operator::Event::superseded(),
            calendar::Event::superseded(),
        ]
        .concat()
    }

    /// The schemas that those refer to, by their names.
    pub fn referenced_schemas() -> Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)> {
        let mut found = Vec::new();
        package::Event::referenced_schemas(&mut found);
        operator::Event::referenced_schemas(&mut found);
        calendar::Event::referenced_schemas(&mut found);
        found
    }
}
