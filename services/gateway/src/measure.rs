//! Metrics of requests, and `/metrics` with the health of the services behind. No label names a person: labels are
//! routes, commands, views and codes. The recorder is `jejak_bus::telemetry`.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use axum::{extract::State, http::Method, response::Response};
use jejak_bus::Problem;
use metrics::{Counter, Histogram};

use crate::{App, health, problem};

/// What is counted of requests, by route. Looking a counter up by its labels costs the recorder more than
/// counting, so each is looked up once. There are as many as routes, statuses and codes.
#[derive(Default)]
pub(crate) struct Measured {
    routes: RwLock<HashMap<String, Route>>,
}

struct Route {
    seconds: Histogram,
    answers: Vec<Answers>,
}

/// Answers that are alike.
struct Answers {
    method: &'static str,
    status: u16,
    code: String,
    total: Counter,
}

impl Measured {
    /// Counts and times an answer by route, method, status and problem.
    pub(crate) fn answered(
        &self,
        route: &str,
        method: &Method,
        response: &Response,
        took: Duration,
    ) {
        let method = match method.as_str() {
            "GET" => "GET",
            "HEAD" => "HEAD",
            "POST" => "POST",
            _ => "other",
        };
        let status = response.status().as_u16();
        let code = response
            .extensions()
            .get::<Problem>()
            .map_or_else(String::new, problem::code);
        {
            let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = routes.get(route)
                && let Some(alike) = known.alike(method, status, &code)
            {
                alike.total.increment(1);
                known.seconds.record(took);
                return;
            }
        }
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        let known = routes.entry(route.to_owned()).or_insert_with(|| Route {
            seconds: metrics::histogram!("jejak_http_request_seconds", "route" => route.to_owned()),
            answers: Vec::new(),
        });
        // The recorder gives the same counter for the same labels, whoever asks first.
        let total = metrics::counter!(
            "jejak_http_requests_total",
            "route" => route.to_owned(), "method" => method, "status" => status.to_string(), "code" => code.clone(),
        );
        total.increment(1);
        known.seconds.record(took);
        if known.alike(method, status, &code).is_none() {
            known.answers.push(Answers {
                method,
                status,
                code,
                total,
            });
        }
    }
}

impl Route {
    fn alike(&self, method: &str, status: u16, code: &str) -> Option<&Answers> {
        let is_alike = |known: &&Answers| {
            known.method == method && known.status == status && known.code == code
        };
        self.answers.iter().find(is_alike)
    }
}

/// `GET /metrics`.
pub(crate) async fn scrape(State(app): State<Arc<App>>) -> Response {
    let health = health::ask(&app).await;
    metrics::gauge!("jejak_broker_connected").set(f64::from(u8::from(health.connected)));
    metrics::gauge!("jejak_commands_ready").set(f64::from(u8::from(health.commands_ready())));
    for (view, health) in &health.views {
        let view = *view;
        metrics::gauge!("jejak_view_answers", "view" => view)
            .set(f64::from(u8::from(health.is_some())));
        let Some(health) = health else { continue };
        let gauges = [
            ("jejak_view_position", health.position),
            (
                "jejak_view_lag_events",
                health.log_position.saturating_sub(health.position),
            ),
            ("jejak_view_behind_milliseconds", health.behind_ms),
            ("jejak_view_stopped", u64::from(health.stopped.is_some())),
        ];
        for (name, value) in gauges {
            metrics::gauge!(name, "view" => view).set(value as f64);
        }
    }
    app.recorder.response()
}
