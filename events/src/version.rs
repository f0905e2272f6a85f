//! Versions of event types. Stored events are never rewritten. An event with a new shape becomes `.v2`, and its old
//! shape stays as a struct. Reading carries old data over by a pure function, version by version. There is no way back
//! to an older version.
//!
//! Sealed parts have no versions: a part is ciphertext until a keyring opens it. Its struct reads every shape it ever
//! had.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{error::Category, value::RawValue};
use utoipa::ToSchema;

use crate::object::Object;

/// A fault of stored data that does not fit its event type.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// No event of this name exists. A bad message chose the name, so it is not shown.
    #[error("no event type that this program knows")]
    UnknownType(String),
    /// The event exists, in older versions only.
    #[error(
        "event type {found} is newer than {known}, the newest this program knows; run a newer program"
    )]
    NewerVersion {
        /// The type in the log, such as `operator.leave.recorded.v3`.
        found: String,
        /// The newest version of the type in this program.
        known: &'static str,
    },
    /// The data does not have the shape of the type.
    #[error("data is not a {kind}: {}", fault(source))]
    Shape {
        /// The event type, such as `operator.leave.recorded.v1`.
        kind: String,
        /// The JSON parser's reason, with line and column.
        source: serde_json::Error,
    },
}

/// The kind and the place of a fault. The parser's own words quote values, which may be personal.
pub(crate) fn fault(error: &serde_json::Error) -> String {
    let kind = match error.classify() {
        Category::Data => "a field or a value of another form",
        Category::Syntax => "not JSON",
        Category::Eof => "an unfinished text",
        Category::Io => "it cannot be read",
    };
    format!("{kind} at line {} column {}", error.line(), error.column())
}

/// A shape that is still read but no longer written. The topic lists it (`since`). Its golden file and its schema
/// stay.
pub trait Superseded: DeserializeOwned + ToSchema {
    /// The type of this version, such as `operator.leave.recorded.v1`.
    const TYPE: &'static str;
    /// The type of the next version.
    const NEXT_TYPE: &'static str;
    /// The shape of the next version.
    type Next: Serialize;

    /// The same event in the shape of the next version. Every recorded event has one.
    fn upcast(self) -> Self::Next;
}

/// Turns the data of a version into the type and the data of the next version.
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

/// Reads data as an object with exactly the fields of its type.
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

/// The fault of a type that is not read: it is newer than one of the `current` types, or names no event.
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

/// The event's name and its version number.
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
