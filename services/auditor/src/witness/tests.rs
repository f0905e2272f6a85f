//! A witness against trees that grow, shrink and fork.

use std::{fs, thread};

use tlog_tiles::{Hash, record_hash};

use super::*;
use crate::tree::test_tree::TestTree;

fn config(folder: &std::path::Path, logs: &[&LogPublicKey]) -> WitnessConfig {
    WitnessConfig {
        folder: folder.to_owned(),
        logs: logs.iter().map(|log| (*log).clone()).collect(),
        name: Some("witness.example/kota".to_owned()),
    }
}

fn witness(folder: &std::path::Path, logs: &[&LogPublicKey]) -> Witness {
    Witness::open(&config(folder, logs)).unwrap()
}

/// The body that submits a checkpoint with the proof of a tree from `old` on.
fn body(old: u64, proof: &[Hash], checkpoint: &[u8]) -> Vec<u8> {
    let proof: String = proof.iter().map(|hash| format!("{hash}\n")).collect();
    [format!("old {old}\n{proof}\n").as_bytes(), checkpoint].concat()
}

/// The body that submits the checkpoint of a tree, with its true proof.
fn grown(signed: &TestTree, old: u64) -> Vec<u8> {
    let tree = signed.tree();
    let proof = if old == 0 || old == tree.head().size {
        vec![]
    } else {
        tree.prove_growth(old).unwrap()
    };
    body(old, &proof, tree.checkpoint())
}

fn grow(signed: &TestTree, events: u64) {
    let mut writer = signed.writer();
    for event in 0..events {
        writer
            .append(format!("{{\"later\":{event}}}").as_bytes())
            .unwrap();
    }
    writer.sign().unwrap();
}

#[track_caller]
fn cosigns(witness: &Witness, signed: &TestTree, old: u64) {
    let answer = witness.add_checkpoint(&grown(signed, old)).unwrap();
    let WitnessAnswer::Cosigned(line) = answer else {
        panic!("{answer:?}")
    };
    let note = [signed.tree().checkpoint(), &line].concat();
    assert!(witness.public_key().find(&note).is_ok());
    assert!(witness.newest("jejak/pontianak").is_some());
}

#[test]
fn a_tree_that_grows_is_cosigned_at_each_size() {
    let (signed, folder) = (TestTree::of(3), tempfile::tempdir().unwrap());
    let witness = witness(folder.path(), &[signed.key()]);
    cosigns(&witness, &signed, 0);
    cosigns(&witness, &signed, 3);
    grow(&signed, 600);
    cosigns(&witness, &signed, 3);
    let newest = witness.newest("jejak/pontianak").unwrap();
    assert_eq!(signed.key().open(&newest).unwrap().size, 603);
    assert!(witness.public_key().find(&newest).is_ok());
    assert_eq!(witness.newest("jejak/singkawang"), None);
}

