//! Wraps data keys anew after a change of the tenant's wrapping key. A value that the earlier key
//! wrapped is overwritten in the broker's file, like a destroyed one.

use bytes::Bytes;
use jejak_events::personal::Owner;

use super::{DESTROYED, Keyring, nonce};
use crate::{
    JournalError,
    get::{leader_last, leader_next},
};

/// Tries to wrap one key. Each further one means that another process changed it.
const TRIES: u32 = 8;

impl Keyring {
    /// Wraps every key under the tenant's present wrapping key. Returns the number of keys that are
    /// so wrapped. `progress` receives the number done and the number of all.
    ///
    /// # Errors
    /// No answer, or a key that neither wrapping key opens. It is safe to repeat, and goes on.
    pub async fn rewrap_all(
        &self,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<u64, JournalError> {
        let owners: Vec<Owner> = self.owners();
        let all = owners.len() as u64;
        let mut wrapped = 0;
        for (done, owner) in owners.iter().enumerate() {
            progress(done as u64, all);
            wrapped += u64::from(self.rewrap(owner).await?);
        }
        Ok(wrapped)
    }

    /// Wraps one key anew by compare-and-set, so that no mark of its destruction is overwritten.
    /// Then it overwrites the earlier value. Returns false for a destroyed key.
    async fn rewrap(&self, owner: &Owner) -> Result<bool, JournalError> {
        let name = owner.to_string();
        let (stream, subject) = (self.stream(), self.subject(owner));
        let (api, tenant_key) = (self.inner.journal.api(), &self.inner.tenant_key);
        for _ in 0..TRIES {
            let Some(last) = leader_last(api, &stream, &subject).await? else {
                return Ok(false);
            };
            let (position, value) = (last.stored.position, last.stored.payload);
            if value == DESTROYED {
                return Ok(false);
            }
            if tenant_key.is_current(&name, &value) {
                self.overwrite_before(&stream, &subject, position).await?;
                return Ok(true);
            }
            let key = tenant_key
                .unwrap(&name, &value)
                .map_err(|_| JournalError::ForeignKey(name.clone()))?;
            // The bucket keeps two values of a key. With two there already, a third would drop the
            // first from the index, and leave its bytes in the file.
            self.overwrite_before(&stream, &subject, position).await?;
            let wrapped = Bytes::from(tenant_key.wrap(&name, &key, nonce()?));
            self.compare_and_set(&name, wrapped, position).await?;
        }
        Err(JournalError::Unavailable(format!(
            "another process changes the key of {name}"
        )))
    }

    /// Overwrites the values of a key before a position.
    async fn overwrite_before(
        &self,
        stream: &str,
        subject: &str,
        position: u64,
    ) -> Result<(), JournalError> {
        let api = self.inner.journal.api();
        while let Some(first) = leader_next(api, stream, subject, 1)
            .await?
            .filter(|first| first.stored.position < position)
        {
            self.overwrite(first.stored.position).await?;
        }
        Ok(())
    }

    fn owners(&self) -> Vec<Owner> {
        let known = self.inner.known.read();
        let known = known.unwrap_or_else(std::sync::PoisonError::into_inner);
        known.keys().copied().collect()
    }
}
