//! Keys and checkpoints: C2SP signed notes under Ed25519.
//!
//! A key is named after the origin of its log, `jejak/<tenant>`. This module
//! reads and writes no files.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use jejak_events::ids::TenantId;
use signed_note::{Note, Signer, StandardSigner, StandardVerifier, Verifier, VerifierList};
use tlog_tiles::{Checkpoint, Hash};

/// The algorithm byte of an Ed25519 key (C2SP signed-note).
const ED25519: u8 = 1;

/// The reason why a key or a checkpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text is no private key.
    #[error(
        "it does not hold a signing key; put it back from a copy: a new key would sign another log"
    )]
    PrivateKey,
    /// The text is no public key.
    #[error("not a public key of a log, which looks like jejak/pontianak+1a2b3c4d+ARq5...")]
    PublicKey,
    /// The bytes are no signed note, or the note holds no checkpoint.
    #[error("not a signed checkpoint: {0}")]
    Malformed(&'static str),
    /// The key did not sign the note, or the signature does not fit.
    #[error("{reason} the key {key}: it was altered, or another key signed it")]
    Signature {
        /// The fault of the signature.
        reason: &'static str,
        /// The name and hash of the key.
        key: String,
    },
    /// The checkpoint belongs to another log.
    #[error("a checkpoint of {found}, not of {expected}")]
    OtherOrigin {
        /// The origin of the key.
        expected: String,
        /// The origin in the checkpoint.
        found: String,
    },
    /// The key belongs to another office.
    #[error("the tree is of {found}, not of {expected}; name its office with --tenant")]
    OtherOffice {
        /// The origin of the office's log.
        expected: String,
        /// The origin of the key.
        found: String,
    },
}

/// The extension line of a checkpoint that names the old key and the new one of a log.
const CHANGE: &str = "jejak-key-change";

/// The origin of a tenant's log, which is also the name of its key.
pub fn origin(tenant: &TenantId) -> String {
    format!("jejak/{tenant}")
}

/// The size of a tree and its root hash.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TreeHead {
    /// The number of entries.
    pub size: u64,
    /// The root hash (RFC 6962).
    pub root: Hash,
}

/// The size in a checkpoint, without a check of its signature. `None` if it is no checkpoint.
pub(crate) fn unchecked_size(note: &[u8]) -> Option<u64> {
    Some(unchecked_head(note)?.1.size)
}

/// The key that signs checkpoints.
pub(crate) struct LogPrivateKey {
    signer: StandardSigner,
    public: String,
}

impl LogPrivateKey {
    /// The text of a new key, from 32 random bytes.
    pub(crate) fn text(origin: &str, random: &[u8; 32]) -> String {
        let public = ed25519_dalek::SigningKey::from_bytes(random).verifying_key();
        let id = signed_note::key_id(origin, &[&[ED25519][..], public.as_bytes()].concat());
        let key = BASE64.encode([&[ED25519][..], random].concat());
        format!("PRIVATE+KEY+{origin}+{id:08x}+{key}")
    }

    /// Parses the text of a private key.
    pub(crate) fn parse(text: &str) -> Result<Self, NoteError> {
        let text = text.trim();
        let signer = StandardSigner::new(text).map_err(|_| NoteError::PrivateKey)?;
        // `StandardSigner` has checked the five parts. The last is the algorithm byte and 32 bytes.
        let bytes = text
            .splitn(5, '+')
            .nth(4)
            .and_then(|key| BASE64.decode(key).ok());
        let seed = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.get(1..)?).ok());
        let key = ed25519_dalek::SigningKey::from_bytes(&seed.ok_or(NoteError::PrivateKey)?);
        let public = signed_note::new_ed25519_verifier_key(signer.name(), &key.verifying_key());
        Ok(Self { signer, public })
    }

    /// The public key of this private key.
    pub(crate) fn public(&self) -> Result<LogPublicKey, NoteError> {
        LogPublicKey::parse(&self.public)
    }

    /// Signs the checkpoint of a head.
    pub(crate) fn sign(&self, head: TreeHead) -> Result<Vec<u8>, NoteError> {
        let malformed = || NoteError::Malformed("the origin cannot be signed");
        let checkpoint = Checkpoint::new(self.signer.name(), head.size, head.root, "");
        self.sign_text(&checkpoint.map_err(|_| malformed())?.to_bytes())
    }

    /// Signs a text. It must not be taken for a checkpoint, so its first line is another one.
    pub(crate) fn sign_text(&self, text: &[u8]) -> Result<Vec<u8>, NoteError> {
        let malformed = || NoteError::Malformed("the text cannot be signed");
        let mut note = Note::new(text, &[]).map_err(|_| malformed())?;
        note.add_sigs(&[&self.signer]).map_err(|_| malformed())?;
        Ok(note.to_bytes())
    }

    /// Adds the signature of this key to a signed note.
    pub(crate) fn sign_too(&self, note: &[u8]) -> Result<Vec<u8>, NoteError> {
        let malformed = || NoteError::Malformed("no signed note");
        let mut note = Note::from_bytes(note).map_err(|_| malformed())?;
        note.add_sigs(&[&self.signer]).map_err(|_| malformed())?;
        Ok(note.to_bytes())
    }
}

