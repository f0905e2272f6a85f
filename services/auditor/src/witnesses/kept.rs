//! The newest checkpoint that each witness cosigned, kept beside the tree: `cosigned/<hash of its key>`.

use std::path::{Path, PathBuf};

use crate::{
    cosignature::WitnessPublicKey,
    tree::{TreeError, read_file, write_file},
};

/// The folder of these checkpoints.
const FOLDER: &str = "cosigned";

fn file(tree: &Path, witness: &WitnessPublicKey) -> PathBuf {
    tree.join(FOLDER).join(witness.id())
}

/// The newest checkpoint that a witness cosigned. Its signatures are not checked here.
pub(crate) fn kept(tree: &Path, witness: &WitnessPublicKey) -> Result<Option<Vec<u8>>, TreeError> {
    read_file(&file(tree, witness))
}

/// Keeps a cosigned checkpoint. A witness cosigns no smaller one later.
pub(super) fn keep(tree: &Path, witness: &WitnessPublicKey, note: &[u8]) -> Result<(), TreeError> {
    write_file(&file(tree, witness), note)
}
