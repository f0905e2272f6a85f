//! The routes of the gateway and the layers around them.

use std::sync::Arc;

use axum::{
    Router,
    http::Uri,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use jejak_bus::RequestProblem;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    app::App, audit, commands, docs, events, health, metrics, middleware, problem::Failure,
    problem_pages, queries, site::Site, system,
};

/// Every route of the gateway, ready to serve.
pub(crate) fn router(app: Arc<App>) -> Router {
    let api = api(app.clone());
    // Pages ask the API with all of its layers. Their own routes take no permit: each question does.
    let site = Site::new(app, with_layers(api.clone()));
    with_layers(api.merge(jejak_pages::routes(Arc::new(site))))
}

/// The routes for programs, without the layers around them.
fn api(app: Arc<App>) -> Router {
    let limited = Router::new()
        .route("/v1/commands/{name}", post(commands::give))
        .merge(queries::routes())
        .route("/v1/events", get(events::page::answer))
        .route("/v1/events/stream", get(events::stream::answer))
        .route("/v1/system", get(system::answer))
        .route("/log/checkpoint", get(audit::checkpoint))
        .route("/log/tile/{*path}", get(audit::tile))
        .route("/log/proof/{position}", get(audit::proof))
        .route(
            "/v1/operators/{operator_id}/proofs/{position}",
            get(audit::proof_of_operator),
        )
        .merge(docs::routes())
        .route("/problems", get(problem_pages::index))
        .route("/problems/{code}", get(problem_pages::of_code))
        .layer(from_fn_with_state(app.clone(), middleware::limit));
    // Health and metrics answer even when every permit for requests is taken.
    let unlimited = Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::scrape))
        .fallback(unknown);
    limited.merge(unlimited).with_state(app)
}

/// Puts the layers around routes that all of them need.
pub(crate) fn with_layers(routes: Router) -> Router {
    let routes = routes
        .layer(CatchPanicLayer::custom(middleware::panicked))
        .layer(from_fn(middleware::measure));
    // A router adds `Allow` to a 405 outside its own layers, so the problem document is written
    // outside the router.
    Router::new()
        .fallback_service(routes)
        .layer(from_fn(middleware::write_problem))
}

async fn unknown(uri: Uri) -> Failure {
    RequestProblem::Unknown {
        path: uri.path().to_owned(),
    }
    .into()
}
