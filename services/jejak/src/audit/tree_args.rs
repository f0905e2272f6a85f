//! The arguments that name the signed tree and its key.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use clap::Args;
use jejak_auditor::{LogPublicKey, NoteError, Tree};

use crate::terminal::CliError;

/// The signed tree and its key, of a data folder or given one by one.
#[derive(Debug, Args)]
pub(crate) struct TreeArgs {
    /// The data folder.
    #[arg(long, env = "JEJAK_DATA", default_value = "./jejak-data")]
    pub(super) data: PathBuf,
    #[command(flatten)]
    files: TreeFileArgs,
}

/// The signed tree and its key, apart from a data folder.
#[derive(Debug, Args)]
pub(crate) struct TreeFileArgs {
    /// The log's public key, or a file with it, instead of the data folder's.
    #[arg(long, env = "JEJAK_KEY")]
    key: Option<String>,
    /// The signed tree, or a copy of it, instead of the data folder's.
    #[arg(long, env = "JEJAK_TREE")]
    tree: Option<PathBuf>,
}

impl TreeArgs {
    pub(super) fn key(&self) -> Result<LogPublicKey, CliError> {
        self.files.key(&self.data)
    }

    pub(super) fn open(&self) -> Result<Tree, CliError> {
        self.files.open(&self.data, &self.key()?)
    }
}

impl TreeFileArgs {
    /// Whether both are given, so that no data folder is needed.
    pub(super) fn are_complete(&self) -> bool {
        self.key.is_some() && self.tree.is_some()
    }

    /// The folder of the tree, if it is given.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.tree.as_deref()
    }

    /// Whether the key is given.
    pub(super) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The tree, by its folder or the data folder's. Reading it needs none of the office's keys.
    pub(super) fn open(&self, data: &Path, key: &LogPublicKey) -> Result<Tree, CliError> {
        let folder = match &self.tree {
            Some(folder) => folder.clone(),
            None => data.join("tree"),
        };
        Ok(Tree::open(&folder, key)?)
    }

    /// The key, by its text, its file or the data folder's file.
    pub(super) fn key(&self, data: &Path) -> Result<LogPublicKey, CliError> {
        public_key(self.key.as_deref(), data)
    }
}

fn public_key(given: Option<&str>, data: &Path) -> Result<LogPublicKey, CliError> {
    if let Some(key) = given.and_then(|given| LogPublicKey::parse(given).ok()) {
        return Ok(key);
    }
    let path = match given {
        Some(given) => PathBuf::from(given),
        None => data.join("keys/log.vkey"),
    };
    let read = fs::read_to_string(&path);
    if let (Some(given), Err(error)) = (given, &read)
        && error.kind() == ErrorKind::NotFound
    {
        return Err(format!("{given}: {}, and no file", NoteError::PublicKey).into());
    }
    let text = read.map_err(|error| {
        format!(
            "the log's public key {}: {error}; give it with --key",
            path.display()
        )
    })?;
    LogPublicKey::parse(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_neither_key_nor_file_is_refused_as_both() {
        let error = public_key(Some("jejak/pontianak+1+x"), Path::new("."))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("not a public key of a log") && error.contains("no file"),
            "{error}"
        );
    }
}
