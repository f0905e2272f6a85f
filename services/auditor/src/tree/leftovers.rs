//! Removing what no checkpoint names: files that a killed auditor wrote and never signed, and unfinished ones that
//! others have taken the place of.

use std::{fs, path::Path};

use super::{Resource, TreeError, disk::UNFINISHED};

/// Removes all of it from a folder, given the size of the signed tree and its unfinished files.
pub(super) fn remove(folder: &Path, size: u64, named: &[Resource]) -> Result<(), TreeError> {
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
            let stale = match Resource::parse(&name) {
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

/// What is left of it is a few bytes that no checkpoint names.
pub(super) fn remove_file(stale: &Path) {
    if let Err(error) = std::fs::remove_file(stale) {
        tracing::debug!(file = %stale.display(), %error, "a superseded file could not be removed");
    }
    if let Some(folder) = stale.parent() {
        // Refused while it holds the file that took its place.
        let _ = std::fs::remove_dir(folder);
    }
}
