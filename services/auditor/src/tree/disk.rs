//! Files that are complete or absent: written beside their place, synced, then moved.
//!
//! Many files are synced at once. A file system needs little more time for many than for one.

use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder, File, Permissions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    panic::resume_unwind,
    path::{Path, PathBuf},
    thread,
};

use super::error::TreeError;

/// The mode of a public key.
pub(super) const FOR_ALL: u32 = 0o644;
/// The mode of every other file: tiles are for auditors, keys for one process.
pub(super) const OWNER_ONLY: u32 = 0o600;
/// The ending of a file that is not in its place yet. One process writes to a folder,
/// so names do not collide.
pub(super) const UNFINISHED: &str = ".new";

/// Files that may wait beside their places. Each is held open.
const WAITING: usize = 128;
/// Threads that sync files.
const AT_ONCE: usize = 8;

/// Files and folders that a power cut may still undo.
#[derive(Debug, Default)]
pub(crate) struct PendingFiles {
    /// In the order in which they were written.
    files: Vec<PendingFile>,
    /// Folders with changed lists of files.
    folders: BTreeSet<PathBuf>,
}

/// A file that has all its bytes and waits beside its place.
#[derive(Debug)]
struct PendingFile {
    file: File,
    path: PathBuf,
    place: PathBuf,
}

impl PendingFiles {
    /// Writes a file with these permissions. [`PendingFiles::sync`] moves it to its place
    /// and replaces an older one.
    pub(crate) fn write(&mut self, place: &Path, bytes: &[u8], mode: u32) -> Result<(), TreeError> {
        if self.files.len() >= WAITING || self.files.iter().any(|pending| pending.place == place) {
            self.put_in_place()?;
        }
        if let Some(folder) = place.parent() {
            self.make_folder(folder)?;
        }
        let mut path = place.as_os_str().to_owned();
        path.push(UNFINISHED);
        let path = PathBuf::from(path);
        let mut options = File::options();
        let file = options
            .create(true)
            .truncate(true)
            .write(true)
            .mode(mode)
            .open(&path);
        let written = file.and_then(|mut file| {
            file.write_all(bytes)?;
            if mode != OWNER_ONLY {
                // The umask of the process does not limit this.
                file.set_permissions(Permissions::from_mode(mode))?;
            }
            Ok(file)
        });
        let file = written.map_err(TreeError::io(&path))?;
        self.files.push(PendingFile {
            file,
            path,
            place: place.to_owned(),
        });
        Ok(())
    }

    /// Syncs the files, then moves them to their places.
    fn put_in_place(&mut self) -> Result<(), TreeError> {
        let share = self.files.len().div_ceil(AT_ONCE).max(1);
        thread::scope(|scope| {
            let shares: Vec<_> = self
                .files
                .chunks(share)
                .map(|files| scope.spawn(|| sync_all(files)))
                .collect();
            shares
                .into_iter()
                .try_for_each(|share| share.join().unwrap_or_else(|fault| resume_unwind(fault)))
        })?;
        for PendingFile { path, place, .. } in self.files.drain(..) {
            fs::rename(&path, &place).map_err(TreeError::io(&place))?;
            self.folders.extend(place.parent().map(Path::to_owned));
        }
        Ok(())
    }

    /// Makes a folder and its parents. Only their owner may enter them.
    pub(crate) fn make_folder(&mut self, folder: &Path) -> Result<(), TreeError> {
        if folder.as_os_str().is_empty() || folder.is_dir() {
            return Ok(());
        }
        if let Some(above) = folder.parent() {
            self.make_folder(above)?;
            self.folders.insert(above.to_owned());
        }
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                Err(TreeError::io(folder)(error))
            }
            _ => Ok(()),
        }
    }

    /// Moves all files to their places and syncs the folders. They then outlast a power cut.
    pub(crate) fn sync(&mut self) -> Result<(), TreeError> {
        self.put_in_place()?;
        while let Some(folder) = self.folders.pop_first() {
            let folder = if folder.as_os_str().is_empty() {
                PathBuf::from(".")
            } else {
                folder
            };
            File::open(&folder)
                .and_then(|open| open.sync_all())
                .map_err(TreeError::io(folder))?;
        }
        Ok(())
    }
}

fn sync_all(files: &[PendingFile]) -> Result<(), TreeError> {
    files.iter().try_for_each(|pending| {
        pending
            .file
            .sync_all()
            .map_err(TreeError::io(&pending.path))
    })
}

/// Writes one file for its owner alone. It outlasts a power cut.
pub(crate) fn write(place: &Path, bytes: &[u8]) -> Result<(), TreeError> {
    let mut pending = PendingFiles::default();
    pending.write(place, bytes, OWNER_ONLY)?;
    pending.sync()
}

/// Makes a folder and its parents. Only their owner may enter them.
pub(crate) fn make_folder(folder: &Path) -> Result<(), TreeError> {
    let mut pending = PendingFiles::default();
    pending.make_folder(folder)?;
    pending.sync()
}

/// Lets everybody read a file that an earlier version wrote for its owner alone.
pub(super) fn let_all_read(path: &Path) -> Result<(), TreeError> {
    let found = fs::metadata(path).map_err(TreeError::io(path))?;
    if found.permissions().mode() & 0o777 != OWNER_ONLY {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(FOR_ALL)).map_err(TreeError::io(path))
}

/// The files of a folder; none where there is no folder.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, TreeError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
        entries => entries.map_err(TreeError::io(folder))?,
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    paths
        .collect::<Result<_, _>>()
        .map_err(TreeError::io(folder))
}

/// Whether a folder holds at least one entry.
pub(crate) fn has_files(folder: &Path) -> Result<bool, TreeError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(error) => Err(TreeError::io(folder)(error)),
    }
}

/// The bytes of a file, if it exists.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, TreeError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(TreeError::io(path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a file in its place is complete and synced; the last of two writes to one place stays.
    /// Method: more files than may wait, and a look at the folder before and after the sync.
    #[test]
    fn a_file_comes_to_its_place_only_when_synced() {
        let folder = tempfile::tempdir().unwrap();
        let place = |n: usize| folder.path().join(format!("deep/{n}"));
        let mut pending = PendingFiles::default();
        for n in 0..=WAITING {
            pending.write(&place(n), &[1; 300], 0o600).unwrap();
        }
        assert!(
            place(WAITING - 1).exists(),
            "they are put in place when too many wait"
        );
        assert!(!place(WAITING).exists());
        pending.write(&place(WAITING), b"again", 0o600).unwrap();
        pending.write(&place(0), b"new", 0o600).unwrap();
        assert_eq!(fs::read(place(0)).unwrap(), [1; 300]);
        pending.sync().unwrap();
        assert_eq!(fs::read(place(WAITING)).unwrap(), b"again");
        assert_eq!(fs::read(place(0)).unwrap(), b"new");
        let names = fs::read_dir(folder.path().join("deep")).unwrap();
        assert_eq!(names.count(), WAITING + 1, "nothing is left beside");
    }
}
