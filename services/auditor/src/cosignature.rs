//! Keys and signatures of witnesses: C2SP tlog-cosignature, with Ed25519.
//!
//! A cosignature says that at its time the witness knew no larger tree of the log, and none that
//! this one does not extend. This module reads and writes no files.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signature as Ed25519Signature, Signer as _, SigningKey, VerifyingKey};
use signed_note::{Note, Signature, Verifier, VerifierList};

use crate::note::NoteError;

/// The algorithm byte of an Ed25519 key of a witness (C2SP tlog-cosignature).
const ED25519: u8 = 4;
/// The bytes of the time before the signature itself.
const TIME: usize = 8;

/// The reason why a witness's key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WitnessKeyError {
    /// The text is no public key of a witness.
    #[error("not a public key of a witness, which looks like {EXAMPLE}")]
    Public,
    /// The text is no private key of a witness.
    #[error("it does not hold the signing key of a witness; put it back from a copy")]
    Private,
    /// The name cannot stand in a signature.
    #[error("a witness's name has no spaces and no plus sign, and at most 200 bytes")]
    Name,
}

const EXAMPLE: &str = "witness.example/kota+1a2b3c4d+BKq5...";
/// The largest name of a witness, in bytes.
const LONGEST_NAME: usize = 200;

/// The key that checks the cosignatures of one witness.
#[derive(Clone)]
pub struct WitnessPublicKey {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl fmt::Debug for WitnessPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// A valid cosignature of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// The time of the cosignature, in seconds since 1970.
    pub time: u64,
    /// Its line in a note, with the newline.
    pub(crate) line: Vec<u8>,
}

impl WitnessPublicKey {
    /// Parses a key such as `<name>+<hash>+<key>` (C2SP vkey, type 4).
    ///
    /// # Errors
    /// [`WitnessKeyError::Public`].
    pub fn parse(text: &str) -> Result<Self, WitnessKeyError> {
        let refused = || WitnessKeyError::Public;
        let (name, rest) = text.trim().split_once('+').ok_or_else(refused)?;
        let (id, key) = rest.split_once('+').ok_or_else(refused)?;
        let bytes = BASE64.decode(key).map_err(|_| refused())?;
        let [ED25519, raw @ ..] = &bytes[..] else {
            return Err(refused());
        };
        let raw = <&[u8; 32]>::try_from(raw).map_err(|_| refused())?;
        let key = VerifyingKey::from_bytes(raw).map_err(|_| refused())?;
        let known = Self::new(name, key).map_err(|_| refused())?;
        if id != format!("{:08x}", known.id) {
            return Err(refused());
        }
        Ok(known)
    }

    fn new(name: &str, key: VerifyingKey) -> Result<Self, WitnessKeyError> {
        if name.len() > LONGEST_NAME || !signed_note::is_key_name_valid(name) {
            return Err(WitnessKeyError::Name);
        }
        Ok(Self {
            name: name.to_owned(),
            id: signed_note::key_id(name, &encoded(key.as_bytes())),
            key,
        })
    }

    /// The text that [`WitnessPublicKey::parse`] reads.
    pub fn text(&self) -> String {
        let key = BASE64.encode(encoded(self.key.as_bytes()));
        format!("{}+{}+{key}", self.name, self.id())
    }

    /// The name of the witness.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hash of the key, in 8 hexadecimal digits.
    pub(crate) fn id(&self) -> String {
        format!("{:08x}", self.id)
    }

    /// The valid cosignature of this key on a note.
    ///
    /// # Errors
    /// [`NoteError`]: no note, no cosignature of this key, or one that does not fit.
    pub fn find(&self, note: &[u8]) -> Result<Cosignature, NoteError> {
        let note = Note::from_bytes(note).map_err(|_| NoteError::Malformed("no signed note"))?;
        let known = VerifierList::new(vec![Box::new(self.clone())]);
        let (found, _) = note.verify(&known).map_err(|error| NoteError::Signature {
            reason: match error {
                signed_note::NoteError::InvalidSignature { .. } => "does not fit the signature of",
                _ => "not signed by",
            },
            key: format!("{}+{}", self.name, self.id()),
        })?;
        let found = found.first().and_then(|signature| {
            let (time, _) = split(signature.signature())?;
            let line = signature.to_bytes();
            Some(Cosignature { time, line })
        });
        found.ok_or(NoteError::Malformed("no cosignature"))
    }
}

impl Verifier for WitnessPublicKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let Some((time, signature)) = split(signature) else {
            return false;
        };
        let Ok(signature) = Ed25519Signature::from_slice(signature) else {
            return false;
        };
        let message = message(time, text);
        self.key.verify_strict(&message, &signature).is_ok()
    }
}

/// The key of a witness, which cosigns.
pub struct WitnessPrivateKey {
    key: SigningKey,
    public: WitnessPublicKey,
}

impl WitnessPrivateKey {
    /// The text of a new key, from 32 random bytes.
    ///
    /// # Errors
    /// [`WitnessKeyError::Name`].
    pub fn text(name: &str, random: &[u8; 32]) -> Result<String, WitnessKeyError> {
        let public = WitnessPublicKey::new(name, SigningKey::from_bytes(random).verifying_key())?;
        let key = BASE64.encode(encoded(random));
        Ok(format!("PRIVATE+KEY+{name}+{}+{key}", public.id()))
    }

