//! A witness: it cosigns the checkpoints of the logs that it knows, and none that contradicts an
//! earlier one (C2SP tlog-witness). It runs anywhere else than the office, and needs no broker.
//!
//! It keeps the newest checkpoint of each log, and has it on disk before anybody sees its
//! cosignature. A killed witness therefore keeps its promise.

mod request;
mod serve;
mod state;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use tlog_tiles::{EMPTY_HASH, check_tree};

use crate::{
    cosignature::{WitnessKeyError, WitnessPrivateKey, WitnessPublicKey},
    note::{self, LogPublicKey, NoteError, TreeHead, unchecked_head},
    tree::TreeError,
};
use request::Submission;
pub use serve::serve;
use state::{CosignedLogs, Folder};

/// The configuration of a witness.
#[derive(Debug, Clone)]
pub struct WitnessConfig {
    /// The folder of its key and of its newest checkpoints. It is made if there is none.
    pub folder: PathBuf,
    /// The public keys of the logs that it knows. A log may have several.
    pub logs: Vec<LogPublicKey>,
    /// The name of a new key. An existing key has its own.
    pub name: Option<String>,
}

/// The reason why a witness cannot start or cosign.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] TreeError),
    /// The key cannot be used.
    #[error("{}: {reason}", path.display())]
    Key {
        /// The file of the key.
        path: PathBuf,
        /// The fault.
        reason: WitnessKeyError,
    },
    /// The key is there, and the checkpoints that it cosigned are not.
    #[error(
        "{} is gone, but its key is here: without it the witness could cosign a tree that contradicts an earlier one; put it back, or begin with a new key in an empty folder",
        .0.display()
    )]
    StateLost(PathBuf),
    /// The checkpoints that it cosigned cannot be read.
    #[error("{} is damaged: {reason}; put it back from a copy, or begin with a new key in an empty folder", path.display())]
    StateDamaged {
        /// The file of the checkpoints.
        path: PathBuf,
        /// The fault.
        reason: String,
    },
    /// Another process holds the folder.
    #[error("{} is in use by another witness; run one a folder", .0.display())]
    InUse(PathBuf),
    /// The existing key has another name.
    #[error("the key of {} is of {found}; leave --name out, or name an empty folder", folder.display())]
    OtherName {
        /// The folder of the witness.
        folder: PathBuf,
        /// The name of the key in it.
        found: String,
    },
    /// A checkpoint cannot be cosigned.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The listener fails.
    #[error("the witness cannot listen: {0}")]
    Listen(#[from] std::io::Error),
}

/// The answer to `add-checkpoint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WitnessAnswer {
    /// 200: the line of the cosignature.
    Cosigned(Vec<u8>),
    /// 400: the request has another form.
    Malformed(&'static str),
    /// 403: no known key signed the checkpoint.
    Forbidden,
    /// 404: the log is not known.
    UnknownLog,
    /// 409: the size of the newest cosigned checkpoint, which is not the one that was named; or the
    /// same size with another root.
    Conflict(u64),
    /// 422: the tree does not extend the newest cosigned one.
    BadProof,
}

/// A witness with its key and its newest checkpoints.
pub struct Witness {
    folder: Folder,
    key: WitnessPrivateKey,
    /// The keys of each log, by its origin.
    logs: BTreeMap<String, Vec<LogPublicKey>>,
    /// The newest checkpoints. Held while one is compared and stored, so that none overtakes another.
    cosigned: Mutex<CosignedLogs>,
}

impl Witness {
    /// Opens the folder of a witness, or makes it with a new key.
    ///
    /// # Errors
    /// See [`WitnessError`].
    pub fn open(config: &WitnessConfig) -> Result<Self, WitnessError> {
        let (folder, key) = Folder::open(&config.folder, config.name.as_deref())?;
        let mut logs: BTreeMap<String, Vec<LogPublicKey>> = BTreeMap::new();
        for log in &config.logs {
            let keys = logs.entry(log.origin().to_owned()).or_default();
            keys.push(log.clone());
        }
        let cosigned = folder.read(key.public())?;
        Ok(Self {
            folder,
            key,
            logs,
            cosigned: Mutex::new(cosigned),
        })
    }

