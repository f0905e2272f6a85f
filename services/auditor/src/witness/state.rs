//! The folder of a witness: its key, and the newest cosigned checkpoint of each log.

use std::{
    collections::BTreeMap,
    fs::File,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::WitnessError;
use crate::{
    cosignature::{WitnessPrivateKey, WitnessPublicKey},
    note::{TreeHead, unchecked_head},
    tree::{TreeError, make_folder, read_file, write_file},
};

const KEY: &str = "witness.key";
const PUBLIC_KEY: &str = "witness.vkey";
/// The newest checkpoints. One file, so that a lost one is noticed.
const COSIGNED: &str = "cosigned.json";
const LOCK: &str = "lock";
/// The name of a new key.
const NAME: &str = "jejak-witness";
/// The only format of the checkpoints so far.
const FORMAT: u32 = 1;

/// The content of the file of checkpoints.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CosignedFile {
    format: u32,
    /// The newest cosigned checkpoint of each log, by its origin.
    logs: BTreeMap<String, String>,
}

/// The newest cosigned checkpoint of each log.
#[derive(Debug, Clone, Default)]
pub(super) struct CosignedLogs {
    logs: BTreeMap<String, (TreeHead, Vec<u8>)>,
}

impl CosignedLogs {
    pub(super) fn head(&self, origin: &str) -> Option<TreeHead> {
        self.logs.get(origin).map(|(head, _)| *head)
    }

    pub(super) fn note(&self, origin: &str) -> Option<&[u8]> {
        self.logs.get(origin).map(|(_, note)| &note[..])
    }

    /// The same with another newest checkpoint of one log.
    pub(super) fn with(&self, origin: &str, head: TreeHead, note: Vec<u8>) -> Self {
        let mut next = self.clone();
        next.logs.insert(origin.to_owned(), (head, note));
        next
    }
}

/// The folder of a witness, which one process holds.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Opens the folder, or makes it with a new key.
    pub(super) fn open(
        path: &Path,
        name: Option<&str>,
    ) -> Result<(Self, WitnessPrivateKey), WitnessError> {
        make_folder(path)?;
        let folder = Self {
            path: path.to_owned(),
            _lock: lock(path)?,
        };
        let key = folder.key(name)?;
        Ok((folder, key))
    }

    fn key(&self, name: Option<&str>) -> Result<WitnessPrivateKey, WitnessError> {
        let path = self.path.join(KEY);
        let refused = |reason| WitnessError::Key {
            path: path.clone(),
            reason,
        };
        let text = match read_file(&path)? {
            Some(text) => String::from_utf8_lossy(&text).into_owned(),
            None => {
                let mut random = [0; 32];
                getrandom::fill(&mut random)
                    .map_err(|error| TreeError::Random(error.to_string()))?;
                let text =
                    WitnessPrivateKey::text(name.unwrap_or(NAME), &random).map_err(refused)?;
                // The checkpoints come first. A key without them therefore means that they were lost.
                self.write(&CosignedLogs::default())?;
                write_file(&path, format!("{text}\n").as_bytes())?;
                text
            }
        };
        let key = WitnessPrivateKey::parse(&text).map_err(refused)?;
        if let Some(name) = name
            && name != key.public().name()
        {
            return Err(WitnessError::OtherName {
                folder: self.path.clone(),
                found: key.public().name().to_owned(),
            });
        }
        let public = format!("{}\n", key.public().text());
        write_file(&self.path.join(PUBLIC_KEY), public.as_bytes())?;
        Ok(key)
    }

    /// The newest checkpoints. Each has a cosignature of the witness's key.
    pub(super) fn read(&self, key: &WitnessPublicKey) -> Result<CosignedLogs, WitnessError> {
        let path = self.path.join(COSIGNED);
        let damaged = |reason: String| WitnessError::StateDamaged {
            path: path.clone(),
            reason,
        };
        let bytes = read_file(&path)?.ok_or_else(|| WitnessError::StateLost(path.clone()))?;
        let file: CosignedFile =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if file.format != FORMAT {
            return Err(damaged(format!("format {} is not known", file.format)));
        }
        let mut logs = BTreeMap::new();
        for (origin, note) in file.logs {
            let note = note.into_bytes();
            key.find(&note)
                .map_err(|error| damaged(format!("{origin}: {error}")))?;
            let head = unchecked_head(&note).filter(|(of, _)| *of == origin);
            let (_, head) = head.ok_or_else(|| damaged(format!("{origin}: another log's")))?;
            logs.insert(origin, (head, note));
        }
        Ok(CosignedLogs { logs })
    }

    /// Stores the newest checkpoints. They outlast a power cut.
    pub(super) fn write(&self, cosigned: &CosignedLogs) -> Result<(), WitnessError> {
        let logs = cosigned.logs.iter();
        let file = CosignedFile {
            format: FORMAT,
            logs: logs
                .map(|(origin, (_, note))| {
                    (origin.clone(), String::from_utf8_lossy(note).into_owned())
                })
                .collect(),
        };
        let path = self.path.join(COSIGNED);
        let bytes = serde_json::to_vec_pretty(&file)
            .map_err(|error| TreeError::damaged(&path, error.to_string()))?;
        Ok(write_file(&path, &bytes)?)
    }
}

fn lock(folder: &Path) -> Result<File, WitnessError> {
    let path = folder.join(LOCK);
    let mut options = File::options();
    let file = options.create(true).truncate(false).write(true).mode(0o600);
    let file = file.open(&path).map_err(TreeError::io(path))?;
    file.try_lock()
        .map_err(|_| WitnessError::InUse(folder.to_owned()))?;
    Ok(file)
}
