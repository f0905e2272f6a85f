//! Records of messages that hold no event. Readers pass over a recorded message.
//!
//! Each record is one file in a folder, named by the position: a C2SP signed note under the log's
//! key. It names the position, the subject and the SHA-256 of the message, so it covers no other
//! message. The auditor's crate writes records; this module only reads them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use signed_note::{Note, StandardVerifier, Verifier, VerifierList};

use crate::LogEntry;

/// The last part of a record's first line. No checkpoint has it.
const KIND: &str = "quarantine";

/// A fault of a record, or of the key that checks it.
#[derive(Debug, thiserror::Error)]
pub enum QuarantineError {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The reason that the system gives.
        source: io::Error,
    },
    /// The text is no public key of a log.
    #[error("{0} is no public key of the log")]
    Key(String),
    /// The record is not the one that was signed, or it is of another message.
    #[error("the record {} cannot be used: {reason}", path.display())]
    Record {
        /// The file of the record.
        path: PathBuf,
        /// The fault of the record.
        reason: String,
    },
}

/// A message that holds no event, as its record describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineRecord {
    /// The message's position in the log.
    pub position: u64,
    /// The subject that the message is stored under.
    pub subject: String,
    /// The SHA-256 of the message's bytes, in hexadecimal.
    pub sha256: String,
    /// The time of the record, RFC 3339.
    pub time: String,
    /// The reason that was given, one line.
    pub reason: String,
}

impl QuarantineRecord {
    /// The text that is signed, for a log of this origin, such as `jejak/pontianak`.
    pub fn text(&self, origin: &str) -> String {
        let Self {
            position,
            subject,
            sha256,
            time,
            reason,
        } = self;
        format!(
            "{origin}/{KIND}\nposition {position}\nsubject {subject}\nsha256 {sha256}\ntime {time}\nreason {reason}\n"
        )
    }

    fn parse(text: &str, origin: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut field = |name: &str| {
            let line = lines.next()?.strip_prefix(name)?;
            Some(line.to_owned())
        };
        field(&format!("{origin}/{KIND}"))?;
        let record = Self {
            position: field("position ")?.parse().ok()?,
            subject: field("subject ")?,
            sha256: field("sha256 ")?,
            time: field("time ")?,
            reason: field("reason ")?,
        };
        // Any other text would be signed text that nobody shows.
        (record.text(origin) == text).then_some(record)
    }

    /// The fault of the record for a message; none where the record is about that message.
    fn fault(&self, entry: &LogEntry) -> Option<&'static str> {
        if self.position != entry.stored.position {
            Some("it is of another position")
        } else if self.subject != entry.subject.as_str() {
            Some("the message is stored under another subject")
        } else if self.sha256 != sha256(&entry.stored.payload) {
            Some("the message holds other bytes")
        } else {
            None
        }
    }
}

/// The SHA-256 of a message's bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    let digits = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

/// The public key that checks records.
#[derive(Debug, Clone)]
pub enum RecordKey {
    /// The key's text, C2SP vkey.
    Text(String),
    /// The file with that text. It is read when it is needed.
    File(PathBuf),
}

/// The folder of the records, with the key that checks them. Neither needs to exist.
#[derive(Debug, Clone)]
pub struct Quarantine {
    folder: PathBuf,
    key: RecordKey,
}

impl Quarantine {
    /// The records in a folder. Each is read when a reader meets its message.
    pub fn new(folder: PathBuf, key: RecordKey) -> Self {
        Self { folder, key }
    }

    /// The file of a position's record.
    pub fn file(&self, position: u64) -> PathBuf {
        self.folder.join(position.to_string())
    }

