//! Begins sessions. Those of a password and those of a provider are the same.

use std::time::Duration;

use chrono::Utc;
use jejak_pages::{Person, Session};
use uuid::Uuid;

use super::{
    account::Account,
    error::AccountError,
    session::{SessionClaims, SessionKey},
    store::AccountStore,
};

/// A session ends after this long.
const SESSION: Duration = Duration::from_secs(8 * 3_600);

/// Begins a session of an account. Returns it with the person. It counts from when the sign-in was asked for, so
/// whatever ends sessions meanwhile, such as a reset, ends this one too.
///
/// # Errors
/// [`AccountError`].
pub(crate) async fn begin(
    store: &AccountStore,
    account: &Account,
    began_ms: u64,
) -> Result<(Session, Person), AccountError> {
    let lasts_s = SESSION.as_secs();
    let claims = SessionClaims {
        actor: account.actor(),
        account: account.key(),
        id: Uuid::new_v4().simple().to_string(),
        began_ms,
        until_ms: began_ms + lasts_s * 1_000,
    };
    let cookie = key(store).await?.seal(&claims);
    let cookie = cookie.ok_or_else(|| AccountError::Broken("no cookie".to_owned()))?;
    let person = Person {
        actor: claims.actor,
        issued_s: began_ms / 1_000,
        expires_s: claims.until_ms / 1_000,
        account: claims.account,
        session: claims.id,
    };
    Ok((Session { cookie, lasts_s }, person))
}

/// The key of sessions. It is read for each page, so another key ends all sessions at once.
///
/// # Errors
/// [`AccountError`].
pub(crate) async fn key(store: &AccountStore) -> Result<SessionKey, AccountError> {
    let bytes = store.session_key().await?;
    SessionKey::new(&bytes).ok_or_else(|| AccountError::Broken("the key of sessions".to_owned()))
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    u64::try_from(Utc::now().timestamp_millis()).unwrap_or(0)
}
