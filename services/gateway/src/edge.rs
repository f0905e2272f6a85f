//! What every request passes on its way, in as few steps as there can be: each step of a framework costs
//! more than most of what is done in one. Where it is known which route a request takes, it is counted,
//! bounded, and caught if it panics ([`Pass`]); around all routes, errors get their words ([`Edge`]).

use std::{
    any::Any,
    convert::Infallible,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use tower::{Layer, Service};

use crate::{
    App, limits,
    problem::{Failure, Spoken, fault},
};

const NOSNIFF: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-content-type-options"),
    HeaderValue::from_static("nosniff"),
);

/// All routes, with what is around them. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Edge {
    routes: Router,
}

impl Edge {
    pub(crate) fn around(routes: Router) -> Self {
        Self { routes }
    }

    /// Answers a request. A router adds what methods are allowed after its own layers, hence this around it.
    pub(crate) async fn answer(&self, request: Request) -> Response {
        let spoken = Spoken::to(&request);
        let Ok(response) = self.routes.clone().call(request).await;
        let mut response = spoken.give(response);
        let (name, value) = NOSNIFF;
        response.headers_mut().insert(name, value);
        response
    }
}

/// What a route's requests pass: counted, caught if they panic, and bounded if they are to be.
#[derive(Clone)]
pub(crate) struct Pass {
    pub(crate) app: Arc<App>,
    /// Whether they count among the requests in hand, and may be refused for too many of those.
    pub(crate) bounded: bool,
}

impl<S> Layer<S> for Pass {
    type Service = Passed<S>;

    fn layer(&self, inner: S) -> Passed<S> {
        Passed {
            pass: self.clone(),
            inner,
        }
    }
}

/// A route behind its [`Pass`].
#[derive(Clone)]
pub(crate) struct Passed<S> {
    pass: Pass,
    inner: S,
}

impl<S> Service<Request> for Passed<S>
where
    S: Service<Request, Error = Infallible>,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let began = Instant::now();
        let Pass { app, bounded } = self.pass.clone();
        let route = request.extensions().get::<MatchedPath>().cloned();
        let method = request.method().clone();
        let answering = self.inner.call(request);
        Box::pin(async move {
            let answering = async {
                if bounded {
                    limits::bound(&app, answering).await
                } else {
                    answered(answering.await)
                }
            };
            let response = AssertUnwindSafe(answering)
                .catch_unwind()
                .await
                .unwrap_or_else(panicked);
            let route = route.as_ref().map_or("none", MatchedPath::as_str);
            app.measured
                .answered(route, &method, &response, began.elapsed());
            Ok(response)
        })
    }
}

/// The answer of a route, none of which fails in any other way than by an answer that says so.
pub(crate) fn answered(response: Result<impl IntoResponse, Infallible>) -> Response {
    let Ok(response) = response;
    response.into_response()
}

/// The panic itself has been reported by the panic hook; what it says may hold data of the request.
fn panicked(_panic: Box<dyn Any + Send + 'static>) -> Response {
    Failure::from(fault(&"a handler panicked")).into_response()
}
