//! Keys, checkpoints and changes of keys, whole and altered.

use super::*;

fn key(origin: &str, byte: u8) -> LogPrivateKey {
    LogPrivateKey::parse(&LogPrivateKey::text(origin, &[byte; 32])).unwrap()
}

#[test]
fn a_checkpoint_opens_with_its_key_alone() {
    let head = TreeHead {
        size: 3,
        root: tlog_tiles::record_hash(b"x"),
    };
    let ours = key("jejak/pontianak", 1);
    let note = ours.sign(head).unwrap();
    assert_eq!(ours.public().unwrap().open(&note), Ok(head));
    let wrong = key("jejak/pontianak", 2).public().unwrap().open(&note);
    assert!(
        matches!(
            wrong,
            Err(NoteError::Signature {
                reason: "not signed by",
                ..
            })
        ),
        "{wrong:?}"
    );
    let other = key("jejak/singkawang", 1).public().unwrap().open(&note);
    assert!(
        matches!(other, Err(NoteError::OtherOrigin { .. })),
        "{other:?}"
    );
}

#[test]
fn no_altered_byte_of_a_checkpoint_passes() {
    let head = TreeHead {
        size: 12,
        root: tlog_tiles::record_hash(b"x"),
    };
    let ours = key("jejak/pontianak", 1);
    let note = ours.sign(head).unwrap();
    let public = ours.public().unwrap();
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut altered = note.clone();
            altered[at] ^= 1 << bit;
            assert!(public.open(&altered).is_err(), "byte {at}, bit {bit}");
        }
        assert!(public.open(&note[..at]).is_err(), "cut at {at}");
    }
}

/// Goal: a change of keys is an ordinary checkpoint for the holders of either key, and nobody else
/// can name another key.
#[test]
fn a_change_of_keys_opens_with_both() {
    let head = TreeHead {
        size: 3,
        root: tlog_tiles::record_hash(b"x"),
    };
    let (old, new) = (key("jejak/pontianak", 1), key("jejak/pontianak", 2));
    let note = KeyChange::sign(&old, &new, head).unwrap();
    let (old, new) = (old.public().unwrap(), new.public().unwrap());
    let change = KeyChange {
        old: old.clone(),
        new: new.clone(),
    };
    for key in [&old, &new] {
        assert_eq!(key.open(&note), Ok(head));
        assert_eq!(KeyChange::open(&note, key), Some(change.clone()));
    }
    let other = key("jejak/pontianak", 3).public().unwrap();
    assert_eq!(KeyChange::open(&note, &other), None);
    let text = String::from_utf8(note).unwrap();
    let renamed = text.replacen(new.text(), other.text(), 1);
    assert_ne!(renamed, text);
    for key in [&old, &new] {
        assert_eq!(KeyChange::open(renamed.as_bytes(), key), None);
    }
    let plain = self::key("jejak/pontianak", 1).sign(head).unwrap();
    assert_eq!(KeyChange::open(&plain, &old), None);
}

#[test]
fn other_texts_are_no_keys() {
    for text in [
        "",
        "jejak/pontianak",
        "a+b+c",
        "PRIVATE+KEY+a+00000000+AQ==",
    ] {
        assert!(LogPublicKey::parse(text).is_err(), "{text}");
        assert!(LogPrivateKey::parse(text).is_err(), "{text}");
    }
}
