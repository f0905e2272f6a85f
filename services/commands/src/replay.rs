//! The first answer of a command again: its events, read back from the log.

use jejak_bus::{CommandAnswer, created_ids};
use jejak_events::{RecordedEvent, command_log::CommandLog, ids::CommandId};
use jejak_journal::{Journal, JournalError};
use serde_json::value::RawValue;

use crate::error::CommandsError;

/// The last event of a command in its stream, if the command was done there. The state names the
/// positions to look at; an event there may be of another command with the same fingerprint.
pub(crate) async fn last_event(
    journal: &Journal,
    id: &CommandId,
    commands: &CommandLog,
) -> Result<Option<RecordedEvent>, CommandsError> {
    for position in commands.places(id) {
        let Some(entry) = journal.read(position).await? else {
            continue;
        };
        let Some(recorded) = journal.event(&entry)? else {
            continue;
        };
        if recorded.envelope.command_id == *id {
            return Ok(Some(recorded));
        }
    }
    Ok(None)
}

/// The answer of a command by its last event.
///
/// Its events stand together in the log, so they are read backwards up to the first event of
/// another command. That command may have the same id on another stream, but not the same digest.
pub(crate) async fn answer(
    journal: &Journal,
    last: &RecordedEvent,
) -> Result<CommandAnswer, CommandsError> {
    let (mut events, mut decoded) = (Vec::new(), Vec::new());
    let (id, digest) = (&last.envelope.command_id, &last.envelope.command_digest);
    let mut position = last.position;
    while let Some(entry) = journal.read(position).await? {
        // The events of a command stand together, so a message without an event ends them.
        let recorded = match journal.event(&entry) {
            Ok(Some(recorded)) => recorded,
            Ok(None) | Err(JournalError::NoEvent { .. }) => break,
            Err(error) => return Err(error.into()),
        };
        if recorded.envelope.command_id != *id || recorded.envelope.command_digest != *digest {
            break;
        }
        let event: Box<RawValue> = serde_json::from_slice(&entry.stored.payload)
            .map_err(|error| JournalError::Protocol(error.to_string()))?;
        events.push(event);
        decoded.push(recorded);
        position -= 1;
    }
    events.reverse();
    Ok(CommandAnswer {
        command_id: id.to_string(),
        position: Some(last.position),
        replayed: true,
        created: created_ids(decoded.iter().map(|r| (&r.envelope.stream, &r.event))),
        events,
        leave: None,
    })
}
