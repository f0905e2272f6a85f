//! What pages ask of this gateway: sessions, and the API itself. Pages have no other way to the office.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use chrono::{DateTime, NaiveDateTime, Utc};
use futures_util::future::BoxFuture;
use jejak_bus::Role;
use jejak_pages::{
    AccountChange, AccountProblem, AccountRow, Away, ChoosePasswordProblem, LinkOwner, Office,
    Person, Provider, Session, SignInProblem,
};
use tower::ServiceExt;

use crate::{
    access_log::{EntryKind, Refusal},
    accounts::{self, AccountStore, Accounts},
    app::App,
    auth::Caller,
    provider_sign_in::ProviderSignIn,
};

/// The route of the pages of accounts.
const ACCOUNTS: &str = "/sistem/akun";

/// The gateway behind its pages.
pub(crate) struct Site {
    app: Arc<App>,
    accounts: Accounts,
    /// The provider where people may sign in, if there is one.
    provider: Option<ProviderSignIn>,
    /// The routes of the API with their layers, as other clients see them.
    api: Router,
}

impl Site {
    pub(crate) fn new(app: Arc<App>, api: Router) -> Self {
        let provider = app.oidc.clone();
        Self {
            provider: provider.map(|provider| ProviderSignIn::new(app.clone(), provider)),
            app,
            accounts: Accounts::new(),
            api,
        }
    }

    fn store(&self) -> Result<AccountStore, Away> {
        self.app.broker.accounts().ok_or(Away)
    }

    /// Admits the administration to accounts. The access log has everybody else.
    async fn admit(&self, person: &Person) -> Result<(), AccountProblem> {
        let caller = caller(person);
        if caller.has(Role::Admin) {
            return Ok(());
        }
        let refusal = Refusal {
            caller: Some(caller),
            reason: None,
            route: ACCOUNTS.to_owned(),
            path: ACCOUNTS.to_owned(),
            body: Bytes::new(),
            correlation: None,
        };
        self.note(EntryKind::Refused(refusal)).await;
        Err(AccountProblem::Forbidden)
    }

    async fn note(&self, kind: EntryKind) {
        self.app.access_log.add(kind).await;
    }
}

fn caller(person: &Person) -> Caller {
    let Person {
        actor,
        issued_s,
        expires_s,
        ..
    } = person;
    Caller::new(
        actor.sub.clone(),
        actor.roles.clone(),
        *expires_s,
        Some(*issued_s),
    )
    .named(actor.name.clone())
}

impl Office for Site {
    fn person<'a>(&'a self, cookie: &'a str) -> BoxFuture<'a, Result<Option<Person>, Away>> {
        Box::pin(async move {
            let person = self.accounts.person(&self.store()?, cookie).await?;
            // `jejak token revoke` ends sessions too.
            let is_revoked = |person: &Person| self.app.verifier.is_revoked(&caller(person));
            Ok(person.filter(|person| !is_revoked(person)))
        })
    }

    fn sign_in<'a>(
        &'a self,
        subject: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<Session, SignInProblem>> {
        Box::pin(async move {
            let store = self.store().map_err(|Away| SignInProblem::Away)?;
            let begun = self.accounts.sign_in(&store, subject, password).await;
            let entry = match &begun {
                Ok((_, person)) => EntryKind::SignedIn(caller(person)),
                Err((SignInProblem::Wrong, true)) => EntryKind::PasswordRefused {
                    subject: subject.to_owned(),
                },
                Err((SignInProblem::Wrong, false)) => EntryKind::sign_in_failed("account"),
                Err((SignInProblem::Slowed { .. }, _)) => EntryKind::sign_in_failed("slowed"),
                Err((SignInProblem::Away, _)) => return Err(SignInProblem::Away),
            };
            self.note(entry).await;
            begun
                .map(|(session, _)| session)
                .map_err(|(problem, _)| problem)
        })
    }

    fn sign_out<'a>(&'a self, person: &'a Person) -> BoxFuture<'a, Result<(), Away>> {
        Box::pin(async move {
            self.accounts.sign_out(&self.store()?, person).await?;
            self.note(EntryKind::SignedOut(caller(person))).await;
            Ok(())
        })
    }

    fn provider(&self) -> Option<&dyn Provider> {
        let provider = self.provider.as_ref()?;
        Some(provider)
    }

    fn link_owner<'a>(&'a self, link: &'a str) -> BoxFuture<'a, Result<Option<LinkOwner>, Away>> {
        Box::pin(async move { self.accounts.link_owner(&self.store()?, link).await })
    }

    fn choose_password<'a>(
        &'a self,
        link: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<(), ChoosePasswordProblem>> {
        Box::pin(async move {
            let store = self.store().map_err(|Away| ChoosePasswordProblem::Away)?;
            let subject = self
                .accounts
                .choose_password(&store, link, password)
                .await?;
            self.note(EntryKind::PasswordChosen { subject }).await;
            Ok(())
        })
    }

    fn accounts<'a>(
        &'a self,
        person: &'a Person,
    ) -> BoxFuture<'a, Result<Vec<AccountRow>, AccountProblem>> {
        Box::pin(async move {
            self.admit(person).await?;
            let store = self.store().map_err(|Away| AccountProblem::Away)?;
            accounts::rows(&store).await.map_err(|error| {
                tracing::warn!(%error, "accounts cannot be listed");
                AccountProblem::Away
            })
        })
    }

    fn change_account<'a>(
        &'a self,
        person: &'a Person,
        change: AccountChange,
    ) -> BoxFuture<'a, Result<Option<String>, AccountProblem>> {
        Box::pin(async move {
            self.admit(person).await?;
            if matches!(&change, AccountChange::Disable { key } if *key == person.account) {
                return Err(AccountProblem::Own);
            }
            let store = self.store().map_err(|Away| AccountProblem::Away)?;
            let changed = accounts::change(&store, change).await?;
            let by = caller(person);
            let entry = match changed.account {
                Some(account) => EntryKind::AccountChanged {
                    by,
                    subject: account.subject,
                    change: changed.change,
                    roles: account.roles,
                },
                None => EntryKind::SessionKeyReplaced { by },
            };
            self.note(entry).await;
            Ok(changed.link)
        })
    }

    fn local_time(&self, time: DateTime<Utc>) -> (NaiveDateTime, String) {
        let local = time.with_timezone(&self.app.time_zone);
        (local.naive_local(), local.format("%Z").to_string())
    }

    fn ask<'a>(&'a self, person: &'a Person, mut request: Request) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            request.extensions_mut().insert(caller(person));
            let answered = self.api.clone().oneshot(request).await;
            answered.into_response()
        })
    }
}
