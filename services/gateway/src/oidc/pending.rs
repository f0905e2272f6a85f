//! A sign-in that has begun: what the browser keeps, encrypted, until the person comes back from the provider.

use serde::{Deserialize, Serialize};

use crate::accounts::CookieClaims;

/// A sign-in ends after this long, in seconds.
pub(crate) const LASTS_S: u64 = 600;

/// A sign-in that waits for the provider.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingSignIn {
    /// The provider sends it back, so no other site can end this sign-in.
    pub(crate) state: String,
    /// The ID token must carry it.
    pub(crate) nonce: String,
    /// The proof that the code was asked for here (PKCE, RFC 7636).
    pub(crate) verifier: String,
    /// The address to which the provider sends the browser.
    pub(crate) return_address: String,
    /// The page to go to afterwards.
    pub(crate) back: String,
    /// The end, in milliseconds since 1970.
    pub(crate) until_ms: u64,
}

impl CookieClaims for PendingSignIn {
    const PURPOSE: &'static [u8] = b"jejak sign-in at a provider 1";
}

impl PendingSignIn {
    /// Whether the provider's answer with this state belongs to this sign-in, and comes in time.
    pub(crate) fn is_answered_by(&self, state: &str, now_ms: u64) -> bool {
        self.state == state && now_ms < self.until_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::SessionKey;

    fn pending() -> PendingSignIn {
        PendingSignIn {
            state: "state".to_owned(),
            nonce: "nonce".to_owned(),
            verifier: "v".repeat(43),
            return_address: "https://jejak.example.org/masuk/oidc/kembali".to_owned(),
            back: "/".to_owned(),
            until_ms: 100,
        }
    }

    #[test]
    fn only_its_own_answer_in_time_ends_a_sign_in() {
        assert!(pending().is_answered_by("state", 99));
        assert!(!pending().is_answered_by("state", 100));
        for other in ["", "stat", "State"] {
            assert!(!pending().is_answered_by(other, 1), "{other}");
        }
    }

    /// Goal: the cookie tells the browser nothing, fits into a header, and passes for no session.
    #[test]
    fn the_cookie_is_closed() {
        let key = SessionKey::new(&[7; 32]).unwrap();
        let long = PendingSignIn {
            back: format!("/orang?q={}", "a".repeat(1_000)),
            ..pending()
        };
        let cookie = key.seal(&long).unwrap();
        assert!(cookie.len() < 3_000 && !cookie.contains("state"));
        assert!(key.open(&cookie) == Some(long));
        assert!(
            SessionKey::new(&[8; 32])
                .unwrap()
                .open::<PendingSignIn>(&cookie)
                .is_none()
        );
        struct Other;
        impl Serialize for Other {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                pending().serialize(to)
            }
        }
        impl<'de> Deserialize<'de> for Other {
            fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
                Ok(Self)
            }
        }
        impl CookieClaims for Other {
            const PURPOSE: &'static [u8] = b"other";
        }
        assert!(
            key.open::<PendingSignIn>(&key.seal(&Other).unwrap())
                .is_none()
        );
    }
}
