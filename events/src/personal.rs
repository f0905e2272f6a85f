//! The sealed part of an event: personal data that can be forgotten while the event stays.
//!
//! The log holds ciphertext. A keyring opens it after decoding. So rules and views see either the data or
//! an erased part, and never a key.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, ser};
use utoipa::ToSchema;

use crate::{
    ids::{OfficerId, OperatorId},
    secret::{DataKey, Nonce, WrongKey, decrypt, encrypt},
};

/// The owner of a data key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// A person hired owns the key of his own events.
    Operator(OperatorId),
    /// An office-holder owns the key of his assignments.
    Officer(OfficerId),
    /// The office owns the key of texts that concern no single person.
    Office,
    /// The office owns the key of those who gave commands ([`crate::actor`]).
    Actors,
}

impl fmt::Display for Owner {
    /// Writes the name of the key in its bucket.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(id) => write!(f, "operator.{id}"),
            Self::Officer(id) => write!(f, "officer.{id}"),
            Self::Office => f.write_str("office"),
            Self::Actors => f.write_str("actors"),
        }
    }
}

impl std::str::FromStr for Owner {
    type Err = InvalidOwner;

    fn from_str(text: &str) -> Result<Self, InvalidOwner> {
        let owner = match text.split_once('.') {
            Some(("operator", id)) => id.parse().map(Self::Operator).ok(),
            Some(("officer", id)) => id.parse().map(Self::Officer).ok(),
            None if text == "office" => Some(Self::Office),
            None if text == "actors" => Some(Self::Actors),
            _ => None,
        };
        owner.ok_or(InvalidOwner)
    }
}

/// A text that names no owner of a data key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("owner must be operator.<uuid>, officer.<uuid>, office or actors")]
pub struct InvalidOwner;

/// The state of an owner's key in a keyring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// The key exists and opens the owner's parts.
    Present(DataKey),
    /// The key was destroyed on purpose, since its owner is erased.
    Destroyed,
}

/// The reason a sealed part stays closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The keyring has neither the key nor a mark that it was destroyed.
    #[error(
        "the key of {0} is missing and not marked destroyed; restore the key bucket from its backup"
    )]
    KeyMissing(Owner),
    /// The owner's key does not open it. It was altered, or moved from another event.
    #[error("the sealed part of event {0} does not open with its owner's key")]
    Altered(uuid::Uuid),
    /// It opens, but its data is not of this event's type.
    #[error("the sealed part of event {0} does not hold what its type says")]
    Shape(uuid::Uuid),
    /// It opens, but names somebody else than the event's `actor`.
    #[error("the sealed actor of event {0} is another one than its pseudonym says")]
    OtherActor(uuid::Uuid),
}

/// Personal data inside an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Personal<T> {
    /// The data in the clear. It exists in memory only.
    Open(T),
    /// The ciphertext that the log holds.
    Sealed(Vec<u8>),
    /// The data is forgotten, since the key was destroyed.
    Erased,
}

impl<T> Personal<T> {
    /// The data, if the part was opened and is not erased.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Open(data) => Some(data),
            Self::Sealed(_) | Self::Erased => None,
        }
    }
}

/// A [`Personal`] of any type, to be sealed and opened.
pub trait Part {
    /// Encrypts an open part. `associated` binds it to the id of its event and the name of the field.
    fn seal(&mut self, key: &DataKey, nonce: Nonce, associated: &[u8]);
    /// Decrypts a sealed part. `Ok(false)` means that its data is of another type.
    ///
    /// # Errors
    /// [`WrongKey`] if the key does not open it.
    fn open(&mut self, key: &DataKey, associated: &[u8]) -> Result<bool, WrongKey>;
    /// Forgets the data for good.
    fn erase(&mut self);
}

impl<T: Serialize + DeserializeOwned> Part for Personal<T> {
    fn seal(&mut self, key: &DataKey, nonce: Nonce, associated: &[u8]) {
        if let Self::Open(data) = self {
            let plain = serde_json::to_vec(data)
                .expect("personal data is plain structs, which always serialize");
            *self = Self::Sealed(encrypt(&key.0, nonce, associated, &plain));
        }
    }

    fn open(&mut self, key: &DataKey, associated: &[u8]) -> Result<bool, WrongKey> {
        if let Self::Sealed(sealed) = self {
            match serde_json::from_slice(&decrypt(&key.0, associated, sealed)?) {
                Ok(data) => *self = Self::Open(data),
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
    }

    fn erase(&mut self) {
        *self = Self::Erased;
    }
}

impl<T> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Sealed(sealed) => serializer.serialize_str(&BASE64.encode(sealed)),
            Self::Open(_) | Self::Erased => Err(ser::Error::custom(
                "a personal part is written sealed or not at all",
            )),
        }
    }
}

impl<'de, T> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        BASE64
            .decode(text.as_bytes())
            .map(Self::Sealed)
            .map_err(serde::de::Error::custom)
    }
}

/// Sealed personal data: base64 without padding of a nonce of 12 bytes, a ciphertext and a tag of 16 bytes.
///
/// The cipher is AES-256-GCM, the plain text a JSON object. The owner's data key opens it, with
/// `<event id>/personal` as associated data. After that key is destroyed, the data is lost for good.
#[derive(ToSchema)]
#[schema(pattern = "^[A-Za-z0-9+/]{40,}$")]
pub struct Sealed(
    #[expect(dead_code, reason = "stands for the stored form in schemas only")] String,
);

/// The reason or note of an event. A free text may name a person, so it is always sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// The text as the officer wrote it.
    pub text: String,
}

impl Remark {
    /// Makes a remark that is not sealed yet.
    pub fn open(text: &str) -> Personal<Self> {
        Personal::Open(Self {
            text: text.to_owned(),
        })
    }
}

/// Every event payload says where its personal part is, if it has one.
pub trait Payload {
    /// The personal part, if the payload has one.
    fn part(&mut self) -> Option<&mut dyn Part> {
        None
    }
    /// The owner of the sealing key. `None` means the stream's person, or the office in other streams.
    fn owner(&self) -> Option<Owner> {
        None
    }
}

/// Implements [`Payload`] for types without personal data, or with one part in the named field.
macro_rules! payload {
    ($($name:ident),+) => {$(impl crate::personal::Payload for $name {})+};
    ($($name:ident . $field:ident),+) => {$(
        impl crate::personal::Payload for $name {
            fn part(&mut self) -> Option<&mut dyn crate::personal::Part> {
                Some(&mut self.$field)
            }
        }
    )+};
    ($($name:ident . $field:ident ?),+) => {$(
        impl crate::personal::Payload for $name {
            fn part(&mut self) -> Option<&mut dyn crate::personal::Part> {
                self.$field.as_mut().map(|part| part as &mut dyn crate::personal::Part)
            }
        }
    )+};
}
pub(crate) use payload;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_opens_only_in_its_own_event() {
        let key = DataKey::new([3; 32]);
        let mut part = Remark::open("sakit");
        part.seal(&key, [9; 12], b"event-1/remark");
        let stored = serde_json::to_string(&part).unwrap();
        assert!(!stored.contains("sakit"));
        let mut moved: Personal<Remark> = serde_json::from_str(&stored).unwrap();
        assert_eq!(moved.open(&key, b"event-2/remark"), Err(WrongKey));
        assert_eq!(moved.open(&key, b"event-1/remark"), Ok(true));
        assert_eq!(moved.known().unwrap().text, "sakit");
    }

    #[test]
    fn an_open_part_cannot_be_written() {
        assert!(serde_json::to_string(&Remark::open("sakit")).is_err());
    }
}
