//! Authentication: a bearer token in, a [`Caller`] out. `roles` decides the access to queries and events.

mod admission;
mod caller;
mod claims;
mod key_set;
mod register;
pub(crate) mod roles;
mod signatures;
mod verifier;

pub(crate) use caller::Caller;
pub use register::{TokenKey, TokenRegister};
pub use verifier::LOCAL_ISSUER;
pub(crate) use verifier::Verifier;
