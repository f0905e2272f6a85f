//! Personal data in rows. A cell is sealed under the key of its owner when it is written, and opened by the
//! query that shows it. No file holds it in the clear. Once the key is destroyed, no cell opens.
//!
//! Handlers seal with `RowWriter::seal`, queries open with `Reader::open`. Nothing else opens a cell.

use std::{borrow::Cow, marker::PhantomData, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use jejak_events::personal::{Key, Owner};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error as _,
};
use zeroize::Zeroizing;

use crate::error::ProjectionError;

/// The keys in the memory of this process, by owner; none for a key that it has not met.
pub type CellKeys = Arc<dyn Fn(&Owner) -> Option<Key> + Send + Sync>;

/// A sealed value of a row: a name, particulars or a free text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PersonalCell<T> {
    sealed: Vec<u8>,
    value: PhantomData<fn() -> T>,
}

impl<T> PersonalCell<T> {
    fn new(sealed: Vec<u8>) -> Self {
        Self {
            sealed,
            value: PhantomData,
        }
    }
}

impl<T: Serialize> PersonalCell<T> {
    /// Seals a value under its owner's key; none where that key is destroyed.
    pub(crate) fn seal(
        keys: &CellKeys,
        owner: Owner,
        value: &T,
    ) -> Result<Option<Self>, ProjectionError> {
        match keys(&owner) {
            Some(Key::Present(key)) => {
                let plain = serde_json::to_vec(value)
                    .map_err(|error| ProjectionError::Store(error.to_string()))?;
                Ok(Some(Self::new(key.seal_cell(&Zeroizing::new(plain)))))
            }
            Some(Key::Destroyed) => Ok(None),
            None => Err(ProjectionError::KeyUnknown(owner)),
        }
    }
}

impl<T: DeserializeOwned> PersonalCell<T> {
    /// Opens the cell with its owner's key; none once that key is destroyed.
    pub(crate) fn open(&self, keys: &CellKeys, owner: Owner) -> Result<Option<T>, ProjectionError> {
        let damaged = || ProjectionError::Damaged(format!("a cell of {owner} does not open"));
        match keys(&owner) {
            Some(Key::Present(key)) => {
                let plain = key.open_cell(&self.sealed).map_err(|_| damaged())?;
                let value = serde_json::from_slice(&plain).map_err(|_| damaged())?;
                Ok(Some(value))
            }
            Some(Key::Destroyed) => Ok(None),
            None => Err(ProjectionError::KeyUnknown(owner)),
        }
    }
}

impl<T> Serialize for PersonalCell<T> {
    /// Writes base64 into JSON, and the bytes into postcard.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&BASE64.encode(&self.sealed))
        } else {
            self.sealed.serialize(serializer)
        }
    }
}

impl<'de, T> Deserialize<'de> for PersonalCell<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = <Cow<'de, str>>::deserialize(deserializer)?;
            let sealed = BASE64.decode(text.as_bytes()).map_err(D::Error::custom)?;
            Ok(Self::new(sealed))
        } else {
            Vec::deserialize(deserializer).map(Self::new)
        }
    }
}

#[cfg(test)]
#[path = "cell_tests.rs"]
mod tests;
