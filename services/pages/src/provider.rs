//! A provider elsewhere where people sign in (OpenID Connect), as pages see it.

use futures_util::future::BoxFuture;

use crate::office::Session;

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
