//! A small signed tree with files that a test may damage. Tests of readers use it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{config::TreeConfig, read::Tree, write::TreeWriter};
use crate::note::{LogPrivateKey, LogPublicKey, TreeHead};

pub(crate) struct TestTree {
    root: tempfile::TempDir,
    key: LogPublicKey,
}

impl TestTree {
    /// A signed tree of `size` entries.
    pub(crate) fn of(size: u64) -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut writer = open(root.path());
        (1..=size).for_each(|position| writer.append(&Self::entry(position)).unwrap());
        writer.sign().unwrap();
        let key = writer.public_key().clone();
        Self { root, key }
    }

    /// Opens the tree to add to it.
    pub(crate) fn writer(&self) -> TreeWriter {
        open(self.root.path())
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.root.path().join("tree")
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.root.path().join("keys")
    }

    /// The signed entry of a position.
    pub(crate) fn entry(position: u64) -> Vec<u8> {
        format!("{{\"event\":{position}}}").into_bytes()
    }

    pub(crate) fn tree(&self) -> Tree {
        Tree::open(&self.root.path().join("tree"), &self.key).unwrap()
    }

    pub(crate) fn key(&self) -> &LogPublicKey {
        &self.key
    }

    /// A checkpoint of any head, signed by this tree's key.
    pub(crate) fn sign(&self, head: TreeHead) -> Vec<u8> {
        let text = fs::read_to_string(self.root.path().join("keys/log.key")).unwrap();
        LogPrivateKey::parse(&text).unwrap().sign(head).unwrap()
    }

    /// Signs a text by this tree's key.
    pub(crate) fn sign_text(&self, text: &str) -> Vec<u8> {
        let key = fs::read_to_string(self.root.path().join("keys/log.key")).unwrap();
        let key = LogPrivateKey::parse(&key).unwrap();
        key.sign_text(text.as_bytes()).unwrap()
    }

    /// Flips a bit in the middle of a file.
    pub(crate) fn flip(&self, file: &str) {
        let path = self.path(file);
        let mut bytes = fs::read(&path).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
    }

    fn path(&self, file: &str) -> PathBuf {
        self.root.path().join("tree").join(file)
    }
}

fn open(root: &Path) -> TreeWriter {
    TreeWriter::open(&TreeConfig {
        folder: root.join("tree"),
        key_file: root.join("keys/log.key"),
        public_key_file: root.join("keys/log.vkey"),
        origin: "jejak/pontianak".to_owned(),
        incarnation: "first".to_owned(),
    })
    .unwrap()
}
