//! Typed rows over redb tables: text keys in ascending order, values as JSON. Nothing here knows what
//! a row means.

use std::{
    cell::RefCell,
    collections::BTreeMap,
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

/// A transaction in which events are applied: rows and checkpoint become visible together, or not at all.
/// What changes is held back and written in the order of the keys, which is what redb writes fastest.
pub struct Write<'a> {
    tables: BTreeMap<&'static str, Changing<'a>>,
}

struct Changing<'a> {
    table: redb::Table<'a, &'static str, &'static [u8]>,
    /// Rows put, or removed, by key.
    changed: RefCell<BTreeMap<String, Option<Vec<u8>>>>,
}

impl<'a> Write<'a> {
    /// Of these tables.
    pub(crate) fn new(
        transaction: &'a redb::WriteTransaction,
        tables: &[&'static str],
    ) -> Result<Self, ProjectionError> {
        let opened = tables.iter().map(|name| {
            let table = transaction.open_table(Table::new(name))?;
            Ok((*name, Changing { table, changed: RefCell::default() }))
        });
        Ok(Self { tables: opened.collect::<Result<_, ProjectionError>>()? })
    }

    /// Writes what changed.
    pub(crate) fn finish(self) -> Result<(), ProjectionError> {
        for Changing { mut table, changed } in self.tables.into_values() {
            for (key, row) in changed.into_inner() {
                match row {
                    Some(row) => drop(table.insert(key.as_str(), row.as_slice())?),
                    None => drop(table.remove(key.as_str())?),
                }
            }
        }
        Ok(())
    }

    fn table(&self, name: &'static str) -> Result<&Changing<'a>, ProjectionError> {
        let unlisted = || ProjectionError::Store(format!("the view does not list its table {name}"));
        self.tables.get(name).ok_or_else(unlisted)
    }
}

/// One moment of a view, in which a question is answered.
pub struct Reader<'a> {
    pub(crate) transaction: &'a redb::ReadTransaction,
    /// The position of the last event applied at that moment.
    pub position: u64,
    /// The civil date in the tenant's time zone.
    pub today: NaiveDate,
    /// What other answers have computed.
    pub(crate) memo: &'a Memo,
    /// Whether the answer is wanted now or not at all.
    pub(crate) at_once: bool,
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
        let Changing { table, changed } = write.table(self.name)?;
        if let Some(changed) = changed.borrow().get(key) {
            return changed.as_deref().map(|bytes| self.decode(key, bytes)).transpose();
        }
        let row = table.get(key)?;
        row.map(|bytes| self.decode(key, bytes.value())).transpose()
    }

    /// Whether there is a row under a key, while writing.
    pub(crate) fn has(&self, write: &Write<'_>, key: &str) -> Result<bool, ProjectionError> {
        let Changing { table, changed } = write.table(self.name)?;
        if let Some(changed) = changed.borrow().get(key) {
            return Ok(changed.is_some());
        }
        Ok(table.get(key)?.is_some())
    }

    /// Puts a row under a key.
    pub(crate) fn put(&self, write: &Write<'_>, key: &str, row: &V) -> Result<(), ProjectionError> {
        let bytes = serde_json::to_vec(row).map_err(|error| ProjectionError::Store(error.to_string()))?;
        write.table(self.name)?.changed.borrow_mut().insert(key.to_owned(), Some(bytes));
        Ok(())
    }

    /// Removes the row under a key.
    pub(crate) fn remove(&self, write: &Write<'_>, key: &str) -> Result<(), ProjectionError> {
        write.table(self.name)?.changed.borrow_mut().insert(key.to_owned(), None);
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
