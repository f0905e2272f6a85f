//! The committed rows with their tables open. Opening tables takes longer than reading a row, so queries between two
//! commits share one snapshot.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use redb::Database;

use super::checkpoint::{Checkpoint, META};
use crate::{
    error::ProjectionError,
    writer::{CommittedTable, Table},
};

/// The rows at one position.
pub(super) struct Snapshot {
    pub(super) position: u64,
    pub(super) tables: BTreeMap<&'static str, CommittedTable>,
}

impl Snapshot {
    fn open(database: &Database, tables: &[&'static str]) -> Result<Self, ProjectionError> {
        let transaction = redb::ReadableDatabase::begin_read(database)?;
        let opened = tables
            .iter()
            .map(|name| Ok((*name, transaction.open_table(Table::new(name))?)));
        Ok(Self {
            position: Checkpoint::position(&transaction.open_table(META)?)?,
            tables: opened.collect::<Result<_, ProjectionError>>()?,
        })
    }
}

/// The snapshot since the last commit, once a query has opened it.
#[derive(Default)]
pub(super) struct LastSnapshot(RwLock<Option<Arc<Snapshot>>>);

impl LastSnapshot {
    pub(super) fn get(
        &self,
        database: &Database,
        tables: &[&'static str],
    ) -> Result<Arc<Snapshot>, ProjectionError> {
        let opened = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(snapshot) = opened {
            return Ok(snapshot);
        }
        // Opened under the lock: a commit meanwhile waits to let it be forgotten.
        let mut last = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let snapshot = match last.take() {
            Some(snapshot) => snapshot,
            None => Arc::new(Snapshot::open(database, tables)?),
        };
        Ok(last.insert(snapshot).clone())
    }

    /// Must follow each commit.
    pub(super) fn forget(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
