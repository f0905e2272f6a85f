//! Certificates of a broker at 127.0.0.1. Everybody has their key, so nothing but a test trusts them.

use std::path::{Path, PathBuf};

/// The path of `ca.pem`, of `broker.pem` and `broker.key` that it vouches for, or of `other_ca.pem`,
/// which vouches for nothing.
pub fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tls").join(name)
}
