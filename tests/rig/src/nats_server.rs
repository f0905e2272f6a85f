//! The `nats-server` that the rig starts.

use std::path::{Path, PathBuf};

/// The nats-server that `tests/run` installs, or the one on PATH.
pub fn find_binary() -> PathBuf {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/nats-server");
    if installed.is_file() {
        installed
    } else {
        PathBuf::from("nats-server")
    }
}
