//! Replaces the key that signs the tree.
//!
//! The last checkpoint of the old key is signed by the new key too and names it. With the old public
//! key the history up to it can be verified, and with the new one all of it. The records of messages in
//! quarantine get the signature of the new key besides.

use std::path::Path;

use jejak_events::ids::TenantId;
use jejak_journal::QuarantineError;

use crate::{
    note::{LogPrivateKey, LogPublicKey, NoteError, origin},
    quarantine,
    tree::{Rotation, TreeConfig, TreeError, TreeWriter, incarnation, read_file},
};

/// The reason why a key is not replaced.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// The auditor holds the tree.
    #[error("the auditor runs; stop it, or `jejak up`, and start it again afterwards")]
    Running,
    /// The tree or its key cannot be used.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A record of a message in quarantine cannot be signed again.
    #[error(transparent)]
    Quarantine(#[from] QuarantineError),
    /// A key or a note is not of this log.
    #[error(transparent)]
    Note(#[from] NoteError),
}

/// The tree and the files of its keys.
pub struct RotateInput<'a> {
    /// The office of the log.
    pub tenant: &'a TenantId,
    /// The tree's folder.
    pub tree: &'a Path,
    /// The signing key, which is overwritten.
    pub key_file: &'a Path,
    /// The public key, which is overwritten.
    pub public_key_file: &'a Path,
}

/// Replaces the key that signs a tree.
///
/// # Errors
/// [`RotateError`]. It is safe to repeat.
pub fn rotate(input: &RotateInput<'_>) -> Result<Rotation, RotateError> {
    let config = TreeConfig {
        folder: input.tree.to_owned(),
        key_file: input.key_file.to_owned(),
        public_key_file: input.public_key_file.to_owned(),
        origin: origin(input.tenant),
        incarnation: incarnation(input.tree)?,
    };
    let writer = match TreeWriter::open(&config) {
        Err(TreeError::InUse(_)) => return Err(RotateError::Running),
        opened => opened?,
    };
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| TreeError::Random(error.to_string()))?;
    let new_key = LogPrivateKey::text(&config.origin, &random);
    let records = records(
        input.tree,
        writer.public_key(),
        &LogPrivateKey::parse(&new_key)?,
    )?;
    Ok(writer.hand_over(&config, &new_key, records)?)
}

/// The records beside the tree, with the signature of the new key besides that of the old one.
fn records(
    tree: &Path,
    old: &LogPublicKey,
    new: &LogPrivateKey,
) -> Result<Vec<(std::path::PathBuf, Vec<u8>)>, RotateError> {
    let records = quarantine::records(tree, old);
    let mut signed = Vec::new();
    for position in records.positions()? {
        // The old key must have signed it: a record that was altered gets no signature.
        records.record(position)?;
        let file = records.file(position);
        if let Some(note) = read_file(&file)? {
            signed.push((file, new.sign_too(&note)?));
        }
    }
    Ok(signed)
}

#[cfg(test)]
mod tests;
