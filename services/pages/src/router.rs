//! The routes of all pages.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn,
    routing::{get, post},
};

use crate::{
    appraisal, assets, audit, calendar,
    change::handlers as change,
    download, evaluation, history, home, leave,
    office::Office,
    origin, packages, people,
    session::Pages,
    sign_in,
    sign_in_elsewhere::{self, RETURN_PATH},
    system,
};

/// The largest form, in bytes. The API takes no larger command either.
const LARGEST_FORM: usize = 64 * 1024;

/// The pages of an office.
pub fn routes(office: Arc<dyn Office>) -> Router {
    Router::new()
        .route("/", get(home::page))
        .route("/orang", get(people::list))
        .route("/orang/{id}", get(people::person))
        .route("/orang/{id}/bukti/{position}", get(history::proof))
        .merge(change::routes())
        .route("/penilaian", get(appraisal::page).post(appraisal::save))
        .route("/evaluasi", get(evaluation::page).post(evaluation::save))
        .route("/seleksi", get(evaluation::selection))
        .merge(download::routes())
        .merge(packages::routes())
        .merge(calendar::routes())
        .merge(audit::routes())
        .merge(system::routes())
        .route("/masuk", get(sign_in::form).post(sign_in::sign_in))
        .route("/masuk/oidc", get(sign_in_elsewhere::leave))
        .route(RETURN_PATH, get(sign_in_elsewhere::come_back))
        .route("/masuk/oidc/keluar", get(sign_in_elsewhere::sign_out))
        .route("/keluar", post(sign_in::sign_out))
        .route(
            "/sandi/{link}",
            get(sign_in::password_form).post(sign_in::choose_password),
        )
        .route("/cuti", get(leave::page))
        .route("/cuti/catat", get(leave::choose))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(from_fn(origin::check))
        .with_state(Pages { office })
        .merge(assets::routes())
}
