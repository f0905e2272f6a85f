//! Data keys, wrapped by the tenant's key, in a bucket outside the log. Destroying a person's key
//! erases the personal data while the history stays. A keyring loads all keys at once, and later
//! ones when they are needed.
//!
//! [`Keyring::destroy`] is the only way to destroy a key. [`Keyring::clean_files`] removes what
//! earlier versions left of destroyed keys.

mod actors;
mod clean;
mod destroy;
mod rewrap;

use std::{
    collections::HashMap,
    error::Error,
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_nats::jetstream::{self, ErrorCode, kv};
use bytes::Bytes;
use jejak_events::{
    RecordedEvent,
    envelope::owner,
    ids::StreamId,
    personal::{Key, Owner},
    secret::{DataKey, Nonce, TenantKey},
};
use serde_json::json;
use zeroize::Zeroizing;

use crate::{
    Journal, JournalError, check,
    get::{direct_get, leader_last},
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
                let Some(owner) = owner else { continue };
                let is_mark = message.payload == DESTROYED;
                if is_mark && matches!(self.get(&owner), Some(Key::Present(_))) {
                    // The key still stands before its mark. Its destruction must go on, so it
                    // does not count as done.
                    self.let_go(&owner);
                } else {
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

    /// Drops every key from memory. [`Keyring::open_all`] has seen that they open.
    pub fn let_go_of_all(&self) {
        self.inner
            .known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Drops the key from memory. The next use fetches it again.
    pub fn let_go(&self, owner: &Owner) {
        self.inner
            .known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(owner);
    }

    /// The key, from memory or the bucket; `None` for an owner that never had one.
    ///
    /// # Errors
    /// No answer, or a key wrapped by another tenant key.
    pub async fn fetch(&self, owner: &Owner) -> Result<Option<Key>, JournalError> {
        if let Some(key) = self.stored(owner).await? {
            return Ok(Some(key));
        }
        // A key is overwritten before its mark is written. In between the log says the same.
        if self.is_erased(owner).await? {
            self.set(*owner, Key::Destroyed);
            return Ok(Some(Key::Destroyed));
        }
        Ok(None)
    }

    /// The key, from memory or the bucket.
    async fn stored(&self, owner: &Owner) -> Result<Option<Key>, JournalError> {
        if let Some(key) = self.get(owner) {
            return Ok(Some(key));
        }
        let (bucket, filter) = (self.stream(), self.subject(owner));
        match leader_last(self.inner.journal.api(), &bucket, &filter).await? {
            Some(found) => self.remember(*owner, &found.stored.payload).map(Some),
            None => Ok(None),
        }
    }

    /// Whether the log holds the owner's erasure.
    async fn is_erased(&self, owner: &Owner) -> Result<bool, JournalError> {
        let Owner::Operator(id) = owner else {
            return Ok(false);
        };
        let journal = &self.inner.journal;
        let filter = subject::topic(journal.tenant(), &StreamId::Operator(*id), "identity");
        let last = leader_last(journal.api(), &journal.inner.log, &filter).await?;
        let event = last.and_then(|entry| check::event(journal.tenant(), &entry).ok());
        Ok(event.is_some_and(|recorded| recorded.erased().is_some()))
    }

    /// Writes a value where the last revision of its name is this one, 0 for none. `false` after
    /// another process wrote one first.
    async fn compare_and_set(
        &self,
        name: &str,
        value: Bytes,
        revision: u64,
    ) -> Result<bool, JournalError> {
        match self.inner.bucket.update(name, value, revision).await {
            Ok(_) => Ok(true),
            Err(error) if came_second(&error) => Ok(false),
            Err(error) => Err(JournalError::unavailable(error)),
        }
    }

    /// The stream behind the bucket.
    fn stream(&self) -> String {
        format!("KV_{}", subject::key_bucket(self.inner.journal.tenant()))
    }

    /// The subject of a key, or of another name in the bucket.
    fn subject(&self, name: impl std::fmt::Display) -> String {
        let bucket = subject::key_bucket(self.inner.journal.tenant());
        format!("$KV.{bucket}.{name}")
    }

    /// The key to seal an owner's data with. Makes one for an owner without a key; `None` for a
    /// destroyed key.
    ///
    /// # Errors
    /// No answer, or a key wrapped by another tenant key.
    pub async fn get_or_create(&self, owner: &Owner) -> Result<Option<DataKey>, JournalError> {
        let key = match self.stored(owner).await? {
            Some(key) => key,
            None => self.create(owner).await?,
        };
        match key {
            Key::Present(key) => Ok(Some(key)),
            Key::Destroyed => Ok(None),
        }
    }

    /// The key of an owner. An owner without one gets a key that is kept nowhere, so what it seals stays sealed.
    /// `None` for a destroyed key.
    ///
    /// # Errors
    /// No answer, or a key wrapped by another tenant key.
    pub async fn get_or_make_unstored(
        &self,
        owner: &Owner,
    ) -> Result<Option<DataKey>, JournalError> {
        match self.stored(owner).await? {
            Some(Key::Present(key)) => Ok(Some(key)),
            Some(Key::Destroyed) => Ok(None),
            None => new_key().map(Some),
        }
    }

    async fn create(&self, owner: &Owner) -> Result<Key, JournalError> {
        let key = new_key()?;
        let wrapped = self
            .inner
            .tenant_key
            .wrap(&owner.to_string(), &key, nonce()?);
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
            if let Some(key) = self.stored(owner).await? {
                return Ok(key);
            }
            tokio::time::sleep(LOOK_PAUSE * attempt).await;
        }
        Err(JournalError::unavailable(error))
    }

    /// Opens the sealed part of an event, with a key from memory or the bucket.
    ///
    /// # Errors
    /// A missing key without the mark of its destruction, a part that does not open, or no answer.
    pub async fn open(&self, recorded: &mut RecordedEvent) -> Result<(), JournalError> {
        if recorded.event.part().is_some() {
            let owner = owner(&recorded.envelope.stream, &recorded.event);
            // Kept here: another task may drop it from memory meanwhile.
            let key = self.fetch(&owner).await?;
            recorded.open(|_| key.clone())?;
        }
        if let Some(id) = recorded.erased() {
            self.set(Owner::Operator(id), Key::Destroyed);
        }
        Ok(())
    }
}

/// Whether the broker refused a write since another one came first. A cluster says so with a code of its
/// own while the other one is not stored yet.
fn came_second(error: &(dyn Error + 'static)) -> bool {
    let refusals = [
        ErrorCode::STREAM_WRONG_LAST_SEQUENCE,
        ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT,
    ];
    let reason = std::iter::successors(Some(error), |&error| error.source())
        .find_map(|error| error.downcast_ref::<jetstream::Error>());
    reason.is_some_and(|reason| refusals.contains(&reason.error_code()))
}

fn new_key() -> Result<DataKey, JournalError> {
    let mut bytes = Zeroizing::new([0; 32]);
    random(bytes.as_mut_slice())?;
    Ok(DataKey::new(*bytes))
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
