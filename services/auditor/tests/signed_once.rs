//! Goal: under one key no two trees of one size are ever signed, as long as the keys are as they were. Files
//! may be lost, deleted or put back from an older copy. The files of a killed auditor are never taken for
//! signed. Method: trees in temporary folders whose parts are deleted, swapped and copied between two
//! signatures.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod trees;

use std::{fs, path::Path};

use jejak_auditor::{
    TreeError,
    tree::{TilePath, TreeWriter},
};
use trees::{config, copy, entry, files, grow, open};

fn refused(root: &Path) -> TreeError {
    match TreeWriter::open(&config(root)) {
        Ok(writer) => panic!("it goes on from {} entries", writer.size()),
        Err(error) => error,
    }
}

#[test]
fn a_folder_emptied_but_for_its_description_is_founded_no_second_time() {
    for last_kept in [true, false] {
        let root = tempfile::tempdir().unwrap();
        grow(root.path(), 300);
        fs::remove_dir_all(root.path().join("tree/tile")).unwrap();
        fs::remove_file(root.path().join("tree/checkpoint")).unwrap();
        let last = root.path().join("keys/log.checkpoint");
        if !last_kept {
            fs::remove_file(last).unwrap();
        }
        let error = refused(root.path());
        match last_kept {
            true => assert!(
                matches!(
                    error,
                    TreeError::Older {
                        found: 0,
                        signed: 300,
                        ..
                    }
                ),
                "{error}"
            ),
            false => assert!(matches!(error, TreeError::TreeLost { .. }), "{error}"),
        }
    }
}

#[test]
fn a_folder_of_an_older_copy_is_refused_until_the_newer_one_is_back() {
    for (older, newer) in [
        (0, 1),
        (3, 4),
        (200, 256),
        (256, 257),
        (300, 700),
        (512, 768),
    ] {
        let root = tempfile::tempdir().unwrap();
        let (tree, copied) = (root.path().join("tree"), root.path().join("copy"));
        grow(root.path(), older);
        copy(&tree, &copied);
        grow(root.path(), newer);
        let head = open(root.path()).unwrap().head();
        fs::rename(&tree, root.path().join("newer")).unwrap();
        fs::rename(&copied, &tree).unwrap();
        let error = refused(root.path());
        let right = matches!(error, TreeError::Older { found, signed, .. } if (found, signed) == (older, newer));
        assert!(
            right
                && error
                    .to_string()
                    .contains("put the newer copy of the folder back"),
            "{error}"
        );
        fs::remove_dir_all(&tree).unwrap();
        fs::rename(root.path().join("newer"), &tree).unwrap();
        assert_eq!(
            TreeWriter::open(&config(root.path())).unwrap().signed(),
            head
        );
    }
}

/// Two auditors that share a key, or a tree put together from two copies.
#[test]
fn another_tree_of_the_same_or_a_larger_size_under_the_key_is_refused() {
    for size in [5, 300, 400] {
        let root = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        grow(root.path(), 2);
        copy(root.path(), other.path());
        grow(root.path(), 300.min(size));
        let mut writer = TreeWriter::open(&config(other.path())).unwrap();
        for n in 2..size {
            writer.append(&entry(n + 5_000)).unwrap();
        }
        writer.sign().unwrap();
        drop(writer);
        fs::remove_dir_all(root.path().join("tree")).unwrap();
        copy(&other.path().join("tree"), &root.path().join("tree"));
        let error = refused(root.path());
        assert!(matches!(error, TreeError::Contradicts { .. }), "{error}");
    }
}

/// Killed after the checkpoint was stored beside the key and before it was stored in the folder.
#[test]
fn killed_between_the_two_places_of_a_checkpoint_it_goes_on_from_the_later() {
    for (older, newer) in [(0, 1), (1, 2), (255, 256), (256, 600)] {
        let root = tempfile::tempdir().unwrap();
        let shown = root.path().join("tree/checkpoint");
        grow(root.path(), older);
        let before = fs::read(&shown).unwrap();
        grow(root.path(), newer);
        let after = fs::read(&shown).unwrap();
        for seen in [Some(before), None] {
            match seen {
                Some(before) => fs::write(&shown, before).unwrap(),
                None => fs::remove_file(&shown).unwrap(),
            }
            assert_eq!(
                TreeWriter::open(&config(root.path())).unwrap().size(),
                newer
            );
            assert_eq!(fs::read(&shown).unwrap(), after);
        }
    }
}

