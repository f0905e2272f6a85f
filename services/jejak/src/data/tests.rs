//! Tests of the data folder: its keys stay, each file is made once, and its path has one spelling.

use std::{os::unix::fs::PermissionsExt, sync::Barrier};

use super::*;

#[test]
fn a_folder_opened_again_has_the_same_keys() {
    let dir = tempfile::tempdir().unwrap();
    let first = DataFolder::open(dir.path()).unwrap();
    let again = DataFolder::open(dir.path()).unwrap();
    assert_eq!(
        first.token_key_pem().unwrap(),
        again.token_key_pem().unwrap()
    );
    assert_eq!(
        first.seed(BrokerIdentity::Commands).unwrap(),
        again.seed(BrokerIdentity::Commands).unwrap()
    );
    assert_ne!(
        first.seed(BrokerIdentity::Commands).unwrap(),
        first.seed(BrokerIdentity::Gateway).unwrap()
    );
    let nik = "6171011503950001".parse().unwrap();
    assert_eq!(
        first.tenant_key().unwrap().operator_id(&nik),
        again.tenant_key().unwrap().operator_id(&nik)
    );
}

#[test]
fn of_several_that_make_a_file_at_once_one_does_and_all_use_it() {
    let dir = tempfile::tempdir().unwrap();
    let at_once = Barrier::new(8);
    for round in 0..20 {
        let path = dir.path().join(format!("{round}.key"));
        let made = |n: usize| {
            at_once.wait();
            make(&path, || Ok(n.to_string())).unwrap();
            fs::read_to_string(&path).unwrap()
        };
        let found: Vec<String> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8)
                .map(|n| {
                    scope.spawn({
                        let made = &made;
                        move || made(n)
                    })
                })
                .collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(
            found.iter().all(|content| *content == found[0]),
            "{found:?}"
        );
    }
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        20,
        "nothing else is left"
    );
}

#[test]
fn one_folder_has_one_path_however_it_is_spelled() {
    let dir = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(&dir.path().join("data")).unwrap();
    std::os::unix::fs::symlink("data", dir.path().join("link")).unwrap();
    for spelling in ["link", "data/.", "data/keys/.."] {
        assert_eq!(
            DataFolder::open(&dir.path().join(spelling))
                .unwrap()
                .broker(),
            folder.broker()
        );
    }
}

#[test]
fn keys_are_made_only_where_a_folder_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("data");
    assert!(matches!(
        DataFolder::existing(&root),
        Err(DataError::Missing(_))
    ));
    assert!(!root.exists());
    let folder = DataFolder::without_keys(&root).unwrap();
    assert!(folder.views().is_dir() && folder.tenant_key().is_err());
    assert!(
        matches!(DataFolder::existing(&root), Err(DataError::Missing(_))),
        "still no office's folder"
    );
    DataFolder::open(&root).unwrap();
    assert!(DataFolder::existing(&root).is_ok());
}

#[test]
fn key_files_that_are_given_come_first() {
    let dir = tempfile::tempdir().unwrap();
    let other = DataFolder::open(&dir.path().join("other")).unwrap();
    let (key, seed) = (
        other.tenant_key_file(),
        other.seed_file(BrokerIdentity::Gateway),
    );
    let own = DataFolder::open(&dir.path().join("own")).unwrap();
    let given = own.clone().with_key_files(Some(key), Some(seed));
    assert_eq!(
        given.seed(BrokerIdentity::Gateway).unwrap(),
        other.seed(BrokerIdentity::Gateway).unwrap()
    );
    let nik = "6171011503950001".parse().unwrap();
    let id = |folder: &DataFolder| folder.tenant_key().unwrap().operator_id(&nik);
    assert_eq!(id(&given), id(&other));
    assert_ne!(id(&given), id(&own));
}

#[test]
fn only_the_owner_may_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(&dir.path().join("data")).unwrap();
    for path in [
        folder.tenant_key_file(),
        folder.token_key_file(),
        folder.seed_file(BrokerIdentity::Admin),
    ] {
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            path.display()
        );
    }
    // Others pass to the public key of the log, and see nothing on their way.
    for (dir, mode) in [
        ("", 0o711),
        ("keys", 0o711),
        ("keys/nats", 0o700),
        ("tokens", 0o700),
        ("broker", 0o700),
        ("views", 0o700),
    ] {
        let found = fs::metadata(folder.root.join(dir)).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, mode, "{dir}");
    }
    fs::set_permissions(&folder.root, fs::Permissions::from_mode(0o750)).unwrap();
    DataFolder::open(&folder.root).unwrap();
    let chosen = fs::metadata(&folder.root).unwrap().permissions();
    assert_eq!(chosen.mode() & 0o777, 0o750, "a choice of the office stays");
}

#[test]
fn a_broken_key_is_said_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(dir.path()).unwrap();
    fs::write(folder.tenant_key_file(), "half").unwrap();
    let broken = DataFolder::open(dir.path())
        .unwrap()
        .tenant_key()
        .err()
        .unwrap();
    assert!(
        broken.to_string().contains("restore it from a backup"),
        "{broken}"
    );
    assert_eq!(
        fs::read_to_string(folder.tenant_key_file()).unwrap(),
        "half"
    );
}

#[test]
fn two_cannot_use_one_folder() {
    let dir = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(dir.path()).unwrap();
    let held = folder.lock().unwrap();
    assert!(matches!(folder.lock(), Err(DataError::InUse(_))));
    drop(held);
    assert!(folder.lock().is_ok());
}
