//! The files of a view: `<view>-v<version>.redb`, and `.redb.new` for a rebuild. Two versions never share a file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jejak_projections::{CellKeys, ProjectionError, Store, View};

/// The file of the rows that answer.
pub(crate) fn live(folder: &Path, view: &dyn View) -> PathBuf {
    folder.join(format!("{}-v{}.redb", view.name(), view.version()))
}

/// The file that a rebuild writes.
pub(crate) fn beside(folder: &Path, view: &dyn View) -> PathBuf {
    folder.join(format!("{}-v{}.redb.new", view.name(), view.version()))
}

/// Creates the folder with mode 0700.
pub(crate) fn prepare(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn fault(error: io::Error) -> ProjectionError {
    ProjectionError::Store(error.to_string())
}

/// An empty file for a rebuild.
pub(crate) fn fresh(
    folder: &Path,
    view: &'static dyn View,
    incarnation: &str,
    keys: CellKeys,
) -> Result<Store, ProjectionError> {
    let path = beside(folder, view);
    remove(&path).map_err(fault)?;
    Store::open(&path, view, incarnation, keys)
}

/// Opens the file that answers. A file that is damaged or holds another view is built anew.
pub(crate) fn open(
    folder: &Path,
    view: &'static dyn View,
    incarnation: &str,
    keys: CellKeys,
) -> Result<Store, ProjectionError> {
    let path = live(folder, view);
    match Store::open(&path, view, incarnation, keys.clone()) {
        Err(error @ (ProjectionError::Damaged(_) | ProjectionError::OtherView { .. })) => {
            tracing::warn!(view = view.name(), %error, "building the view anew");
            remove(&path).map_err(fault)?;
            Store::open(&path, view, incarnation, keys)
        }
        other => other,
    }
}

/// Removes the file of an interrupted rebuild. The caller has the answering file open, so no other projector
/// rebuilds it, and has not started a rebuild.
pub(crate) fn remove_unfinished(folder: &Path, view: &dyn View) -> Result<(), ProjectionError> {
    remove(&beside(folder, view)).map_err(fault)
}

/// Puts the rebuilt file in place of the one that answered.
pub(crate) fn swap(folder: &Path, view: &dyn View) -> io::Result<()> {
    fs::rename(beside(folder, view), live(folder, view))
}

/// The files of older versions.
fn older(folder: &Path, view: &dyn View) -> impl Iterator<Item = PathBuf> {
    (1..view.version()).map({
        let (folder, name) = (folder.to_owned(), view.name().to_owned());
        move |version| folder.join(format!("{name}-v{version}.redb"))
    })
}

/// Whether another process answers from an older version.
pub(crate) fn older_in_use(folder: &Path, view: &dyn View) -> bool {
    older(folder, view).any(|path| Store::is_in_use(&path))
}

/// Removes the files of older versions, and those of their interrupted rebuilds. Before the version with sealed
/// cells they hold names in the clear.
pub(crate) fn remove_older(folder: &Path, view: &dyn View) {
    let unfinished = older(folder, view).map(|path| path.with_extension("redb.new"));
    for path in older(folder, view).chain(unfinished) {
        if let Err(error) = remove(&path) {
            tracing::warn!(%error, view = view.name(), "the file of an older version could not be removed");
        }
    }
}
