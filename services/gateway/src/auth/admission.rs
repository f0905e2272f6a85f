//! The keys and revocations of one version of the token register.

use std::{collections::BTreeMap, sync::Arc};

use jejak_bus::{RequestProblem, canonical_subject};
use jsonwebtoken::DecodingKey;
use quick_cache::sync::Cache;
use rustls::pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};

use super::{caller::Caller, register::TokenRegister};
use crate::problem::token_invalid;

/// The capacity of [`CheckedTokens`].
const CHECKED_TOKENS: usize = 4_096;

/// The DER of an Ed25519 public key starts with these bytes (RFC 8410); the 32 bytes of the key
/// follow.
const ED25519_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// Callers by the SHA-256 of their checked tokens. A signature check costs more than the rest of a
/// query here. Another version of the register begins with an empty cache.
type CheckedTokens = Cache<[u8; 32], Caller>;

/// A key of the register.
pub(super) struct LocalKey {
    pub(super) id: Arc<str>,
    pub(super) key: DecodingKey,
    /// The end of the key, in seconds since 1970.
    pub(super) until: u64,
}

/// One version of the register, ready for use.
pub(crate) struct Admission {
    /// The bytes that were read.
    pub(super) text: Vec<u8>,
    pub(super) keys: Vec<LocalKey>,
    pub(super) checked: CheckedTokens,
    /// By the canonical spelling of the subject.
    revoked: BTreeMap<String, u64>,
}

impl Admission {
    /// Reads a register.
    ///
    /// # Errors
    /// A text that is no register, or a key that is no Ed25519 key in PEM.
    pub(super) fn parse(text: Vec<u8>) -> Result<Self, String> {
        let TokenRegister { keys, revoked } = TokenRegister::parse(&text)?;
        let keys = keys.into_iter().map(|key| {
            let opened = ed25519_key(&key.pem)
                .ok_or_else(|| format!("the key {} is not an Ed25519 key in PEM", key.id))?;
            Ok(LocalKey {
                id: key.id.into(),
                key: opened,
                until: key.until.unwrap_or(u64::MAX),
            })
        });
        Ok(Self {
            keys: keys.collect::<Result<_, String>>()?,
            checked: Cache::new(CHECKED_TOKENS),
            revoked: revoked
                .into_iter()
                .map(|(subject, at)| (canonical_subject(&subject).into_owned(), at))
                .collect(),
            text,
        })
    }

    /// The keys that a token may be signed with: the one it names, or all where it names none.
    pub(super) fn keys_for<'a>(
        &'a self,
        id: Option<&'a str>,
        now: u64,
    ) -> impl Iterator<Item = &'a LocalKey> {
        self.keys
            .iter()
            .filter(move |key| now < key.until && id.is_none_or(|id| *id == *key.id))
    }

    /// Whether a token ended before its time: its subject was revoked, or its key was replaced without an overlap
    /// that lasts until now.
    pub(super) fn has_ended(&self, caller: &Caller, now: u64) -> bool {
        let is_signed = caller
            .key()
            .is_none_or(|id| self.keys_for(Some(id), now).next().is_some());
        !is_signed || self.admit(caller).is_err()
    }

    /// Refuses a caller whose subject was revoked after the token was issued. A token that does not
    /// say when it was issued is refused too.
    pub(crate) fn admit(&self, caller: &Caller) -> Result<(), RequestProblem> {
        let revoked = self.revoked.get(&*canonical_subject(&caller.actor().sub));
        match revoked {
            Some(at) if caller.issued_s().is_none_or(|issued| issued <= *at) => {
                Err(token_invalid("revoked"))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// The key of a PEM text; none for any other kind of key.
fn ed25519_key(pem: &str) -> Option<DecodingKey> {
    let der = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()).ok()?;
    let key = der.as_ref().strip_prefix(&ED25519_PREFIX)?;
    (key.len() == 32).then(|| DecodingKey::from_ed_der(key))
}
