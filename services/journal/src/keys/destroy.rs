//! Destroying a key. The broker overwrites each revision of the key in its file. Only then a mark is
//! written in its place, and only where no revision is left.
//!
//! So the bucket's limit of revisions never drops a key that was not overwritten, however many
//! processes destroy it at once. A crash leaves a key, or neither key nor mark. Both are mended by
//! destroying it again, which the log's erasure asks for.

use bytes::Bytes;
use jejak_events::personal::{Key, Owner};
use serde::Deserialize;
use serde_json::json;

use super::{DESTROYED, Keyring, LOOK_PAUSE};
use crate::{
    JournalError,
    get::{ANSWER, leader_last, leader_next},
};

/// Tries to write the mark. Each one that fails found a revision that another process wrote.
const ATTEMPTS: u32 = 16;

impl Keyring {
    /// Destroys a key for good, and with it the data that it sealed. Backups keep it, and on a
    /// cluster the replication logs until they are compacted. It changes nothing where the key is
    /// destroyed already.
    ///
    /// # Errors
    /// No answer, or a broker that does not overwrite. It is safe to repeat, and continues from the
    /// step that failed.
    pub async fn destroy(&self, owner: &Owner) -> Result<(), JournalError> {
        for attempt in 0..ATTEMPTS {
            // On a cluster the other process's mark may refuse this one before it is shown.
            tokio::time::sleep(LOOK_PAUSE * attempt).await;
            self.overwrite_keys(owner).await?;
            if self.mark(owner).await? {
                self.set(*owner, Key::Destroyed);
                return Ok(());
            }
        }
        Err(JournalError::Unavailable(format!(
            "the key of {owner} is written again and again"
        )))
    }

    /// Overwrites every revision of a key, the oldest first. Marks stay.
    async fn overwrite_keys(&self, owner: &Owner) -> Result<(), JournalError> {
        let (api, stream, subject) = (self.inner.journal.api(), self.stream(), self.subject(owner));
        let mut from = 1;
        let mut failed = None;
        while let Some(entry) = leader_next(api, &stream, &subject, from).await? {
            from = entry.stored.position;
            if entry.stored.payload == DESTROYED {
                from += 1;
                continue;
            }
            // Two processes may destroy the same key at once. One of them is refused, and finds the
            // message gone.
            if let Some((position, error)) = failed.take()
                && position == from
            {
                return Err(error);
            }
            failed = self.overwrite(from).await.err().map(|error| (from, error));
        }
        Ok(())
    }

    /// Writes the mark where no revision is left. `false` after another process wrote a key.
    async fn mark(&self, owner: &Owner) -> Result<bool, JournalError> {
        let (stream, subject) = (self.stream(), self.subject(owner));
        let last = leader_last(self.inner.journal.api(), &stream, &subject);
        if let Some(last) = last.await? {
            return Ok(last.stored.payload == DESTROYED);
        }
        let mark = Bytes::from_static(DESTROYED);
        self.compare_and_set(&owner.to_string(), mark, 0).await
    }

    /// Lets the broker overwrite the message at a position of the bucket, in its file.
    pub(super) async fn overwrite(&self, position: u64) -> Result<(), JournalError> {
        #[derive(Deserialize)]
        struct DeleteReply {
            #[serde(default)]
            success: bool,
            error: Option<DeleteError>,
        }
        #[derive(Deserialize)]
        struct DeleteError {
            description: String,
        }
        let api = self.inner.journal.api();
        // With `no_erase` the bytes would stay in the file.
        let query = json!({ "seq": position, "no_erase": false }).to_string();
        let request = async_nats::Request::new()
            .payload(query.into())
            .timeout(Some(ANSWER));
        let subject = api.subject("STREAM.MSG.DELETE", &self.stream());
        let reply = api.client().send_request(subject, request).await;
        let reply = reply.map_err(JournalError::unavailable)?;
        let reply: DeleteReply = serde_json::from_slice(&reply.payload)
            .map_err(|error| JournalError::Protocol(error.to_string()))?;
        match reply {
            DeleteReply { success: true, .. } => Ok(()),
            DeleteReply { error, .. } => Err(JournalError::Unavailable(error.map_or_else(
                || "a key was not overwritten".to_owned(),
                |error| error.description,
            ))),
        }
    }
}
