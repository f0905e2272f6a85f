//! Puts a message that holds no event into quarantine: a signed record lets all readers pass over it.
//!
//! The record stands beside the tree, in a file of its own. The tree's entry of the position stays
//! the message itself, byte for byte. So a running auditor is not disturbed, and a tree that signed
//! such a message before stays as it is.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use chrono::{SecondsFormat, Utc};
use jejak_bus::request::may_hold_a_nik;
use jejak_events::{
    RecordedEvent, envelope,
    ids::TenantId,
    text::{Text, visible},
};
use jejak_journal::{
    Journal, JournalError, LogEntry, Quarantine, QuarantineError, QuarantineRecord, RecordKey,
    StoredEvent, event, sha256, topic,
};

use crate::{
    note::{LogPrivateKey, LogPublicKey, NoteError},
    proof::{self, ProveError},
    tree::{Tree, TreeError, read_file, write_file},
};

/// The folder of the records, in the tree's folder.
const FOLDER: &str = "quarantine";
/// The topic under which a lost message is put back, if its own subject is lost too.
const NO_STREAM: &str = "quarantine";
/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// The folder of a tree's records.
pub fn folder(tree: &Path) -> PathBuf {
    tree.join(FOLDER)
}

/// The records beside a tree, checked with its key.
pub fn records(tree: &Path, key: &LogPublicKey) -> Quarantine {
    Quarantine::new(folder(tree), RecordKey::Text(key.text().to_owned()))
}

/// The reason why a message is not put into quarantine.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// The tree or the signing key cannot be used.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The entry of the tree is not the signed one.
    #[error(transparent)]
    Signed(#[from] ProveError),
    /// The signing key is of another office.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The log cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record cannot be read.
    #[error(transparent)]
    Quarantine(#[from] QuarantineError),
    /// The position is past the end of log and tree.
    #[error("position {position} is not in the log, which ends at {last}")]
    BeyondEnd {
        /// The requested position.
        position: u64,
        /// The last position of the log.
        last: u64,
    },
    /// The message is an event. No record can hide it.
    #[error("position {0} holds an event; no reader passes over an event")]
    Event(u64),
    /// The tree holds other bytes than the log.
    #[error(
        "position {0} was signed with other bytes than the log holds: the log was changed; run `jejak audit verify`"
    )]
    SignedOtherwise(u64),
    /// A record of the message stands already.
    #[error("position {position} is in quarantine since {time}: {reason}")]
    Stands {
        /// The position of the message.
        position: u64,
        /// The time of the record.
        time: String,
        /// The reason in the record.
        reason: String,
    },
    /// The reason is empty, too long, more than one line, or holds an invisible character or a NIK.
    #[error(
        "the reason must be one line of 1 to {LONGEST_REASON} visible characters, without a number that may be a NIK or a NIP"
    )]
    Reason,
}

/// The files and the log that a record is made from.
pub struct PutInput<'a> {
    /// The office of the log.
    pub tenant: &'a TenantId,
    /// The log; without one, the message is taken from the tree.
    pub journal: Option<&'a Journal>,
    /// The signed tree.
    pub tree: &'a Tree,
    /// The public key of the tree.
    pub key: &'a LogPublicKey,
    /// The file of the signing key.
    pub key_file: &'a Path,
}

/// Writes the signed record of a message that holds no event.
///
/// # Errors
/// See [`PutError`]: above all for a position that holds an event or is past the end.
pub async fn put(
    input: &PutInput<'_>,
    position: u64,
    reason: &str,
) -> Result<QuarantineRecord, PutError> {
    // It is signed for good, and read on terminals.
    let reason: Text = reason.parse().map_err(|_| PutError::Reason)?;
    if reason.chars().count() > LONGEST_REASON || may_hold_a_nik(&reason) {
        return Err(PutError::Reason);
    }
    input.key.check_office(input.tenant)?;
    let entry = find(input, position).await?;
    let records = records(input.tree.folder(), input.key);
    // A record that was altered is replaced.
    if let Ok(Some(stands)) = records.record_of(&entry) {
        return Err(PutError::Stands {
            position,
            time: stands.time,
            // A record of before may hold what is refused now.
            reason: visible(&stands.reason),
        });
    }
    let record = QuarantineRecord {
        position,
        subject: entry.subject.to_string(),
        sha256: sha256(&entry.stored.payload),
        time: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
        reason: reason.into(),
    };
    let note = private_key(input)?.sign_text(record.text(input.key.origin()).as_bytes())?;
    write_file(&records.file(position), &note)?;
    Ok(record)
}

