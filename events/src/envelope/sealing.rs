//! Personal parts of events, sealed before they are stored and opened after they are read.

use uuid::Uuid;

use super::RecordedEvent;
use crate::{
    Event,
    ids::StreamId,
    personal::{Key, OpenError, Owner},
    secret::{DataKey, Nonce},
};

/// The owner of the key that seals the personal part of an event in a stream.
pub fn owner(stream: &StreamId, event: &Event) -> Owner {
    event.owner().unwrap_or(match stream {
        StreamId::Operator(id) => Owner::Operator(*id),
        StreamId::Package(_) | StreamId::Nik(_) | StreamId::Calendar(_) => Owner::Office,
    })
}

fn associated(id: Uuid) -> String {
    format!("{id}/personal")
}

/// Seals the personal part of an event that will be stored under an id.
pub fn seal(id: Uuid, event: &mut Event, key: &DataKey, nonce: Nonce) {
    if let Some(part) = event.part() {
        part.seal(key, nonce, associated(id).as_bytes());
    }
}

impl RecordedEvent {
    /// Opens the personal part with its owner's key, or marks it erased where that key is destroyed.
    ///
    /// # Errors
    /// A missing key that was not destroyed, or a part that does not open.
    pub fn open(&mut self, keys: impl Fn(&Owner) -> Option<Key>) -> Result<(), OpenError> {
        let id = self.envelope.id;
        let owner = owner(&self.envelope.stream, &self.event);
        let Some(part) = self.event.part() else {
            return Ok(());
        };
        match keys(&owner) {
            None => Err(OpenError::KeyMissing(owner)),
            Some(Key::Destroyed) => {
                part.erase();
                Ok(())
            }
            Some(Key::Present(key)) => match part.open(&key, associated(id).as_bytes()) {
                Ok(true) => Ok(()),
                Ok(false) => Err(OpenError::Shape(id)),
                Err(_) => Err(OpenError::Altered(id)),
            },
        }
    }
}
