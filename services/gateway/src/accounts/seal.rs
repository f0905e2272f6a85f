//! Seals the values of the bucket, so that a copy of the broker's store tells nothing of accounts.
//!
//! The key follows from the NKey seed of the gateways, which all of them share. The data folder has it too.

use std::sync::Arc;

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
    rand::{SecureRandom, SystemRandom},
};

use super::error::AccountError;

/// The key serves this purpose alone.
const PURPOSE: &[u8] = b"jejak accounts 1";

/// Seals and opens values, each bound to its name. Cheap to clone.
#[derive(Clone)]
pub(super) struct ValueSeal(Arc<LessSafeKey>);

impl ValueSeal {
    pub(super) fn new(seed: &str) -> Result<Self, AccountError> {
        let from = hmac::Key::new(hmac::HMAC_SHA256, seed.trim().as_bytes());
        let key = UnboundKey::new(&AES_256_GCM, hmac::sign(&from, PURPOSE).as_ref());
        let key = key.map_err(|_| broken("the seed makes no key"))?;
        Ok(Self(Arc::new(LessSafeKey::new(key))))
    }

    pub(super) fn seal(&self, name: &str, value: &[u8]) -> Result<Vec<u8>, AccountError> {
        let nonce = random::<NONCE_LEN>()?;
        let mut sealed = value.to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        self.0
            .seal_in_place_append_tag(unique, Aad::from(name.as_bytes()), &mut sealed)
            .map_err(|_| broken("the value is too long"))?;
        Ok([&nonce[..], &sealed].concat())
    }

    pub(super) fn open(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, AccountError> {
        let other = || broken("it was sealed under another seed of the gateway");
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or_else(other)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| other())?;
        let mut opened = sealed.to_vec();
        let value = self
            .0
            .open_in_place(nonce, Aad::from(name.as_bytes()), &mut opened);
        Ok(value.map_err(|_| other())?.to_vec())
    }
}

/// Random bytes.
pub(super) fn random<const N: usize>() -> Result<[u8; N], AccountError> {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| broken("no random numbers"))?;
    Ok(bytes)
}

fn broken(reason: &str) -> AccountError {
    AccountError::Broken(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_under_its_name_and_seed_alone() {
        let seal = ValueSeal::new("SUAB").unwrap();
        let sealed = seal.seal("a", b"197701161997031006").unwrap();
        assert_eq!(seal.open("a", &sealed).unwrap(), b"197701161997031006");
        assert!(!sealed.windows(8).any(|part| part == b"19770116"));
        assert!(seal.open("b", &sealed).is_err(), "another name");
        let other = ValueSeal::new("SUAC").unwrap();
        assert!(other.open("a", &sealed).is_err(), "another seed");
        assert!(seal.open("a", &sealed[..5]).is_err() && seal.open("a", b"").is_err());
    }
}
