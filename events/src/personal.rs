//! The sealed part of an event: personal data that can be forgotten while the event stays.
//!
//! On the wire it is always ciphertext. Between decoding and evolve (or apply) a keyring opens it,
//! so rules and views see the data or see that it is erased, and never a key.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, ser};
use utoipa::ToSchema;

use crate::{
    ids::{OfficerId, OperatorId},
    secret::{DataKey, Nonce, WrongKey, decrypt, encrypt},
};

/// Whose key seals a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// A person hired.
    Operator(OperatorId),
    /// An office-holder.
    Officer(OfficerId),
    /// The office itself: texts that concern no one person.
    Office,
}

impl fmt::Display for Owner {
    /// The name its key is stored under.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(id) => write!(f, "operator.{id}"),
            Self::Officer(id) => write!(f, "officer.{id}"),
            Self::Office => f.write_str("office"),
        }
    }
}

impl std::str::FromStr for Owner {
    type Err = crate::ids::InvalidId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('.') {
            Some(("operator", id)) => id.parse().map(Self::Operator),
            Some(("officer", id)) => id.parse().map(Self::Officer),
            None if text == "office" => Ok(Self::Office),
            _ => Err(crate::ids::InvalidId {
                what: "Owner",
                expected: "operator.<uuid>, officer.<uuid> or office",
            }),
        }
    }
}

/// What a keyring knows of an owner's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// It exists.
    Present(DataKey),
    /// It was destroyed on purpose: the owner is erased.
    Destroyed,
}

/// Why a sealed part could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is neither a key nor a note that it was destroyed.
    #[error(
        "the key of {0} is missing and not marked destroyed; restore the key bucket from its backup"
    )]
    KeyMissing(Owner),
    /// The key of its owner does not open it: altered, or moved from another event.
    #[error("the sealed part of event {0} does not open with its owner's key")]
    Altered(uuid::Uuid),
    /// It opens, but what is inside is not what this event holds.
    #[error("the sealed part of event {0} does not hold what its type says")]
    Shape(uuid::Uuid),
}

/// Personal data inside an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Personal<T> {
    /// In the clear, in memory only.
    Open(T),
    /// As stored.
    Sealed(Vec<u8>),
    /// Forgotten: the key is destroyed.
    Erased,
}

impl<T> Personal<T> {
    /// The data, unless it is erased (or not opened).
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Open(data) => Some(data),
            Self::Sealed(_) | Self::Erased => None,
        }
    }
}

/// A [`Personal`] of any type, as sealing and opening see it.
pub trait Part {
    /// Encrypts what is open, bound to its event. `associated` is the event id and the field's name.
    fn seal(&mut self, key: &DataKey, nonce: Nonce, associated: &[u8]);
    /// Decrypts what is sealed.
    ///
    /// # Errors
    /// [`WrongKey`] when it does not open; `Ok(false)` when it opens to another shape.
    fn open(&mut self, key: &DataKey, associated: &[u8]) -> Result<bool, WrongKey>;
    /// Forgets the data.
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

/// Personal data, sealed: base64 (no padding) of a nonce of 12 bytes and the AES-256-GCM ciphertext of a
/// JSON object with its tag of 16. Its owner's data key opens it, with `<event id>/personal` as associated
/// data; once that key is destroyed, nothing does.
#[derive(ToSchema)]
#[schema(pattern = "^[A-Za-z0-9+/]{40,}$")]
pub struct Sealed(
    #[expect(dead_code, reason = "stands for the stored form in schemas only")] String,
);

/// The reason or note that goes with a fact. Free text may say anything about a person, so it is
/// always sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// What was written.
    pub text: String,
}

impl Remark {
    /// A remark about to be sealed.
    pub fn open(text: &str) -> Personal<Self> {
        Personal::Open(Self {
            text: text.to_owned(),
        })
    }
}

/// Implemented by every event payload: where its personal part is, if it has one.
pub trait Payload {
    /// The personal part.
    fn part(&mut self) -> Option<&mut dyn Part> {
        None
    }
    /// Whose key seals it; `None` means the stream's own person (or the office, for other streams).
    fn owner(&self) -> Option<Owner> {
        None
    }
}

/// [`Payload`] for payloads without personal data, or with one in the field named.
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
