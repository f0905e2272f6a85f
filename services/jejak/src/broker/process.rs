//! The server that a folder's process file names.

use std::{fs, path::Path};

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

use super::{BrokerStartError, ENDS_WITHIN, LOOK_EVERY, config_file, pid_file};
use crate::data::DataFolder;

/// Tells the folder's own server to read its configuration again. Returns whether one runs.
///
/// # Errors
/// The server cannot be told.
pub(crate) fn reload(folder: &DataFolder) -> Result<bool, BrokerStartError> {
    match running(&pid_file(folder), &config_file(folder)) {
        None => Ok(false),
        Some(pid) => kill_process(pid, Signal::HUP)
            .map(|()| true)
            .map_err(|error| BrokerStartError::Reload(error.into())),
    }
}

/// The process that a file names, if it runs a server with this configuration.
fn running(pid_file: &Path, config: &Path) -> Option<Pid> {
    let id = fs::read_to_string(pid_file).ok()?.trim().parse().ok()?;
    Pid::from_raw(id).filter(|pid| runs(*pid, config))
}

fn runs(pid: Pid, config: &Path) -> bool {
    let id = pid.as_raw_nonzero();
    let cmdline = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let config = config.as_os_str().as_encoded_bytes();
    let mut arguments = cmdline.split(|byte| *byte == 0);
    arguments.any(|argument| argument == config)
}

/// Ends a server that a killed `jejak up` left running with this folder's configuration.
pub(super) async fn end_orphan(pid_file: &Path, config: &Path) -> Result<(), BrokerStartError> {
    let deadline = Instant::now() + ENDS_WITHIN;
    let Some(orphan) = running(pid_file, config) else {
        return Ok(());
    };
    if let Err(error) = kill_process(orphan, Signal::TERM) {
        tracing::warn!(%error, "a broker left behind could not be told to end");
    }
    while runs(orphan, config) {
        if Instant::now() > deadline {
            return Err(BrokerStartError::Orphan(orphan.as_raw_nonzero().get()));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}
