//! Parameters, limits, cursors and positions, which all queries share.

use chrono::{Datelike, NaiveDate};
use jejak_events::{date::YEARS, without_type_names};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use crate::{
    error::{ProjectionError, QueryError},
    reader::Reader,
};

/// The most items of a list without the parameter `limit`.
const LIMIT: u32 = 50;
/// The largest `limit` of a list.
const LIMIT_MAX: u32 = 500;
/// The most bytes of a list. The broker carries a megabyte in one message.
const PAGE_BYTES: usize = 900_000;

/// One item with the position of the rows it was read from.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ItemAnswer<T> {
    /// The position of the last applied event.
    pub position: u64,
    /// The members of the item stand beside the position.
    #[serde(flatten)]
    pub item: T,
}

/// A part of a list with the position of the rows it was read from.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The position of the last applied event.
    pub position: u64,
    /// The items of this part, in order.
    pub items: Vec<T>,
    /// The cursor of the next part; null in the last part.
    pub next: Option<String>,
}

/// Reads the parameters of a query. No bytes stand for `{}`.
pub(crate) fn params<T: DeserializeOwned>(params: &[u8]) -> Result<T, QueryError> {
    let params = if params.is_empty() { b"{}" } else { params };
    let mut deserializer = serde_json::Deserializer::from_slice(params);
    let read = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let reason = without_type_names(&error.inner().to_string());
        QueryError::malformed(&error.path().to_string(), reason)
    })?;
    deserializer
        .end()
        .map_err(|error| QueryError::malformed(".", error.to_string()))?;
    Ok(read)
}

/// Reads an optional day `YYYY-MM-DD` in the years 1900 to 2200.
pub(crate) fn day<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<NaiveDate>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let day = (text.len() == 10)
        .then(|| text.parse::<NaiveDate>().ok())
        .flatten();
    let day = day.filter(|day| YEARS.contains(&day.year()));
    day.map(Some)
        .ok_or_else(|| serde::de::Error::custom("must be a day that exists, YYYY-MM-DD"))
}

/// The year asked for, or the current year.
pub(crate) fn year(reader: &Reader<'_>, year: Option<i32>) -> Result<i32, QueryError> {
    let year = year.unwrap_or(reader.today.year());
    if YEARS.contains(&year) {
        Ok(year)
    } else {
        Err(QueryError::malformed(
            "year",
            format!("must be from {} to {}", YEARS.start(), YEARS.end()),
        ))
    }
}

/// A limit inside its bounds, 1 to 500; 50 where none is given.
///
/// # Errors
/// [`QueryError::Malformed`] for a limit outside its bounds.
pub fn limit(limit: Option<u32>) -> Result<usize, QueryError> {
    match limit.unwrap_or(LIMIT) {
        0 => Err(QueryError::malformed(
            "limit",
            format!("must be from 1 to {LIMIT_MAX}"),
        )),
        more if more > LIMIT_MAX => Err(QueryError::malformed(
            "limit",
            format!("must be from 1 to {LIMIT_MAX}"),
        )),
        limit => Ok(limit as usize),
    }
}

/// The key a cursor stands for. Cursors are opaque so that keys may change.
///
/// # Errors
/// [`QueryError::Malformed`] for a text that is no cursor.
pub fn after(cursor: Option<&str>) -> Result<Option<String>, QueryError> {
    let Some(cursor) = cursor else {
        return Ok(None);
    };
    let bytes = cursor.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair)
            .ok()
            .filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    let key = bytes
        .collect::<Option<Vec<u8>>>()
        .filter(|key| !key.is_empty());
    let key = key.and_then(|key| String::from_utf8(key).ok());
    key.map(Some).ok_or_else(no_cursor)
}

/// The refusal of a text that is no cursor of the list.
pub(crate) fn no_cursor() -> QueryError {
    QueryError::malformed("cursor", "must be the `next` of an earlier answer")
}

/// The number of items of a ranked list before a cursor.
pub(crate) fn skipped(cursor: Option<&str>) -> Result<u32, QueryError> {
    Ok(after(cursor)?
        .map(|rank| rank.parse().map_err(|_| no_cursor()))
        .transpose()?
        .unwrap_or(0))
}

fn cursor(key: &str) -> String {
    key.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The first `limit` items at a position, as JSON. Items come with their keys, in order. A page of large
/// items holds fewer.
///
/// # Errors
/// The first error among the items, and an item that cannot be encoded.
pub fn list<T: Serialize>(
    position: u64,
    limit: usize,
    rows: impl Iterator<Item = Result<(String, T), QueryError>>,
) -> Result<Vec<u8>, QueryError> {
    let mut page = Page::<Box<RawValue>> {
        position,
        items: Vec::new(),
        next: None,
    };
    let (mut last, mut bytes) = (String::new(), 0);
    for row in rows {
        let (key, item) = row?;
        let item = to_raw_value(&item).map_err(unencodable)?;
        bytes += item.get().len() + 1;
        let is_full = page.items.len() == limit || bytes > PAGE_BYTES;
        if is_full && !page.items.is_empty() {
            page.next = Some(cursor(&last));
            break;
        }
        last = key;
        page.items.push(item);
    }
    encode(&page)
}

impl Reader<'_> {
    /// Encodes one item with the position.
    pub(crate) fn one<T: Serialize>(&self, item: T) -> Result<Vec<u8>, QueryError> {
        encode(&ItemAnswer {
            position: self.position,
            item,
        })
    }

    /// Encodes the first `limit` items of a list, or fewer where they are large. Items come with their keys, in
    /// order.
    pub(crate) fn list<T: Serialize>(
        &self,
        limit: usize,
        rows: impl Iterator<Item = Result<(String, T), QueryError>>,
    ) -> Result<Vec<u8>, QueryError> {
        list(self.position, limit, rows)
    }

    /// Encodes the part of a ranked list after a cursor.
    pub(crate) fn ranked<T: Serialize>(
        &self,
        limit: usize,
        cursor: Option<&str>,
        ranked: Vec<T>,
    ) -> Result<Vec<u8>, QueryError> {
        let rows = ranked
            .into_iter()
            .enumerate()
            .skip(skipped(cursor)? as usize);
        self.list(
            limit,
            rows.map(|(index, item)| Ok(((index + 1).to_string(), item))),
        )
    }
}

fn encode<T: Serialize>(answer: &T) -> Result<Vec<u8>, QueryError> {
    serde_json::to_vec(answer).map_err(unencodable)
}

fn unencodable(error: serde_json::Error) -> QueryError {
    ProjectionError::Store(error.to_string()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_opaque_and_checked() {
        assert_eq!(
            after(Some(&cursor("2020/a-b"))).unwrap().as_deref(),
            Some("2020/a-b")
        );
        assert_eq!(after(None).unwrap(), None);
        for wrong in ["", "x", "zz", "6", "ff", "é"] {
            let refused = after(Some(wrong));
            assert!(
                matches!(refused, Err(QueryError::Malformed { path, .. }) if path == "cursor"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn limits_have_bounds() {
        assert_eq!(limit(None).unwrap(), 50);
        assert_eq!(limit(Some(500)).unwrap(), 500);
        assert!(limit(Some(0)).is_err());
        assert!(limit(Some(501)).is_err());
    }
}
