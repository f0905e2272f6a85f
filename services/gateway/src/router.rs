//! Which address leads where.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderValue, Uri, header::CONTENT_TYPE},
    routing::{get, post},
};
use jejak_bus::RequestProblem;
use utoipa_swagger_ui::{Config as DocsConfig, SwaggerUi};

use crate::{
    App, audit, commands,
    edge::{Edge, Pass},
    events, health, measure, openapi,
    problem::Failure,
    queries,
};

/// Everything the gateway answers.
pub(crate) fn router(app: Arc<App>) -> Edge {
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
        .route(
            "/openapi.json",
            get(move || async move { (json, document) }),
        )
        .merge(SwaggerUi::new("/docs").config(DocsConfig::from("/openapi.json")))
        .route("/log/checkpoint", get(audit::checkpoint))
        .layer(Pass {
            app: app.clone(),
            bounded: true,
        });
    // What tells whether the gateway lives must answer also when everything else is taken.
    let unbounded = Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(measure::scrape))
        .fallback(unknown)
        .layer(Pass {
            app: app.clone(),
            bounded: false,
        });
    Edge::around(bounded.merge(unbounded).with_state(app))
}

async fn unknown(uri: Uri) -> Failure {
    RequestProblem::Unknown {
        path: uri.path().to_owned(),
    }
    .into()
}