#[test]
fn each_fault_of_a_submission_has_its_answer() {
    let (signed, folder) = (TestTree::of(600), tempfile::tempdir().unwrap());
    let (witness, key) = (witness(folder.path(), &[signed.key()]), signed.key());
    let answer = |body: &[u8]| witness.add_checkpoint(body).unwrap();
    let ours = signed.tree().head();
    let at = |size, root| signed.sign(TreeHead { size, root });
    // Before anything is cosigned.
    assert_eq!(answer(&grown(&signed, 300)), WitnessAnswer::Conflict(0));
    let proof = signed.tree().prove_growth(300).unwrap();
    let not_empty = body(0, &proof, signed.tree().checkpoint());
    assert_eq!(answer(&not_empty), WitnessAnswer::BadProof);
    let no_root = body(0, &[], &at(0, record_hash(b"x")));
    assert_eq!(answer(&no_root), WitnessAnswer::BadProof);
    let first = body(0, &[], &at(300, TestTree::of(300).tree().head().root));
    assert!(matches!(answer(&first), WitnessAnswer::Cosigned(_)));

    for malformed in [
        &b""[..],
        b"old 300\n",
        b"old 300\n\n",
        b"old 300\n\nno note\n",
        b"old 300\n\n\n\n",
        b"\xff\xff",
        b"old 300\n\na\n1\nAAAA\n\n\xe2\x80\x94 a AAAAAAA=\n",
    ] {
        let answer = answer(malformed);
        assert!(matches!(answer, WitnessAnswer::Malformed(_)), "{answer:?}");
    }
    let beyond = body(601, &[], signed.tree().checkpoint());
    assert!(matches!(answer(&beyond), WitnessAnswer::Malformed(_)));
    // A key of the same name that is not known, and a signature that does not fit.
    assert_eq!(
        answer(&grown(&TestTree::of(600), 300)),
        WitnessAnswer::Forbidden
    );
    let altered = String::from_utf8(grown(&signed, 300))
        .unwrap()
        .replace("\n600\n", "\n601\n");
    assert_eq!(answer(altered.as_bytes()), WitnessAnswer::Forbidden);
    let other = String::from_utf8(grown(&signed, 300)).unwrap();
    let other = other.replace("jejak/pontianak", "jejak/singkawang");
    assert_eq!(answer(other.as_bytes()), WitnessAnswer::UnknownLog);
    // Another size, a false proof, none, and a tree that was put back.
    assert_eq!(answer(&grown(&signed, 299)), WitnessAnswer::Conflict(300));
    let mut wrong = proof.clone();
    wrong[0] = record_hash(b"x");
    for wrong in [&wrong[..], &proof[1..], &[]] {
        let body = body(300, wrong, signed.tree().checkpoint());
        assert_eq!(answer(&body), WitnessAnswer::BadProof);
    }
    let older = TestTree::of(200).tree().head().root;
    assert_eq!(
        answer(&body(200, &[], &at(200, older))),
        WitnessAnswer::Conflict(300)
    );
    // A fork: of the same size, and of a larger one.
    let fork = body(300, &[], &at(300, record_hash(b"x")));
    assert_eq!(answer(&fork), WitnessAnswer::Conflict(300));
    let fork = body(300, &proof, &at(600, record_hash(b"x")));
    assert_eq!(answer(&fork), WitnessAnswer::BadProof);
    let newest = witness.newest("jejak/pontianak").unwrap();
    assert_eq!(
        key.open(&newest).unwrap().size,
        300,
        "none of these changed it"
    );
    let right = body(300, &proof, &at(600, ours.root));
    assert!(matches!(answer(&right), WitnessAnswer::Cosigned(_)));
}

/// Goal: a witness that is killed after an answer remembers what it cosigned. Method: the folder as it
/// was at the moment of the answer is opened by another process's witness.
#[test]
fn a_cosigned_size_outlives_the_process() {
    let (signed, folder) = (TestTree::of(5), tempfile::tempdir().unwrap());
    let first = witness(folder.path(), &[signed.key()]);
    cosigns(&first, &signed, 0);
    let copy = tempfile::tempdir().unwrap();
    for file in fs::read_dir(folder.path()).unwrap().flatten() {
        fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let second = witness(copy.path(), &[signed.key()]);
    assert_eq!(second.public_key().text(), first.public_key().text());
    let again = second.add_checkpoint(&grown(&signed, 0)).unwrap();
    assert_eq!(again, WitnessAnswer::Conflict(5));
    cosigns(&second, &signed, 5);
    let in_use = Witness::open(&config(folder.path(), &[])).err().unwrap();
    assert!(matches!(in_use, WitnessError::InUse(_)), "{in_use}");
}

/// Goal: nothing is cosigned that is not on disk. Method: the folder is gone when the checkpoint should
/// be stored.
#[test]
fn what_cannot_be_stored_is_not_cosigned() {
    let (signed, folder) = (TestTree::of(5), tempfile::tempdir().unwrap());
    let place = folder.path().join("w");
    let witness = witness(&place, &[signed.key()]);
    fs::remove_dir_all(&place).unwrap();
    fs::write(&place, "no folder").unwrap();
    assert!(witness.add_checkpoint(&grown(&signed, 0)).is_err());
    assert_eq!(witness.newest("jejak/pontianak"), None);
    fs::remove_file(&place).unwrap();
    cosigns(&witness, &signed, 0);
}

#[test]
fn a_key_without_its_checkpoints_cosigns_nothing() {
    let (signed, folder) = (TestTree::of(5), tempfile::tempdir().unwrap());
    let opened = || Witness::open(&config(folder.path(), &[signed.key()]));
    cosigns(&opened().unwrap(), &signed, 0);
    let file = folder.path().join("cosigned.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    assert!(matches!(
        opened().err().unwrap(),
        WitnessError::StateLost(_)
    ));
    for damaged in [
        text.replace("\\n5\\n", "\\n4\\n"),
        text.replace("jejak/pontianak\":", "jejak/singkawang\":"),
        text.replace("\"format\": 1", "\"format\": 2"),
        text[..text.len() / 2].to_owned(),
    ] {
        assert_ne!(damaged, text);
        fs::write(&file, damaged).unwrap();
        let error = opened().err().unwrap();
        assert!(
            matches!(error, WitnessError::StateDamaged { .. }),
            "{error}"
        );
    }
    fs::write(&file, text).unwrap();
    assert!(opened().unwrap().newest("jejak/pontianak").is_some());
    let other = WitnessConfig {
        name: Some("another".to_owned()),
        ..config(folder.path(), &[])
    };
    let error = Witness::open(&other).err().unwrap().to_string();
    assert!(error.contains("is of witness.example/kota"), "{error}");
}

