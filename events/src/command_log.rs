//! What a stream remembers of its commands. Answering a repeated command from it is the services' part.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::ids::CommandId;

/// Where the events of a stream's commands stand, however old: part of its state, so that an id gets its first
/// result for good (rule 36).
///
/// The events themselves say which command they are of. Here each takes twelve bytes: its position, and a key
/// made from the command id. Other ids may make the same key, by chance or on purpose; none is forgotten for
/// it, and whoever looks one up asks the log which it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandLog {
    places: Vec<Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// In bytes, since a `u64` would be followed by four that say nothing.
    position: [u8; 8],
    key: [u8; 4],
}

impl CommandLog {
    /// What an id is remembered by. The same for the same id as long as the process lives, and stored nowhere.
    pub fn key(id: &CommandId) -> u32 {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a short key is what is wanted"
        )]
        let key = hasher.finish() as u32;
        key
    }

    /// Remembers the command of an event.
    pub fn note(&mut self, position: u64, command_id: &CommandId) {
        self.places.push(Place {
            position: position.to_ne_bytes(),
            key: Self::key(command_id).to_ne_bytes(),
        });
    }

    /// Positions of this stream's events of a command, the last first, and now and then of another command:
    /// the log says of each whose it is. None at all where the command was never given.
    pub fn places(&self, id: &CommandId) -> impl Iterator<Item = u64> {
        let wanted = Self::key(id).to_ne_bytes();
        let found = self
            .places
            .iter()
            .rev()
            .filter(move |place| place.key == wanted);
        found.map(|place| u64::from_ne_bytes(place.position))
    }
}
