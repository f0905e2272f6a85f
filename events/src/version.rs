//! Versions of event types. Stored events are never rewritten: an event whose shape changes becomes
//! `.v2`, its old shape stays as a struct of its own, and a pure function carries the old data over when
//! it is read. Chains end at the version that is written; there is no way back to an older one.
//!
//! What lies in a sealed part is not versioned here: it is ciphertext until a keyring opens it, so its
//! struct reads every shape it ever had.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::object::Object;

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

/// A shape that is no longer written and still read. Its type is listed in the topic (`since`), its golden
/// file stays, and so does its schema.
pub trait Superseded: DeserializeOwned + ToSchema {
    /// Its type: `<stream>.<topic>.<event>.v<n>`.
    const TYPE: &'static str;
    /// The type of the version after it.
    const NEXT_TYPE: &'static str;
    /// The version after it.
    type Next: Serialize;

    /// The same fact in the shape of the next version. Pure and total: every fact once recorded has one.
    fn upcast(self) -> Self::Next;
}

/// The data of a version as data of the next: its type and its JSON. What every topic reads its older
/// versions with.
///
/// # Errors
/// Data that does not have the shape of its version.
pub fn upcast<Old: Superseded>(
    data: &RawValue,
) -> Result<(&'static str, Box<RawValue>), PayloadError> {
    let next = read::<Old>(Old::TYPE, data)?.upcast();
    let data = serde_json::value::to_raw_value(&next).map_err(|source| PayloadError::Shape {
        kind: Old::NEXT_TYPE.to_owned(),
        source,
    })?;
    Ok((Old::NEXT_TYPE, data))
}

/// Data in the shape of its type: an object with the fields of the type and no others.
pub(crate) fn read<T: DeserializeOwned>(
    type_name: &str,
    data: &RawValue,
) -> Result<T, PayloadError> {
    let read = serde_json::from_str(data.get());
    read.map(|Object(payload)| payload)
        .map_err(|source| PayloadError::Shape {
            kind: type_name.to_owned(),
            source,
        })
}

/// Why a type is not read: it is newer than one of the `current` types, or of no event.
pub(crate) fn unknown(
    type_name: &str,
    current: impl IntoIterator<Item = &'static str>,
) -> PayloadError {
    let found = type_name.to_owned();
    let newer = split(type_name).and_then(|(event, version)| {
        let same =
            |known: &&str| split(known).is_some_and(|(name, n)| name == event && n < version);
        current.into_iter().find(same)
    });
    match newer {
        Some(known) => PayloadError::NewerVersion { found, known },
        None => PayloadError::UnknownType(found),
    }
}

/// The event and its version.
fn split(type_name: &str) -> Option<(&str, u32)> {
    let (event, version) = type_name.rsplit_once(".v")?;
    let plain = !version.starts_with('0') && version.bytes().all(|b| b.is_ascii_digit());
    Some((event, version.parse().ok().filter(|_| plain)?))
}

#[cfg(test)]
#[expect(
    unreachable_pub,
    reason = "a topic's events are public, also those of a topic that exists here only"
)]
mod specs;
