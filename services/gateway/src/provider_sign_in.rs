//! Signs people in at the provider, for pages.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use jejak_bus::RequestProblem;
use jejak_pages::{Arrival, Departure, Provider, ProviderAnswer, ProviderProblem as P};
use quick_cache::sync::{Cache, GuardResult};

use crate::{
    access_log::EntryKind,
    accounts::{Account, AccountError, AccountStore, away, sessions},
    app::App,
    auth::{Caller, ExpectedIdToken},
    oidc::{ExchangeProblem, HERE, KNOWN, LASTS_S, OidcProvider, PendingSignIn},
};

/// Answers that are remembered as used. A provider takes each code once too, at all gateways.
const USED: usize = 4_096;

/// The provider behind a gateway's pages.
pub(crate) struct ProviderSignIn {
    app: Arc<App>,
    provider: Arc<OidcProvider>,
    /// The states of sign-ins that the provider has answered.
    used: Cache<String, ()>,
}

/// The reason why nobody is signed in, with the line of the access log that tells of it.
struct Refused {
    problem: P,
    reason: &'static str,
}

impl ProviderSignIn {
    pub(crate) fn new(app: Arc<App>, provider: Arc<OidcProvider>) -> Self {
        Self {
            app,
            provider,
            used: Cache::new(USED),
        }
    }

    fn store(&self) -> Result<AccountStore, P> {
        self.app.broker.accounts().ok_or(P::Away)
    }

    async fn depart(
        &self,
        return_address: &str,
        back: &str,
        language: &'static str,
    ) -> Result<Departure, P> {
        let store = self.store()?;
        let found = self.provider.discover(HERE).await;
        let found = found.map_err(|_| P::ProviderAway)?;
        let until_ms = sessions::now_ms() + LASTS_S * 1_000;
        let addresses = (return_address, back);
        let begun = self
            .provider
            .begin(&found.metadata, addresses, language, until_ms);
        let (address, pending) = begun.map_err(|_| P::NotBegun)?;
        let key = sessions::key(&store).await.map_err(account_away)?;
        Ok(Departure {
            address: address.into(),
            cookie: key.seal(&pending).ok_or(P::Away)?,
            lasts_s: LASTS_S,
        })
    }

    async fn arrive(
        &self,
        cookie: &str,
        answer: &ProviderAnswer,
    ) -> Result<(Arrival, Caller), Refused> {
        let store = self.store()?;
        let key = sessions::key(&store).await.map_err(account_away)?;
        let pending = key.open::<PendingSignIn>(cookie);
        let now = sessions::now_ms();
        let pending = pending.filter(|pending| pending.is_answered_by(&answer.state, now));
        let pending = pending.ok_or(refused(P::NotBegun, "oidc_state"))?;
        match self.used.get_value_or_guard(&pending.state, None) {
            // Another request is using it at this moment, or has used it.
            GuardResult::Value(()) | GuardResult::Timeout => {
                return Err(refused(P::NotBegun, "oidc_used"));
            }
            GuardResult::Guard(guard) => {
                // The entry may be dropped again by others; the provider then knows the code.
                let _ = guard.insert(());
            }
        }
        // Another provider may have answered (RFC 9207).
        let issuer = answer.issuer.as_deref();
        if issuer.is_some_and(|issuer| issuer != self.provider.config.issuer) {
            return Err(refused(P::Refused, "oidc_issuer"));
        }
        if let Some(error) = &answer.error {
            return Err(said_no(error));
        }
        let person = self.person(&pending, &answer.code).await?;
        let account = self.account(&store, &person).await?;
        let begun = sessions::begin(&store, &account, sessions::now_ms()).await;
        let (session, _) = begun.map_err(account_away)?;
        let back = pending.back;
        Ok((Arrival { session, back }, person))
    }

