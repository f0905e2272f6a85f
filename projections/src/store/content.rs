//! The hash of all rows, which auditors compare with the hash of a fresh view.

use std::fmt::Write as _;

use ring::digest::{self, SHA256};

use super::{
    Store,
    checkpoint::{Checkpoint, META},
};
use crate::{error::ProjectionError, writer::Table};

impl Store {
    /// SHA-256, in hexadecimal, of all rows in order of their tables and keys. The same events make the
    /// same hash in any batches. The checkpoint is not part of it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn content_hash(&self) -> Result<String, ProjectionError> {
        Ok(self.content()?.1)
    }

    /// [`Store::content_hash`], and the position of the rows at the same moment.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn content(&self) -> Result<(u64, String), ProjectionError> {
        let transaction = redb::ReadableDatabase::begin_read(&self.database)?;
        let position = Checkpoint::position(&transaction.open_table(META)?)?;
        let mut hash = digest::Context::new(&SHA256);
        let mut add = |bytes: &[u8]| {
            hash.update(&(bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        for name in self.view.tables() {
            add(name.as_bytes());
            for row in transaction
                .open_table(Table::new(name))?
                .range::<&str>(..)?
            {
                let (key, value) = row?;
                add(key.value().as_bytes());
                add(value.value());
            }
        }
        let mut hex = String::new();
        for byte in hash.finish().as_ref() {
            let _ = write!(hex, "{byte:02x}");
        }
        Ok((position, hex))
    }
}
