//! One account: the password's hash, the one-time link, wrong passwords, and sessions that have ended.

use std::collections::BTreeMap;

use jejak_bus::{Actor, Role};
use jejak_events::actor::ActorName;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::{attempts::Attempts, error::AccountError, password::hash};

/// The sessions that are kept as ended one by one. Beyond them all sessions of the account end.
const MOST_ENDED: usize = 32;

/// An account, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// A NIP, an operator id or another name: the subject of each session.
    pub subject: String,
    /// The name that the person types to sign in, where it is not the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    login: Option<String>,
    /// The provider where the person signs in, instead of a password here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    /// The person's name, sealed into the events that he causes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<ActorName>,
    /// The roles of each session.
    pub roles: Vec<Role>,
    /// Whether nobody may sign in.
    #[serde(default)]
    pub disabled: bool,
    /// The Argon2id hash in PHC form; none until a password is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<OneTimeLink>,
    #[serde(default)]
    attempts: Attempts,
    /// Sessions that began then or before have ended, in milliseconds since 1970.
    #[serde(default)]
    sessions_after_ms: u64,
    /// The ids of sessions that were signed out, with the time at which each would have ended by itself.
    #[serde(default)]
    ended: BTreeMap<String, u64>,
}

/// A link with which the password is chosen once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OneTimeLink {
    /// The SHA-256 of the secret in the link, in hexadecimal.
    sha256: String,
    /// The end of the link, in milliseconds since 1970.
    until_ms: u64,
}

impl Account {
    /// An account without a password.
    pub fn new(subject: String, name: Option<ActorName>, roles: Vec<Role>) -> Self {
        Self {
            subject,
            login: None,
            provider: None,
            name,
            roles,
            disabled: false,
            password: None,
            link: None,
            attempts: Attempts::default(),
            sessions_after_ms: 0,
            ended: BTreeMap::new(),
        }
    }

    /// The account of a person who signs in at the provider with this issuer.
    pub(crate) fn at_provider(
        issuer: &str,
        subject: String,
        name: Option<ActorName>,
        roles: Vec<Role>,
    ) -> Self {
        Self {
            provider: Some(issuer.to_owned()),
            ..Self::new(subject, name, roles)
        }
    }

    /// The account with another name to sign in with.
    #[must_use]
    pub fn with_login(self, login: Option<String>) -> Self {
        Self { login, ..self }
    }

    /// The account with a password.
    ///
    /// # Errors
    /// The password cannot be hashed.
    pub fn with_password(self, password: &str) -> Result<Self, AccountError> {
        let hash = hash(password).map_err(|error| AccountError::Broken(error.to_string()))?;
        Ok(Self {
            password: Some(hash),
            ..self
        })
    }

    /// The name to sign in with.
    pub fn login(&self) -> &str {
        self.login.as_deref().unwrap_or(&self.subject)
    }

