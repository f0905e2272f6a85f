//! Earlier versions could write the mark of a destroyed key twice. The bucket's limit of two revisions
//! then dropped the key, and its bytes stayed in a block file of the broker.
//!
//! The broker removes a block file that holds no message any more. So everything in the bucket is
//! written again, behind enough bytes to begin a new block file. Then every first writing is
//! overwritten. Each step compares and sets. A crash loses nothing, and the next start does it again.

use bytes::Bytes;
use jejak_events::personal::Key;

use super::{Keyring, PoisonError};
use crate::{
    JournalError, LogEntry,
    get::{leader_last, leader_next},
};

/// The name in the bucket that says that its files are clean. It is the name of no owner.
const CLEAN: &str = "clean";
/// The beginning of the names of the bytes that fill a block file. Each has a name of its own: a dropped
/// one could come back when the broker reads its files without their index.
const FILLER: &str = "filler";
/// The bytes of one filling message: as large as an event, which every broker takes.
const FILLER_BYTES: usize = 60 << 10;
/// More than a block file holds: the broker's largest is 8 MiB.
const BLOCK_BYTES: usize = 9 << 20;

impl Keyring {
    /// Removes the bytes of keys that an earlier version dropped without overwriting them. It does so
    /// once for a bucket, and takes some milliseconds a key. `false` where it was done before.
    ///
    /// # Errors
    /// No answer. It is safe to repeat, also while other processes make and destroy keys.
    pub async fn clean_files(&self) -> Result<bool, JournalError> {
        let (api, stream) = (self.inner.journal.api(), self.stream());
        let done = leader_last(api, &stream, &self.subject(CLEAN)).await?;
        if done.is_some() {
            return Ok(false);
        }
        // Only a destroyed key can have been dropped.
        if self.has_destroyed() {
            let last = leader_last(api, &stream, &self.subject(">")).await?;
            self.fill_block().await?;
            let end = last.map_or(0, |last| last.stored.position);
            self.write_again(end).await?;
            self.overwrite_all(end).await?;
            self.remove_filler().await?;
        }
        self.put(CLEAN, Bytes::from_static(b"1")).await?;
        Ok(true)
    }

    fn has_destroyed(&self) -> bool {
        let known = self.inner.known.read();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        known.values().any(|key| *key == Key::Destroyed)
    }

    async fn put(&self, name: &str, value: Bytes) -> Result<(), JournalError> {
        let put = self.inner.bucket.put(name, value).await;
        put.map(|_| ()).map_err(JournalError::unavailable)
    }

    /// Writes until the broker has begun a new block file.
    async fn fill_block(&self) -> Result<(), JournalError> {
        let filler = Bytes::from(vec![0; FILLER_BYTES]);
        for n in 0..BLOCK_BYTES.div_ceil(FILLER_BYTES) {
            self.put(&format!("{FILLER}.{n}"), filler.clone()).await?;
        }
        Ok(())
    }

    /// Writes every message up to a position again, where it is the last of its name.
    async fn write_again(&self, end: u64) -> Result<(), JournalError> {
        let (mut from, prefix) = (1, self.subject(""));
        while let Some(entry) = self.next(from, end).await? {
            let position = entry.stored.position;
            from = position + 1;
            let name = entry.subject.strip_prefix(&prefix).unwrap_or_default();
            let again = entry.stored.payload;
            // Where it is refused, a later revision stands, or the key was destroyed meanwhile.
            self.compare_and_set(name, again, position).await?;
        }
        Ok(())
    }

    /// Overwrites every message up to a position, after the leader has shown what stands in its place.
    async fn overwrite_all(&self, end: u64) -> Result<(), JournalError> {
        let (api, stream) = (self.inner.journal.api(), self.stream());
        let mut from = 1;
        while let Some(entry) = self.next(from, end).await? {
            let position = entry.stored.position;
            from = position + 1;
            match leader_last(api, &stream, &entry.subject).await? {
                Some(later) if later.stored.position > position => {
                    self.overwrite_if_there(position).await?;
                }
                Some(_) => {
                    let subject = entry.subject;
                    let reason = format!("{subject} could not be written again");
                    return Err(JournalError::Unavailable(reason));
                }
                None => {}
            }
        }
        Ok(())
    }

    /// The first message of the bucket from a position on, up to another.
    async fn next(&self, from: u64, end: u64) -> Result<Option<LogEntry>, JournalError> {
        let (api, stream) = (self.inner.journal.api(), self.stream());
        let next = leader_next(api, &stream, &self.subject(">"), from).await?;
        Ok(next.filter(|entry| entry.stored.position <= end))
    }

    /// Another process may overwrite the same message, so only one that is still there is a fault.
    async fn overwrite_if_there(&self, position: u64) -> Result<(), JournalError> {
        let Err(error) = self.overwrite(position).await else {
            return Ok(());
        };
        let (api, stream) = (self.inner.journal.api(), self.stream());
        let next = leader_next(api, &stream, &self.subject(">"), position).await?;
        match next {
            Some(entry) if entry.stored.position == position => Err(error),
            _ => Ok(()),
        }
    }

    async fn remove_filler(&self) -> Result<(), JournalError> {
        let (api, stream, filler) = (
            self.inner.journal.api(),
            self.stream(),
            self.subject(format!("{FILLER}.*")),
        );
        while let Some(entry) = leader_next(api, &stream, &filler, 1).await? {
            self.overwrite_if_there(entry.stored.position).await?;
        }
        Ok(())
    }
}
