//! Data keys: wrapped by the tenant's key, in a bucket outside the log, so that a person can be
//! forgotten while the history stays. Loaded all at once; one that is not in memory is fetched.

use std::{
    collections::HashMap,
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_nats::jetstream::kv;
use bytes::Bytes;
use jejak_events::{
    Event, RecordedEvent,
    envelope::owner,
    ids::StreamId,
    operator::{self, identity},
    personal::{Key, Owner},
    secret::{DataKey, Nonce, TenantKey},
};
use serde_json::json;

use crate::{
    Journal, JournalError,
    get::{direct_get, leader_first, leader_last},
    settings, subject,
};

/// What stands in the bucket where a key was destroyed.
const DESTROYED: &[u8] = b"destroyed";
/// How often a key that someone else is making is looked for, about 200 ms in all.
const LOOKS: u32 = 20;
/// How much longer is waited each time.
const LOOK_LATER: Duration = Duration::from_millis(1);
/// Keys asked for at once.
const BATCH: u64 = 1_000;

/// The data keys of a tenant. Cheap to clone.
#[derive(Clone)]
pub struct Keyring {
    inner: Arc<Inner>,
}

struct Inner {
    journal: Journal,
    bucket: kv::Store,
    tenant_key: TenantKey,
    known: RwLock<HashMap<Owner, Key>>,
}

impl Keyring {
    /// Opens the bucket and loads every key.
    ///
    /// # Errors
    /// No answer, a bucket that is missing or has other settings, or a key of another tenant key.
    pub async fn open_all(journal: &Journal, tenant_key: TenantKey) -> Result<Self, JournalError> {
        settings::check_keys(&journal.inner.context, journal.tenant()).await?;
        let name = subject::key_bucket(journal.tenant());
        let bucket = journal
            .inner
            .context
            .get_key_value(&name)
            .await
            .map_err(JournalError::unavailable)?;
        let inner = Inner {
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
            let client = self.inner.journal.client();
            let (messages, pending) =
                direct_get(client, &format!("KV_{bucket}"), query.into()).await?;
            for found in &messages {
                from = found.position + 1;
                let owner = found
                    .subject()
                    .strip_prefix(&prefix)
                    .and_then(|name| Owner::from_str(name).ok());
                if let Some(owner) = owner {
                    self.remember(owner, &found.payload)?;
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

    /// The key, if it is in memory.
    pub fn get(&self, owner: &Owner) -> Option<Key> {
        self.inner
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(owner)
            .cloned()
    }

    /// The key, from memory or the bucket; `None` if there never was one.
    ///
    /// # Errors
    /// No answer, or a key of another tenant key.
    pub async fn fetch(&self, owner: &Owner) -> Result<Option<Key>, JournalError> {
        if let Some(key) = self.get(owner) {
            return Ok(Some(key));
        }
        let bucket = subject::key_bucket(self.inner.journal.tenant());
        let (log, filter) = (format!("KV_{bucket}"), format!("$KV.{bucket}.{owner}"));
        match leader_last(self.inner.journal.client(), &log, &filter).await? {
            Some(found) => self.remember(*owner, &found.payload).map(Some),
            None => Ok(None),
        }
    }

    /// The key to seal an owner's data with, made if there is none. `None` if it was destroyed.
    ///
    /// # Errors
    /// No answer, or a key of another tenant key.
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
        // Someone else made it first. On a cluster theirs may refuse ours before anyone can read it, and not
        // by the error that says so.
        for attempt in 0..LOOKS {
            if let Some(key) = self.fetch(owner).await? {
                return Ok(key);
            }
            tokio::time::sleep(LOOK_LATER * attempt).await;
        }
        Err(JournalError::unavailable(error))
    }

    /// Destroys a key for good: what it sealed is forgotten. The mark is written first, so that a key that is
    /// gone is never taken for one that was lost; then the broker overwrites the key where it is stored.
    /// Backups, and on a cluster the replication logs until they are compacted, are not reached.
    ///
    /// # Errors
    /// No answer: it is safe to repeat, and goes on where it stopped.
    pub async fn destroy(&self, owner: &Owner) -> Result<(), JournalError> {
        let client = self.inner.journal.client();
        let bucket = subject::key_bucket(self.inner.journal.tenant());
        let (log, filter) = (format!("KV_{bucket}"), format!("$KV.{bucket}.{owner}"));
        let last = leader_last(client, &log, &filter).await?;
        if last.is_none_or(|last| last.payload != DESTROYED) {
            let mark = Bytes::from_static(DESTROYED);
            self.inner
                .bucket
                .put(owner.to_string(), mark)
                .await
                .map_err(JournalError::unavailable)?;
        }
        self.set(*owner, Key::Destroyed);
        let mut failed = None;
        while let Some(first) = leader_first(client, &log, &filter)
            .await?
            .filter(|first| first.payload != DESTROYED)
        {
            // Two may destroy the same key at once: one of them finds it overwritten.
            if let Some((position, error)) = failed.take()
                && position == first.position
            {
                return Err(error);
            }
            failed = self
                .overwrite(&log, first.position)
                .await
                .err()
                .map(|error| (first.position, error));
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
        // Not the fast one, which leaves the bytes where they are.
        stream
            .delete_message(position)
            .await
            .map_err(JournalError::unavailable)?;
        Ok(())
    }

    /// Opens the sealed part of an event, fetching the key where it is not in memory.
    ///
    /// # Errors
    /// A key that is missing without having been destroyed, a part that does not open, or no answer.
    pub async fn open(&self, recorded: &mut RecordedEvent) -> Result<(), JournalError> {
        if recorded.event.part().is_some() {
            self.fetch(&owner(&recorded.envelope.stream, &recorded.event))
                .await?;
        }
        recorded.open(|owner| self.get(owner))?;
        if let (
            StreamId::Operator(id),
            Event::Operator(operator::Event::Identity(identity::Event::Erased(_))),
        ) = (&recorded.envelope.stream, &recorded.event)
        {
            self.set(Owner::Operator(*id), Key::Destroyed);
        }
        Ok(())
    }
}

fn random(bytes: &mut [u8]) -> Result<(), JournalError> {
    getrandom::fill(bytes)
        .map_err(|error| JournalError::Protocol(format!("no random numbers: {error}")))
}

/// A nonce no one has used.
///
/// # Errors
/// When the machine gives no random numbers.
pub fn nonce() -> Result<Nonce, JournalError> {
    let mut nonce = Nonce::default();
    random(&mut nonce)?;
    Ok(nonce)
}
