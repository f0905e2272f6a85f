//! Accounts, as the administration sees and changes them on the pages. `jejak account` does the same with
//! the data folder.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jejak_bus::{check_subject, check_subject_text};
use jejak_pages::{AccountChange, AccountProblem, AccountRow, AccountStatus, NewAccount};

use super::{
    account::Account, error::AccountError, seal::random, sessions::now_ms, store::AccountStore,
};

/// A one-time link works for this long.
const LINK: Duration = Duration::from_secs(3 * 24 * 3_600);

/// A change that was made.
pub(crate) struct AccountChanged {
    /// The account; none where the sessions of all ended.
    pub(crate) account: Option<Account>,
    /// `added`, `disabled`, `reset` or `sessions_ended`, as the access log says it.
    pub(crate) change: &'static str,
    /// The path of a one-time link.
    pub(crate) link: Option<String>,
}

/// All accounts, by the name to sign in with.
///
/// # Errors
/// [`AccountError`].
pub(crate) async fn rows(store: &AccountStore) -> Result<Vec<AccountRow>, AccountError> {
    let now = now_ms();
    let mut accounts = store.all().await?;
    accounts.sort_by(|a, b| a.login().cmp(b.login()));
    let rows = accounts.into_iter().map(|account| AccountRow {
        key: Account::key_of(account.login()),
        login: account.login().to_owned(),
        status: match (account.disabled, account.has_password()) {
            (true, _) => AccountStatus::Disabled,
            (false, true) => AccountStatus::SignsIn,
            (false, false) if account.has_link(now) => AccountStatus::HasLink,
            (false, false) => AccountStatus::NoPassword,
        },
        name: account.name.as_ref().map(ToString::to_string),
        subject: account.subject,
        roles: account.roles,
    });
    Ok(rows.collect())
}

/// Makes a change.
///
/// # Errors
/// [`AccountProblem`]; nothing was changed then.
pub(crate) async fn change(
    store: &AccountStore,
    change: AccountChange,
) -> Result<AccountChanged, AccountProblem> {
    match change {
        AccountChange::Add(new) => add(store, new).await,
        AccountChange::Reset { key } => {
            let secret = secret()?;
            let reset = |account: &mut Account| {
                account.disabled = false;
                account.drop_password(now_ms());
                account.set_link(&secret, link_until_ms());
            };
            let changed = existing(store, &key, "reset", reset).await?;
            Ok(AccountChanged {
                link: Some(link(&key, &secret)),
                ..changed
            })
        }
        AccountChange::Disable { key } => {
            let disable = |account: &mut Account| {
                account.disabled = true;
                account.end_all_sessions(now_ms());
            };
            existing(store, &key, "disabled", disable).await
        }
        AccountChange::EndSessions { key } => {
            let end = |account: &mut Account| account.end_all_sessions(now_ms());
            existing(store, &key, "sessions_ended", end).await
        }
        AccountChange::EndAllSessions => {
            store.end_all_sessions().await.map_err(away)?;
            Ok(AccountChanged {
                account: None,
                change: "sessions_ended",
                link: None,
            })
        }
    }
}

async fn add(store: &AccountStore, new: NewAccount) -> Result<AccountChanged, AccountProblem> {
    let NewAccount {
        subject,
        login,
        name,
        roles,
    } = new;
    if roles.is_empty() {
        return Err(AccountProblem::NoRole);
    }
    if subject.is_empty() {
        return Err(AccountProblem::NoSubject);
    }
    check_subject(&subject, &roles).map_err(AccountProblem::Subject)?;
    let judged = login.as_deref().map_or(Ok(()), check_subject_text);
    judged.map_err(|_| AccountProblem::Login)?;
    let name = name.map(|name| name.parse());
    let name = name.transpose().map_err(|_| AccountProblem::Name)?;
    let account = Account::new(subject, name, roles).with_login(login);
    let (key, secret) = (Account::key_of(account.login()), secret()?);
    let mut made = account.clone();
    made.set_link(&secret, link_until_ms());
    let is_new = store.change(&key, |found| match found {
        None => (Some(made.clone()), true),
        Some(_) => (None, false),
    });
    match is_new.await.map_err(away)? {
        false => Err(AccountProblem::Taken),
        true => Ok(AccountChanged {
            account: Some(account),
            change: "added",
            link: Some(link(&key, &secret)),
        }),
    }
}

/// Changes an account that exists.
async fn existing(
    store: &AccountStore,
    key: &str,
    what: &'static str,
    change: impl Fn(&mut Account),
) -> Result<AccountChanged, AccountProblem> {
    // Other values of the bucket, such as the key of sessions, are no accounts.
    let is_key = key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_key {
        return Err(AccountProblem::Unknown);
    }
    let changed = store.change(key, |found| {
        let next = found.map(|mut account| {
            change(&mut account);
            account
        });
        (next.clone(), next)
    });
    let account = changed.await.map_err(away)?;
    Ok(AccountChanged {
        account: Some(account.ok_or(AccountProblem::Unknown)?),
        change: what,
        link: None,
    })
}

fn link(key: &str, secret: &str) -> String {
    format!("/sandi/{key}-{secret}")
}

fn link_until_ms() -> u64 {
    let ttl = u64::try_from(LINK.as_millis()).unwrap_or(u64::MAX);
    now_ms().saturating_add(ttl)
}

/// A secret of 256 bits.
fn secret() -> Result<String, AccountProblem> {
    let bytes = random::<32>().map_err(away)?;
    Ok(BASE64URL.encode(bytes))
}

fn away(error: AccountError) -> AccountProblem {
    tracing::warn!(%error, "accounts cannot be used now");
    AccountProblem::Away
}
