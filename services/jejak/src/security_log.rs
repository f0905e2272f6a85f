//! Lines of the access log that commands add: what was done to tokens and keys, which personal data an auditor opened,
//! and by whom.

use std::collections::BTreeSet;

use jejak_gateway::{AccessEvent, AccessFile, AccessLine};

use crate::{data::DataFolder, terminal::CliError};

/// Adds a line to the access log of a data folder. `event` gets the log and the user of the machine.
///
/// # Errors
/// The log cannot be written.
pub(crate) fn note(
    folder: &DataFolder,
    event: impl FnOnce(&AccessFile, String) -> AccessEvent,
) -> Result<(), CliError> {
    let path = folder.access_log();
    let log = AccessFile::open(&path)?;
    let by = format!("uid/{}", rustix::process::getuid().as_raw());
    let line = AccessLine::now(event(&log, by));
    log.append([&line]).map_err(|error| {
        format!(
            "{}: {error}; the access log must be writable",
            path.display()
        )
        .into()
    })
}

/// Adds the line of a key that was replaced.
///
/// # Errors
/// The log cannot be written.
pub(crate) fn note_key(folder: &DataFolder, key: &str) -> Result<(), CliError> {
    note(folder, |_, by| AccessEvent::KeyReplaced {
        by,
        key: key.to_owned(),
    })
}

/// Adds the line of an auditor's command that opens personal data. It is written before the answer is shown.
///
/// # Errors
/// The log cannot be written.
pub(crate) fn note_audit(
    folder: &DataFolder,
    command: &str,
    of: &str,
    persons: BTreeSet<String>,
) -> Result<(), CliError> {
    note(folder, |_, by| AccessEvent::Audited {
        by,
        command: command.to_owned(),
        of: of.to_owned(),
        persons,
    })
}
