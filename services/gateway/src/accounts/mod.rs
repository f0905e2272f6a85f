//! Accounts of people who sign in with a password or at a provider, and their sessions.
//!
//! An account is a value in a bucket at the broker ([`jejak_journal::AccountBucket`]). `account.rs` holds
//! what is true of one, `password.rs` the hashes, `session.rs` the cookies. `store.rs` reads and writes
//! values, `sessions.rs` begins sessions, and `sign_in.rs` answers pages. Deliberately absent: roles and rules. A session has the claims of
//! a token, and the API checks it as one.

mod account;
mod administration;
mod attempts;
mod error;
mod password;
mod seal;
mod session;
pub(crate) mod sessions;
mod sign_in;
mod store;

pub use account::Account;
pub(crate) use administration::{change, rows};
pub use error::AccountError;
pub(crate) use session::CookieClaims;
#[cfg(test)]
pub(crate) use session::SessionKey;
pub(crate) use sign_in::{Accounts, away};
pub use store::AccountStore;
