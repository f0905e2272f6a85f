//! Files that are whole or not there: written beside their place, synced, moved. Many are synced at once, which a
//! file system does in little more time than one, and folders after them.

use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder, File},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    panic::resume_unwind,
    path::{Path, PathBuf},
    thread,
};

use super::TreeError;

/// What a file is called until it is whole. One process writes to a folder, so the name is its own.
pub(super) const UNFINISHED: &str = ".new";

/// Files that wait beside their places at most: each is held open.
const WAITING: usize = 128;
/// Files synced at once.
const AT_ONCE: usize = 8;

/// What a power cut may still undo.
#[derive(Debug, Default)]
pub(crate) struct Unsynced {
    /// Beside their places, in the order in which they were written.
    files: Vec<Beside>,
    /// Folders whose lists of files changed.
    folders: BTreeSet<PathBuf>,
}

/// A file with all its bytes, not in its place yet.
#[derive(Debug)]
struct Beside {
    file: File,
    path: PathBuf,
    place: PathBuf,
}

impl Unsynced {
    /// Writes a file, made of `mode`, that [`Unsynced::sync`] puts in its place; whatever is there is replaced.
    pub(crate) fn write(&mut self, place: &Path, bytes: &[u8], mode: u32) -> Result<(), TreeError> {
        if self.files.len() >= WAITING || self.files.iter().any(|beside| beside.place == place) {
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
        let written = file.and_then(|mut file| file.write_all(bytes).map(|()| file));
        let file = written.map_err(TreeError::io(&path))?;
        self.files.push(Beside {
            file,
            path,
            place: place.to_owned(),
        });
        Ok(())
    }

    /// Moves files to their places once they are synced.
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
        for Beside { path, place, .. } in self.files.drain(..) {
            fs::rename(&path, &place).map_err(TreeError::io(&place))?;
            self.folders.extend(place.parent().map(Path::to_owned));
        }
        Ok(())
    }

    /// Makes a folder and those above it, for their owner only.
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

    /// Puts everything written so far in its place, to outlast a power cut.
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

fn sync_all(files: &[Beside]) -> Result<(), TreeError> {
    files
        .iter()
        .try_for_each(|beside| beside.file.sync_all().map_err(TreeError::io(&beside.path)))
}

/// Whether a folder has anything in it.
pub(crate) fn has_files(folder: &Path) -> Result<bool, TreeError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(error) => Err(TreeError::io(folder)(error)),
    }
}

/// A file's bytes, if there is one.
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

    /// Goal: whatever is in its place is whole and synced, and of a place written twice the last stays. Method:
    /// more files than may wait, and what stands in the folder before and after the sync.
    #[test]
    fn a_file_comes_to_its_place_only_when_synced() {
        let folder = tempfile::tempdir().unwrap();
        let place = |n: usize| folder.path().join(format!("deep/{n}"));
        let mut unsynced = Unsynced::default();
        for n in 0..=WAITING {
            unsynced.write(&place(n), &[1; 300], 0o600).unwrap();
        }
        assert!(
            place(WAITING - 1).exists(),
            "they are put in place when too many wait"
        );
        assert!(!place(WAITING).exists());
        unsynced.write(&place(WAITING), b"again", 0o600).unwrap();
        unsynced.write(&place(0), b"new", 0o600).unwrap();
        assert_eq!(fs::read(place(0)).unwrap(), [1; 300]);
        unsynced.sync().unwrap();
        assert_eq!(fs::read(place(WAITING)).unwrap(), b"again");
        assert_eq!(fs::read(place(0)).unwrap(), b"new");
        let names = fs::read_dir(folder.path().join("deep")).unwrap();
        assert_eq!(names.count(), WAITING + 1, "nothing is left beside");
    }
}
