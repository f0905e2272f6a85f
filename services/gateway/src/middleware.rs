//! Layers around the routes: limits, metrics, panics, and the problem document of every refusal.

use std::{any::Any, sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, Uri, header::AUTHORIZATION},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use jejak_bus::{Problem, RequestProblem};

use crate::{
    access_log::{EntryKind, Refusal},
    app::App,
    auth::Caller,
    browsers, metrics,
    problem::{self, Failure, Recipient, fault, language, too_many},
    request_headers,
    request_ids::X_CORRELATION_ID,
};

/// Bounds the requests that run at once and the time that each may take. Notes who was refused.
pub(crate) async fn limit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let Ok(_permit) = app.requests.try_acquire() else {
        return too_many().into_response();
    };
    let asked = AskedRequest::of(&request);
    let response = answer_in_time(&app, request, next).await;
    if let Some(Problem::Request(problem)) = response.extensions().get() {
        note_refusal(&app, asked, problem).await;
    }
    response
}

async fn answer_in_time(app: &App, request: Request, next: Next) -> Response {
    match tokio::time::timeout(app.limits.request_time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure::from(RequestProblem::ServiceUnavailable {
            service: "gateway".to_owned(),
            retry_after_s: 1,
        })
        .into_response(),
    }
}

/// What the access log needs of a request that is refused. All of it is shared, not copied.
struct AskedRequest {
    authorization: Option<HeaderValue>,
    /// The person of a page.
    person: Option<Caller>,
    correlation: Option<HeaderValue>,
    route: Option<MatchedPath>,
    uri: Uri,
}

impl AskedRequest {
    fn of(request: &Request) -> Self {
        Self {
            authorization: request.headers().get(AUTHORIZATION).cloned(),
            person: request.extensions().get().cloned(),
            correlation: request.headers().get(X_CORRELATION_ID).cloned(),
            route: request.extensions().get().cloned(),
            uri: request.uri().clone(),
        }
    }
}

/// Notes a token that was not accepted, or whose roles do not suffice.
async fn note_refusal(app: &App, asked: AskedRequest, problem: &RequestProblem) {
    let (caller, reason) = match problem {
        RequestProblem::TokenInvalid { reason } => (None, Some(reason.clone())),
        RequestProblem::RoleMissing { .. } => {
            let headers = asked.authorization.into_iter();
            let headers = headers.map(|token| (AUTHORIZATION, token)).collect();
            let caller = match asked.person {
                None => app.verifier.caller(&headers).await.ok(),
                person => person,
            };
            (caller, None)
        }
        _ => return,
    };
    let route = asked.route.as_ref().map_or("none", MatchedPath::as_str);
    let refusal = Refusal {
        caller,
        reason,
        route: route.to_owned(),
        path: asked.uri.path().to_owned(),
        body: Bytes::new(),
        correlation: asked.correlation,
    };
    app.access_log.add(EntryKind::Refused(refusal)).await;
}

/// Counts and times every answer by its route. Refuses a request with a header that is missing or
/// there twice.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let response = match request_headers::check(&request) {
        Ok(()) => next.run(request).await,
        Err(problem) => Failure::from(problem).into_response(),
    };
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    metrics::count_answer(route, &method, &response, began.elapsed());
    response
}

/// Answers for a handler that panicked. The panic hook has logged the panic; its message may hold
/// personal data.
pub(crate) fn panicked(_panic: Box<dyn Any + Send + 'static>) -> Response {
    Failure::from(fault(&"a handler panicked")).into_response()
}

/// Writes the problem document of a refusal in the reader's language, or a page of it, and says what a browser may do
/// with any answer.
pub(crate) async fn write_problem(request: Request, next: Next) -> Response {
    let recipient = Recipient {
        language: language::of(request.headers()),
        is_command: request.method() == Method::POST,
    };
    let uri = request.uri().clone();
    let browser = jejak_pages::wants_page(request.headers(), &uri);
    let browser = browser.then(|| request.headers().clone());
    let response = next.run(request).await;
    let mut response = match browser {
        Some(headers) => problem::write_page(response, recipient, &headers, &uri),
        None => problem::write(response, recipient, uri.path()),
    };
    browsers::guard(response.headers_mut());
    response
}