    /// The key that checks its cosignatures.
    pub fn public_key(&self) -> &WitnessPublicKey {
        self.key.public()
    }

    /// The newest cosigned checkpoint of a log.
    pub fn newest(&self, origin: &str) -> Option<Vec<u8>> {
        let cosigned = self.cosigned.lock().unwrap_or_else(PoisonError::into_inner);
        cosigned.note(origin).map(<[u8]>::to_vec)
    }

    /// Compares a checkpoint with the newest cosigned one of its log. Stores and cosigns it if its
    /// tree extends that one.
    ///
    /// # Errors
    /// [`WitnessError`]: it cannot be stored, and is not cosigned.
    pub fn add_checkpoint(&self, body: &[u8]) -> Result<WitnessAnswer, WitnessError> {
        let submission = match Submission::parse(body) {
            Ok(submission) => submission,
            Err(reason) => return Ok(WitnessAnswer::Malformed(reason)),
        };
        let Some((origin, _)) = unchecked_head(submission.checkpoint) else {
            return Ok(WitnessAnswer::Malformed("no checkpoint after the proof"));
        };
        let Some(keys) = self.logs.get(&origin) else {
            return Ok(WitnessAnswer::UnknownLog);
        };
        let mut opened = keys
            .iter()
            .filter_map(|key| key.open_alone(submission.checkpoint).ok());
        let Some((head, signed)) = opened.next() else {
            return Ok(WitnessAnswer::Forbidden);
        };
        if submission.old > head.size {
            return Ok(WitnessAnswer::Malformed(
                "the old size is beyond the checkpoint",
            ));
        }
        let mut cosigned = self.cosigned.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = cosigned.head(&origin);
        let newest_size = newest.map_or(0, |newest| newest.size);
        if submission.old != newest_size {
            return Ok(WitnessAnswer::Conflict(newest_size));
        }
        let refused = match compare(newest, head, submission.proof) {
            Growth::Extends => None,
            Growth::OtherRoot => Some(WitnessAnswer::Conflict(newest_size)),
            Growth::BadProof => Some(WitnessAnswer::BadProof),
        };
        if let Some(refused) = refused {
            // A log that signs two histories has signed the proof of it.
            let checkpoint = String::from_utf8_lossy(&signed);
            tracing::warn!(%origin, cosigned = newest_size, ?checkpoint, "a checkpoint that does not extend the cosigned one is refused");
            return Ok(refused);
        }
        let text = note::text(&signed).ok_or(NoteError::Malformed("no signed note"))?;
        let line = self.key.cosign(&text, now())?;
        if newest.is_none_or(|newest| newest != head) {
            let next = cosigned.with(&origin, head, [signed, line.clone()].concat());
            self.folder.write(&next)?;
            *cosigned = next;
        }
        Ok(WitnessAnswer::Cosigned(line))
    }
}

/// The relation of a checkpoint to the newest cosigned one.
enum Growth {
    Extends,
    OtherRoot,
    BadProof,
}

/// Compares a tree with the newest cosigned one, whose size the submission names.
fn compare(newest: Option<TreeHead>, head: TreeHead, proof: Vec<tlog_tiles::Hash>) -> Growth {
    let empty = TreeHead {
        size: 0,
        root: EMPTY_HASH,
    };
    let newest = newest.unwrap_or(empty);
    let extends = match newest.size {
        0 => proof.is_empty() && (head.size > 0 || head.root == EMPTY_HASH),
        size if size == head.size && newest.root != head.root => return Growth::OtherRoot,
        size if size == head.size => proof.is_empty(),
        size => check_tree(&proof, head.size, head.root, size, newest.root).is_ok(),
    };
    if extends {
        Growth::Extends
    } else {
        Growth::BadProof
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
