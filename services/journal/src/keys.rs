//! Data keys, wrapped by the tenant's key, in a bucket outside the log. Destroying a person's key
//! erases the personal data while the history stays. A keyring loads all keys at once, and later
//! ones when they are needed.

mod rewrap;

use std::{
    collections::HashMap,
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_nats::jetstream::kv;
use bytes::Bytes;
use jejak_events::{
    RecordedEvent,
    envelope::owner,
    personal::{Key, Owner},
    secret::{DataKey, Nonce, TenantKey},
};
use serde_json::json;

use crate::{
    Journal, JournalError,
    get::{direct_get, leader_first, leader_last},
    settings, subject,
};

/// The bucket's value in place of a destroyed key.
const DESTROYED: &[u8] = b"destroyed";
/// Tries to read a key that another process is making, about 200 ms in all.
const LOOKS: u32 = 20;
/// The pause before a further try grows by this much each time.
const LOOK_PAUSE: Duration = Duration::from_millis(1);
/// Most keys of one answer while all are loaded.
const BATCH: u64 = 1_000;

/// The data keys of a tenant. Cheap to clone.
#[derive(Clone)]
pub struct Keyring {
    inner: Arc<Keys>,
}

struct Keys {
    journal: Journal,
    bucket: kv::Store,
    tenant_key: TenantKey,
    known: RwLock<HashMap<Owner, Key>>,
}

impl Keyring {
    /// Opens the bucket and loads every key.
    ///
    /// # Errors
    /// No answer, a missing bucket, other settings of it, or a key wrapped by another tenant key.
    pub async fn open_all(journal: &Journal, tenant_key: TenantKey) -> Result<Self, JournalError> {
        settings::check_keys(&journal.inner.context, journal.tenant()).await?;
        let name = subject::key_bucket(journal.tenant());
        let bucket = journal
            .inner
            .context
            .get_key_value(&name)
            .await
            .map_err(JournalError::unavailable)?;
        let inner = Keys {
            journal: journal.clone(),
            bucket,
            tenant_key,
            known: RwLock::default(),
        };
        let keyring = Self {
            inner: Arc::new(inner),
        };
        keyring.load_all(&name).await?;
        Ok(keyring)
    }

    async fn load_all(&self, bucket: &str) -> Result<(), JournalError> {
        let prefix = format!("$KV.{bucket}.");
        let mut from = 1;
        loop {
            let query =
                json!({ "seq": from, "batch": BATCH, "next_by_subj": format!("{prefix}>") })
                    .to_string();
            let api = self.inner.journal.api();
            let (messages, pending) =
                direct_get(api, &format!("KV_{bucket}"), query.into()).await?;
            for message in &messages {
                from = message.position + 1;
                let owner = message
                    .subject()
                    .strip_prefix(&prefix)
                    .and_then(|name| Owner::from_str(name).ok());
                if let Some(owner) = owner {
                    self.remember(owner, &message.payload)?;
                }
            }
            if pending == 0 || messages.is_empty() {
                return Ok(());
            }
        }
    }

    fn remember(&self, owner: Owner, value: &[u8]) -> Result<Key, JournalError> {
        let key = if value == DESTROYED {
            Key::Destroyed
        } else {
            let opened = self.inner.tenant_key.unwrap(&owner.to_string(), value);
            Key::Present(opened.map_err(|_| JournalError::ForeignKey(owner.to_string()))?)
        };
        self.set(owner, key.clone());
        Ok(key)
    }

    fn set(&self, owner: Owner, key: Key) {
        self.inner
            .known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(owner, key);
    }

    /// The key in memory, without asking the bucket.
    pub fn get(&self, owner: &Owner) -> Option<Key> {
        self.inner
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(owner)
            .cloned()
    }

    /// The key, from memory or the bucket; `None` for an owner that never had one.
    ///
    /// # Errors
    /// No answer, or a key wrapped by another tenant key.
    pub async fn fetch(&self, owner: &Owner) -> Result<Option<Key>, JournalError> {
        if let Some(key) = self.get(owner) {
            return Ok(Some(key));
        }
        let bucket = subject::key_bucket(self.inner.journal.tenant());
        let (log, filter) = (format!("KV_{bucket}"), format!("$KV.{bucket}.{owner}"));
        match leader_last(self.inner.journal.api(), &log, &filter).await? {
            Some(found) => self.remember(*owner, &found.stored.payload).map(Some),
            None => Ok(None),
        }
    }

    /// The key to seal an owner's data with. Makes one for an owner without a key; `None` for a
    /// destroyed key.
    ///
    /// # Errors
    /// No answer, or a key wrapped by another tenant key.
    pub async fn get_or_create(&self, owner: &Owner) -> Result<Option<DataKey>, JournalError> {
        let key = match self.fetch(owner).await? {
            Some(key) => key,
            None => self.create(owner).await?,
        };
        match key {
            Key::Present(key) => Ok(Some(key)),
            Key::Destroyed => Ok(None),
        }
    }

    async fn create(&self, owner: &Owner) -> Result<Key, JournalError> {
        let mut bytes = [0; 32];
        random(&mut bytes)?;
        let wrapped =
            self.inner
                .tenant_key
                .wrap(&owner.to_string(), &DataKey::new(bytes), nonce()?);
        let Err(error) = self
            .inner
            .bucket
            .create(owner.to_string(), Bytes::from(wrapped.clone()))
            .await
        else {
            return self.remember(*owner, &wrapped);
        };
        // Another process made it first. On a cluster its key may refuse this one before any
        // replica shows it, with an unspecific error.
        for attempt in 0..LOOKS {
            if let Some(key) = self.fetch(owner).await? {
                return Ok(key);
            }
            tokio::time::sleep(LOOK_PAUSE * attempt).await;
        }
        Err(JournalError::unavailable(error))
    }

    /// Destroys a key for good, and with it the data that it sealed. The mark is written first, so
    /// no reader takes the missing key for a lost one; then the broker overwrites the key in its
    /// file. Backups keep it, and on a cluster the replication logs until they are compacted.
    ///
    /// # Errors
    /// No answer. It is safe to repeat, and continues from the step that failed.
    pub async fn destroy(&self, owner: &Owner) -> Result<(), JournalError> {
        let api = self.inner.journal.api();
        let bucket = subject::key_bucket(self.inner.journal.tenant());
        let (log, filter) = (format!("KV_{bucket}"), format!("$KV.{bucket}.{owner}"));
        let last = leader_last(api, &log, &filter).await?;
        if last.is_none_or(|last| last.stored.payload != DESTROYED) {
            let mark = Bytes::from_static(DESTROYED);
            self.inner
                .bucket
                .put(owner.to_string(), mark)
                .await
                .map_err(JournalError::unavailable)?;
        }
        self.set(*owner, Key::Destroyed);
        let mut failed = None;
        while let Some(first) = leader_first(api, &log, &filter)
            .await?
            .filter(|first| first.stored.payload != DESTROYED)
        {
            // Two processes may destroy the same key at once: one of them finds it overwritten.
            if let Some((position, error)) = failed.take()
                && position == first.stored.position
            {
                return Err(error);
            }
            failed = self
                .overwrite(&log, first.stored.position)
                .await
                .err()
                .map(|error| (first.stored.position, error));
        }
        Ok(())
    }

    async fn overwrite(&self, log: &str, position: u64) -> Result<(), JournalError> {
        let stream = self
            .inner
            .journal
            .inner
            .context
            .get_stream(log)
            .await
            .map_err(JournalError::unavailable)?;
        // The fast deletion would leave the bytes in the file.
        stream
            .delete_message(position)
            .await
            .map_err(JournalError::unavailable)?;
        Ok(())
    }

    /// Opens the sealed part of an event, with a key from memory or the bucket.
    ///
    /// # Errors
    /// A missing key without the mark of its destruction, a part that does not open, or no answer.
    pub async fn open(&self, recorded: &mut RecordedEvent) -> Result<(), JournalError> {
        if recorded.event.part().is_some() {
            self.fetch(&owner(&recorded.envelope.stream, &recorded.event))
                .await?;
        }
        recorded.open(|owner| self.get(owner))?;
        if let Some(id) = recorded.erased() {
            self.set(Owner::Operator(id), Key::Destroyed);
        }
        Ok(())
    }
}

fn random(bytes: &mut [u8]) -> Result<(), JournalError> {
    getrandom::fill(bytes)
        .map_err(|error| JournalError::Protocol(format!("no random numbers: {error}")))
}

/// A fresh random nonce of 12 bytes.
///
/// # Errors
/// When the system has no random numbers.
pub fn nonce() -> Result<Nonce, JournalError> {
    let mut nonce = Nonce::default();
    random(&mut nonce)?;
    Ok(nonce)
}
