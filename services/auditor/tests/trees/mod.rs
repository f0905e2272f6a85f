//! Trees of made-up entries in a temporary folder, for tests of trees. Asserts nothing.

#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "each test file takes what it needs"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use jejak_auditor::{
    LogPublicKey, Tree, TreeError,
    tree::{TreeConfig, TreeWriter},
};

pub(crate) fn config(root: &Path) -> TreeConfig {
    TreeConfig {
        folder: root.join("tree"),
        key_file: root.join("keys/log.key"),
        public_key_file: root.join("keys/log.vkey"),
        origin: "jejak/pontianak".to_owned(),
        incarnation: "first".to_owned(),
    }
}

pub(crate) fn entry(n: u64) -> Vec<u8> {
    format!("{{\"event\":{n}}}").into_bytes()
}

pub(crate) fn grow(root: &Path, to: u64) -> LogPublicKey {
    let mut writer = TreeWriter::open(&config(root)).unwrap();
    for n in writer.size()..to {
        writer.append(&entry(n)).unwrap();
    }
    writer.sign().unwrap();
    writer.public_key().clone()
}

pub(crate) fn open(root: &Path) -> Result<Tree, TreeError> {
    let key = fs::read_to_string(root.join("keys/log.vkey")).unwrap();
    Tree::open(&root.join("tree"), &LogPublicKey::parse(&key).unwrap())
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(file.file_name());
        if file.path().is_dir() {
            copy(&file.path(), &target);
        } else {
            fs::copy(file.path(), target).unwrap();
        }
    }
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for file in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if file.path().is_dir() {
            found.extend(files(&file.path()))
        } else {
            found.push(file.path())
        }
    }
    found.sort();
    found
}
