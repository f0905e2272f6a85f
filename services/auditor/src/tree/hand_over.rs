//! Gives a tree to another signing key. It takes the lock of the tree, so no auditor may run.

use std::path::PathBuf;

use super::{
    config::TreeConfig, disk::OWNER_ONLY, error::TreeError, key_change, open, path::CHECKPOINT,
    write::TreeWriter,
};
use crate::note::{KeyChange, LogPrivateKey, LogPublicKey, TreeHead};

/// A key that signs a tree from a size on.
#[derive(Debug)]
pub struct Rotation {
    /// The last head that the old key signed.
    pub head: TreeHead,
    /// The old key.
    pub old: LogPublicKey,
    /// The new key.
    pub new: LogPublicKey,
    /// The file of the checkpoint that both signed.
    pub checkpoint: PathBuf,
}

impl TreeWriter {
    /// Signs the tree with a new key from now on, and overwrites the old one. `records` are further
    /// files to write, signed by both.
    ///
    /// A process that is killed before the new private key is in place leaves the old key in force,
    /// and the checkpoint of both names a key that signs nothing. A further call replaces it.
    ///
    /// # Errors
    /// The file system refuses, or there are no random numbers.
    pub(crate) fn hand_over(
        mut self,
        config: &TreeConfig,
        new_key: &str,
        records: Vec<(PathBuf, Vec<u8>)>,
    ) -> Result<Rotation, TreeError> {
        let (head, old) = (self.signed(), self.public_key().clone());
        let new = LogPrivateKey::parse(new_key)?;
        let checkpoint = KeyChange::sign(self.private_key(), &new, head)?;
        let new = new.public()?;
        let file = key_change::file(&config.folder, &old);
        let pending = self.pending();
        for (place, note) in records.iter().chain([&(file.clone(), checkpoint.clone())]) {
            pending.write(place, note, OWNER_ONLY)?;
        }
        pending.sync()?;
        // Both keys open this checkpoint. So the tree can be opened whichever of these writes is the
        // last one.
        for place in [
            config.last_checkpoint_file(),
            config.folder.join(CHECKPOINT),
        ] {
            pending.write(&place, &checkpoint, OWNER_ONLY)?;
            pending.sync()?;
        }
        let text = format!("{new_key}\n");
        pending.write(&config.key_file, text.as_bytes(), OWNER_ONLY)?;
        pending.sync()?;
        open::write_public_key(config, &new, pending)?;
        Ok(Rotation {
            head,
            old,
            new,
            checkpoint: file,
        })
    }
}
