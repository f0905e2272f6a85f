//! Accounts of people who sign in with a password, and their sessions.
//!
//! An account is a value in a bucket at the broker ([`jejak_journal::AccountBucket`]). `account.rs` holds
//! what is true of one, `password.rs` the hashes, `session.rs` the cookies. `store.rs` reads and writes
//! values, and `sign_in.rs` answers pages. Deliberately absent: roles and rules. A session has the claims of
//! a token, and the API checks it as one.

mod account;
mod administration;
mod attempts;
mod error;
mod password;
mod seal;
mod session;
mod sign_in;
mod store;

pub use account::Account;
pub(crate) use administration::{change, rows};
pub use error::AccountError;
pub(crate) use sign_in::Accounts;
pub use store::AccountStore;
