//! Files that are complete or absent, for their owner only unless a caller says otherwise.

use std::{
    fs::{self, File, Permissions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use super::error::{DataError, io};

/// The mode of keys.
const OWNER_ONLY: u32 = 0o600;
/// The mode of files that a service under another user reads.
pub(super) const GROUP_READABLE: u32 = 0o640;

/// The content of a text file.
pub(super) fn read(path: &Path) -> Result<String, DataError> {
    fs::read_to_string(path).map_err(io(path))
}

/// Makes a folder and its parents.
pub(super) fn make_dir(path: &Path) -> Result<(), DataError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(io(path))
}

/// Lets others pass through a folder that is its owner's alone. They do not see what is in it.
pub(super) fn let_others_pass(path: &Path) -> Result<(), DataError> {
    let found = fs::metadata(path).map_err(io(path))?;
    if found.permissions().mode() & 0o777 != 0o700 {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(0o711)).map_err(io(path))
}

/// Makes a file unless it exists. Of several concurrent calls one makes it, and all use it: a link,
/// unlike a move, never replaces a file.
pub(super) fn make(
    path: &Path,
    content: impl FnOnce() -> Result<String, DataError>,
) -> Result<(), DataError> {
    if path.exists() {
        return Ok(());
    }
    let beside = write_beside(path, &content()?, OWNER_ONLY)?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside).map_err(io(&beside))?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(io(path)(error)),
        _ => sync_parent(path),
    }
}

/// Writes a file beside its place, syncs it and moves it.
pub(crate) fn write(path: &Path, content: &str) -> Result<(), DataError> {
    write_as(path, content, OWNER_ONLY)
}

/// [`write`], with these permissions.
pub(super) fn write_as(path: &Path, content: &str, mode: u32) -> Result<(), DataError> {
    let beside = write_beside(path, content, mode)?;
    fs::rename(&beside, path).map_err(io(path))?;
    sync_parent(path)
}

/// Writes a synced file under a random name, so concurrent calls do not collide.
fn write_beside(path: &Path, content: &str, mode: u32) -> Result<PathBuf, DataError> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", hex(&random()?[..8])));
    let beside = PathBuf::from(name);
    let mut file = File::options()
        .create_new(true)
        .write(true)
        .mode(OWNER_ONLY)
        .open(&beside)
        .map_err(io(&beside))?;
    // The umask of the process does not limit this.
    file.set_permissions(Permissions::from_mode(mode))
        .map_err(io(&beside))?;
    file.write_all(content.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(io(&beside))?;
    Ok(beside)
}

pub(super) fn sync_parent(path: &Path) -> Result<(), DataError> {
    match path.parent() {
        Some(parent) => File::open(parent)
            .and_then(|dir| dir.sync_all())
            .map_err(io(parent)),
        None => Ok(()),
    }
}

/// 32 random bytes.
pub(crate) fn random() -> Result<[u8; 32], DataError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| DataError::Random(error.to_string()))?;
    Ok(bytes)
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