#[test]
fn killed_while_founding_it_is_founded_again() {
    let whole = tempfile::tempdir().unwrap();
    grow(whole.path(), 0);
    let in_order = [
        "tree/log.json",
        "keys/log.checkpoint",
        "keys/log.key",
        "keys/log.vkey",
        "tree/checkpoint",
    ];
    for there in 0..=in_order.len() {
        let root = tempfile::tempdir().unwrap();
        for file in &in_order[..there] {
            fs::create_dir_all(root.path().join(file).parent().unwrap()).unwrap();
            fs::copy(whole.path().join(file), root.path().join(file)).unwrap();
        }
        grow(root.path(), 3);
        assert_eq!(
            open(root.path()).unwrap().head().size,
            3,
            "{there} files were there"
        );
    }
}

#[test]
fn a_public_key_of_another_or_of_nothing_is_refused() {
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    grow(root.path(), 3);
    grow(other.path(), 3);
    let (ours, theirs) = (
        root.path().join("keys/log.vkey"),
        other.path().join("keys/log.vkey"),
    );
    fs::copy(&theirs, &ours).unwrap();
    let error = refused(root.path());
    assert!(matches!(error, TreeError::OtherKey { .. }), "{error}");
    // Neither tree nor key is there, but auditors can check: something was signed.
    fs::remove_dir_all(root.path().join("tree")).unwrap();
    fs::remove_file(root.path().join("keys/log.key")).unwrap();
    fs::remove_file(root.path().join("keys/log.checkpoint")).unwrap();
    let error = refused(root.path());
    assert!(
        matches!(error, TreeError::BothLost { .. }) && error.to_string().contains("log.vkey"),
        "{error}"
    );
    // The same by the last checkpoint alone.
    fs::remove_file(other.path().join("keys/log.key")).unwrap();
    fs::remove_file(theirs).unwrap();
    fs::remove_dir_all(other.path().join("tree")).unwrap();
    let error = refused(other.path());
    assert!(
        matches!(error, TreeError::BothLost { .. }) && error.to_string().contains(".checkpoint"),
        "{error}"
    );
}

/// Of before anything was kept beside the key.
#[test]
fn a_tree_without_a_checkpoint_beside_its_key_is_taken_as_it_is() {
    let root = tempfile::tempdir().unwrap();
    grow(root.path(), 300);
    fs::remove_file(root.path().join("keys/log.checkpoint")).unwrap();
    grow(root.path(), 301);
    let last = fs::read(root.path().join("keys/log.checkpoint")).unwrap();
    assert_eq!(last, fs::read(root.path().join("tree/checkpoint")).unwrap());
}

/// Leftovers hold other entries than those that come to be signed in their place.
#[test]
fn what_a_killed_auditor_left_is_never_read_and_goes_when_it_is_opened() {
    let (root, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    grow(root.path(), 3);
    copy(root.path(), killed.path());
    let mut writer = TreeWriter::open(&config(killed.path())).unwrap();
    for n in 3..600 {
        writer.append(&entry(n + 1_000)).unwrap();
    }
    writer.sign().unwrap();
    drop(writer);
    // As if it had been killed before either checkpoint was stored.
    for file in ["tree/checkpoint", "keys/log.checkpoint"] {
        fs::copy(root.path().join(file), killed.path().join(file)).unwrap();
    }
    fs::write(killed.path().join("tree/tile/0/000.new"), b"x").unwrap();
    let tree = open(killed.path()).unwrap();
    for file in [TilePath::hashes(0, 0, 3), TilePath::entries(0, 3)] {
        let error = tree.read(file).unwrap_err();
        assert!(error.to_string().contains("is missing"), "{error}");
    }
    copy(
        &root.path().join("tree/tile"),
        &killed.path().join("tree/tile"),
    );
    grow(killed.path(), 3);
    let left = |root: &Path| {
        let folder = root.join("tree/tile");
        files(&folder)
            .into_iter()
            .map(|file| file.strip_prefix(&folder).unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(left(killed.path()), left(root.path()));
}
