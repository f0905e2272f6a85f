//! The cookie of a session: claims, sealed by a key that all gateways of the office share. The same key seals the
//! cookie of a sign-in that waits for a provider, for another purpose.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jejak_bus::Actor;
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A longer cookie is none of ours, in bytes.
const LONGEST_COOKIE: usize = 4_096;
/// The length of a session's key, in bytes.
pub(super) const KEY_BYTES: usize = 32;

/// The claims of a session, as a token has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SessionClaims {
    pub(super) actor: Actor,
    /// The name of the account in the bucket.
    pub(super) account: String,
    /// The id of the session.
    pub(super) id: String,
    /// The beginning, in milliseconds since 1970.
    pub(super) began_ms: u64,
    /// The end, in milliseconds since 1970.
    pub(super) until_ms: u64,
}

/// The content of a cookie.
pub(crate) trait CookieClaims: Serialize + DeserializeOwned {
    /// Bound to the sealed text, so no cookie passes for one of another kind.
    const PURPOSE: &'static [u8];
}

impl CookieClaims for SessionClaims {
    const PURPOSE: &'static [u8] = b"jejak session 1";
}

/// Seals and opens cookies.
pub(crate) struct SessionKey(LessSafeKey);

impl SessionKey {
    /// A key of [`KEY_BYTES`] bytes; none for any other length.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).ok()?;
        Some(Self(LessSafeKey::new(key)))
    }

    /// The cookie's value; none without random numbers.
    pub(crate) fn seal<C: CookieClaims>(&self, claims: &C) -> Option<String> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let mut sealed = serde_json::to_vec(claims).ok()?;
        let unique = Nonce::assume_unique_for_key(nonce);
        self.0
            .seal_in_place_append_tag(unique, Aad::from(C::PURPOSE), &mut sealed)
            .ok()?;
        Some(BASE64URL.encode([&nonce[..], &sealed].concat()))
    }

    /// The claims of a cookie that this key sealed; none for any other text.
    pub(crate) fn open<C: CookieClaims>(&self, cookie: &str) -> Option<C> {
        if cookie.len() > LONGEST_COOKIE {
            return None;
        }
        let mut sealed = BASE64URL.decode(cookie).ok()?;
        let (nonce, sealed) = sealed.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let aad = Aad::from(C::PURPOSE);
        let claims = self.0.open_in_place(nonce, aad, sealed).ok()?;
        serde_json::from_slice(claims).ok()
    }
}

#[cfg(test)]
mod tests {
    use jejak_bus::Role;

    use super::*;

    #[test]
    fn a_cookie_opens_with_its_key_and_unchanged_only() {
        let key = SessionKey::new(&[7; KEY_BYTES]).unwrap();
        let claims = SessionClaims {
            actor: Actor {
                sub: "197701161997031006".to_owned(),
                roles: vec![Role::Officer],
                name: None,
            },
            account: "b".to_owned(),
            id: "a".to_owned(),
            began_ms: 1,
            until_ms: 2,
        };
        let cookie = key.seal(&claims).unwrap();
        assert_eq!(key.open(&cookie), Some(claims.clone()));
        assert_ne!(key.seal(&claims).unwrap(), cookie, "no nonce is used twice");
        assert!(!cookie.contains("197701161997031006"));
        let other = SessionKey::new(&[8; KEY_BYTES]).unwrap();
        assert_eq!(other.open::<SessionClaims>(&cookie), None);
        for at in 0..cookie.len() {
            let mut changed = cookie.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last letter of Base64 may hold bits that count for nothing; then it is refused too.
            assert_eq!(key.open::<SessionClaims>(&changed), None, "letter {at}");
        }
        for wrong in ["", "AAAA", "!", &"A".repeat(5_000)] {
            assert_eq!(key.open::<SessionClaims>(wrong), None);
        }
        assert!(SessionKey::new(&[7; 31]).is_none());
    }
}