    /// The person whom the provider vouches for.
    async fn person(&self, pending: &PendingSignIn, code: &str) -> Result<Caller, Refused> {
        let found = self.provider.discover(KNOWN).await;
        let found = found.map_err(|_| refused(P::ProviderAway, "oidc_away"))?;
        let token = self.provider.exchange(&found.metadata, pending, code).await;
        let token = token.map_err(|problem| match problem {
            ExchangeProblem::Away => refused(P::ProviderAway, "oidc_away"),
            ExchangeProblem::CodeEnded => refused(P::NotBegun, "oidc_code"),
            ExchangeProblem::Refused => refused(P::Refused, "oidc_refused"),
        })?;
        let config = &self.provider.config;
        let expected = ExpectedIdToken {
            issuer: &config.issuer,
            client_id: &config.client_id,
            nonce: &pending.nonce,
            roles_claim: &config.roles_claim,
        };
        let caller = expected.caller(&token, &found.keys).await;
        let caller = caller.map_err(not_trusted)?;
        match caller.actor().roles.is_empty() {
            true => Err(refused(P::NoRole, "oidc_role")),
            false => Ok(caller),
        }
    }

    /// The person's account. The first sign-in makes it, so that the administration can disable it.
    async fn account(&self, store: &AccountStore, person: &Caller) -> Result<Account, Refused> {
        let actor = person.actor().clone();
        let issuer = &self.provider.config.issuer;
        let said = Account::at_provider(issuer, actor.sub, actor.name, actor.roles);
        let (key, now) = (said.key(), sessions::now_ms());
        let kept = store.change(&key, |found| {
            let Some(mut account) = found else {
                return (Some(said.clone()), Some(said.clone()));
            };
            if account.disabled {
                return (None, None);
            }
            account.take_from_provider(said.clone(), now);
            (Some(account.clone()), Some(account))
        });
        let kept = kept.await.map_err(account_away)?;
        kept.ok_or(refused(P::Disabled, "oidc_disabled"))
    }
}

fn refused(problem: P, reason: &'static str) -> Refused {
    Refused { problem, reason }
}

impl From<P> for Refused {
    fn from(problem: P) -> Self {
        refused(problem, "oidc_away")
    }
}

/// The provider's own refusal (RFC 6749, 4.1.2.1).
fn said_no(error: &str) -> Refused {
    match error {
        "access_denied" => refused(P::Denied, "oidc_denied"),
        "temporarily_unavailable" => refused(P::ProviderAway, "oidc_away"),
        _ => {
            // A browser brings the text, so no more of it is told than a code has.
            let is_code = |b: u8| b.is_ascii_lowercase() || b == b'_';
            let error = match error.len() <= 60 && error.bytes().all(is_code) {
                true => error,
                false => "unreadable",
            };
            tracing::warn!(error, "the provider refuses a sign-in");
            refused(P::Refused, "oidc_refused")
        }
    }
}

fn not_trusted(problem: RequestProblem) -> Refused {
    match problem {
        RequestProblem::TokenInvalid { reason } if reason == "subject" => {
            refused(P::WrongSubject, "oidc_subject")
        }
        RequestProblem::TokenInvalid { reason } => {
            tracing::warn!(reason, "an ID token of the provider is not accepted");
            refused(P::Refused, "oidc_token")
        }
        _ => refused(P::ProviderAway, "oidc_away"),
    }
}

fn account_away(error: AccountError) -> P {
    away(error);
    P::Away
}

impl Provider for ProviderSignIn {
    fn host(&self) -> &str {
        &self.provider.host
    }

    fn begin<'a>(
        &'a self,
        return_address: &'a str,
        back: &'a str,
        language: &'static str,
    ) -> BoxFuture<'a, Result<Departure, P>> {
        Box::pin(self.depart(return_address, back, language))
    }

    fn finish<'a>(
        &'a self,
        cookie: &'a str,
        answer: &'a ProviderAnswer,
    ) -> BoxFuture<'a, Result<Arrival, P>> {
        Box::pin(async move {
            let arrived = self.arrive(cookie, answer).await;
            let entry = match &arrived {
                Ok((_, person)) => EntryKind::SignedIn(person.clone()),
                Err(refused) if refused.problem == P::Away => return Err(P::Away),
                Err(refused) => EntryKind::sign_in_failed(refused.reason),
            };
            self.app.access_log.add(entry).await;
            arrived
                .map(|(arrival, _)| arrival)
                .map_err(|refused| refused.problem)
        })
    }

    fn sign_out_address<'a>(&'a self, back: &'a str) -> BoxFuture<'a, Option<String>> {
        Box::pin(async move {
            let found = self.provider.discover(KNOWN).await.ok()?;
            let address = self.provider.sign_out_address(&found.metadata, back)?;
            Some(address.into())
        })
    }
}