    /// Parses the text of a private key.
    ///
    /// # Errors
    /// [`WitnessKeyError::Private`].
    pub fn parse(text: &str) -> Result<Self, WitnessKeyError> {
        let refused = || WitnessKeyError::Private;
        let rest = text.trim().strip_prefix("PRIVATE+KEY+");
        let (name, rest) = rest
            .and_then(|rest| rest.split_once('+'))
            .ok_or_else(refused)?;
        let (id, key) = rest.split_once('+').ok_or_else(refused)?;
        let bytes = BASE64.decode(key).map_err(|_| refused())?;
        let [ED25519, seed @ ..] = &bytes[..] else {
            return Err(refused());
        };
        let seed = <&[u8; 32]>::try_from(seed).map_err(|_| refused())?;
        let key = SigningKey::from_bytes(seed);
        let public = WitnessPublicKey::new(name, key.verifying_key()).map_err(|_| refused())?;
        if id != public.id() {
            return Err(refused());
        }
        Ok(Self { key, public })
    }

    /// The public key of this private key.
    pub fn public(&self) -> &WitnessPublicKey {
        &self.public
    }

    /// The line of a cosignature on the text of a checkpoint. `time` is in seconds since 1970.
    ///
    /// # Errors
    /// [`NoteError::Malformed`].
    pub(crate) fn cosign(&self, text: &[u8], time: u64) -> Result<Vec<u8>, NoteError> {
        let signature = self.key.sign(&message(time, text)).to_bytes();
        let bytes = [&time.to_be_bytes()[..], &signature].concat();
        let signature = Signature::new(self.public.name.clone(), self.public.id, bytes);
        let signature = signature.map_err(|_| NoteError::Malformed("it cannot be cosigned"))?;
        Ok(signature.to_bytes())
    }
}

fn encoded(key: &[u8; 32]) -> Vec<u8> {
    [&[ED25519][..], key].concat()
}

/// The signed message: the time and the text of the checkpoint.
fn message(time: u64, text: &[u8]) -> Vec<u8> {
    let head = format!("cosignature/v1\ntime {time}\n");
    [head.as_bytes(), text].concat()
}

fn split(signature: &[u8]) -> Option<(u64, &[u8])> {
    let (time, signature) = signature.split_first_chunk::<TIME>()?;
    Some((u64::from_be_bytes(*time), signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"jejak/pontianak\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    fn key(name: &str, seed: u8) -> WitnessPrivateKey {
        WitnessPrivateKey::parse(&WitnessPrivateKey::text(name, &[seed; 32]).unwrap()).unwrap()
    }

    fn note(lines: &[u8]) -> Vec<u8> {
        [TEXT, b"\n", lines].concat()
    }

    /// Goal: the format is that of C2SP tlog-cosignature. Method: the message and the bytes of the line
    /// are written out here.
    #[test]
    fn a_cosignature_is_over_its_time_and_the_whole_text() {
        let witness = key("witness.example/kota", 7);
        let note = note(&witness.cosign(TEXT, 1_679_315_147).unwrap());
        let found = witness.public().find(&note).unwrap();
        assert_eq!(found.time, 1_679_315_147);
        let signed = b"cosignature/v1\ntime 1679315147\njejak/pontianak\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let line = String::from_utf8(found.line).unwrap();
        let bytes = BASE64
            .decode(line.trim().rsplit_once(' ').unwrap().1)
            .unwrap();
        assert_eq!(bytes[4..12], 1_679_315_147_u64.to_be_bytes());
        let signature = Ed25519Signature::from_slice(&bytes[12..]).unwrap();
        let raw = SigningKey::from_bytes(&[7; 32]).verifying_key();
        assert!(raw.verify_strict(signed, &signature).is_ok());
    }

    #[test]
    fn a_changed_time_text_or_key_does_not_fit() {
        let (witness, other) = (key("kota", 1), key("kota", 2));
        let line = witness.cosign(TEXT, 5).unwrap();
        assert!(witness.public().find(&note(&line)).is_ok());
        assert!(other.public().find(&note(&line)).is_err());
        let later = [b"jejak/pontianak\n6\n", &TEXT[18..], b"\n", &line].concat();
        assert!(witness.public().find(&later).is_err());
        let text = String::from_utf8(line).unwrap();
        let (name, bytes) = text.trim().rsplit_once(' ').unwrap();
        let mut bytes = BASE64.decode(bytes).unwrap();
        bytes[11] += 1;
        let line = format!("{name} {}\n", BASE64.encode(bytes));
        assert!(witness.public().find(&note(line.as_bytes())).is_err());
    }

    #[test]
    fn keys_are_read_as_they_are_written_and_others_are_refused() {
        let witness = key("witness.example/kota", 3);
        let text = witness.public().text();
        assert_eq!(WitnessPublicKey::parse(&text).unwrap().text(), text);
        let of_a_log = "jejak/pontianak+00000000+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let other_id = text.replacen('+', "+0", 1);
        for wrong in ["", "kota", of_a_log, &other_id, &text[..text.len() - 4]] {
            assert!(WitnessPublicKey::parse(wrong).is_err(), "{wrong}");
        }
        for wrong in ["a b", "", "a+b", &"a".repeat(201)] {
            assert!(WitnessPrivateKey::text(wrong, &[0; 32]).is_err(), "{wrong}");
        }
    }
}
