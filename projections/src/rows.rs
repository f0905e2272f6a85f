//! Typed rows over redb tables: text keys in ascending order, values in one of two formats.

use std::{
    marker::PhantomData,
    ops::Bound::{Excluded, Included, Unbounded},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{error::ProjectionError, reader::Reader, writer::RowWriter};

/// The rows of the table `name`, stored in format `F`.
pub(crate) struct Rows<V, F = Json> {
    name: &'static str,
    row: PhantomData<fn() -> (V, F)>,
}

/// The bytes of a row.
pub(crate) trait RowFormat<V> {
    fn encode(row: &V) -> Result<Vec<u8>, ProjectionError>;
    /// None for bytes that are no such row.
    fn decode(bytes: &[u8]) -> Option<V>;
}

/// For rows that hold data as events carry it. Types of events read objects only, so postcard cannot.
pub(crate) enum Json {}

impl<V: Serialize + DeserializeOwned> RowFormat<V> for Json {
    fn encode(row: &V) -> Result<Vec<u8>, ProjectionError> {
        serde_json::to_vec(row).map_err(|error| ProjectionError::Store(error.to_string()))
    }

    fn decode(bytes: &[u8]) -> Option<V> {
        serde_json::from_slice(bytes).ok()
    }
}

/// For rows that most events read and change: a fifth of the bytes of JSON.
pub(crate) enum Postcard {}

impl<V: Serialize + DeserializeOwned> RowFormat<V> for Postcard {
    fn encode(row: &V) -> Result<Vec<u8>, ProjectionError> {
        postcard::to_stdvec(row).map_err(|error| ProjectionError::Store(error.to_string()))
    }

    fn decode(bytes: &[u8]) -> Option<V> {
        let (row, rest) = postcard::take_from_bytes(bytes).ok()?;
        rest.is_empty().then_some(row)
    }
}

impl<V: 'static, F: RowFormat<V> + 'static> Rows<V, F> {
    /// The rows of a table, which the view must list.
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            row: PhantomData,
        }
    }

    fn decode(&self, key: &str, bytes: &[u8]) -> Result<V, ProjectionError> {
        F::decode(bytes).ok_or_else(|| {
            ProjectionError::Damaged(format!("the row {key} of {} is unreadable", self.name))
        })
    }

    /// The row under a key, with the changes that are not committed yet.
    pub(crate) fn written(
        &self,
        writer: &RowWriter,
        key: &str,
    ) -> Result<Option<V>, ProjectionError> {
        writer.with(self.name, key, |row| {
            row.map(|bytes| self.decode(key, bytes)).transpose()
        })?
    }

    /// Whether there is a row under a key, with the changes that are not committed yet.
    pub(crate) fn is_written(
        &self,
        writer: &RowWriter,
        key: &str,
    ) -> Result<bool, ProjectionError> {
        writer.with(self.name, key, |row| row.is_some())
    }

    /// Puts a row under a key.
    pub(crate) fn put(
        &self,
        writer: &RowWriter,
        key: &str,
        row: &V,
    ) -> Result<(), ProjectionError> {
        writer.change(self.name, key, Some(F::encode(row)?));
        Ok(())
    }

    /// Removes the row under a key.
    pub(crate) fn remove(&self, writer: &RowWriter, key: &str) {
        writer.change(self.name, key, None);
    }

    /// The committed row under a key.
    pub(crate) fn get(&self, reader: &Reader<'_>, key: &str) -> Result<Option<V>, ProjectionError> {
        let row = reader.table(self.name)?.get(key)?;
        row.map(|bytes| self.decode(key, bytes.value())).transpose()
    }

    /// The keys of all committed rows, in order.
    pub(crate) fn keys(&self, reader: &Reader<'_>) -> Result<Vec<String>, ProjectionError> {
        let rows = reader.table(self.name)?.range::<&str>(..)?;
        rows.map(|row| Ok(row?.0.value().to_owned())).collect()
    }

    /// The committed rows with keys that begin with `prefix` and come after the key `after`, in order.
    /// The keys come without the prefix.
    pub(crate) fn scan<'r>(
        &'r self,
        reader: &Reader<'_>,
        prefix: &'r str,
        after: Option<&str>,
    ) -> Result<
        impl Iterator<Item = Result<(String, V), ProjectionError>> + use<'r, V, F>,
        ProjectionError,
    > {
        let from = after.map(|after| format!("{prefix}{after}"));
        let from = from.as_deref().map_or(Included(prefix), Excluded);
        let range = reader.table(self.name)?.range::<&str>((from, Unbounded))?;
        let rows = range.map_while(move |row| {
            let (key, value) = match row {
                Ok(row) => row,
                Err(error) => return Some(Err(error.into())),
            };
            let rest = key.value().strip_prefix(prefix)?.to_owned();
            Some(
                self.decode(key.value(), value.value())
                    .map(|row| (rest, row)),
            )
        });
        Ok(rows)
    }
}