/// A change of the key that signs a log. The last checkpoint of the old key names it and is signed by
/// both.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeyChange {
    /// The key that signed before.
    pub(crate) old: LogPublicKey,
    /// The key that signs from then on.
    pub(crate) new: LogPublicKey,
}

impl KeyChange {
    /// The checkpoint of the change, signed by both keys.
    pub(crate) fn sign(
        old: &LogPrivateKey,
        new: &LogPrivateKey,
        head: TreeHead,
    ) -> Result<Vec<u8>, NoteError> {
        let malformed = |_| NoteError::Malformed("the origin cannot be signed");
        let extension = format!("{CHANGE} {} {}\n", old.public, new.public);
        let checkpoint = Checkpoint::new(old.signer.name(), head.size, head.root, &extension);
        new.sign_too(&old.sign_text(&checkpoint.map_err(malformed)?.to_bytes())?)
    }

    /// The change that a checkpoint names, if it names one and this key signed it.
    pub(crate) fn open(note: &[u8], key: &LogPublicKey) -> Option<Self> {
        key.open(note).ok()?;
        let note = Note::from_bytes(note).ok()?;
        let checkpoint = Checkpoint::from_bytes(note.text()).ok()?;
        let keys = checkpoint.extension().strip_prefix(CHANGE)?;
        let (old, new) = keys.trim().split_once(' ')?;
        Some(Self {
            old: LogPublicKey::parse(old).ok()?,
            new: LogPublicKey::parse(new).ok()?,
        })
    }
}

/// The key that checks checkpoints.
#[derive(Clone)]
pub struct LogPublicKey {
    text: String,
    verifier: StandardVerifier,
}

impl fmt::Debug for LogPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for LogPublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl LogPublicKey {
    /// Parses a key such as `<origin>+<hash>+<key>` (C2SP vkey).
    ///
    /// # Errors
    /// [`NoteError::PublicKey`].
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let text = text.trim().to_owned();
        let verifier = StandardVerifier::new(&text).map_err(|_| NoteError::PublicKey)?;
        Ok(Self { text, verifier })
    }

    /// The text that [`LogPublicKey::parse`] reads.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The origin of the key's log.
    pub fn origin(&self) -> &str {
        self.verifier.name()
    }

    /// Refuses the key of another office's log.
    ///
    /// # Errors
    /// [`NoteError::OtherOffice`].
    pub fn check_office(&self, tenant: &TenantId) -> Result<(), NoteError> {
        let expected = origin(tenant);
        if self.origin() == expected {
            return Ok(());
        }
        Err(NoteError::OtherOffice {
            expected,
            found: self.origin().to_owned(),
        })
    }

    /// The name and hash of the key, as they stand in signatures.
    pub fn name(&self) -> String {
        format!("{}+{:08x}", self.verifier.name(), self.verifier.key_id())
    }

    /// The hash of the key, in 8 hexadecimal digits.
    pub(crate) fn id(&self) -> String {
        format!("{:08x}", self.verifier.key_id())
    }

    /// Checks the signature of a checkpoint and returns its head.
    ///
    /// # Errors
    /// See [`NoteError`].
    pub fn open(&self, note: &[u8]) -> Result<TreeHead, NoteError> {
        Ok(self.open_alone(note)?.0)
    }

    /// Checks the signature of a checkpoint. Returns its head, and the checkpoint with the signature of
    /// this key alone.
    pub(crate) fn open_alone(&self, note: &[u8]) -> Result<(TreeHead, Vec<u8>), NoteError> {
        let note = Note::from_bytes(note).map_err(|_| NoteError::Malformed("no signed note"))?;
        let checkpoint = Checkpoint::from_bytes(note.text());
        let checkpoint =
            checkpoint.map_err(|_| NoteError::Malformed("no checkpoint in the note"))?;
        if checkpoint.origin() != self.origin() {
            let (expected, found) = (self.origin().to_owned(), checkpoint.origin().to_owned());
            return Err(NoteError::OtherOrigin { expected, found });
        }
        let known = VerifierList::new(vec![Box::new(self.verifier.clone())]);
        let verified = note.verify(&known);
        let (signatures, _) = verified.map_err(|error| NoteError::Signature {
            reason: match error {
                signed_note::NoteError::InvalidSignature { .. } => "does not fit the signature of",
                _ => "not signed by",
            },
            key: self.name(),
        })?;
        let alone = Note::new(note.text(), &signatures);
        let alone = alone.map_err(|_| NoteError::Malformed("no signed note"))?;
        let head = TreeHead {
            size: checkpoint.size(),
            root: *checkpoint.hash(),
        };
        Ok((head, alone.to_bytes()))
    }
}

/// The origin and the head of a checkpoint, without a check of its signatures.
pub(crate) fn unchecked_head(note: &[u8]) -> Option<(String, TreeHead)> {
    let note = Note::from_bytes(note).ok()?;
    let checkpoint = Checkpoint::from_bytes(note.text()).ok()?;
    let head = TreeHead {
        size: checkpoint.size(),
        root: *checkpoint.hash(),
    };
    Some((checkpoint.origin().to_owned(), head))
}

/// The text of a note, which its signatures cover.
pub(crate) fn text(note: &[u8]) -> Option<Vec<u8>> {
    Some(Note::from_bytes(note).ok()?.text().to_owned())
}

#[cfg(test)]
mod tests;
