//! Opens who gave a command. The key is the office's, and is no person's.

use jejak_events::{
    Envelope,
    actor::ActorIdentity,
    personal::{Key, OpenError, Owner},
};

use super::Keyring;
use crate::JournalError;

impl Keyring {
    /// Opens the sealed actor of an event, and checks that it is the one of the event's pseudonym. `None` for an
    /// event of an earlier version, which has none.
    ///
    /// # Errors
    /// No answer, a missing key, a part that does not open, or one that names somebody else.
    pub async fn open_actor(
        &self,
        envelope: &Envelope,
    ) -> Result<Option<ActorIdentity>, JournalError> {
        let Some(sealed) = &envelope.sealed_actor else {
            return Ok(None);
        };
        let owner = Owner::Actors;
        let Some(Key::Present(key)) = self.fetch(&owner).await? else {
            return Err(OpenError::KeyMissing(owner).into());
        };
        let identity = sealed.open(envelope.id, &key)?;
        if identity.actor_id(&self.inner.tenant_key) != envelope.actor {
            return Err(OpenError::OtherActor(envelope.id).into());
        }
        Ok(Some(identity))
    }
}
