//! The place of a tree, and the file that says of which log it is.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{disk, error::TreeError};

/// The description of the log, written before any other file.
pub(super) const DESCRIPTION: &str = "log.json";
/// The only format of the description so far.
const FORMAT: u32 = 1;
/// The extension of the last checkpoint beside the key.
const LAST_CHECKPOINT: &str = "checkpoint";

/// The files of a tree and the log that it signs.
#[derive(Debug, Clone)]
pub struct TreeConfig {
    /// The tree's folder.
    pub folder: PathBuf,
    /// The signing key. The last checkpoint stands beside it, in a file that ends in `.checkpoint`.
    pub key_file: PathBuf,
    /// The file that receives the public key.
    pub public_key_file: PathBuf,
    /// The origin in checkpoints, for example `jejak/pontianak`.
    pub origin: String,
    /// The incarnation of the log.
    pub incarnation: String,
}

/// The content of `log.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LogDescription {
    format: u32,
    origin: String,
    incarnation: String,
}

impl TreeConfig {
    /// The file beside the key with the last signed checkpoint.
    pub(super) fn last_checkpoint_file(&self) -> PathBuf {
        self.key_file.with_extension(LAST_CHECKPOINT)
    }

    /// The description of this log, as JSON.
    pub(super) fn description(&self) -> Result<Vec<u8>, TreeError> {
        let description = LogDescription {
            format: FORMAT,
            origin: self.origin.clone(),
            incarnation: self.incarnation.clone(),
        };
        serde_json::to_vec(&description)
            .map_err(|error| TreeError::damaged(self.folder.join(DESCRIPTION), error.to_string()))
    }

    /// Refuses a folder that was made of another log. A folder without a description passes.
    pub(super) fn check_description(&self) -> Result<(), TreeError> {
        let Some(description) = description(&self.folder)? else {
            return Ok(());
        };
        for (expected, found) in [
            (&self.origin, description.origin),
            (&self.incarnation, description.incarnation),
        ] {
            if *expected != found {
                return Err(TreeError::OtherLog {
                    folder: self.folder.clone(),
                    expected: expected.clone(),
                    found,
                });
            }
        }
        Ok(())
    }
}

/// The description in a folder, if there is one.
pub(super) fn description(folder: &Path) -> Result<Option<LogDescription>, TreeError> {
    let path = folder.join(DESCRIPTION);
    let Some(bytes) = disk::read(&path)? else {
        return Ok(None);
    };
    let description: LogDescription = serde_json::from_slice(&bytes)
        .map_err(|error| TreeError::damaged(&path, error.to_string()))?;
    if description.format != FORMAT {
        let reason = format!("format {} is not known", description.format);
        return Err(TreeError::damaged(&path, reason));
    }
    Ok(Some(description))
}

/// The incarnation of the log that a folder's tree was made of.
///
/// # Errors
/// [`TreeError::Undescribed`], and a description that cannot be read.
pub(crate) fn incarnation(folder: &Path) -> Result<String, TreeError> {
    description(folder)?
        .map(|description| description.incarnation)
        .ok_or_else(|| TreeError::Undescribed(folder.join(DESCRIPTION)))
}
