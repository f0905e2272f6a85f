//! What a stream remembers of its commands. Answering a repeated command from it is the services' part.

use std::collections::HashMap;

use crate::{Recorded, ids::CommandId};

/// The commands that belong to a stream, however old: part of its state, so that an id gets its first
/// result for good (rule 36).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandLog {
    entries: HashMap<CommandId, Noted>,
}

/// What is remembered of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// Digest of the command.
    pub digest: Box<str>,
    /// Position of the last event it appended to this stream.
    pub position: u64,
}

impl CommandLog {
    /// Remembers the command of an event.
    pub fn note(&mut self, recorded: &Recorded) {
        let noted =
            Noted { digest: recorded.envelope.command_digest.as_str().into(), position: recorded.position };
        self.entries.insert(recorded.envelope.command_id.clone(), noted);
    }

    /// What is remembered of a command id.
    pub fn get(&self, id: &CommandId) -> Option<&Noted> {
        self.entries.get(id)
    }
}
