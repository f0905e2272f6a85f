//! Layers around the routes: limits, metrics, panics, and the problem document of every refusal.

use std::{any::Any, sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, header::X_CONTENT_TYPE_OPTIONS},
    middleware::Next,
    response::{IntoResponse, Response},
};
use jejak_bus::RequestProblem;

use crate::{
    app::App,
    metrics,
    problem::{self, Failure, Recipient, fault, language, too_many},
};

/// Bounds the requests that run at once and the time that each may take.
pub(crate) async fn limit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let Ok(_permit) = app.requests.try_acquire() else {
        return too_many().into_response();
    };
    match tokio::time::timeout(app.limits.request_time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure::from(RequestProblem::ServiceUnavailable {
            service: "gateway".to_owned(),
            retry_after_s: 1,
        })
        .into_response(),
    }
}

/// Counts and times every answer by its route.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    metrics::count_answer(route, &method, &response, began.elapsed());
    response
}

/// Answers for a handler that panicked. The panic hook has logged the panic; its message may hold
/// personal data.
pub(crate) fn panicked(_panic: Box<dyn Any + Send + 'static>) -> Response {
    Failure::from(fault(&"a handler panicked")).into_response()
}

/// Writes the problem document of a refusal in the reader's language, and forbids content sniffing.
pub(crate) async fn write_problem(request: Request, next: Next) -> Response {
    let recipient = Recipient {
        language: language::of(request.headers()),
        is_command: request.method() == Method::POST,
    };
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    let mut response = problem::write(response, recipient, &path);
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
