//! Authentication: a bearer token or an ID token in, a [`Caller`] out. `roles` decides the access to queries and events.

mod admission;
mod caller;
mod claims;
mod id_token;
mod key_set;
mod register;
pub(crate) mod roles;
mod signatures;
mod verifier;

pub(crate) use caller::Caller;
pub(crate) use id_token::ExpectedIdToken;
pub(crate) use key_set::KeySet;
pub use register::{TokenKey, TokenRegister};
pub use verifier::LOCAL_ISSUER;
pub(crate) use verifier::Verifier;
