//! Witnesses elsewhere: each signed checkpoint is sent to a folder and to services that cosign.
//!
//! They remember what this machine may be made to forget. A folder of signed checkpoints can prove
//! that the tree was put back or replaced; then nothing more is signed. A service answers without
//! proof, so it turns the readiness red and stops nothing. Neither is waited for before a signature.

mod address;
mod folder;
mod kept;
mod send;
mod submit;

use std::path::PathBuf;

use crate::cosignature::WitnessPublicKey;
pub use address::{WitnessUrl, WitnessUrlError};
pub use folder::read_checkpoints;
pub(crate) use kept::kept;
pub(crate) use send::Sending;
pub(crate) use submit::{SubmitError, client, submit};

/// A service that cosigns, and the key that checks what it says.
#[derive(Debug, Clone)]
pub struct RemoteWitness {
    /// Its address. Requests go to `add-checkpoint` below it.
    pub url: WitnessUrl,
    /// Its public key.
    pub key: WitnessPublicKey,
}

/// The places to which checkpoints are sent.
#[derive(Debug, Clone, Default)]
pub struct Witnesses {
    /// A folder that receives each checkpoint, such as a mounted share. It must exist.
    pub folder: Option<PathBuf>,
    /// Services that cosign.
    pub remote: Vec<RemoteWitness>,
}
