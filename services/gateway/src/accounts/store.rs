//! Reads and writes accounts at the broker.

use async_nats::Client;
use bytes::Bytes;
use jejak_events::ids::TenantId;
use jejak_journal::{AccountBucket, JetStreamAccess};
use ring::rand::{SecureRandom, SystemRandom};

use super::{account::Account, error::AccountError, session::KEY_BYTES};

/// The name of the key of sessions in the bucket.
const SESSION_KEY: &str = "session-key";
/// Tries to change an account that others change at the same time.
const TRIES: usize = 8;

/// The accounts of an office.
#[derive(Clone)]
pub struct AccountStore(AccountBucket);

impl AccountStore {
    /// The accounts of a tenant, by the way that the connection's account has to JetStream.
    pub fn new(client: Client, access: JetStreamAccess, tenant: &TenantId) -> Self {
        Self(AccountBucket::new(client, access, tenant))
    }

    /// The account of a key, if there is one.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn find(&self, key: &str) -> Result<Option<Account>, AccountError> {
        match self.0.read(key).await? {
            Some(entry) => parse(&entry.value).map(Some),
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
            let entry = self.0.read(key).await?;
            let revision = entry.as_ref().map_or(0, |entry| entry.revision);
            let found = entry.map(|entry| parse(&entry.value)).transpose()?;
            let (next, outcome) = change(found);
            let Some(next) = next else {
                return Ok(outcome);
            };
            let text = serde_json::to_vec(&next);
            let text = text.map_err(|error| AccountError::Broken(error.to_string()))?;
            if self.0.write(key, text.into(), revision).await? {
                return Ok(outcome);
            }
        }
        Err(AccountError::Contended)
    }

    /// All accounts. Only the administration may list them.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn all(&self) -> Result<Vec<Account>, AccountError> {
        let mut found = Vec::new();
        for name in self.0.names().await? {
            if name != SESSION_KEY {
                found.extend(self.find(&name).await?);
            }
        }
        found.sort_by(|a, b| a.subject.cmp(&b.subject));
        Ok(found)
    }

    /// The key that seals the sessions of all gateways. Makes one for a new office.
    ///
    /// # Errors
    /// [`AccountError`].
    pub(super) async fn session_key(&self) -> Result<Bytes, AccountError> {
        if let Some(entry) = self.0.read(SESSION_KEY).await? {
            return Ok(entry.value);
        }
        let key = new_key()?;
        if self.0.write(SESSION_KEY, key.clone(), 0).await? {
            return Ok(key);
        }
        let made = self.0.read(SESSION_KEY).await?;
        made.map(|entry| entry.value).ok_or(AccountError::Contended)
    }

    /// Replaces the key of sessions, which ends every session of every account.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn end_all_sessions(&self) -> Result<(), AccountError> {
        let entry = self.0.read(SESSION_KEY).await?;
        let revision = entry.map_or(0, |entry| entry.revision);
        match self.0.write(SESSION_KEY, new_key()?, revision).await? {
            true => Ok(()),
            false => Err(AccountError::Contended),
        }
    }
}

fn new_key() -> Result<Bytes, AccountError> {
    let mut key = [0; KEY_BYTES];
    let filled = SystemRandom::new().fill(&mut key);
    filled.map_err(|_| AccountError::Broken("no random numbers".to_owned()))?;
    Ok(key.to_vec().into())
}

fn parse(value: &[u8]) -> Result<Account, AccountError> {
    // The message of serde may quote what it read, so only the place is told.
    serde_json::from_slice(value)
        .map_err(|error| AccountError::Broken(format!("column {}", error.column())))
}
