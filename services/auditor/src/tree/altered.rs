//! A small tree whose files are altered, for tests of what reads one. Not for trees that grow.

use std::{fs, path::PathBuf};

use super::{Founding, Grower, Tree};
use crate::note::{Head, PrivateKey, PublicKey};

pub(crate) struct Altered {
    root: tempfile::TempDir,
    key: PublicKey,
}

impl Altered {
    /// A signed tree of so many entries.
    pub(crate) fn of(size: u64) -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut grower = Grower::open(&Founding {
            folder: root.path().join("tree"),
            key_file: root.path().join("keys/log.key"),
            public_key_file: root.path().join("keys/log.vkey"),
            origin: "jejak/pontianak".to_owned(),
            incarnation: "first".to_owned(),
        })
        .unwrap();
        (1..=size).for_each(|position| grower.append(&Self::entry(position)).unwrap());
        grower.sign().unwrap();
        let key = grower.public_key().clone();
        Self { root, key }
    }

    /// What was signed for a position.
    pub(crate) fn entry(position: u64) -> Vec<u8> {
        format!("{{\"event\":{position}}}").into_bytes()
    }

    pub(crate) fn tree(&self) -> Tree {
        Tree::open(&self.root.path().join("tree"), &self.key).unwrap()
    }

    pub(crate) fn key(&self) -> &PublicKey {
        &self.key
    }

    /// A checkpoint of any tree by this tree's key.
    pub(crate) fn sign(&self, head: Head) -> Vec<u8> {
        let text = fs::read_to_string(self.root.path().join("keys/log.key")).unwrap();
        PrivateKey::parse(&text).unwrap().sign(head).unwrap()
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
