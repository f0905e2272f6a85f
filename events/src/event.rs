//! Every event there is: its type name, its payload, the way from one to the other.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    calendar, operator, package,
    personal::{Owner, Part},
    schema::Schemas,
    version,
};

/// Why stored data is not the event its type says.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// No event of this name is known.
    #[error("unknown event type {0}")]
    UnknownType(String),
    /// The event is known, in versions up to another one.
    #[error(
        "event type {found} is newer than {known}, the newest this program knows; run a newer program"
    )]
    NewerVersion {
        /// The type found.
        found: String,
        /// The type this program writes.
        known: &'static str,
    },
    /// The data does not have the shape of the type.
    #[error("data is not a {kind}: {source}")]
    Shape {
        /// The event type.
        kind: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

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

/// A topic's events: the enum, its type names and its codec, from one list. `since [OldV1, OldV2]` names the
/// shapes an event had before ([`version::Superseded`]).
macro_rules! topic {
    ($($(#[$doc:meta])* $name:ident = $type_name:literal $(since [$($old:ident),+ $(,)?])?),+ $(,)?) => {
        /// The facts of this topic.
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        #[serde(untagged)]
        pub enum Event {
            $($(#[$doc])* $name($name),)+
        }

        impl Event {
            /// `<stream>.<topic>.<event>.v<n>`.
            pub fn type_name(&self) -> &'static str {
                match self { $(Self::$name(_) => $type_name,)+ }
            }

            pub(crate) fn decode(
                type_name: &str,
                data: &serde_json::value::RawValue,
            ) -> Option<Result<Self, crate::PayloadError>> {
                match type_name {
                    $($type_name => Some(crate::version::read($type_name, data).map(Self::$name)),)+
                    $($($(
                        <$old as crate::version::Superseded>::TYPE => {
                            match crate::version::upcast::<$old>(data) {
                                Ok((next, data)) => Self::decode(next, &data),
                                Err(error) => Some(Err(error)),
                            }
                        }
                    )+)?)+
                    _ => None,
                }
            }

            pub(crate) fn part(&mut self) -> Option<&mut dyn crate::personal::Part> {
                use crate::personal::Payload;
                match self { $(Self::$name(payload) => payload.part(),)+ }
            }

            pub(crate) fn owner(&self) -> Option<crate::personal::Owner> {
                use crate::personal::Payload;
                match self { $(Self::$name(payload) => payload.owner(),)+ }
            }

            pub(crate) fn schemas() -> crate::schema::Schemas {
                vec![$(($type_name, <$name as utoipa::PartialSchema>::schema()),)+]
            }

            pub(crate) fn superseded() -> crate::schema::Schemas {
                vec![$($($((<$old as crate::version::Superseded>::TYPE, <$old as utoipa::PartialSchema>::schema()),)+)?)+]
            }

            pub(crate) fn referenced_schemas(
                found: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>,
            ) {
                $(<$name as utoipa::ToSchema>::schemas(found);)+
                $($($(<$old as utoipa::ToSchema>::schemas(found);)+)?)+
            }
        }

        $(impl From<$name> for Event {
            fn from(payload: $name) -> Self {
                Self::$name(payload)
            }
        })+
    };
}
pub(crate) use topic;

/// A stream's events: its topics, from one list.
macro_rules! stream {
    ($wrap:ident { $($topic:ident :: $module:ident),+ $(,)? }) => {
        /// The facts of this stream, by topic.
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        #[serde(untagged)]
        pub enum Event {
            $(#[doc = concat!("Topic `", stringify!($module), "`.")] $topic($module::Event),)+
        }

        impl Event {
            /// The topics of this stream.
            pub const TOPICS: &'static [&'static str] = &[$(stringify!($module)),+];

            /// `<stream>.<topic>.<event>.v<n>`.
            pub fn type_name(&self) -> &'static str {
                match self { $(Self::$topic(event) => event.type_name(),)+ }
            }

            pub(crate) fn decode(
                type_name: &str,
                data: &serde_json::value::RawValue,
            ) -> Option<Result<Self, crate::PayloadError>> {
                match type_name.split('.').nth(1)? {
                    $(stringify!($module) => {
                        $module::Event::decode(type_name, data).map(|event| event.map(Self::$topic))
                    })+
                    _ => None,
                }
            }

            pub(crate) fn part(&mut self) -> Option<&mut dyn crate::personal::Part> {
                match self { $(Self::$topic(event) => event.part(),)+ }
            }

            pub(crate) fn owner(&self) -> Option<crate::personal::Owner> {
                match self { $(Self::$topic(event) => event.owner(),)+ }
            }

            pub(crate) fn schemas() -> crate::schema::Schemas {
                [$($module::Event::schemas()),+].concat()
            }

            pub(crate) fn superseded() -> crate::schema::Schemas {
                [$($module::Event::superseded()),+].concat()
            }

            pub(crate) fn referenced_schemas(
                found: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>,
            ) {
                $($module::Event::referenced_schemas(found);)+
            }
        }

        $(impl From<$module::Event> for Event {
            fn from(event: $module::Event) -> Self {
                Self::$topic(event)
            }
        })+

        $(impl From<$module::Event> for crate::Event {
            fn from(event: $module::Event) -> Self {
                Self::$wrap(Event::$topic(event))
            }
        })+
    };
}
pub(crate) use stream;
