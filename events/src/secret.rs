//! The tenant's key and everything derived from it: pseudonyms, command digests, wrapped data keys.
//!
//! Each function is pure. The journal stores keys and draws nonces.

use std::fmt;

use ring::{
    aead::{self, AES_256_GCM, Aad, LessSafeKey, UnboundKey},
    hmac,
};
use uuid::Uuid;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{
    ids::{AccountId, ActorId, CommandId, Nik, NikDigest, Nip, OfficerId, OperatorId, PackageId},
    role::{Role, named_operator},
};

/// Separates the cells of views from the sealed parts of events, which are bound to an event's id.
const CELL: &[u8] = b"view cell";

/// A secret of the office: it leads from a NIK to an operator id, and it wraps data keys. Its memory is
/// overwritten when it is dropped.
///
/// The first stands in stored events, so its root stays for good. The wrapping key may be replaced.
#[derive(Clone, ZeroizeOnDrop)]
pub struct TenantKey {
    root: [u8; 32],
    wrapping: [u8; 32],
    /// The wrapping key before, while data keys are wrapped anew.
    earlier: Option<[u8; 32]>,
}

/// The key of one person's sealed parts. Destroying it erases the person. Its memory is overwritten when it
/// is dropped.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct DataKey(pub(crate) [u8; 32]);

/// A ciphertext that this key does not open: it was sealed under another key, or it was altered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("does not open with this key")]
pub struct WrongKey;

/// A random nonce of 96 bits. One key never uses it twice.
pub type Nonce = [u8; aead::NONCE_LEN];

impl TenantKey {
    /// Makes a tenant's key from 32 random bytes. Its first wrapping key follows from them.
    pub fn new(root: [u8; 32]) -> Self {
        Self {
            root,
            wrapping: mac(&root, "wrap", b""),
            earlier: None,
        }
    }

    /// The key with a wrapping key of its own. Data keys that `earlier` wrapped are opened too.
    #[must_use]
    pub fn with_wrapping(mut self, wrapping: [u8; 32], earlier: Option<[u8; 32]>) -> Self {
        self.wrapping = wrapping;
        self.earlier = earlier;
        self
    }

    /// The secret behind pseudonyms and digests.
    pub fn root(&self) -> [u8; 32] {
        self.root
    }

    /// The key that wraps data keys.
    pub fn wrapping(&self) -> [u8; 32] {
        self.wrapping
    }

    /// The key that wrapped data keys before, while they are wrapped anew.
    pub fn earlier_wrapping(&self) -> Option<[u8; 32]> {
        self.earlier
    }

    fn mac(&self, purpose: &str, input: &[u8]) -> [u8; 32] {
        mac(&self.root, purpose, input)
    }

    /// The first 128 bits of the keyed hash.
    fn half_mac(&self, purpose: &str, input: &[u8]) -> [u8; 16] {
        let mac = self.mac(purpose, input);
        let (half, _) = mac
            .split_first_chunk()
            .expect("HMAC-SHA256 has more than 16 bytes");
        *half
    }

    fn pseudonym(&self, purpose: &str, input: &str) -> Uuid {
        Uuid::new_v8(self.half_mac(purpose, input.as_bytes()))
    }

    /// The digest of a NIK and its first holding, which names the stream of this claim.
    pub fn nik_digest(&self, nik: &Nik) -> NikDigest {
        NikDigest::new(self.mac("nik", nik.as_str().as_bytes()))
    }

    /// The digest of the holding after another one of the same NIK.
    pub fn next_nik_digest(&self, released: &NikDigest) -> NikDigest {
        NikDigest::new(self.mac("nik", released.as_str().as_bytes()))
    }

    /// The id of the first person registered under a NIK.
    pub fn operator_id(&self, nik: &Nik) -> OperatorId {
        OperatorId(self.pseudonym("operator", nik.as_str()))
    }

    /// The id of a person registered under a NIK that others held before.
    pub fn later_operator_id(&self, nik: &NikDigest) -> OperatorId {
        OperatorId(self.pseudonym("operator", nik.as_str()))
    }

    /// Derives the id of an officer from the NIP.
    pub fn officer_id(&self, nip: &Nip) -> OfficerId {
        OfficerId(self.pseudonym("officer", nip.as_str()))
    }

    /// The digest of a contract's number in a package, in 32 hexadecimal digits.
    pub(crate) fn spk_digest(&self, package_id: &PackageId, spk_number: &str) -> String {
        let name = format!("{package_id}/{spk_number}");
        Uuid::from_bytes(self.half_mac("spk", name.as_bytes()))
            .simple()
            .to_string()
    }

