//! Metrics of requests, and `/metrics` with the health of the services. Labels are routes,
//! commands, views and codes; no label names a person. The recorder is `jejak_bus::telemetry`.

use std::{sync::Arc, time::Duration};

use axum::{extract::State, http::Method, response::Response};
use jejak_bus::Problem;
use metrics::{counter, gauge, histogram};

use crate::{app::App, health, problem};

/// Counts and times an answer by route, method, status and problem code.
pub(crate) fn count_answer(route: &str, method: &Method, response: &Response, took: Duration) {
    let method = match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        // A client may invent methods; each would be a label of its own.
        _ => "other",
    };
    let problem = response.extensions().get::<Problem>();
    let code = problem.map_or_else(String::new, problem::code);
    let status = response.status().as_str().to_owned();
    counter!(
        "jejak_http_requests_total",
        "route" => route.to_owned(), "method" => method, "status" => status, "code" => code,
    )
    .increment(1);
    histogram!("jejak_http_request_seconds", "route" => route.to_owned()).record(took);
}

/// `GET /metrics`: all metrics of this process, and the health of every service in the last second as
/// gauges.
pub(crate) async fn scrape(State(app): State<Arc<App>>) -> Response {
    let health = health::now(&app).await;
    gauge!("jejak_broker_connected").set(f64::from(u8::from(health.connected)));
    gauge!("jejak_commands_ready").set(f64::from(u8::from(health.services.commands_ready())));
    for (view, health) in &health.services.views {
        let view = *view;
        gauge!("jejak_view_answers", "view" => view).set(f64::from(u8::from(health.is_some())));
        let Some(health) = health else { continue };
        let lag = health.log_position.saturating_sub(health.position);
        let gauges = [
            ("jejak_view_position", health.position),
            ("jejak_view_lag_events", lag),
            ("jejak_view_behind_milliseconds", health.behind_ms),
            ("jejak_view_stopped", u64::from(health.stopped.is_some())),
        ];
        for (name, value) in gauges {
            gauge!(name, "view" => view).set(value as f64);
        }
    }
    app.recorder.response()
}
