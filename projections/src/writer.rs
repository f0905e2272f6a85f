//! Changes of rows that are not committed yet, over the rows as last committed.
//!
//! Changes are held back and written in the order of keys: redb writes sorted keys fastest.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use chrono::{DateTime, Utc};
use jejak_events::{Envelope, ids::ActorId, personal::Owner};
use redb::TableDefinition;
use serde::Serialize;

use crate::{
    cell::{CellKeys, PersonalCell},
    error::ProjectionError,
};

/// The type of every table of every view.
pub(crate) type Table<'a> = TableDefinition<'a, &'static str, &'static [u8]>;

/// A table as last committed.
pub(crate) type CommittedTable = redb::ReadOnlyTable<&'static str, &'static [u8]>;

/// The giver of a command, and the time of recording.
#[derive(Debug, Clone)]
pub(crate) struct GivenBy {
    pub(crate) actor: ActorId,
    pub(crate) time: DateTime<Utc>,
}

/// The rows that events change.
pub struct RowWriter {
    keys: CellKeys,
    tables: BTreeMap<&'static str, ChangedTable>,
    /// The changes of the current event. They count when the event has been applied.
    event: RefCell<Vec<RowChange>>,
    position: Cell<u64>,
    given: RefCell<Option<GivenBy>>,
    bytes: Cell<usize>,
}

struct ChangedTable {
    committed: CommittedTable,
    /// Rows that were put, or none where a row was removed, by key.
    changed: RefCell<BTreeMap<String, Option<Vec<u8>>>>,
}

struct RowChange {
    table: &'static str,
    key: String,
    row: Option<Vec<u8>>,
}

impl RowWriter {
    pub(crate) fn new(
        transaction: &redb::ReadTransaction,
        tables: &[&'static str],
        keys: CellKeys,
    ) -> Result<Self, ProjectionError> {
        let opened = tables.iter().map(|name| {
            let table = ChangedTable {
                committed: transaction.open_table(Table::new(name))?,
                changed: RefCell::default(),
            };
            Ok((*name, table))
        });
        Ok(Self {
            keys,
            tables: opened.collect::<Result<_, ProjectionError>>()?,
            event: RefCell::default(),
            position: Cell::default(),
            given: RefCell::default(),
            bytes: Cell::default(),
        })
    }

    /// Applies the event at a position, and tells whether it changed a row. An event that fails changes none.
    pub(crate) fn apply(
        &self,
        position: u64,
        event: impl FnOnce(&Self) -> Result<(), ProjectionError>,
    ) -> Result<bool, ProjectionError> {
        self.position.set(position);
        let applied = event(self);
        let changes = self.event.take();
        applied?;
        let is_changed = !changes.is_empty();
        for RowChange { table, key, row } in changes {
            if let Some(ChangedTable { changed, .. }) = self.tables.get(table) {
                let size = key.len() + row.as_ref().map_or(0, Vec::len);
                self.bytes.set(self.bytes.get() + size);
                changed.borrow_mut().insert(key, row);
            }
        }
        Ok(is_changed)
    }

    /// Keeps the giver of the event that is applied next.
    pub(crate) fn note_giver(&self, envelope: &Envelope) {
        self.given.replace(Some(GivenBy {
            actor: envelope.actor.clone(),
            time: envelope.time,
        }));
    }

    /// The giver of the current event.
    pub(crate) fn given(&self) -> Result<GivenBy, ProjectionError> {
        let given = self.given.borrow().clone();
        given.ok_or_else(|| self.inapplicable("it has no envelope"))
    }

    /// The error of the current event.
    pub(crate) fn inapplicable(&self, reason: &'static str) -> ProjectionError {
        ProjectionError::Inapplicable {
            position: self.position.get(),
            reason,
        }
    }

    /// Seals a value under its owner's key; none where that key is destroyed.
    ///
    /// # Errors
    /// [`ProjectionError::KeyUnknown`]. The event of the value was opened with the key, so it is in memory.
    pub(crate) fn seal<T: Serialize>(
        &self,
        owner: Owner,
        value: &T,
    ) -> Result<Option<PersonalCell<T>>, ProjectionError> {
        PersonalCell::seal(&self.keys, owner, value)
    }

    /// An upper bound of the bytes of all changes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.get()
    }

    /// Writes all changes into the transaction that `begin` opens.
    pub(crate) fn finish(
        self,
        begin: impl FnOnce() -> Result<redb::WriteTransaction, ProjectionError>,
    ) -> Result<redb::WriteTransaction, ProjectionError> {
        let changed: Vec<_> = self
            .tables
            .into_iter()
            .map(|(name, table)| (name, table.changed.into_inner()))
            .collect();
        // The committed tables are closed by now, so the new transaction reuses their pages.
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

    /// Passes the current row under a key to `read`.
    pub(crate) fn with<R>(
        &self,
        table: &'static str,
        key: &str,
        read: impl FnOnce(Option<&[u8]>) -> R,
    ) -> Result<R, ProjectionError> {
        let event = self.event.borrow();
        let of_event = event
            .iter()
            .rev()
            .find(|change| change.table == table && change.key == key);
        if let Some(change) = of_event {
            return Ok(read(change.row.as_deref()));
        }
        let ChangedTable { committed, changed } = self.tables.get(table).ok_or_else(|| {
            ProjectionError::Store(format!("the view does not list its table {table}"))
        })?;
        if let Some(row) = changed.borrow().get(key) {
            return Ok(read(row.as_deref()));
        }
        let row = redb::ReadableTable::get(committed, key)?;
        Ok(read(row.as_ref().map(redb::AccessGuard::value)))
    }

    pub(crate) fn change(&self, table: &'static str, key: &str, row: Option<Vec<u8>>) {
        self.event.borrow_mut().push(RowChange {
            table,
            key: key.to_owned(),
            row,
        });
    }
}
