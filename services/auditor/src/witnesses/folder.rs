//! The folder of checkpoints, such as a mounted share: the newest one of the log, and the last of each
//! day. `jejak audit verify --since` takes the folder or one of its files.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use chrono::{NaiveDate, Utc};

use crate::{
    growth::{self, GrowthError},
    note::LogPublicKey,
    tree::{Tree, TreeError, folder_files, read_file, write_file},
};

/// The extension of every file.
const EXTENSION: &str = ".checkpoint";
/// Checkpoints are public.
const FOR_ALL: u32 = 0o644;

/// The reason why a checkpoint is not put into the folder.
#[derive(Debug, thiserror::Error)]
pub(super) enum PutError {
    /// The folder cannot be used now. That shows nothing of the tree.
    #[error("{0}")]
    Away(String),
    /// The folder proves that the tree is not the one that was signed.
    #[error(
        "{}: {reason}. If this is an older copy of the folder, put the newer one back. If the newer one is lost, move that file away: from then on nobody can tell the lost events from removed ones",
        file.display()
    )]
    Contradicts {
        /// The file with the older checkpoint.
        file: PathBuf,
        /// The difference.
        reason: String,
    },
}

impl From<TreeError> for PutError {
    fn from(error: TreeError) -> Self {
        Self::Away(error.to_string())
    }
}

/// The checkpoints of a log in a folder, with their files.
///
/// # Errors
/// A folder or file that cannot be read.
pub fn read_checkpoints(
    folder: &Path,
    key: &LogPublicKey,
) -> Result<Vec<(PathBuf, Vec<u8>)>, TreeError> {
    let stem = stem(key);
    let mut found = Vec::new();
    for path in folder_files(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let rest = name.strip_prefix(&stem);
        if rest.is_some_and(|rest| rest.starts_with('.') && rest.ends_with(EXTENSION))
            && let Some(note) = read_file(&path)?
        {
            found.push((path, note));
        }
    }
    found.sort();
    Ok(found)
}

/// The beginning of every file of a log, such as `jejak-pontianak`.
fn stem(key: &LogPublicKey) -> String {
    key.origin().replace('/', "-")
}

/// A folder that receives the checkpoints of one tree.
pub(super) struct CheckpointFolder {
    pub(super) folder: PathBuf,
    pub(super) tree: PathBuf,
    pub(super) key: LogPublicKey,
    /// The last checkpoint that this process put there.
    pub(super) put: Option<Vec<u8>>,
}

impl CheckpointFolder {
    /// Puts the newest checkpoint into the folder. Returns its size.
    pub(super) fn put(&mut self) -> Result<u64, PutError> {
        self.put_on(Utc::now().date_naive())
    }

    fn put_on(&mut self, day: NaiveDate) -> Result<u64, PutError> {
        // Without its mount the place of a share is an empty folder of this machine.
        if !self.folder.is_dir() {
            return Err(PutError::Away(format!(
                "there is no folder {}; mount it or make it, since Jejak does not",
                self.folder.display()
            )));
        }
        let stem = stem(&self.key);
        let newest = self.folder.join(format!("{stem}{EXTENSION}"));
        let of_day = self.folder.join(format!("{stem}.{day}{EXTENSION}"));
        let before = match &self.put {
            // The folder of an earlier process is compared as a whole.
            None => read_checkpoints(&self.folder, &self.key)?,
            Some(put) => {
                let read = read_file(&newest)?.filter(|note| note != put);
                read.map(|note| (newest.clone(), note))
                    .into_iter()
                    .collect()
            }
        };
        // Opened after the folder was read: this tree is the newer one, or was put back.
        let tree = Tree::open(&self.tree, &self.key)?;
        for (file, note) in before {
            if let Err(error) = growth::check(&tree, &self.key, &note) {
                return Err(refused(file, &error));
            }
        }
        let size = tree.head().size;
        let checkpoint = tree.checkpoint().to_vec();
        if self.put.as_ref() != Some(&checkpoint) || !newest.exists() {
            for place in [of_day, newest] {
                write_file(&place, &checkpoint)?;
                let shown = fs::set_permissions(&place, Permissions::from_mode(FOR_ALL));
                if let Err(error) = shown {
                    // Some shares have no permissions of their own.
                    tracing::debug!(%error, file = %place.display(), "permissions stay as they are");
                }
            }
            self.put = Some(checkpoint);
        }
        Ok(size)
    }
}

