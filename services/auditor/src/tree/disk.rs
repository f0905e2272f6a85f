//! Files that are whole or not there: written beside their place, synced, moved. Folders are synced apart,
//! so that many files need one sync.

use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder, File},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::TreeError;

/// What a file is called until it is whole. One process writes to a folder, so the name is its own.
pub(super) const UNFINISHED: &str = ".new";

/// Folders whose lists of files changed since they were last synced.
#[derive(Debug, Default)]
pub(crate) struct Unsynced(BTreeSet<PathBuf>);

impl Unsynced {
    /// Puts a file in its place, made of `mode`; whatever was there is replaced.
    pub(crate) fn write(&mut self, path: &Path, bytes: &[u8], mode: u32) -> Result<(), TreeError> {
        if let Some(folder) = path.parent() {
            self.make_folder(folder)?;
        }
        let mut beside = path.as_os_str().to_owned();
        beside.push(UNFINISHED);
        let beside = PathBuf::from(beside);
        let mut options = File::options();
        let file = options.create(true).truncate(true).write(true).mode(mode).open(&beside);
        let written = file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
        written.map_err(TreeError::io(&beside))?;
        fs::rename(&beside, path).map_err(TreeError::io(path))?;
        self.0.extend(path.parent().map(Path::to_owned));
        Ok(())
    }

    /// Makes a folder and those above it, for their owner only.
    pub(crate) fn make_folder(&mut self, folder: &Path) -> Result<(), TreeError> {
        if folder.as_os_str().is_empty() || folder.is_dir() {
            return Ok(());
        }
        if let Some(above) = folder.parent() {
            self.make_folder(above)?;
            self.0.insert(above.to_owned());
        }
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(TreeError::io(folder)(error)),
            _ => Ok(()),
        }
    }

    /// Makes everything written so far outlast a power cut.
    pub(crate) fn sync(&mut self) -> Result<(), TreeError> {
        while let Some(folder) = self.0.pop_first() {
            let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
            File::open(&folder).and_then(|open| open.sync_all()).map_err(TreeError::io(folder))?;
        }
        Ok(())
    }
}

/// Whether a folder has anything in it.
pub(crate) fn has_files(folder: &Path) -> Result<bool, TreeError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(TreeError::io(folder)(error)),
    }
}

/// A file's bytes, if there is one.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, TreeError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(TreeError::io(path)(error)),
    }
}
