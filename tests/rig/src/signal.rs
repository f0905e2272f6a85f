//! The signal that asks a process to end. Processes and brokers share it.

use std::process::Command;

/// SIGTERM to a process that this test started.
pub(crate) fn tell_to_end(pid: &str) {
    let told = Command::new("kill")
        .args(["-TERM", pid])
        .status()
        .expect("kill exists");
    assert!(told.success(), "process {pid} could not be told to end");
}
