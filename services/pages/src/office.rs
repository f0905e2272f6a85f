//! What pages ask of the gateway that serves them.

use axum::{extract::Request, response::Response};
use chrono::{DateTime, NaiveDateTime, Utc};
use futures_util::future::BoxFuture;
use jejak_bus::Actor;

use crate::account::{AccountChange, AccountProblem, AccountRow};

/// The gateway, as pages see it: sessions, and the API.
pub trait Office: Send + Sync + 'static {
    /// The person of a session's cookie. None for a cookie that is forged, expired, or ended.
    ///
    /// # Errors
    /// [`Away`] while the accounts cannot be read.
    fn person<'a>(&'a self, cookie: &'a str) -> BoxFuture<'a, Result<Option<Person>, Away>>;

    /// Begins a session by an account's name and password.
    ///
    /// # Errors
    /// [`SignInProblem`].
    fn sign_in<'a>(
        &'a self,
        subject: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<Session, SignInProblem>>;

    /// Ends the session of a person, at every gateway.
    ///
    /// # Errors
    /// [`Away`] while the accounts cannot be written.
    fn sign_out<'a>(&'a self, person: &'a Person) -> BoxFuture<'a, Result<(), Away>>;

    /// The provider where people may sign in too, if there is one.
    fn provider(&self) -> Option<&dyn Provider>;

    /// The owner of a one-time link. None for a link that was used, or whose time is over.
    ///
    /// # Errors
    /// [`Away`] while the accounts cannot be read.
    fn link_owner<'a>(&'a self, link: &'a str) -> BoxFuture<'a, Result<Option<LinkOwner>, Away>>;

    /// Sets the password of a one-time link's owner. The link has then been used.
    ///
    /// # Errors
    /// [`ChoosePasswordProblem`].
    fn choose_password<'a>(
        &'a self,
        link: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<(), ChoosePasswordProblem>>;

    /// All accounts, by the name to sign in with.
    ///
    /// # Errors
    /// [`AccountProblem::Forbidden`] for anybody but the administration.
    fn accounts<'a>(
        &'a self,
        person: &'a Person,
    ) -> BoxFuture<'a, Result<Vec<AccountRow>, AccountProblem>>;

    /// Changes accounts, as the administration. Returns the path of a one-time link, where the change makes
    /// one. The access log has each change.
    ///
    /// # Errors
    /// [`AccountProblem`]; nothing was changed then.
    fn change_account<'a>(
        &'a self,
        person: &'a Person,
        change: AccountChange,
    ) -> BoxFuture<'a, Result<Option<String>, AccountProblem>>;

    /// A time in the office's time zone, and the name of the zone, such as `WIB`.
    fn local_time(&self, time: DateTime<Utc>) -> (NaiveDateTime, String);

    /// The API's answer to a request of the person.
    fn ask<'a>(&'a self, person: &'a Person, request: Request) -> BoxFuture<'a, Response>;
}

/// A provider where people sign in, besides local accounts.
pub trait Provider: Send + Sync {
    /// The host of the provider, such as `login.example.org`. People know it by this name.
    fn host(&self) -> &str;

    /// Begins a sign-in. The provider sends the browser to `return_address`, and `back` is the page of this office to
    /// go to afterwards. `language` is `id` or `en`.
    ///
    /// # Errors
    /// [`ProviderProblem`].
    fn begin<'a>(
        &'a self,
        return_address: &'a str,
        back: &'a str,
        language: &'static str,
    ) -> BoxFuture<'a, Result<Departure, ProviderProblem>>;

    /// Begins the session of the person whom the provider vouches for. `cookie` is the one of [`Departure`].
    ///
    /// # Errors
    /// [`ProviderProblem`].
    fn finish<'a>(
        &'a self,
        cookie: &'a str,
        answer: &'a ProviderAnswer,
    ) -> BoxFuture<'a, Result<Arrival, ProviderProblem>>;

    /// The page of the provider that ends the session there, and then leads to `back`. None where the provider has no
    /// such page, or is away.
    fn sign_out_address<'a>(&'a self, back: &'a str) -> BoxFuture<'a, Option<String>>;
}

/// A person who is signed in.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Subject, name and roles, as a bearer token has them.
    pub actor: Actor,
    /// The beginning of the session, in seconds since 1970.
    pub issued_s: u64,
    /// The end of the session, in seconds since 1970.
    pub expires_s: u64,
    /// The account, as the gateway keeps it.
    pub account: String,
    /// The id of the session.
    pub session: String,
}

/// A session that has begun.
pub struct Session {
    /// The value of its cookie.
    pub cookie: String,
    /// The session ends after this many seconds.
    pub lasts_s: u64,
}

/// The owner of a one-time link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkOwner {
    /// The name of the account for signing in.
    pub subject: String,
    /// The person's name.
    pub name: Option<String>,
}

/// The accounts cannot be reached now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Away;

/// The reason why a session does not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInProblem {
    /// There is no such account with this password, or it is disabled.
    Wrong,
    /// Too many wrong passwords. The next one counts after this many seconds.
    Slowed {
        /// Whole seconds, at least 1.
        seconds: u64,
    },
    /// The accounts cannot be reached now.
    Away,
}

/// The reason why a password is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChoosePasswordProblem {
    /// The link was used, or its time is over.
    LinkEnded,
    /// The password has fewer characters than this.
    TooShort {
        /// The least number of characters.
        least: usize,
    },
    /// The password has more characters than this.
    TooLong {
        /// The greatest number of characters.
        most: usize,
    },
    /// The password is the account's own name.
    IsName,
    /// The accounts cannot be reached now.
    Away,
}

/// A sign-in that has begun.
pub struct Departure {
    /// The page of the provider where the person signs in.
    pub address: String,
    /// The value of the cookie that waits for the answer.
    pub cookie: String,
    /// The cookie ends after this many seconds.
    pub lasts_s: u64,
}

/// A sign-in that has succeeded.
pub struct Arrival {
    /// The session that has begun.
    pub session: Session,
    /// The page to go to, as [`Provider::begin`] was told.
    pub back: String,
}

/// The parameters with which the provider sends the browser back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderAnswer {
    /// The mark of the sign-in.
    pub state: String,
    /// The code that stands for the person; empty in a refusal.
    pub code: String,
    /// The code of a refusal, such as `access_denied`.
    pub error: Option<String>,
    /// The issuer that answers, if it says so.
    pub issuer: Option<String>,
}

/// The reason why nobody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderProblem {
    /// The accounts of this office cannot be reached now.
    Away,
    /// The provider gives no answer now.
    ProviderAway,
    /// The provider did not let the person in, or the person cancelled.
    Denied,
    /// No such sign-in waits for an answer: it is another browser's, too old, or was used.
    NotBegun,
    /// The provider refuses this office, or what it says is not to be trusted.
    Refused,
    /// The provider names the person by a subject that does not fit the roles.
    WrongSubject,
    /// The provider gives the person no role here.
    NoRole,
    /// The account of the person is disabled here.
    Disabled,
}
