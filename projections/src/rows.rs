//! Typed rows over redb tables: text keys in ascending order, values as JSON. Nothing here knows what
//! a row means.

use std::{
    marker::PhantomData,
    ops::Bound::{Excluded, Included, Unbounded},
};

use chrono::NaiveDate;
use redb::{ReadableTable, TableDefinition};
use serde::{Serialize, de::DeserializeOwned};

use crate::{ProjectionError, memo::Memo};

/// Every table of every view.
pub(crate) type Table<'a> = TableDefinition<'a, &'static str, &'static [u8]>;

/// Rows of one kind, in the table of this name.
pub(crate) struct Rows<V> {
    name: &'static str,
    row: PhantomData<fn() -> V>,
}

/// A transaction in which events are applied: rows and checkpoint become visible together, or not at
/// all.
pub struct Write<'a> {
    pub(crate) transaction: &'a redb::WriteTransaction,
}

/// One moment of a view, in which a question is answered.
pub struct Reader<'a> {
    pub(crate) transaction: &'a redb::ReadTransaction,
    /// The position of the last event applied at that moment.
    pub position: u64,
    /// The civil date in the tenant's time zone.
    pub today: NaiveDate,
    /// What other answers at this position have computed.
    pub(crate) memo: &'a Memo,
}

impl<V: Serialize + DeserializeOwned + 'static> Rows<V> {
    /// The rows of a table, which the view must list.
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, row: PhantomData }
    }

    fn table(&self) -> Table<'static> {
        Table::new(self.name)
    }

    fn decode(&self, key: &str, bytes: &[u8]) -> Result<V, ProjectionError> {
        let unreadable =
            |_| ProjectionError::Damaged(format!("the row {key} of {} is unreadable", self.name));
        serde_json::from_slice(bytes).map_err(unreadable)
    }

    /// The row under a key, while writing.
    pub(crate) fn held(&self, write: &Write<'_>, key: &str) -> Result<Option<V>, ProjectionError> {
        let table = write.transaction.open_table(self.table())?;
        let row = table.get(key)?;
        row.map(|bytes| self.decode(key, bytes.value())).transpose()
    }

    /// Whether there is a row under a key, while writing.
    pub(crate) fn has(&self, write: &Write<'_>, key: &str) -> Result<bool, ProjectionError> {
        Ok(write.transaction.open_table(self.table())?.get(key)?.is_some())
    }

    /// Puts a row under a key.
    pub(crate) fn put(&self, write: &Write<'_>, key: &str, row: &V) -> Result<(), ProjectionError> {
        let bytes = serde_json::to_vec(row).map_err(|error| ProjectionError::Store(error.to_string()))?;
        write.transaction.open_table(self.table())?.insert(key, bytes.as_slice())?;
        Ok(())
    }

    /// Removes the row under a key.
    pub(crate) fn remove(&self, write: &Write<'_>, key: &str) -> Result<(), ProjectionError> {
        write.transaction.open_table(self.table())?.remove(key)?;
        Ok(())
    }

    /// The row under a key.
    pub(crate) fn get(&self, reader: &Reader<'_>, key: &str) -> Result<Option<V>, ProjectionError> {
        let row = reader.transaction.open_table(self.table())?.get(key)?;
        row.map(|bytes| self.decode(key, bytes.value())).transpose()
    }

    /// The rows whose keys begin with `prefix` and come after the key `after`, in order; the keys
    /// without the prefix.
    pub(crate) fn scan<'r>(
        &'r self,
        reader: &Reader<'_>,
        prefix: &'r str,
        after: Option<&str>,
    ) -> Result<impl Iterator<Item = Result<(String, V), ProjectionError>> + use<'r, V>, ProjectionError>
    {
        let from = after.map(|after| format!("{prefix}{after}"));
        let from = from.as_deref().map_or(Included(prefix), Excluded);
        let range = reader.transaction.open_table(self.table())?.range::<&str>((from, Unbounded))?;
        let rows = range.map_while(move |row| {
            let (key, value) = match row {
                Ok(row) => row,
                Err(error) => return Some(Err(error.into())),
            };
            let rest = key.value().strip_prefix(prefix)?.to_owned();
            Some(self.decode(key.value(), value.value()).map(|row| (rest, row)))
        });
        Ok(rows)
    }
}
