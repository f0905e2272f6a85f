//! Signs people in and out, and knows whose session a cookie is.

use jejak_pages::{Away, ChoosePasswordProblem, LinkOwner, Person, Session, SignInProblem};
use quick_cache::sync::Cache;

use super::{
    account::Account,
    attempts::Attempts,
    error::AccountError,
    password::{LONGEST_PASSWORD, Passwords, SHORTEST_PASSWORD},
    session::SessionClaims,
    sessions::{self, now_ms},
    store::AccountStore,
};

/// Names without an account whose tries are counted at once.
const UNKNOWN_NAMES: usize = 4_096;

/// The accounts, for one gateway.
pub(crate) struct Accounts {
    passwords: Passwords,
    /// Tries of names without an account. They wait like those of accounts, so nobody learns by waiting
    /// which accounts exist.
    unknown: Cache<String, Attempts>,
}

impl Accounts {
    pub(crate) fn new() -> Self {
        Self {
            passwords: Passwords::new(),
            unknown: Cache::new(UNKNOWN_NAMES),
        }
    }

    /// The person of a cookie, if the session goes on.
    pub(crate) async fn person(
        &self,
        store: &AccountStore,
        cookie: &str,
    ) -> Result<Option<Person>, Away> {
        let key = sessions::key(store).await.map_err(away)?;
        let Some(claims) = key.open::<SessionClaims>(cookie) else {
            return Ok(None);
        };
        if claims.until_ms <= now_ms() {
            return Ok(None);
        }
        let account = store.find(&claims.account).await;
        let account = account.map_err(away)?;
        let goes_on = account.is_some_and(|account| account.admits(&claims.id, claims.began_ms));
        Ok(goes_on.then_some(Person {
            actor: claims.actor,
            issued_s: claims.began_ms / 1_000,
            expires_s: claims.until_ms / 1_000,
            account: claims.account,
            session: claims.id,
        }))
    }

    /// Begins a session. Returns it with the person.
    ///
    /// # Errors
    /// The problem, and whether the password of an account was tried.
    pub(crate) async fn sign_in(
        &self,
        store: &AccountStore,
        subject: &str,
        password: &str,
    ) -> Result<(Session, Person), (SignInProblem, bool)> {
        let now = now_ms();
        let account_key = Account::key_of(subject);
        let begun = store.change(&account_key, |found| {
            let Some(mut account) = found else {
                return (None, None);
            };
            let begun = account.attempts().begin(now);
            (
                begun.is_ok().then(|| account.clone()),
                Some(begun.map(|()| account)),
            )
        });
        let account = match begun.await.map_err(no_sign_in)? {
            Some(begun) => Some(begun.map_err(|wait| (slowed(wait), false))?),
            None => {
                let begun = self.begin_unknown(&account_key, now);
                begun.map_err(|problem| (problem, false))?;
                None
            }
        };
        let hash = account
            .as_ref()
            .and_then(Account::password)
            .map(str::to_owned);
        let fits = password.chars().count() <= LONGEST_PASSWORD;
        let password = if fits { password } else { "" };
        let is_right = self.passwords.is_right(password.to_owned(), hash).await;
        let was_tried = account.is_some();
        let account = account.filter(|account| is_right && !account.disabled);
        let account = account.ok_or((SignInProblem::Wrong, was_tried))?;
        let reset = store.change(&account_key, |found| {
            let next = found.map(|mut account| {
                account.attempts().right();
                account
            });
            (next, ())
        });
        reset.await.map_err(no_sign_in)?;
        let session = sessions::begin(store, &account, now).await;
        session.map_err(no_sign_in)
    }

    /// Counts a try of a name without an account.
    fn begin_unknown(&self, key: &str, now: u64) -> Result<(), SignInProblem> {
        let mut attempts = self.unknown.get(key).unwrap_or_default();
        let begun = attempts.begin(now);
        self.unknown.insert(key.to_owned(), attempts);
        begun.map_err(slowed)
    }

    /// Ends a session at every gateway: each asks for the account again for each page.
    pub(crate) async fn sign_out(&self, store: &AccountStore, person: &Person) -> Result<(), Away> {
        let ended = store.change(&person.account, |found| {
            let next = found.map(|mut account| {
                account.end_session(&person.session, person.expires_s * 1_000, now_ms());
                account
            });
            (next, ())
        });
        ended.await.map_err(away)
    }

    /// The owner of a one-time link.
    pub(crate) async fn link_owner(
        &self,
        store: &AccountStore,
        link: &str,
    ) -> Result<Option<LinkOwner>, Away> {
        let Some((key, secret)) = parts(link) else {
            return Ok(None);
        };
        let account = store.find(key).await.map_err(away)?;
        let owner = account.filter(|account| account.link_is(secret, now_ms()));
        Ok(owner.map(|account| LinkOwner {
            name: account.name.as_ref().map(ToString::to_string),
            subject: account.login().to_owned(),
        }))
    }

    /// Sets the password of a link's owner. Returns his subject.
    pub(crate) async fn choose_password(
        &self,
        store: &AccountStore,
        link: &str,
        password: &str,
    ) -> Result<String, ChoosePasswordProblem> {
        use ChoosePasswordProblem as P;
        let owner = self.link_owner(store, link).await.map_err(|Away| P::Away)?;
        let (owner, (key, secret)) = owner.zip(parts(link)).ok_or(P::LinkEnded)?;
        check_password(password, &owner.subject)?;
        let hash = self.passwords.hash(password.to_owned()).await;
        let hash = hash.map_err(|error| {
            tracing::error!(%error, "a password was not set");
            P::Away
        })?;
        let set = store.change(key, |found| {
            // Another request may have used the link meanwhile.
            let Some(mut account) = found.filter(|found| found.link_is(secret, now_ms())) else {
                return (None, false);
            };
            account.set_password(hash.clone(), now_ms());
            (Some(account), true)
        });
        match set.await {
            Ok(true) => Ok(owner.subject),
            Ok(false) => Err(P::LinkEnded),
            Err(error) => {
                away(error);
                Err(P::Away)
            }
        }
    }
}

/// Account and secret of a link.
fn parts(link: &str) -> Option<(&str, &str)> {
    let (key, secret) = link.split_once('-')?;
    let is_key = key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit());
    is_key.then_some((key, secret))
}

fn check_password(password: &str, subject: &str) -> Result<(), ChoosePasswordProblem> {
    let length = password.chars().count();
    if length < SHORTEST_PASSWORD {
        return Err(ChoosePasswordProblem::TooShort {
            least: SHORTEST_PASSWORD,
        });
    }
    if length > LONGEST_PASSWORD {
        return Err(ChoosePasswordProblem::TooLong {
            most: LONGEST_PASSWORD,
        });
    }
    match password.trim() == subject.trim() {
        true => Err(ChoosePasswordProblem::IsName),
        false => Ok(()),
    }
}

fn slowed(wait_ms: u64) -> SignInProblem {
    SignInProblem::Slowed {
        seconds: wait_ms.div_ceil(1_000),
    }
}

/// Logs why accounts cannot be reached.
pub(crate) fn away(error: AccountError) -> Away {
    tracing::warn!(%error, "accounts cannot be used now");
    Away
}

fn no_sign_in(error: AccountError) -> (SignInProblem, bool) {
    away(error);
    (SignInProblem::Away, false)
}
