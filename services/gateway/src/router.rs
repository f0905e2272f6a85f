//! Which address leads where, and what every request passes on its way: counted, given words for its
//! errors, bounded, and caught if it panics.

use std::{any::Any, sync::Arc};

use axum::{
    Router,
    http::{HeaderName, HeaderValue, Uri, header::CONTENT_TYPE},
    middleware::{from_fn, from_fn_with_state, map_response},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jejak_bus::RequestProblem;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_swagger_ui::{Config as DocsConfig, SwaggerUi};

use crate::{
    App, audit, commands, events, health, limits, measure, openapi,
    problem::{self, Failure, fault},
    queries,
};

/// Everything the gateway answers.
pub(crate) fn router(app: Arc<App>) -> Router {
    let document = openapi::openapi().to_json().unwrap_or_else(|error| {
        tracing::error!(%error, "there is no OpenAPI document");
        "{}".to_owned()
    });
    let document = axum::body::Bytes::from(document);
    let json = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let bounded = Router::new()
        .route("/v1/commands/{name}", post(commands::give))
        .merge(queries::routes())
        .route("/v1/events", get(events::export::page))
        .route("/v1/events/stream", get(events::feed::stream))
        .route("/log/tile/{*path}", get(audit::tile))
        .route("/openapi.json", get(move || async move { (json, document) }))
        .merge(SwaggerUi::new("/docs").config(DocsConfig::from("/openapi.json")))
        .route("/log/checkpoint", get(audit::checkpoint))
        .layer(from_fn_with_state(app.clone(), limits::bound));
    // What tells whether the gateway lives must answer also when everything else is taken.
    let unbounded = Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(measure::scrape));
    let routes = bounded
        .merge(unbounded)
        .fallback(unknown)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(measure::requests))
        .with_state(app);
    // A router adds what methods are allowed after its own layers, hence a router around it.
    Router::new().fallback_service(routes).layer(from_fn(problem::speak)).layer(map_response(harden))
}

async fn unknown(uri: Uri) -> Failure {
    RequestProblem::Unknown { path: uri.path().to_owned() }.into()
}

/// The panic itself has been reported by the panic hook; what it says may hold data of the request.
pub(crate) fn panicked(_panic: Box<dyn Any + Send + 'static>) -> Response {
    Failure::from(fault(&"a handler panicked")).into_response()
}

async fn harden(mut response: Response) -> Response {
    let nosniff = HeaderName::from_static("x-content-type-options");
    response.headers_mut().insert(nosniff, HeaderValue::from_static("nosniff"));
    response
}