fn refused(file: PathBuf, error: &GrowthError) -> PutError {
    let reason = error.to_string();
    if error.is_proof() {
        PutError::Contradicts { file, reason }
    } else {
        PutError::Away(format!("{}: {reason}", file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::test_tree::TestTree;

    fn folder_of(signed: &TestTree, folder: &Path) -> CheckpointFolder {
        CheckpointFolder {
            folder: folder.to_owned(),
            tree: signed.folder(),
            key: signed.key().clone(),
            put: None,
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let files = fs::read_dir(folder).unwrap().flatten();
        let mut names: Vec<_> = files
            .map(|file| file.file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_newest_checkpoint_and_the_last_of_each_day_are_kept() {
        let signed = TestTree::of(3);
        let place = tempfile::tempdir().unwrap();
        let mut folder = folder_of(&signed, place.path());
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        assert_eq!(folder.put_on(day(29)).unwrap(), 3);
        let mut writer = signed.writer();
        writer.append(b"{}").unwrap();
        writer.sign().unwrap();
        assert_eq!(folder.put_on(day(30)).unwrap(), 4);
        let expected = [
            "jejak-pontianak.2026-11-29.checkpoint",
            "jejak-pontianak.2026-11-30.checkpoint",
            "jejak-pontianak.checkpoint",
        ];
        assert_eq!(names(place.path()), expected);
        let sizes: Vec<_> = read_checkpoints(place.path(), signed.key())
            .unwrap()
            .iter()
            .map(|(_, note)| signed.key().open(note).unwrap().size)
            .collect();
        assert_eq!(sizes, [3, 4, 4]);
        fs::remove_dir_all(place.path()).unwrap();
        assert!(matches!(folder.put_on(day(30)), Err(PutError::Away(_))));
        assert!(!place.path().exists(), "a missing mount is not replaced");
    }

    /// Goal: no checkpoint in the folder is replaced by one that contradicts it. Method: the folder of a
    /// larger tree of the same key, of another tree of the same size, and one where only an older day
    /// contradicts.
    #[test]
    fn a_checkpoint_that_the_tree_does_not_extend_stays_and_stops_the_tree() {
        let signed = TestTree::of(3);
        let place = tempfile::tempdir().unwrap();
        let newest = place.path().join("jejak-pontianak.checkpoint");
        let older = place.path().join("jejak-pontianak.2020-01-01.checkpoint");
        let mut head = signed.tree().head();
        head.root = tlog_tiles::record_hash(b"another history");
        let fork = signed.sign(head);
        head.size = 9;
        let longer = signed.sign(head);
        for (file, note, words) in [
            (&newest, &longer, "positions 4 to 9 are missing"),
            (&newest, &fork, "does not extend"),
            (&older, &fork, "does not extend"),
        ] {
            fs::write(file, note).unwrap();
            let error = folder_of(&signed, place.path()).put().unwrap_err();
            assert!(matches!(error, PutError::Contradicts { .. }), "{error}");
            assert!(error.to_string().contains(words), "{error}");
            assert_eq!(&fs::read(file).unwrap(), note);
            fs::remove_file(file).unwrap();
        }
        // A process that has put one before notices another one, too.
        let mut folder = folder_of(&signed, place.path());
        folder.put().unwrap();
        fs::write(&newest, &longer).unwrap();
        assert!(matches!(folder.put(), Err(PutError::Contradicts { .. })));
        // What is no checkpoint of this log is neither proof nor replaced.
        fs::write(&newest, "notes").unwrap();
        assert!(matches!(folder.put(), Err(PutError::Away(_))));
        assert_eq!(fs::read(&newest).unwrap(), b"notes");
    }
}
