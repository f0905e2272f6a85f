//! The first answer again: the events of a command, read back from the log.

use jejak_bus::CommandAnswer;
use jejak_events::{RecordedEvent, commands::CommandLog, ids::CommandId};
use jejak_journal::{Journal, JournalError};
use serde_json::value::RawValue;

use crate::{CommandsError, decode};

/// The last event of a command in its stream, if it was given there. The state knows where to look, and the
/// log what stands there, which now and then is of another command.
pub(crate) async fn last_event(
    journal: &Journal,
    id: &CommandId,
    commands: &CommandLog,
) -> Result<Option<RecordedEvent>, CommandsError> {
    for position in commands.places(id) {
        // Boxed, since every command would carry room for it, and few are there already.
        let Some(stored) = Box::pin(journal.read(position)).await? else {
            continue;
        };
        let recorded = decode(&stored)?;
        if recorded.envelope.command_id == *id {
            return Ok(Some(recorded));
        }
    }
    Ok(None)
}

/// The answer of a command whose last event stands at `last`. Its events stand together in the log, its
/// home's last, so they are read backwards until another command's begin. That one may have the same id, on
/// another stream, but not the same digest.
pub(crate) async fn answer(
    journal: &Journal,
    id: &CommandId,
    digest: &str,
    last: u64,
) -> Result<CommandAnswer, CommandsError> {
    let mut events = Vec::new();
    let mut position = last;
    while let Some(stored) = journal.read(position).await? {
        let recorded = decode(&stored)?;
        if recorded.envelope.command_id != *id || recorded.envelope.command_digest != digest {
            break;
        }
        let event: Box<RawValue> = serde_json::from_slice(&stored.payload)
            .map_err(|error| JournalError::Protocol(error.to_string()))?;
        events.push(event);
        position -= 1;
    }
    events.reverse();
    Ok(CommandAnswer {
        command_id: id.to_string(),
        position: last,
        replayed: true,
        events,
    })
}
