//! Every event there is: its type name, its payload, the way from one to the other.

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

/// A fact of one stream. Written, it is its payload, whose personal parts must be sealed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// Of a package.
    Package(package::Event),
    /// Of a person.
    Operator(operator::Event),
    /// Of a year.
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
    /// The type without the leading `jejak.`: `<stream>.<topic>.<event>.v<n>`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Package(event) => event.type_name(),
            Self::Operator(event) => event.type_name(),
            Self::Calendar(event) => event.type_name(),
        }
    }

    /// The topic, the last token of the subject.
    pub fn topic(&self) -> &'static str {
        self.type_name()
            .split('.')
            .nth(1)
            .expect("a type name has four parts")
    }

    /// The event of a type and its data; personal parts stay sealed. Data of an older version is brought
    /// to the current one first ([`version`]).
    ///
    /// # Errors
    /// An unknown type, a version newer than this program, or another shape. Nothing is skipped.
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

    /// The personal part, if this event has one.
    pub fn part(&mut self) -> Option<&mut dyn Part> {
        match self {
            Self::Package(event) => event.part(),
            Self::Operator(event) => event.part(),
            Self::Calendar(event) => event.part(),
        }
    }

    /// Whose key seals the personal part, where it is not the stream's own person.
    pub fn owner(&self) -> Option<Owner> {
        match self {
            Self::Package(event) => event.owner(),
            Self::Operator(event) => event.owner(),
            Self::Calendar(event) => event.owner(),
        }
    }

    /// The data of every event type that is written, as JSON Schema.
    pub fn schemas() -> Schemas {
        [
            package::Event::schemas(),
            operator::Event::schemas(),
            calendar::Event::schemas(),
        ]
        .concat()
    }

    /// The data of every older version that logs may still hold.
    pub fn superseded() -> Schemas {
        [
            package::Event::superseded(),
            operator::Event::superseded(),
            calendar::Event::superseded(),
        ]
        .concat()
    }

    /// The schemas that those refer to, by name.
    pub fn referenced_schemas() -> Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)> {
        let mut found = Vec::new();
        package::Event::referenced_schemas(&mut found);
        operator::Event::referenced_schemas(&mut found);
        calendar::Event::referenced_schemas(&mut found);
        found
    }
}