/// The message of a position that holds no event: from the log, or from the tree of a lost log.
async fn find(input: &PutInput<'_>, position: u64) -> Result<LogEntry, PutError> {
    let last = match input.journal {
        Some(journal) => journal.last_position().await?,
        None => 0,
    };
    let signed = (1..=input.tree.head().size)
        .contains(&position)
        .then(|| proof::signed_entry(input.tree, position))
        .transpose()?
        .map(|(signed, _)| signed);
    let stored = match input.journal {
        Some(journal) if position > 0 => journal.read(position).await?,
        Some(_) | None => None,
    };
    match (stored, signed) {
        (Some(stored), Some(signed)) if stored.stored.payload != signed => {
            Err(PutError::SignedOtherwise(position))
        }
        (Some(stored), _) => match event(input.tenant, &stored) {
            Ok(_) => Err(PutError::Event(position)),
            Err(_) => Ok(stored),
        },
        (None, Some(signed)) => lost(input.tenant, position, signed),
        (None, None) => Err(PutError::BeyondEnd { position, last }),
    }
}

/// The message of a log that was lost. Its subject is lost too, so it gets one of no stream.
fn lost(tenant: &TenantId, position: u64, signed: Vec<u8>) -> Result<LogEntry, PutError> {
    let stored = StoredEvent {
        position,
        payload: Bytes::from(signed),
    };
    if own_event(stored.clone(), tenant).is_ok() {
        return Err(PutError::Event(position));
    }
    Ok(LogEntry {
        subject: any_subject(tenant).into(),
        stored,
    })
}

/// The subject of a message whose own is not known.
pub(crate) fn any_subject(tenant: &TenantId) -> String {
    format!("jejak.{tenant}.ev.{NO_STREAM}")
}

/// The subject that an event belongs under. `None` for what is no event.
pub(crate) fn own_subject(stored: &StoredEvent, tenant: &TenantId) -> Option<String> {
    let recorded = envelope::decode(stored.position, &stored.payload).ok()?;
    Some(topic(
        tenant,
        &recorded.envelope.stream,
        recorded.event.topic(),
    ))
}

/// The event of an entry, wherever it stood in the log.
///
/// # Errors
/// The reason why it is no event of the office.
pub(crate) fn own_event(stored: StoredEvent, tenant: &TenantId) -> Result<RecordedEvent, String> {
    let recorded = envelope::decode(stored.position, &stored.payload);
    let recorded = recorded.map_err(|error| error.to_string())?;
    let subject = topic(tenant, &recorded.envelope.stream, recorded.event.topic()).into();
    event(tenant, &LogEntry { subject, stored })
}

