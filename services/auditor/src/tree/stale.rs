//! Removes files that no checkpoint names.
//!
//! A killed auditor may leave files that were never signed. A partial tile is
//! superseded by a wider one.

use std::{fs, path::Path};

use super::{disk::UNFINISHED, error::TreeError, path::TilePath};

/// Removes stale files from a folder. `named` are the partial files of the
/// signed tree of this size.
pub(super) fn remove(folder: &Path, size: u64, named: &[TilePath]) -> Result<(), TreeError> {
    let mut folders = vec![("tile".to_owned(), folder.join("tile"))];
    while let Some((name, path)) = folders.pop() {
        if !path.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&path).map_err(TreeError::io(&path))? {
            let entry = entry.map_err(TreeError::io(&path))?;
            let Ok(file_name) = entry.file_name().into_string() else {
                continue;
            };
            let name = format!("{name}/{file_name}");
            if entry
                .file_type()
                .map_err(TreeError::io(entry.path()))?
                .is_dir()
            {
                folders.push((name, entry.path()));
                continue;
            }
            let stale = match TilePath::parse(&name) {
                Some(resource) if resource.is_full() => !resource.is_within(size),
                Some(resource) => !named.contains(&resource),
                None => name.ends_with(UNFINISHED),
            };
            if stale {
                remove_file(&entry.path());
            }
        }
    }
    Ok(())
}

/// Removes one file. A failure only leaves a few bytes behind, so it is not an error.
pub(super) fn remove_file(stale: &Path) {
    if let Err(error) = std::fs::remove_file(stale) {
        tracing::debug!(file = %stale.display(), %error, "a superseded file could not be removed");
    }
    if let Some(folder) = stale.parent() {
        // Fails, as it should, while the folder holds a wider file.
        let _ = std::fs::remove_dir(folder);
    }
}
