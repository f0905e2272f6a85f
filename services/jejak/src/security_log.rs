//! Lines of the access log that commands add: what was done to tokens and keys, and by whom.

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
