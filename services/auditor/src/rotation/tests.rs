//! What the holders of the old key, of the new key and of neither can verify after a rotation.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use jejak_journal::{LogEntry, StoredEvent};

use super::*;
use crate::{
    note::TreeHead,
    quarantine::tests::quarantined,
    tree::{Tree, test_tree::TestTree},
};

fn tenant() -> TenantId {
    "pontianak".parse().unwrap()
}

/// Replaces the key of a test's tree.
fn rotated(tree: &TestTree) -> Result<Rotation, RotateError> {
    let (folder, keys) = (tree.folder(), tree.keys());
    rotate(&RotateInput {
        tenant: &tenant(),
        tree: &folder,
        key_file: &keys.join("log.key"),
        public_key_file: &keys.join("log.vkey"),
    })
}

/// Adds entries with the key that is in place.
fn grow(tree: &TestTree, to: u64) -> TreeHead {
    let mut writer = tree.writer();
    (writer.size() + 1..=to).for_each(|n| writer.append(&TestTree::entry(n)).unwrap());
    writer.sign().unwrap().0
}

fn mode(path: PathBuf) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Goal: the old public key alone verifies the history up to the rotation, however the tree grows; the
/// new one verifies all of it; and each names the other.
#[test]
fn each_key_opens_its_part_of_the_history() {
    let tree = TestTree::of(300);
    let first = rotated(&tree).unwrap();
    assert_eq!((first.head.size, &first.old), (300, tree.key()));
    grow(&tree, 600);
    let second = rotated(&tree).unwrap();
    assert_eq!((second.head.size, &second.old), (600, &first.new));
    let last = grow(&tree, 700);
    for (key, size, successor) in [
        (&first.old, 300, Some(&first.new)),
        (&first.new, 600, Some(&second.new)),
        (&second.new, 700, None),
    ] {
        let opened = Tree::open(&tree.folder(), key).unwrap();
        assert_eq!((opened.head().size, opened.successor()), (size, successor));
        opened.frontier().unwrap();
    }
    assert_eq!(
        Tree::open(&tree.folder(), &second.new).unwrap().head(),
        last
    );
    let before = crate::tree::predecessors(&tree.folder(), &second.new).unwrap();
    assert_eq!(before, [first.new, first.old]);
    let stranger = TestTree::of(1);
    let refused = Tree::open(&tree.folder(), stranger.key()).err().unwrap();
    assert!(refused.to_string().contains("not signed by"), "{refused}");
}

/// Goal: the old private key signs nothing any more, and the files have their modes.
#[test]
fn the_old_private_key_is_gone_and_the_public_key_is_for_all() {
    let tree = TestTree::of(3);
    let before = fs::read_to_string(tree.keys().join("log.key")).unwrap();
    assert_eq!(mode(tree.keys().join("log.vkey")), 0o644);
    fs::set_permissions(
        tree.keys().join("log.vkey"),
        fs::Permissions::from_mode(0o600),
    )
    .unwrap();
    drop(tree.writer());
    assert_eq!(
        mode(tree.keys().join("log.vkey")),
        0o644,
        "an older file too"
    );
    let rotation = rotated(&tree).unwrap();
    let after = fs::read_to_string(tree.keys().join("log.key")).unwrap();
    assert_ne!(before, after);
    assert_eq!(mode(tree.keys().join("log.key")), 0o600);
    let public = fs::read_to_string(tree.keys().join("log.vkey")).unwrap();
    assert_eq!(public.trim(), rotation.new.text());
    assert_eq!(mode(tree.keys().join("log.vkey")), 0o644);
}

/// Goal: a rotation that is killed at any write leaves a tree that opens and can be rotated again.
/// Method: each of the files that it writes last, put back as it was before.
#[test]
fn a_rotation_that_was_cut_short_goes_on() {
    for undone in [&["keys/log.vkey"][..], &["keys/log.vkey", "keys/log.key"]] {
        let tree = TestTree::of(300);
        let before: Vec<_> = undone
            .iter()
            .map(|file| (file, fs::read(tree.root().join(file)).unwrap()))
            .collect();
        let cut = rotated(&tree).unwrap();
        for (file, bytes) in before {
            fs::write(tree.root().join(file), bytes).unwrap();
        }
        grow(&tree, 301);
        let again = rotated(&tree).unwrap();
        assert_ne!(again.new, cut.new);
        let opened = Tree::open(&tree.folder(), &again.new).unwrap();
        assert_eq!(opened.head().size, 301);
        Tree::open(&tree.folder(), tree.key()).unwrap();
    }
}

/// Goal: readers pass over a message in quarantine before and after, whichever key they have.
#[test]
fn records_in_quarantine_open_with_both_keys() {
    let tree = TestTree::of(3);
    quarantined(&tree, 2, b"x");
    let Rotation { old, new, .. } = rotated(&tree).unwrap();
    let entry = LogEntry {
        subject: "jejak.pontianak.ev.calendar.2020.holiday".into(),
        stored: StoredEvent {
            position: 2,
            payload: b"x".as_slice().into(),
        },
    };
    for key in [old, new] {
        let record = quarantine::records(&tree.folder(), &key).record_of(&entry);
        assert_eq!(record.unwrap().unwrap().reason, "a test");
    }
    fs::write(quarantine::folder(&tree.folder()).join("3"), "altered").unwrap();
    assert!(matches!(rotated(&tree), Err(RotateError::Quarantine(_))));
}

#[test]
fn a_running_auditor_is_not_disturbed() {
    let tree = TestTree::of(3);
    let held = tree.writer();
    assert!(matches!(rotated(&tree), Err(RotateError::Running)));
    drop(held);
    assert!(rotated(&tree).is_ok());
}
