//! The positions of a stream's commands. The commands service answers a repeated command by them.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::ids::CommandId;

/// The positions of the events of all commands of a stream, however old. They are part of the stream's state, so that
/// an id gets its first result for good (rule 36).
///
/// An event takes twelve bytes here: its position, and a short key of its command id. Several ids may have the same
/// key, by chance or on purpose. The log tells them apart, since each event names its command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandLog {
    places: Vec<Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    // An array of bytes needs no alignment: a `u64` would add four unused bytes.
    position: [u8; 8],
    key: [u8; 4],
}

impl CommandLog {
    /// The short key of a command id. It is the same while the process lives, and stored nowhere.
    pub fn key(id: &CommandId) -> u32 {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        #[expect(clippy::cast_possible_truncation, reason = "a short key suffices")]
        let key = hasher.finish() as u32;
        key
    }

    /// Adds the position of an event of a command.
    pub fn note(&mut self, position: u64, command_id: &CommandId) {
        self.places.push(Place {
            position: position.to_ne_bytes(),
            key: Self::key(command_id).to_ne_bytes(),
        });
    }

    /// The positions of a command's events in this stream, the last first. A position may belong to another command
    /// of the same key; the log tells.
    pub fn places(&self, id: &CommandId) -> impl Iterator<Item = u64> {
        let sought = Self::key(id).to_ne_bytes();
        let found = self
            .places
            .iter()
            .rev()
            .filter(move |place| place.key == sought);
        found.map(|place| u64::from_ne_bytes(place.position))
    }
}
