//! Authentication: a bearer token in, a [`Caller`] out. `roles` decides the access to queries and events.

mod caller;
mod key_set;
pub(crate) mod roles;
mod signatures;
mod verifier;

pub(crate) use caller::Caller;
pub(crate) use verifier::Verifier;
