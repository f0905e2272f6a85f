//! The tenant's key and what is derived from it: pseudonyms, command digests, wrapped data keys.
//!
//! Pure functions of a key and their input. Where keys are kept, and where randomness comes from,
//! is not decided here.

use std::fmt;

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::ids::{ActorId, Nik, Nip, OfficerId, OperatorId};

/// 256 bits that only the office holds. Whoever has it can go from a NIK to an operator id.
#[derive(Clone)]
pub struct TenantKey([u8; 32]);

/// The key of one person's sealed parts. Destroying it erases the person.
#[derive(Clone, PartialEq, Eq)]
pub struct DataKey(pub(crate) [u8; 32]);

/// A wrapped data key that the tenant's key does not open, or a sealed part that its key does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("does not open with this key")]
pub struct WrongKey;

/// Bytes of a random nonce: 96 bits, never used twice under one key.
pub type Nonce = [u8; 12];

impl TenantKey {
    /// The key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    fn mac(&self, purpose: &str, input: &[u8]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0)
            .expect("HMAC takes a key of any length");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(input);
        mac.finalize().into_bytes().into()
    }

    fn pseudonym(&self, purpose: &str, input: &str) -> Uuid {
        let mac = self.mac(purpose, input.as_bytes());
        let mut half = [0; 16];
        half.copy_from_slice(&mac[..16]);
        Uuid::new_v8(half)
    }

    /// The pseudonym of a citizen number: one person is one stream, without a lookup table.
    pub fn operator_id(&self, nik: &Nik) -> OperatorId {
        OperatorId(self.pseudonym("operator", nik.as_str()))
    }

    /// The pseudonym of a civil-service number.
    pub fn officer_id(&self, nip: &Nip) -> OfficerId {
        OfficerId(self.pseudonym("officer", nip.as_str()))
    }

    /// How the bearer of a token with this `sub` appears in events: a NIP and an operator id as the
    /// person, a short lower-case name as an account, anything else (an e-mail address, say) under a
    /// pseudonym.
    pub fn actor_id(&self, sub: &str) -> ActorId {
        if let Ok(nip) = sub.parse::<Nip>() {
            return ActorId::Officer(self.officer_id(&nip));
        }
        if let Ok(id) = sub.parse::<OperatorId>() {
            return ActorId::Operator(id);
        }
        match sub.parse() {
            Ok(name) if sub.starts_with(|c: char| c.is_ascii_lowercase()) => ActorId::Account(name),
            _ => ActorId::Officer(OfficerId(self.pseudonym("actor", sub))),
        }
    }

    /// The digest that tells whether a command id comes with the same command as before. Keyed,
    /// since a plain hash of a body that holds a NIK could be searched for.
    pub fn digest(&self, command: &[u8]) -> String {
        let mac = self.mac("command", command);
        let mut half = [0; 16];
        half.copy_from_slice(&mac[..16]);
        Uuid::from_bytes(half).simple().to_string()
    }

    /// A person's data key, encrypted for storage outside the log.
    pub fn wrap(&self, owner: &str, key: &DataKey, nonce: Nonce) -> Vec<u8> {
        encrypt(&self.mac("wrap", b""), nonce, owner.as_bytes(), &key.0)
    }

    /// Reverses [`TenantKey::wrap`].
    ///
    /// # Errors
    /// [`WrongKey`] if it was wrapped by another tenant's key, for another owner, or altered.
    pub fn unwrap(&self, owner: &str, wrapped: &[u8]) -> Result<DataKey, WrongKey> {
        let bytes = decrypt(&self.mac("wrap", b""), owner.as_bytes(), wrapped)?;
        Ok(DataKey(bytes.try_into().map_err(|_| WrongKey)?))
    }
}

impl DataKey {
    /// The key of these (random) bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for TenantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TenantKey(..)")
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(..)")
    }
}

/// AES-256-GCM; the nonce stands before the ciphertext.
pub(crate) fn encrypt(key: &[u8; 32], nonce: Nonce, associated: &[u8], plain: &[u8]) -> Vec<u8> {
    let cipher = Aes256Gcm::new(&(*key).into());
    let sealed = cipher
        .encrypt(
            &nonce.into(),
            Payload {
                msg: plain,
                aad: associated,
            },
        )
        .expect("AES-GCM encrypts anything shorter than 64 GiB");
    [nonce.as_slice(), &sealed].concat()
}

/// Reverses [`encrypt`].
pub(crate) fn decrypt(
    key: &[u8; 32],
    associated: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, WrongKey> {
    let (nonce, sealed) = sealed.split_first_chunk::<12>().ok_or(WrongKey)?;
    Aes256Gcm::new(&(*key).into())
        .decrypt(
            &(*nonce).into(),
            Payload {
                msg: sealed,
                aad: associated,
            },
        )
        .map_err(|_| WrongKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_nik_is_one_operator_under_one_key_only() {
        let nik: Nik = "6171011503950001".parse().unwrap();
        let here = TenantKey::new([1; 32]);
        assert_eq!(here.operator_id(&nik), here.operator_id(&nik));
        assert_ne!(
            here.operator_id(&nik),
            TenantKey::new([2; 32]).operator_id(&nik)
        );
        assert_eq!(here.operator_id(&nik).0.get_version_num(), 8);
    }

    #[test]
    fn a_wrapped_key_opens_for_its_owner_only() {
        let tenant = TenantKey::new([1; 32]);
        let key = DataKey::new([7; 32]);
        let wrapped = tenant.wrap("operator.a", &key, [0; 12]);
        assert_eq!(tenant.unwrap("operator.a", &wrapped), Ok(key));
        assert_eq!(tenant.unwrap("operator.b", &wrapped), Err(WrongKey));
        assert_eq!(
            TenantKey::new([2; 32]).unwrap("operator.a", &wrapped),
            Err(WrongKey)
        );
        assert_eq!(tenant.unwrap("operator.a", &[]), Err(WrongKey));
    }

    #[test]
    fn actors_appear_as_pseudonyms_or_accounts() {
        let key = TenantKey::new([1; 32]);
        assert_eq!(
            key.actor_id("admin-bkpsdm").to_string(),
            "account/admin-bkpsdm"
        );
        for person in [
            "197701161997031006",
            "budi@example.go.id",
            "6171011503950001",
        ] {
            assert!(
                !key.actor_id(person).to_string().contains(person),
                "{person}"
            );
        }
    }
}
