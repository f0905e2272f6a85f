//! The routes of all pages.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn,
    response::Response,
    routing::{get, post},
};

use crate::{
    assets,
    change::handlers as change,
    context::Context,
    home, html,
    office::{Office, Person},
    origin, people, refusal, sign_in,
};

/// The largest form, in bytes. The API takes no larger command either.
const LARGEST_FORM: usize = 64 * 1024;

/// The state that all pages share.
#[derive(Clone)]
pub(crate) struct Pages {
    pub(crate) office: Arc<dyn Office>,
}

/// The pages of an office.
pub fn routes(office: Arc<dyn Office>) -> Router {
    Router::new()
        .route("/", get(home::page))
        .route("/orang", get(people::list))
        .route(
            "/orang/baru",
            get(change::register_form).post(change::register),
        )
        .route("/orang/{id}", get(people::person))
        .route(
            "/orang/{id}/{change}",
            get(change::person_form).post(change::change_person),
        )
        .route(
            "/orang/{id}/kontrak/{contract}/{change}",
            get(change::contract_form).post(change::change_contract),
        )
        .route("/masuk", get(sign_in::form).post(sign_in::sign_in))
        .route("/keluar", post(sign_in::sign_out))
        .route(
            "/sandi/{link}",
            get(sign_in::password_form).post(sign_in::choose_password),
        )
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(from_fn(origin::check))
        .with_state(Pages { office })
        .merge(assets::routes())
}

impl Pages {
    /// The person who is signed in.
    ///
    /// # Errors
    /// The answer for anybody else: the page for signing in, or that the office is away.
    pub(crate) async fn person(&self, context: &Context) -> Result<Person, Box<Response>> {
        match self.person_if_any(context).await {
            Ok(Some(person)) => Ok(person),
            Ok(None) => Err(Box::new(html::see_other(&sign_in::path_back_to(context)))),
            Err(response) => Err(response),
        }
    }

    /// The person who is signed in, or nobody.
    ///
    /// # Errors
    /// The answer while the office is away.
    pub(crate) async fn person_if_any(
        &self,
        context: &Context,
    ) -> Result<Option<Person>, Box<Response>> {
        let Some(cookie) = sign_in::session_cookie(context) else {
            return Ok(None);
        };
        let person = self.office.person(cookie).await;
        person.map_err(|_| Box::new(refusal::away(context)))
    }
}
