//! The routes of all pages.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn,
    routing::{get, post},
};

use crate::{
    assets, audit, calendar, change::handlers as change, home, office::Office, origin, packages,
    people, session::Pages, sign_in, system,
};

/// The largest form, in bytes. The API takes no larger command either.
const LARGEST_FORM: usize = 64 * 1024;

/// The pages of an office.
pub fn routes(office: Arc<dyn Office>) -> Router {
    Router::new()
        .route("/", get(home::page))
        .route("/orang", get(people::list))
        .route("/orang/{id}", get(people::person))
        .merge(change::routes())
        .merge(packages::routes())
        .merge(calendar::routes())
        .merge(audit::routes())
        .merge(system::routes())
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