/// Goal: two submissions at once never take a size back. Method: threads submit all sizes of one tree
/// against each other; each cosigned size is larger than those that were cosigned before it.
#[test]
fn submissions_at_the_same_time_are_taken_one_by_one() {
    let (signed, folder) = (TestTree::of(12), tempfile::tempdir().unwrap());
    let witness = witness(folder.path(), &[signed.key()]);
    let tree = signed.tree();
    let bodies: Vec<Vec<u8>> = (1..=12)
        .map(|size| {
            let root = TestTree::of(size).tree().head().root;
            let checkpoint = signed.sign(TreeHead { size, root });
            body(0, &[], &checkpoint)
        })
        .collect();
    let cosigned: usize = thread::scope(|scope| {
        let threads: Vec<_> = bodies
            .iter()
            .map(|body| scope.spawn(|| witness.add_checkpoint(body).unwrap()))
            .collect();
        let answers = threads.into_iter().map(|thread| thread.join().unwrap());
        answers
            .filter(|answer| matches!(answer, WitnessAnswer::Cosigned(_)))
            .count()
    });
    assert_eq!(cosigned, 1, "all lead from the empty tree");
    let newest = witness.newest("jejak/pontianak").unwrap();
    let size = signed.key().open(&newest).unwrap().size;
    if size < 12 {
        let proof = tree.prove_growth(size).unwrap();
        let answer = witness.add_checkpoint(&body(size, &proof, tree.checkpoint()));
        assert!(matches!(answer, Ok(WitnessAnswer::Cosigned(_))));
    }
}

/// Goal: after a rotation of the log's key a witness cosigns what both keys signed, and later ones once
/// it is given the new key. The tree must still go on from the old one.
#[test]
fn a_replaced_key_of_the_log_is_known_once_it_is_given() {
    let (signed, folder) = (TestTree::of(5), tempfile::tempdir().unwrap());
    let old = signed.key().clone();
    cosigns(&witness(folder.path(), &[&old]), &signed, 0);
    let tenant = "pontianak".parse().unwrap();
    let (tree, keys) = (signed.folder(), signed.keys());
    let rotation = crate::rotation::rotate(&crate::rotation::RotateInput {
        tenant: &tenant,
        tree: &tree,
        key_file: &keys.join("log.key"),
        public_key_file: &keys.join("log.vkey"),
    });
    let new = rotation.unwrap().new;
    assert_eq!(new.origin(), old.origin());
    let both = fs::read(tree.join("checkpoint")).unwrap();
    let knows_old = witness(folder.path(), &[&old]);
    let answer = knows_old.add_checkpoint(&body(5, &[], &both)).unwrap();
    assert!(matches!(answer, WitnessAnswer::Cosigned(_)), "{answer:?}");
    grow(&signed, 4);
    let tree = crate::Tree::open(&tree, &new).unwrap();
    let later = body(5, &tree.prove_growth(5).unwrap(), tree.checkpoint());
    assert_eq!(
        knows_old.add_checkpoint(&later).unwrap(),
        WitnessAnswer::Forbidden
    );
    drop(knows_old);
    let knows_both = witness(folder.path(), &[&old, &new]);
    let from_zero = body(0, &[], tree.checkpoint());
    assert_eq!(
        knows_both.add_checkpoint(&from_zero).unwrap(),
        WitnessAnswer::Conflict(5)
    );
    let answer = knows_both.add_checkpoint(&later).unwrap();
    assert!(matches!(answer, WitnessAnswer::Cosigned(_)), "{answer:?}");
}
