//! Goal: the tree on disk is an RFC 6962 tree at every size, goes on after being killed at any
//! instant, and notices every altered byte. Method: trees of up to a few hundred entries in
//! temporary folders; a folder copied at some instant is one that was killed then.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod trees;

use std::{fs, path::Path};

use jejak_auditor::{
    LogPublicKey, TreeError,
    proof::{self, ProofError, ProveError},
    tree::{TilePath, TreeConfig, TreeWriter},
};
use trees::{config, copy, entry, files, grow, open};

#[test]
fn however_it_was_signed_on_the_way_the_tree_is_the_same() {
    let (at_once, by_and_by) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    grow(at_once.path(), 700);
    for size in [0, 1, 2, 255, 256, 257, 300, 300, 511, 512, 699, 700] {
        grow(by_and_by.path(), size);
    }
    let (one, other) = (
        open(at_once.path()).unwrap(),
        open(by_and_by.path()).unwrap(),
    );
    assert_eq!(one.head(), other.head());
    let tiles = |root: &Path| {
        let tree = root.join("tree/tile");
        files(&tree)
            .into_iter()
            .map(|path| {
                (
                    path.strip_prefix(&tree).unwrap().to_owned(),
                    fs::read(path).unwrap(),
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(tiles(at_once.path()), tiles(by_and_by.path()));
    for (size, file) in [
        (8192, TilePath::hashes(0, 1, 256)),
        (64, TilePath::hashes(1, 0, 2)),
        (32, TilePath::hashes(0, 2, 1)),
    ] {
        assert_eq!(one.read(file).unwrap().len(), size, "{file}");
    }
}

/// The folder as it was before each signature is one killed just before it: files that no
/// checkpoint names are there, and it goes on, even if the log then holds other events than those
/// that were not signed yet.
#[test]
fn killed_between_two_signatures_it_goes_on_from_the_last() {
    for (signed, written) in [
        (0, 1),
        (0, 256),
        (3, 255),
        (255, 256),
        (256, 600),
        (300, 301),
        (511, 513),
    ] {
        let (root, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        grow(root.path(), signed);
        let mut writer = TreeWriter::open(&config(root.path())).unwrap();
        for n in signed..written {
            writer.append(&entry(n)).unwrap();
        }
        copy(root.path(), killed.path());
        drop(writer);
        let mut again = TreeWriter::open(&config(killed.path())).unwrap();
        assert_eq!(again.size(), signed);
        for n in signed..written + 40 {
            again.append(&entry(n + 1_000)).unwrap();
        }
        let (head, _) = again.sign().unwrap();
        drop(again);
        let tree = open(killed.path()).unwrap();
        assert_eq!(tree.head(), head);
        for position in 1..=written + 40 {
            let proof = proof::prove(&tree, position).unwrap();
            let n = if position > signed {
                position - 1 + 1_000
            } else {
                position - 1
            };
            let key = LogPublicKey::parse(
                &fs::read_to_string(killed.path().join("keys/log.vkey")).unwrap(),
            )
            .unwrap();
            assert_eq!(
                proof::check(&proof, &key).unwrap().event,
                entry(n),
                "position {position}"
            );
        }
    }
}

#[test]
fn no_second_tree_is_begun_beside_a_key_and_none_of_another_log() {
    let root = tempfile::tempdir().unwrap();
    grow(root.path(), 5);
    let other = TreeConfig {
        incarnation: "second".to_owned(),
        ..config(root.path())
    };
    assert!(matches!(
        TreeWriter::open(&other),
        Err(TreeError::OtherLog { .. })
    ));
    let writer = TreeWriter::open(&config(root.path())).unwrap();
    assert!(matches!(
        TreeWriter::open(&config(root.path())),
        Err(TreeError::InUse(_))
    ));
    drop(writer);
    fs::rename(root.path().join("tree"), root.path().join("elsewhere")).unwrap();
    assert!(matches!(
        TreeWriter::open(&config(root.path())),
        Err(TreeError::TreeLost { .. })
    ));
    fs::remove_dir_all(root.path().join("tree")).unwrap();
    fs::rename(root.path().join("elsewhere"), root.path().join("tree")).unwrap();
    fs::rename(
        root.path().join("tree/log.json"),
        root.path().join("log.json"),
    )
    .unwrap();
    let error = TreeWriter::open(&config(root.path()))
        .map(drop)
        .unwrap_err();
    assert!(matches!(error, TreeError::Undescribed(_)), "{error}");
    assert!(
        error.to_string().contains("tree/log.json is missing"),
        "{error}"
    );
    fs::rename(
        root.path().join("log.json"),
        root.path().join("tree/log.json"),
    )
    .unwrap();
    fs::rename(
        root.path().join("keys/log.key"),
        root.path().join("log.key"),
    )
    .unwrap();
    assert!(matches!(
        TreeWriter::open(&config(root.path())),
        Err(TreeError::KeyLost { .. })
    ));
    fs::rename(
        root.path().join("log.key"),
        root.path().join("keys/log.key"),
    )
    .unwrap();
    fs::remove_dir_all(root.path().join("keys")).unwrap();
    assert!(matches!(
        TreeWriter::open(&config(root.path())),
        Err(TreeError::KeyLost { .. })
    ));
}

#[test]
fn keys_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    grow(root.path(), 1);
    let mode = fs::metadata(root.path().join("keys/log.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// The parts needed to go on are checked at opening, the others when a proof uses them.
#[test]
fn a_damaged_file_is_named_and_nothing_panics() {
    let root = tempfile::tempdir().unwrap();
    grow(root.path(), 700);
    for file in files(&root.path().join("tree")) {
        let name = file
            .strip_prefix(root.path())
            .unwrap()
            .display()
            .to_string();
        if name.ends_with("lock") {
            continue;
        }
        let whole = fs::read(&file).unwrap();
        for damaged in [vec![], whole[..whole.len() / 2].to_vec(), {
            let mut b = whole.clone();
            let at = b.len() / 2;
            b[at] ^= 4;
            b
        }] {
            fs::write(&file, &damaged).unwrap();
            let opened = TreeWriter::open(&config(root.path())).map(drop);
            let proofs = open(root.path())
                .map_err(ProveError::from)
                .and_then(|tree| {
                    (1..=700).try_for_each(|position| proof::prove(&tree, position).map(drop))
                });
            // Full bundles and tiles lie behind the edge; the description of the log
            // is no part of proofs.
            let noticed = if name.ends_with("log.json") {
                opened.is_err()
            } else {
                proofs.is_err()
            };
            assert!(noticed, "{name} of {} bytes", damaged.len());
        }
        fs::write(&file, &whole).unwrap();
    }
    grow(root.path(), 701);
}

#[test]
fn a_proof_needs_nothing_but_the_key_and_no_altered_byte_passes() {
    let root = tempfile::tempdir().unwrap();
    let key = grow(root.path(), 300);
    let tree = open(root.path()).unwrap();
    let proof = proof::prove(&tree, 257).unwrap();
    let proven = proof::check(&proof, &key).unwrap();
    assert_eq!(
        (proven.position, proven.size, proven.event),
        (257, 300, entry(256))
    );
    for at in 0..proof.len() {
        let mut altered = proof.clone();
        altered[at] ^= 1;
        assert!(proof::check(&altered, &key).is_err(), "byte {at}");
        assert!(proof::check(&proof[..at], &key).is_err(), "cut at {at}");
    }
    let other = tempfile::tempdir().unwrap();
    let wrong = grow(other.path(), 1);
    assert!(matches!(
        proof::check(&proof, &wrong),
        Err(ProofError::Checkpoint(_))
    ));
    for position in [0, 301, u64::MAX] {
        assert!(
            matches!(
                proof::prove(&tree, position),
                Err(ProveError::NotSigned { .. })
            ),
            "{position}"
        );
    }
}

#[test]
fn a_tree_of_one_entry_has_an_empty_path() {
    let root = tempfile::tempdir().unwrap();
    let key = grow(root.path(), 1);
    let proof = proof::prove(&open(root.path()).unwrap(), 1).unwrap();
    assert_eq!(proof::check(&proof, &key).unwrap().event, entry(0));
}

/// Readers hold on to the checkpoint they opened while the tree grows under them.
#[test]
fn an_older_tree_can_be_read_while_it_grows() {
    let root = tempfile::tempdir().unwrap();
    grow(root.path(), 200);
    let older = open(root.path()).unwrap();
    let known: Vec<_> = (1..=200)
        .map(|position| proof::prove(&older, position).unwrap())
        .collect();
    for size in [201, 255, 256, 300, 600] {
        grow(root.path(), size);
        for (position, known) in (1..).zip(&known) {
            assert_eq!(
                proof::prove(&older, position).unwrap(),
                *known,
                "size {size}"
            );
        }
        let now = open(root.path()).unwrap();
        let growth = now.prove_growth(200).unwrap();
        tlog_tiles::check_tree(&growth, size, now.head().root, 200, older.head().root).unwrap();
    }
}

/// Each tile a proof is made of is checked, and it is the damaged file that is blamed.
#[test]
fn a_proof_names_the_file_that_is_damaged() {
    let root = tempfile::tempdir().unwrap();
    grow(root.path(), 200);
    let older = open(root.path()).unwrap();
    grow(root.path(), 700);
    for (file, position) in [
        ("tile/0/000", 100),
        ("tile/0/002.p/188", 600),
        ("tile/1/000.p/2", 100),
        ("tile/entries/002.p/188", 600),
        ("tile/entries/000", 128),
    ] {
        let path = root.path().join("tree").join(file);
        let whole = fs::read(&path).unwrap();
        let mut altered = whole.clone();
        altered[whole.len() / 2] ^= 1;
        fs::write(&path, altered).unwrap();
        let tree = open(root.path()).unwrap();
        let error = (position - 20..position + 20)
            .find_map(|near| proof::prove(&tree, near).err())
            .unwrap();
        assert!(
            error
                .to_string()
                .contains(&format!("{file} of the signed tree is damaged")),
            "{file}: {error}"
        );
        if !file.contains("entries") {
            let error = tree
                .prove_growth(older.head().size)
                .unwrap_err()
                .to_string();
            assert!(
                error.contains(&format!("{file} of the signed tree is damaged")),
                "{file}: {error}"
            );
        }
        fs::write(&path, whole).unwrap();
    }
}

/// Readers in other processes see a checkpoint, and then files that may be superseded under their hands.
/// Method: one thread signs as often as it can, with a full bundle now and then. Readers read all that their
/// checkpoint names, and find the signed bytes.
#[test]
fn a_tree_is_read_whole_beside_a_busy_auditor() {
    const LAST: u64 = 1_100;
    let root = tempfile::tempdir().unwrap();
    grow(root.path(), 1);
    let read_all = |tree: &jejak_auditor::Tree| {
        let size = tree.head().size;
        for index in 0..size.div_ceil(256) {
            let width = u32::try_from((size - index * 256).min(256)).unwrap();
            let entries = tree.read(TilePath::entries(index, width)).unwrap();
            let entries: Vec<_> = jejak_auditor::tree::split(&entries)
                .map(Option::unwrap)
                .collect();
            let hashes: Vec<u8> = entries
                .iter()
                .flat_map(|entry| tlog_tiles::record_hash(entry).0)
                .collect();
            assert!(
                entries
                    .into_iter()
                    .eq((index * 256..).map(entry).take(width as usize)),
                "bundle {index} of {size}"
            );
            assert_eq!(
                tree.read(TilePath::hashes(0, index, width)).unwrap(),
                hashes,
                "tile {index} of {size}"
            );
        }
        size
    };
    std::thread::scope(|scope| {
        let readers = [(); 3].map(|()| {
            scope.spawn(|| {
                let mut sizes = std::collections::BTreeSet::new();
                while sizes.last() != Some(&LAST) {
                    sizes.insert(read_all(&open(root.path()).unwrap()));
                }
                sizes.len()
            })
        });
        let mut writer = TreeWriter::open(&config(root.path())).unwrap();
        for n in writer.size()..LAST {
            writer.append(&entry(n)).unwrap();
            writer.sign().unwrap();
        }
        for reader in readers {
            let sizes = reader.join().unwrap();
            assert!(sizes > 2, "{sizes} sizes were read on the way");
        }
    });
}
