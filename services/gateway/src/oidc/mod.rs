//! Signing in at a provider elsewhere (OpenID Connect): the code flow with PKCE, state and nonce.
//!
//! `metadata.rs` reads what the provider says of itself, and `provider.rs` asks it. `pending.rs` is the cookie of a
//! sign-in that has begun. [`crate::provider_sign_in`] answers pages. The crate `oauth2` writes addresses and requests; ID tokens are
//! checked by `auth`, as bearer tokens are. Deliberately absent: access tokens, refresh tokens and the user's profile
//! address. The session afterwards is a session of [`crate::accounts`].

mod metadata;
mod pending;
mod provider;

pub(crate) use pending::{LASTS_S, PendingSignIn};
pub(crate) use provider::{ExchangeProblem, HERE, KNOWN, OidcProvider};

#[cfg(test)]
mod tests;
