//! Reads and writes accounts at the broker.

use async_nats::Client;
use jejak_events::ids::TenantId;
use jejak_journal::{AccountBucket, JetStreamAccess};

use super::{
    account::Account,
    error::AccountError,
    seal::{ValueSeal, random},
    session::KEY_BYTES,
};

/// The name of the key of sessions in the bucket.
const SESSION_KEY: &str = "session-key";
/// Tries to change an account that others change at the same time.
const TRIES: usize = 8;

/// The accounts of an office.
#[derive(Clone)]
pub struct AccountStore {
    bucket: AccountBucket,
    seal: ValueSeal,
}

impl AccountStore {
    /// The accounts of a tenant, by the way that the connection's account has to JetStream. Values are
    /// sealed under a key that follows from the gateway's NKey `seed`.
    ///
    /// # Errors
    /// [`AccountError::Broken`] for a seed that makes no key. None is known.
    pub fn new(
        client: Client,
        access: JetStreamAccess,
        tenant: &TenantId,
        seed: &str,
    ) -> Result<Self, AccountError> {
        Ok(Self {
            bucket: AccountBucket::new(client, access, tenant),
            seal: ValueSeal::new(seed)?,
        })
    }

    /// The opened value of a name, with its revision.
    async fn read(&self, name: &str) -> Result<Option<(u64, Vec<u8>)>, AccountError> {
        let entry = self.bucket.read(name).await?;
        let opened = entry.map(|entry| Ok((entry.revision, self.seal.open(name, &entry.value)?)));
        opened.transpose()
    }

    /// Seals and stores a value, unless another process stored one after the revision.
    async fn write(&self, name: &str, value: &[u8], after: u64) -> Result<bool, AccountError> {
        let sealed = self.seal.seal(name, value)?;
        Ok(self.bucket.write(name, sealed.into(), after).await?)
    }

    /// The account of a key, if there is one.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn find(&self, key: &str) -> Result<Option<Account>, AccountError> {
        match self.read(key).await? {
            Some((_, value)) => parse(&value).map(Some),
            None => Ok(None),
        }
    }

    /// Changes an account, or makes one. `change` gets the present account and returns the next one;
    /// none leaves it as it is. It runs again after a change by others.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn change<T>(
        &self,
        key: &str,
        mut change: impl FnMut(Option<Account>) -> (Option<Account>, T),
    ) -> Result<T, AccountError> {
        for _ in 0..TRIES {
            let entry = self.bucket.read(key).await?;
            let revision = entry.as_ref().map_or(0, |entry| entry.revision);
            // What this seed did not seal is no account of this office. It may be made anew in its place.
            let opened = entry.and_then(|entry| self.opened(key, &entry.value));
            let found = opened.map(|value| parse(&value)).transpose()?;
            let (next, outcome) = change(found);
            let Some(next) = next else {
                return Ok(outcome);
            };
            let text = serde_json::to_vec(&next);
            let text = text.map_err(|error| AccountError::Broken(error.to_string()))?;
            if self.write(key, &text, revision).await? {
                return Ok(outcome);
            }
        }
        Err(AccountError::Contended)
    }

    /// The value of a name. None, with a warning, for one that this seed did not seal, such as after the seed was
    /// replaced.
    fn opened(&self, name: &str, value: &[u8]) -> Option<Vec<u8>> {
        let opened = self.seal.open(name, value);
        if let Err(error) = &opened {
            tracing::warn!(name, %error, "a value of the accounts cannot be opened");
        }
        opened.ok()
    }

    /// All accounts that this seed opens, for the administration.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn all(&self) -> Result<Vec<Account>, AccountError> {
        let mut found = Vec::new();
        for name in self.bucket.names().await? {
            if name == SESSION_KEY {
                continue;
            }
            let entry = self.bucket.read(&name).await?;
            let value = entry.and_then(|entry| self.opened(&name, &entry.value));
            found.extend(value.map(|value| parse(&value)).transpose()?);
        }
        found.sort_by(|a, b| a.subject.cmp(&b.subject));
        Ok(found)
    }

    /// The key that seals the sessions of all gateways. Makes one for a new office.
    ///
    /// # Errors
    /// [`AccountError`].
    pub(super) async fn session_key(&self) -> Result<Vec<u8>, AccountError> {
        if let Some((_, key)) = self.read(SESSION_KEY).await? {
            return Ok(key);
        }
        let key = random::<KEY_BYTES>()?;
        if self.write(SESSION_KEY, &key, 0).await? {
            return Ok(key.to_vec());
        }
        let made = self.read(SESSION_KEY).await?;
        made.map(|(_, key)| key).ok_or(AccountError::Contended)
    }

    /// Replaces the key of sessions, which ends every session of every account.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn end_all_sessions(&self) -> Result<(), AccountError> {
        // The present key is not opened: another seed may have sealed it.
        let entry = self.bucket.read(SESSION_KEY).await?;
        let revision = entry.map_or(0, |entry| entry.revision);
        let key = random::<KEY_BYTES>()?;
        match self.write(SESSION_KEY, &key, revision).await? {
            true => Ok(()),
            false => Err(AccountError::Contended),
        }
    }
}

fn parse(value: &[u8]) -> Result<Account, AccountError> {
    // The message of serde may quote what it read, so only the place is told.
    serde_json::from_slice(value)
        .map_err(|error| AccountError::Broken(format!("column {}", error.column())))
}
