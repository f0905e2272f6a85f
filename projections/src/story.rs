//! Views of the KAK of 2020, for tests of this crate.

use std::{path::PathBuf, sync::Arc};

use chrono::NaiveDate;
use jejak_events::{
    RecordedEvent,
    personal::{Key, Owner},
    secret::DataKey,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{CellKeys, QueryError, Store, View};

mod office;

pub(crate) use office::*;

const EXPECTED: &str = include_str!("../../deploy/demo/kak-2020-expected.json");

/// The answers of queries after the demonstration.
pub(crate) fn expected() -> Value {
    serde_json::from_str(EXPECTED).unwrap()
}

/// A key for each owner, always the same.
pub(crate) fn key(owner: &Owner) -> Key {
    let mut bytes = [7; 32];
    for (byte, of_owner) in bytes.iter_mut().rev().zip(owner.to_string().bytes().rev()) {
        *byte = of_owner;
    }
    Key::Present(DataKey::new(bytes))
}

/// The keys of all owners.
pub(crate) fn keys() -> CellKeys {
    Arc::new(|owner| Some(key(owner)))
}

/// A view of some events, in a folder that lives as long as it.
pub(crate) struct Built {
    folder: TempDir,
    pub(crate) store: Store,
    today: NaiveDate,
}

impl Built {
    pub(crate) fn empty(view: &'static dyn View) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("view.redb"), view, "one", keys()).unwrap();
        Self {
            folder,
            store,
            today: "2021-02-01".parse().unwrap(),
        }
    }

    /// The view's file.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("view.redb")
    }

    pub(crate) fn of(view: &'static dyn View, events: &[RecordedEvent]) -> Self {
        let built = Self::empty(view);
        built.store.apply_batch(events, false).unwrap();
        built
    }

    /// Closes the file, and returns the folder, which keeps it.
    pub(crate) fn close(self) -> TempDir {
        self.folder
    }

    /// An answer, which must hold the position of the rows.
    #[track_caller]
    pub(crate) fn ask(&self, query: &str, params: Value) -> Value {
        let (position, answer) = self
            .store
            .answer(query, params.to_string().as_bytes(), self.today)
            .unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["position"], json!(position));
        assert_eq!(position, self.store.position().unwrap());
        answer
    }

    /// One member of every item of a list.
    #[track_caller]
    pub(crate) fn column(&self, query: &str, params: Value, field: &str) -> Vec<Value> {
        self.ask(query, params)["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item[field].clone())
            .collect()
    }

    /// The error of a query.
    #[track_caller]
    pub(crate) fn refused(&self, query: &str, params: Value) -> QueryError {
        self.store
            .answer(query, params.to_string().as_bytes(), self.today)
            .unwrap_err()
    }
}
