//! The macros that make the events of a topic and of a stream from one list each.

use utoipa::openapi::{RefOr, Schema};

/// Event types and the schema of each.
pub(crate) type TypeSchemas = Vec<(&'static str, RefOr<Schema>)>;

/// The events of one topic.
pub trait TopicEvent: Sized {
    /// The events of the topic's stream.
    type StreamEvent: From<Self>;
    /// The topic with its stream, such as `operator.leave`.
    const TOPIC: &'static str;

    /// The event, where it is of this topic.
    fn of(event: &Self::StreamEvent) -> Option<&Self>;
}

/// Makes the enum of a topic's events, with type names and codec, from one list. `since [OldV1, OldV2]` names the
/// earlier shapes of an event (`version::Superseded`).
macro_rules! topic {
    ($($(#[$doc:meta])* $name:ident = $type_name:literal $(since [$($old:ident),+ $(,)?])?),+ $(,)?) => {
        /// An event of this topic.
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        #[serde(untagged)]
        pub enum Event {
            $($(#[$doc])* $name($name),)+
        }

        impl Event {
            /// The type, such as `operator.leave.recorded.v1`.
            pub fn type_name(&self) -> &'static str {
                match self { $(Self::$name(_) => $type_name,)+ }
            }

            pub(crate) fn decode(
                type_name: &str,
                data: &serde_json::value::RawValue,
            ) -> Option<Result<Self, crate::version::PayloadError>> {
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

            pub(crate) fn schemas() -> crate::topic::TypeSchemas {
                vec![$(($type_name, <$name as utoipa::PartialSchema>::schema()),)+]
            }

            pub(crate) fn superseded() -> crate::topic::TypeSchemas {
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

/// Makes the enum of a stream's events from the list of its topics.
macro_rules! stream {
    ($prefix:literal, $state:ty, $id:ty; $($topic:ident :: $module:ident),+ $(,)?) => {
        /// An event of this stream, by its topic.
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        #[serde(untagged)]
        pub enum Event {
            $(#[doc = concat!("An event of topic `", stringify!($module), "`.")] $topic($module::Event),)+
        }

        impl Event {
            /// The names of the stream's topics, as subjects end with them.
            pub const TOPICS: &'static [&'static str] = &[$(stringify!($module)),+];

            pub(crate) const TOPIC_NAMES: &'static [&'static str] =
                &[$(concat!($prefix, ".", stringify!($module))),+];

            /// The type, such as `operator.leave.recorded.v1`.
            pub fn type_name(&self) -> &'static str {
                match self { $(Self::$topic(event) => event.type_name(),)+ }
            }

            pub(crate) fn decode(
                type_name: &str,
                data: &serde_json::value::RawValue,
            ) -> Option<Result<Self, crate::version::PayloadError>> {
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

            /// The days the event concerns ([`crate::facts::EventFacts`]).
            pub fn effective_days(&self, before: &$state) -> Option<crate::facts::EffectiveDays> {
                use crate::facts::EventFacts;
                match self { $(Self::$topic(event) => event.effective_days(before),)+ }
            }

            /// The contract the event concerns.
            pub fn concerned_contract(&self, before: &$state) -> Option<crate::ids::ContractId> {
                use crate::facts::EventFacts;
                match self { $(Self::$topic(event) => EventFacts::contract_id(event, before),)+ }
            }

            /// The reason and the note of the event.
            pub fn remarks(&self) -> crate::facts::Remarks<'_> {
                use crate::facts::EventFacts;
                match self { $(Self::$topic(event) => event.remarks(),)+ }
            }

            /// The id of the thing that begins with the event.
            pub fn created_id(&self, stream: &$id) -> Option<crate::facts::CreatedId> {
                use crate::facts::EventFacts;
                match self {
                    $(Self::$topic(event) => Some(crate::facts::CreatedId {
                        field: $module::Event::CREATES?,
                        id: event.created_id(stream)?,
                    }),)+
                }
            }

            /// The names of the ids that events of this stream create.
            pub(crate) fn created_fields() -> Vec<&'static str> {
                use crate::facts::EventFacts;
                [$($module::Event::CREATES),+].into_iter().flatten().collect()
            }

            pub(crate) fn schemas() -> crate::topic::TypeSchemas {
                [$($module::Event::schemas()),+].concat()
            }

            pub(crate) fn superseded() -> crate::topic::TypeSchemas {
                [$($module::Event::superseded()),+].concat()
            }

            pub(crate) fn referenced_schemas(
                found: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>,
            ) {
                $($module::Event::referenced_schemas(found);)+
            }
        }

        $(impl crate::topic::TopicEvent for $module::Event {
            type StreamEvent = Event;
            const TOPIC: &'static str = concat!($prefix, ".", stringify!($module));

            fn of(event: &Event) -> Option<&Self> {
                // With one topic there is no other variant.
                #[allow(irrefutable_let_patterns, reason = "a stream may have one topic")]
                if let Event::$topic(event) = event { Some(event) } else { None }
            }
        })+

        $(impl From<$module::Event> for Event {
            fn from(event: $module::Event) -> Self {
                Self::$topic(event)
            }
        })+
    };
}
pub(crate) use stream;