/// The signing key of the tree.
fn private_key(input: &PutInput<'_>) -> Result<LogPrivateKey, PutError> {
    let path = input.key_file;
    let text = read_file(path)?.ok_or_else(|| TreeError::KeyLost {
        key: path.to_owned(),
        folder: input.tree.folder().to_owned(),
    })?;
    let key = LogPrivateKey::parse(&String::from_utf8_lossy(&text))
        .map_err(|error| TreeError::damaged(path, error.to_string()))?;
    if key.public()?.text() != input.key.text() {
        return Err(TreeError::damaged(path, "it is not the key of this tree").into());
    }
    Ok(key)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs;

    use super::*;
    use crate::{note::NoteError, tree::test_tree::TestTree};

    const SUBJECT: &str = "jejak.pontianak.ev.calendar.2020.holiday";

    /// Puts a message into quarantine, without a look at it. Returns the file of its record.
    pub(crate) fn quarantined(tree: &TestTree, position: u64, bytes: &[u8]) -> PathBuf {
        let record = QuarantineRecord {
            position,
            subject: SUBJECT.to_owned(),
            sha256: sha256(bytes),
            time: "2026-11-30T08:00:00Z".to_owned(),
            reason: "a test".to_owned(),
        };
        let note = tree.sign_text(&record.text(tree.key().origin()));
        let file = records(tree.tree().folder(), tree.key()).file(position);
        write_file(&file, &note).unwrap();
        file
    }

    /// Goal: what is signed for good forges no line and names nobody by number (rule 50).
    #[tokio::test]
    async fn rule_50_a_reason_is_one_visible_line_without_a_nik() {
        let tree = TestTree::of(3);
        let put = async |reason: &str| {
            let input = PutInput {
                tenant: &"pontianak".parse().unwrap(),
                journal: None,
                tree: &tree.tree(),
                key: tree.key(),
                key_file: Path::new("none"),
            };
            put(&input, 9, reason).await
        };
        for wrong in [
            "",
            " ",
            "a\nb",
            "a\u{1b}[2K",
            "a\u{202e}b",
            "a\u{e0100}",
            "tentang 6171011503950001",
            "tentang 6171.0115.0395.0001",
            &"a".repeat(501),
        ] {
            let refused = put(wrong).await;
            assert!(matches!(refused, Err(PutError::Reason)), "{wrong:?}");
        }
        let taken = put("sent by a test tool").await;
        assert!(!matches!(taken, Err(PutError::Reason)), "{taken:?}");
    }

    fn entry(position: u64, payload: &'static [u8]) -> LogEntry {
        LogEntry {
            subject: SUBJECT.into(),
            stored: StoredEvent {
                position,
                payload: payload.into(),
            },
        }
    }

    /// Goal: only the record that the log's key signed, of this very message, is followed. Method:
    /// each byte of a record altered, a record under another name, and a record of another key.
    #[test]
    fn a_record_is_followed_only_as_it_was_signed() {
        let tree = TestTree::of(3);
        let records = records(tree.tree().folder(), tree.key());
        assert!(records.record_of(&entry(2, b"x")).unwrap().is_none());
        let file = quarantined(&tree, 2, b"x");
        let stands = records.record_of(&entry(2, b"x")).unwrap().unwrap();
        assert_eq!(stands.reason, "a test");
        assert!(records.record_of(&entry(2, b"y")).is_err());
        let note = fs::read(&file).unwrap();
        for at in 0..note.len() {
            let mut altered = note.clone();
            altered[at] ^= 1;
            fs::write(&file, altered).unwrap();
            assert!(records.record(2).is_err(), "byte {at}");
        }
        fs::write(records.file(3), &note).unwrap();
        let other = records.record(3).unwrap_err().to_string();
        assert!(other.contains("of another position"), "{other}");
        let stranger = TestTree::of(3);
        fs::copy(quarantined(&stranger, 2, b"x"), &file).unwrap();
        let other = records.record(2).unwrap_err().to_string();
        assert!(other.contains("not signed by jejak/pontianak+"), "{other}");
        assert_eq!(records.positions().unwrap(), [2, 3]);
    }

    /// Goal: a record is never taken for a checkpoint, nor a checkpoint for a record: one key signs
    /// both.
    #[test]
    fn records_and_checkpoints_are_told_apart() {
        let tree = TestTree::of(3);
        let records = records(tree.tree().folder(), tree.key());
        let note = fs::read(quarantined(&tree, 2, b"x")).unwrap();
        assert!(matches!(
            tree.key().open(&note),
            Err(NoteError::Malformed(_) | NoteError::OtherOrigin { .. })
        ));
        fs::write(records.file(2), tree.tree().checkpoint()).unwrap();
        assert!(records.record(2).is_err());
    }
}
