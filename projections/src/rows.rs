//! Typed rows over redb tables: text keys in ascending order, values as JSON or packed. Nothing here knows
//! what a row means.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    marker::PhantomData,
    ops::Bound::{Excluded, Included, Unbounded},
};

use chrono::NaiveDate;
use redb::TableDefinition;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    ProjectionError,
    memo::Memo,
    packed::{self, Pack},
};

/// Every table of every view.
pub(crate) type Table<'a> = TableDefinition<'a, &'static str, &'static [u8]>;
type Committed = redb::ReadOnlyTable<&'static str, &'static [u8]>;

/// Rows of one kind, in the table of this name, stored as `F` says.
pub(crate) struct Rows<V, F = Json> {
    name: &'static str,
    row: PhantomData<fn() -> (V, F)>,
}

/// How rows are stored.
pub(crate) trait Format<V> {
    fn encode(row: &V) -> Result<Vec<u8>, ProjectionError>;
    /// None for bytes that are no such row.
    fn decode(bytes: &[u8]) -> Option<V>;
}

/// Rows that seldom change.
pub(crate) struct Json;

impl<V: Serialize + DeserializeOwned> Format<V> for Json {
    fn encode(row: &V) -> Result<Vec<u8>, ProjectionError> {
        serde_json::to_vec(row).map_err(|error| ProjectionError::Store(error.to_string()))
    }

    fn decode(bytes: &[u8]) -> Option<V> {
        serde_json::from_slice(bytes).ok()
    }
}

/// Rows that most events read and change.
pub(crate) struct Packed;

impl<V: Pack> Format<V> for Packed {
    fn encode(row: &V) -> Result<Vec<u8>, ProjectionError> {
        Ok(packed::encode(row))
    }

    fn decode(bytes: &[u8]) -> Option<V> {
        packed::decode(bytes)
    }
}

/// What events change, over the rows as they were committed last. It is held back and written in the order of
/// the keys, which is what redb writes fastest.
pub struct Write {
    tables: BTreeMap<&'static str, Changing>,
    /// By the event that is being applied; it counts with the event's end.
    event: RefCell<Vec<Change>>,
    bytes: Cell<usize>,
}

struct Changing {
    committed: Committed,
    /// Rows put, or removed, by key.
    changed: RefCell<BTreeMap<String, Option<Vec<u8>>>>,
}

struct Change {
    table: &'static str,
    key: String,
    row: Option<Vec<u8>>,
}

impl Write {
    /// Over these tables.
    pub(crate) fn new(
        transaction: &redb::ReadTransaction,
        tables: &[&'static str],
    ) -> Result<Self, ProjectionError> {
        let opened = tables.iter().map(|name| {
            let committed = transaction.open_table(Table::new(name))?;
            Ok((
                *name,
                Changing {
                    committed,
                    changed: RefCell::default(),
                },
            ))
        });
        let tables = opened.collect::<Result<_, ProjectionError>>()?;
        Ok(Self {
            tables,
            event: RefCell::default(),
            bytes: Cell::default(),
        })
    }

    /// Ends an event. One that could not be applied changes nothing.
    pub(crate) fn end_event(&self, applied: bool) {
        for Change { table, key, row } in self.event.borrow_mut().drain(..) {
            if let Some(Changing { changed, .. }) = self.tables.get(table).filter(|_| applied) {
                self.bytes
                    .set(self.bytes.get() + key.len() + row.as_ref().map_or(0, Vec::len));
                changed.borrow_mut().insert(key, row);
            }
        }
    }

    /// What it holds back, in bytes, or a little more.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.get()
    }

    /// Writes what changed. What was committed before is let go first, so that its pages can be used again.
    pub(crate) fn finish(self, begin: impl FnOnce() -> Begun) -> Begun {
        let of = |(name, Changing { changed, .. })| (name, changed.into_inner());
        let changed: Vec<_> = self.tables.into_iter().map(of).collect();
        let transaction = begin()?;
        for (name, changed) in changed {
            let mut table = transaction.open_table(Table::new(name))?;
            for (key, row) in changed {
                match row {
                    Some(row) => drop(table.insert(key.as_str(), row.as_slice())?),
                    None => drop(table.remove(key.as_str())?),
                }
            }
        }
        Ok(transaction)
    }

    /// Does something with a row as it is by now.
    fn with<R>(
        &self,
        table: &'static str,
        key: &str,
        work: impl FnOnce(Option<&[u8]>) -> R,
    ) -> Result<R, ProjectionError> {
        let event = self.event.borrow();
        if let Some(change) = event
            .iter()
            .rev()
            .find(|change| change.table == table && change.key == key)
        {
            return Ok(work(change.row.as_deref()));
        }
        let unlisted =
            || ProjectionError::Store(format!("the view does not list its table {table}"));
        let Changing { committed, changed } = self.tables.get(table).ok_or_else(unlisted)?;
        if let Some(row) = changed.borrow().get(key) {
            return Ok(work(row.as_deref()));
        }
        let row = redb::ReadableTable::get(committed, key)?;
        Ok(work(row.as_ref().map(redb::AccessGuard::value)))
    }

    fn change(&self, table: &'static str, key: &str, row: Option<Vec<u8>>) {
        self.event.borrow_mut().push(Change {
            table,
            key: key.to_owned(),
            row,
        });
    }
}

/// A transaction that writes.
pub(crate) type Begun = Result<redb::WriteTransaction, ProjectionError>;

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

impl<V: 'static, F: Format<V> + 'static> Rows<V, F> {
    /// The rows of a table, which the view must list.
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            row: PhantomData,
        }
    }

    fn table(&self) -> Table<'static> {
        Table::new(self.name)
    }

    fn decode(&self, key: &str, bytes: &[u8]) -> Result<V, ProjectionError> {
        let unreadable =
            || ProjectionError::Damaged(format!("the row {key} of {} is unreadable", self.name));
        F::decode(bytes).ok_or_else(unreadable)
    }

    /// The row under a key, while writing.
    pub(crate) fn held(&self, write: &Write, key: &str) -> Result<Option<V>, ProjectionError> {
        write.with(self.name, key, |row| {
            row.map(|bytes| self.decode(key, bytes)).transpose()
        })?
    }

    /// Whether there is a row under a key, while writing.
    pub(crate) fn has(&self, write: &Write, key: &str) -> Result<bool, ProjectionError> {
        write.with(self.name, key, |row| row.is_some())
    }

    /// Puts a row under a key.
    pub(crate) fn put(&self, write: &Write, key: &str, row: &V) -> Result<(), ProjectionError> {
        write.change(self.name, key, Some(F::encode(row)?));
        Ok(())
    }

    /// Removes the row under a key.
    pub(crate) fn remove(&self, write: &Write, key: &str) {
        write.change(self.name, key, None);
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
    ) -> Result<
        impl Iterator<Item = Result<(String, V), ProjectionError>> + use<'r, V, F>,
        ProjectionError,
    > {
        let from = after.map(|after| format!("{prefix}{after}"));
        let from = from.as_deref().map_or(Included(prefix), Excluded);
        let range = reader
            .transaction
            .open_table(self.table())?
            .range::<&str>((from, Unbounded))?;
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
