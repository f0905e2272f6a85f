//! Identifiers: who and what an event is about.
//!
//! Each is a type of its own, checked when it is read. None carries personal data: people appear
//! under pseudonyms derived in [`crate::secret`], never under a NIK or NIP.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::shared::Pool;

/// A text that is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {expected}")]
pub struct InvalidId {
    /// The identifier's name.
    pub what: &'static str,
    /// What a valid one looks like.
    pub expected: &'static str,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.parse().map(Self).map_err(|_| InvalidId { what: stringify!($name), expected: "a UUID" })
            }
        }
    };
}

uuid_id! {
    /// A person hired: a UUIDv8 derived from the NIK under the tenant's key.
    OperatorId
}
uuid_id! {
    /// An office-holder: a UUIDv8 derived from the NIP under the tenant's key.
    OfficerId
}
uuid_id! {
    /// One engagement of one operator in one package.
    ContractId
}
uuid_id! {
    /// One leave of one operator.
    LeaveId
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $pattern:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
        #[schema(value_type = String, pattern = $pattern)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The identifier's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(InvalidId { what: stringify!($name), expected: $expected })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::parse_str(deserializer)
            }
        }
    };
}

fn slug(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

text_id! {
    /// An office: the owner of one log.
    TenantId, "1 to 32 of a-z, 0-9 and -", "^[a-z0-9-]{1,32}$", |t| slug(t, 32)
}
text_id! {
    /// A package of work, by its slug.
    PackageId, "1 to 64 of a-z, 0-9 and -", "^[a-z0-9-]{1,64}$", |t| slug(t, 64)
}
text_id! {
    /// The id a caller gives a command; sending it again gives the first result again.
    CommandId, "1 to 64 of A-Z, a-z, 0-9, dot, underscore and -", "^[A-Za-z0-9._-]{1,64}$", |t| {
        (1..=64).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    }
}

static PACKAGES: Pool<str> = Pool::new();

impl PackageId {
    /// The same, in the one piece of memory that all who are engaged in it hold.
    pub(crate) fn shared(&self) -> Self {
        Self(PACKAGES.share(self.0.clone()))
    }
}

impl CommandId {
    /// The command id a UUID makes.
    pub fn from_uuid(id: Uuid) -> Self {
        Self(id.to_string().into())
    }
}

/// One consistency boundary: everything under one guard (domain.md, Streams).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamId {
    /// A package: terms, officers, slots.
    Package(PackageId),
    /// A person: identity, contracts, leave, appraisals, evaluations, warnings.
    Operator(OperatorId),
    /// A year of public holidays and joint leave.
    Calendar(i32),
}

impl StreamId {
    /// The kind of stream: `package`, `operator` or `calendar`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Package(_) => "package",
            Self::Operator(_) => "operator",
            Self::Calendar(_) => "calendar",
        }
    }

    /// The id part alone, as it stands in subjects.
    pub fn id(&self) -> impl fmt::Display {
        fmt::from_fn(move |f| match self {
            Self::Package(id) => fmt::Display::fmt(id, f),
            Self::Operator(id) => fmt::Display::fmt(id, f),
            Self::Calendar(year) => fmt::Display::fmt(year, f),
        })
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind(), self.id())
    }
}

impl FromStr for StreamId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId {
            what: "StreamId",
            expected: "package/<slug>, operator/<uuid> or calendar/<year>",
        };
        match text.split_once('/') {
            Some(("package", id)) => id.parse().map(Self::Package),
            Some(("operator", id)) => id.parse().map(Self::Operator),
            Some(("calendar", year)) => year.parse().map(Self::Calendar).map_err(|_| invalid),
            _ => Err(invalid),
        }
    }
}

/// Who gave a command, as it stands in events: a pseudonym, or the name of an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActorId {
    /// An office-holder.
    Officer(OfficerId),
    /// A person hired, acting for himself.
    Operator(OperatorId),
    /// An account that is no person, such as `admin-bkpsdm`.
    Account(PackageId),
}

impl ActorId {
    /// The office-holder, if the actor is one.
    pub fn officer(&self) -> Option<OfficerId> {
        match self {
            Self::Officer(id) => Some(*id),
            _ => None,
        }
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Officer(id) => write!(f, "officer/{id}"),
            Self::Operator(id) => write!(f, "operator/{id}"),
            Self::Account(name) => write!(f, "account/{name}"),
        }
    }
}

impl FromStr for ActorId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.split_once('/') {
            Some(("officer", id)) => id.parse().map(Self::Officer),
            Some(("operator", id)) => id.parse().map(Self::Operator),
            Some(("account", name)) => name.parse().map(Self::Account),
            _ => Err(InvalidId {
                what: "ActorId",
                expected: "officer/<uuid>, operator/<uuid> or account/<name>",
            }),
        }
    }
}

macro_rules! serde_as_text {
    ($($name:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::parse_str(deserializer)
            }
        }
    )*};
}
serde_as_text!(StreamId, ActorId);

macro_rules! number_text {
    ($(#[$doc:meta])* $name:ident, $digits:literal, $expected:literal, $pattern:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Serialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, pattern = $pattern)]
        pub struct $name(String);

        impl $name {
            /// The digits.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if text.len() == $digits && text.bytes().all(|b| b.is_ascii_digit()) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId { what: stringify!($name), expected: $expected })
                }
            }
        }

        impl fmt::Debug for $name {
            /// Hides the digits: a log line must not carry them.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::parse_str(deserializer)
            }
        }
    };
}

number_text! {
    /// Citizen number (NIK). Personal data: never in a subject, a clear field or a log line.
    Nik, 16, "16 digits", "^[0-9]{16}$"
}
number_text! {
    /// Civil-service number (NIP). It spells a birth date, so it is treated as personal data too.
    Nip, 18, "18 digits", "^[0-9]{18}$"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_and_actors_round_trip_as_text() {
        for text in [
            "package/2020-tenaga-it",
            "operator/00000000-0000-8000-8000-000000000001",
            "calendar/2020",
        ] {
            assert_eq!(text.parse::<StreamId>().unwrap().to_string(), text);
        }
        for text in [
            "account/admin-bkpsdm",
            "officer/00000000-0000-8000-8000-000000000001",
        ] {
            assert_eq!(text.parse::<ActorId>().unwrap().to_string(), text);
        }
        assert!("package/Not a slug".parse::<StreamId>().is_err());
        assert!("calendar/".parse::<StreamId>().is_err());
    }

    #[test]
    fn a_nik_has_sixteen_digits() {
        assert!("6171011503950001".parse::<Nik>().is_ok());
        for wrong in ["617101150395000", "61710115039500011", "617101150395000a"] {
            assert!(wrong.parse::<Nik>().is_err(), "{wrong}");
        }
    }
}