    /// Turns the subject and the roles of a token into the actor that events name.
    ///
    /// The roles decide the kind. An operator's id stays as it is. A NIP of an officer becomes his pseudonym, and so
    /// does any other text. Every other subject becomes the pseudonym of an account, whatever text it is.
    pub fn actor_id(&self, subject: &str, roles: &[Role]) -> ActorId {
        if let Some(id) = named_operator(subject, roles) {
            return ActorId::Operator(id);
        }
        if !roles.contains(&Role::Officer) {
            return ActorId::Account(AccountId(self.pseudonym("account", subject)));
        }
        ActorId::Officer(match subject.parse() {
            Ok(nip) => self.officer_id(&nip),
            Err(_) => OfficerId(self.pseudonym("actor", subject)),
        })
    }

    /// The pseudonym of a subject whose roles are not known.
    pub fn subject_id(&self, subject: &str) -> Uuid {
        self.pseudonym("subject", subject)
    }

    /// The digest of a command under its id, in 32 hexadecimal digits. A repeated id must come with the same one.
    ///
    /// The digest is keyed: a search over all NIKs could invert a plain hash.
    pub(crate) fn command_digest(&self, id: &CommandId, command: &[u8]) -> String {
        let mut text = id.as_str().as_bytes().to_vec();
        text.push(b'\n');
        text.extend_from_slice(command);
        Uuid::from_bytes(self.half_mac("command-under-id", &text))
            .simple()
            .to_string()
    }

    /// The digest of a text, in 32 hexadecimal digits. Ids are made of it, and earlier events have it as the digest of
    /// their command.
    pub fn digest(&self, command: &[u8]) -> String {
        Uuid::from_bytes(self.half_mac("command", command))
            .simple()
            .to_string()
    }

    /// Encrypts a data key for storage outside the log. `owner` is bound to the result.
    pub fn wrap(&self, owner: &str, key: &DataKey, nonce: Nonce) -> Vec<u8> {
        encrypt(&self.wrapping, nonce, owner.as_bytes(), &key.0)
    }

    /// Whether a data key is wrapped by the present wrapping key, and not by the earlier one.
    pub fn is_current(&self, owner: &str, wrapped: &[u8]) -> bool {
        decrypt(&self.wrapping, owner.as_bytes(), wrapped).is_ok()
    }

    /// Reverses [`TenantKey::wrap`].
    ///
    /// # Errors
    /// [`WrongKey`] if the tenant's key or the owner is another one, or the bytes were altered.
    pub fn unwrap(&self, owner: &str, wrapped: &[u8]) -> Result<DataKey, WrongKey> {
        let open = |key: &[u8; 32]| decrypt(key, owner.as_bytes(), wrapped);
        let opened = open(&self.wrapping);
        let bytes = opened.or_else(|wrong| self.earlier.as_ref().map_or(Err(wrong), open))?;
        let mut key = DataKey([0; 32]);
        if bytes.len() != key.0.len() {
            return Err(WrongKey);
        }
        key.0.copy_from_slice(&bytes);
        Ok(key)
    }
}

/// The keyed hash of an input, for one purpose.
fn mac(key: &[u8; 32], purpose: &str, input: &[u8]) -> [u8; 32] {
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    mac.update(purpose.as_bytes());
    mac.update(&[0]);
    mac.update(input);
    let tag = mac.sign();
    tag.as_ref().try_into().expect("HMAC-SHA256 has 32 bytes")
}