    /// The issuer of the provider where the person signs in; none for an account with a password.
    pub fn provider(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    /// The name of the account in the bucket. A subject of a provider and a name here that are the same text are two
    /// accounts.
    pub fn key(&self) -> String {
        match &self.provider {
            None => Self::key_of(self.login()),
            // This byte is part of no text, so no name to sign in with has the same key.
            Some(issuer) => key_of(&[b"\xff", issuer.as_bytes(), b"\xff", self.subject.as_bytes()]),
        }
    }

    /// The name in the bucket of the account with this name to sign in with. It tells nothing by itself.
    pub fn key_of(login: &str) -> String {
        key_of(&[login.trim().as_bytes()])
    }

    /// The subject, the name and the roles of the account's sessions.
    pub(super) fn actor(&self) -> Actor {
        Actor {
            sub: self.subject.clone(),
            roles: self.roles.clone(),
            name: self.name.clone(),
        }
    }

    /// Whether a password was chosen.
    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// Whether a link waits to be used at this time, in milliseconds since 1970.
    pub fn has_link(&self, now_ms: u64) -> bool {
        self.link
            .as_ref()
            .is_some_and(|link| now_ms < link.until_ms)
    }

    pub(super) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    pub(super) fn attempts(&mut self) -> &mut Attempts {
        &mut self.attempts
    }

    /// Gives the account a link with this secret. A link that was given before ends.
    pub fn set_link(&mut self, secret: &str, until_ms: u64) {
        self.link = Some(OneTimeLink {
            sha256: sha256(secret),
            until_ms,
        });
    }

    /// Whether the secret is that of a link which has not ended.
    pub(super) fn link_is(&self, secret: &str, now_ms: u64) -> bool {
        let hash = sha256(secret);
        // Two hashes are compared, so the time of the comparison tells nothing of the secret.
        let is_it = |link: &OneTimeLink| link.sha256 == hash;
        !self.disabled && self.has_link(now_ms) && self.link.as_ref().is_some_and(is_it)
    }

    /// Sets the password, and uses up the link. All sessions end.
    pub fn set_password(&mut self, hash: String, now_ms: u64) {
        self.password = Some(hash);
        self.link = None;
        self.attempts = Attempts::default();
        self.end_all_sessions(now_ms);
    }

    /// Takes the password back. All sessions end.
    pub fn drop_password(&mut self, now_ms: u64) {
        self.password = None;
        self.attempts = Attempts::default();
        self.end_all_sessions(now_ms);
    }

    /// Ends every session that has begun.
    pub fn end_all_sessions(&mut self, now_ms: u64) {
        self.sessions_after_ms = now_ms;
        self.ended.clear();
    }

    /// Ends one session.
    pub(super) fn end_session(&mut self, id: &str, until_ms: u64, now_ms: u64) {
        self.ended.retain(|_, until| *until > now_ms);
        if self.ended.len() >= MOST_ENDED {
            self.end_all_sessions(now_ms);
        } else {
            self.ended.insert(id.to_owned(), until_ms);
        }
    }

    /// Takes what the provider says of the person now. Sessions with other roles end.
    pub(crate) fn take_from_provider(&mut self, said: Self, now_ms: u64) {
        if self.roles != said.roles {
            self.end_all_sessions(now_ms.saturating_sub(1));
        }
        (self.roles, self.name) = (said.roles, said.name);
    }

    /// Whether a session that began at this time goes on.
    pub(super) fn admits(&self, id: &str, began_ms: u64) -> bool {
        !self.disabled && began_ms > self.sessions_after_ms && !self.ended.contains_key(id)
    }
}

fn key_of(parts: &[&[u8]]) -> String {
    let hash = digest(&SHA256, &parts.concat());
    hex(&hash.as_ref()[..16])
}

fn sha256(secret: &str) -> String {
    hex(digest(&SHA256, secret.as_bytes()).as_ref())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account::new("197701161997031006".to_owned(), None, vec![Role::Officer])
    }

    #[test]
    fn a_link_works_once_and_for_a_time() {
        let mut account = account();
        account.set_link("secret", 100);
        assert!(account.link_is("secret", 99) && account.has_link(99));
        assert!(!account.link_is("secret", 100) && !account.link_is("Secret", 99));
        account.disabled = true;
        assert!(!account.link_is("secret", 99));
        account.disabled = false;
        account.set_password("hash".to_owned(), 50);
        assert!(!account.link_is("secret", 99));
    }

    #[test]
    fn a_stored_account_holds_no_secret_of_a_link() {
        let mut account = account();
        account.set_link("secret", 100);
        let text = serde_json::to_string(&account).unwrap();
        assert!(!text.contains("secret"), "{text}");
        assert_eq!(serde_json::from_str::<Account>(&text).unwrap(), account);
    }

    /// Goal: signing in at a provider opens no account of a password, and no account of another provider.
    #[test]
    fn a_provider_has_accounts_of_its_own() {
        let of = |issuer: &str| {
            let roles = vec![Role::Officer];
            Account::at_provider(issuer, "197701161997031006".to_owned(), None, roles)
        };
        let keys = [
            account().key(),
            of("https://a").key(),
            of("https://b").key(),
        ];
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
        let text = serde_json::to_string(&of("https://a")).unwrap();
        assert_eq!(
            serde_json::from_str::<Account>(&text).unwrap(),
            of("https://a")
        );
    }

    #[test]
    fn other_roles_at_the_provider_end_earlier_sessions() {
        let of = |role| Account::at_provider("https://a", "x".to_owned(), None, vec![role]);
        let mut account = of(Role::Admin);
        account.take_from_provider(of(Role::Admin), 20);
        assert!(account.admits("a", 10));
        account.take_from_provider(of(Role::Auditor), 30);
        assert!(!account.admits("a", 10) && account.admits("b", 30));
        assert_eq!(account.roles, [Role::Auditor]);
    }

    #[test]
    fn sessions_end_one_by_one_or_all_at_once() {
        let mut account = account();
        assert!(account.admits("a", 10));
        account.end_session("a", 90, 20);
        assert!(!account.admits("a", 10) && account.admits("b", 10));
        account.end_all_sessions(30);
        assert!(!account.admits("b", 30) && account.admits("c", 31));
        account.disabled = true;
        assert!(!account.admits("c", 31));
    }

    #[test]
    fn so_many_ended_sessions_end_all_of_them() {
        let mut account = account();
        for n in 0..=MOST_ENDED {
            assert!(account.admits("other", 10), "{n}");
            account.end_session(&n.to_string(), 1_000, 20);
        }
        assert!(!account.admits("other", 10));
        let text = serde_json::to_string(&account).unwrap();
        assert!(text.len() < 4_096);
    }
}