    /// The positions with a record, in order. The records are not checked.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn positions(&self) -> Result<Vec<u64>, QuarantineError> {
        let io = |source| QuarantineError::Io {
            path: self.folder.clone(),
            source,
        };
        let files = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            files => files.map_err(io)?,
        };
        let mut positions = Vec::new();
        for file in files {
            let name = file.map_err(io)?.file_name();
            positions.extend(name.to_str().and_then(|name| name.parse::<u64>().ok()));
        }
        positions.sort_unstable();
        Ok(positions)
    }

    /// The record of a position, after a check of its signature. `None` without a record.
    ///
    /// # Errors
    /// [`QuarantineError`].
    pub fn record(&self, position: u64) -> Result<Option<QuarantineRecord>, QuarantineError> {
        let path = self.file(position);
        let Some(note) = read(&path)? else {
            return Ok(None);
        };
        let key = self.key()?;
        let opened = open(&note, &key).and_then(|record| match record.position == position {
            true => Ok(record),
            false => Err("it is of another position".to_owned()),
        });
        opened
            .map(Some)
            .map_err(|reason| QuarantineError::Record { path, reason })
    }

    /// The record of a message. `None` without a record.
    ///
    /// # Errors
    /// A record that is not signed, or that is of another message.
    pub fn record_of(&self, entry: &LogEntry) -> Result<Option<QuarantineRecord>, QuarantineError> {
        let position = entry.stored.position;
        let Some(record) = self.record(position)? else {
            return Ok(None);
        };
        match record.fault(entry) {
            None => Ok(Some(record)),
            Some(fault) => Err(QuarantineError::Record {
                path: self.file(position),
                reason: fault.to_owned(),
            }),
        }
    }

    fn key(&self) -> Result<StandardVerifier, QuarantineError> {
        let (text, name) = match &self.key {
            RecordKey::Text(text) => (text.clone(), text.clone()),
            RecordKey::File(path) => {
                let missing = || QuarantineError::Key(path.display().to_string());
                let bytes = read(path)?.ok_or_else(missing)?;
                let text = String::from_utf8_lossy(&bytes).into_owned();
                (text, path.display().to_string())
            }
        };
        StandardVerifier::new(text.trim()).map_err(|_| QuarantineError::Key(name))
    }
}

/// Checks the signature of a record.
fn open(note: &[u8], key: &StandardVerifier) -> Result<QuarantineRecord, String> {
    let note = Note::from_bytes(note).map_err(|_| "it is no signed note".to_owned())?;
    let known = VerifierList::new(vec![Box::new(key.clone())]);
    note.verify(&known).map_err(|_| {
        format!(
            "it is not signed by {}+{:08x}, or it was altered",
            key.name(),
            key.key_id()
        )
    })?;
    std::str::from_utf8(note.text())
        .ok()
        .and_then(|text| QuarantineRecord::parse(text, key.name()))
        .ok_or_else(|| "it is no record of a message".to_owned())
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, QuarantineError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(QuarantineError::Io {
            path: path.to_owned(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> QuarantineRecord {
        QuarantineRecord {
            position: 54,
            subject: "jejak.pontianak.ev.calendar.2020.holiday".to_owned(),
            sha256: sha256(b"garbage"),
            time: "2026-11-30T08:00:00Z".to_owned(),
            reason: "sent by a test tool, ticket 12".to_owned(),
        }
    }

    /// Goal: the text that was signed says all that is shown, and nothing else.
    #[test]
    fn a_text_is_read_only_as_it_was_written() {
        let text = record().text("jejak/pontianak");
        assert_eq!(
            QuarantineRecord::parse(&text, "jejak/pontianak"),
            Some(record())
        );
        assert_eq!(QuarantineRecord::parse(&text, "jejak/singkawang"), None);
        for other in [
            text.replace("position 54", "position 054"),
            text.replace("/quarantine", ""),
            format!("{text}more\n"),
            text.trim_end().to_owned(),
        ] {
            assert_eq!(
                QuarantineRecord::parse(&other, "jejak/pontianak"),
                None,
                "{other}"
            );
        }
    }

    #[test]
    fn a_record_covers_one_message_alone() {
        let entry = |position, subject: &str, payload: &'static [u8]| LogEntry {
            subject: subject.into(),
            stored: crate::StoredEvent {
                position,
                payload: payload.into(),
            },
        };
        let subject = record().subject;
        assert_eq!(record().fault(&entry(54, &subject, b"garbage")), None);
        for other in [
            entry(55, &subject, b"garbage"),
            entry(54, "jejak.pontianak.ev.calendar.2021.holiday", b"garbage"),
            entry(54, &subject, b"garbage "),
        ] {
            assert!(record().fault(&other).is_some(), "{other:?}");
        }
    }
}