impl DataKey {
    /// Makes a data key from 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Encrypts personal data for a row of a view. The same text gives the same bytes, so that a view built
    /// anew has the same rows.
    ///
    /// The nonce is a keyed hash of the text: one nonce never meets two texts.
    pub fn seal_cell(&self, plain: &[u8]) -> Vec<u8> {
        let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &self.0));
        mac.update(CELL);
        mac.update(plain);
        let mut nonce = Nonce::default();
        let length = nonce.len();
        nonce.copy_from_slice(&mac.sign().as_ref()[..length]);
        encrypt(&self.0, nonce, CELL, plain)
    }

    /// Reverses [`DataKey::seal_cell`].
    ///
    /// # Errors
    /// [`WrongKey`] if it was sealed under another key, or altered.
    pub fn open_cell(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, WrongKey> {
        decrypt(&self.0, CELL, sealed)
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

fn cipher(key: &[u8; 32]) -> LessSafeKey {
    let key = UnboundKey::new(&AES_256_GCM, key).expect("AES-256 takes a key of 32 bytes");
    LessSafeKey::new(key)
}

/// Encrypts with AES-256-GCM. The result is the nonce, the ciphertext and the tag of 16 bytes.
pub(crate) fn encrypt(key: &[u8; 32], nonce: Nonce, associated: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(nonce.len() + plain.len() + aead::MAX_TAG_LEN);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let tag = cipher(key)
        .seal_in_place_separate_tag(
            aead::Nonce::assume_unique_for_key(nonce),
            Aad::from(associated),
            &mut sealed[nonce.len()..],
        )
        .expect("AES-GCM encrypts any text shorter than 64 GiB");
    sealed.extend_from_slice(tag.as_ref());
    sealed
}

/// Reverses [`encrypt`].
pub(crate) fn decrypt(
    key: &[u8; 32],
    associated: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, WrongKey> {
    let (nonce, sealed) = sealed.split_first_chunk().ok_or(WrongKey)?;
    let nonce = aead::Nonce::assume_unique_for_key(*nonce);
    let mut opened = Zeroizing::new(sealed.to_vec());
    let plain = cipher(key)
        .open_in_place(nonce, Aad::from(associated), &mut opened)
        .map_err(|_| WrongKey)?
        .len();
    opened.truncate(plain);
    Ok(opened)
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

    /// Goal: another wrapping key changes no pseudonym, and opens old keys only while it knows the
    /// earlier one.
    #[test]
    fn a_wrapping_key_is_replaced_and_pseudonyms_stay() {
        let before = TenantKey::new([1; 32]);
        let key = DataKey::new([7; 32]);
        let old = before.wrap("operator.a", &key, [0; 12]);
        let both = before
            .clone()
            .with_wrapping([9; 32], Some(before.wrapping()));
        let after = before.clone().with_wrapping([9; 32], None);
        let new = both.wrap("operator.a", &key, [0; 12]);
        assert_eq!(both.unwrap("operator.a", &old), Ok(key.clone()));
        assert!(!both.is_current("operator.a", &old) && both.is_current("operator.a", &new));
        assert_eq!(after.unwrap("operator.a", &new), Ok(key));
        assert_eq!(after.unwrap("operator.a", &old), Err(WrongKey));
        assert_eq!(before.unwrap("operator.a", &new), Err(WrongKey));
        let nik = "6171011503950001".parse().unwrap();
        assert_eq!(after.operator_id(&nik), before.operator_id(&nik));
        assert_eq!(after.digest(b"x"), before.digest(b"x"));
    }

    #[test]
    fn a_cell_is_the_same_for_the_same_text_and_opens_with_its_key_only() {
        let key = DataKey::new([7; 32]);
        let sealed = key.seal_cell(b"Contoh Pertama");
        assert_eq!(sealed, key.seal_cell(b"Contoh Pertama"));
        assert_ne!(
            sealed[..12],
            key.seal_cell(b"Contoh Kedua")[..12],
            "the nonce"
        );
        assert!(!sealed.windows(6).any(|found| found == b"Contoh"));
        assert_eq!(
            key.open_cell(&sealed).unwrap().as_slice(),
            b"Contoh Pertama"
        );
        assert_eq!(DataKey::new([8; 32]).open_cell(&sealed), Err(WrongKey));
        let of_event = encrypt(&[7; 32], [9; 12], b"event-1/personal", b"sakit");
        assert_eq!(key.open_cell(&of_event), Err(WrongKey));
    }

    /// The stored forms stay as older versions of this program wrote them.
    #[test]
    fn derived_values_are_those_of_stored_events() {
        let tenant = TenantKey::new([1; 32]);
        let nik = "6171011503950001".parse().unwrap();
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(
            tenant.operator_id(&nik).to_string(),
            "bf14702d-9fd7-8536-a999-79b73a9f4c2f"
        );
        assert_eq!(
            tenant.digest(b"void-contract\n{}"),
            "b6db0558ab75527b63735acdc185b7cd"
        );
        let sealed = encrypt(&[3; 32], [9; 12], b"event-1/personal", b"sakit");
        assert_eq!(
            hex(&sealed),
            "090909090909090909090909776906b2fade39d3c5a692837964d997ee991afd05"
        );
        assert_eq!(
            decrypt(&[3; 32], b"event-1/personal", &sealed),
            Ok(Zeroizing::new(b"sakit".to_vec()))
        );
        let wrapped = tenant.wrap("operator.a", &DataKey::new([7; 32]), [0; 12]);
        assert_eq!(
            hex(&wrapped),
            "000000000000000000000000870cfb9c72018b5345a89eda72d71ef3ed8359c5d04ea57b699eef02f99ee861667c5e13154c3c79757a20805dfe21a7"
        );
    }
}
