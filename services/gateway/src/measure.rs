//! What is counted, and `/metrics`: Prometheus text. Nothing here names a person: labels are routes,
//! commands, views and codes.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, PoisonError, RwLock},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, Method, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use jejak_bus::Problem;
use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{App, health, problem};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
/// How often what was measured is summed up between scrapes.
const UPKEEP: Duration = Duration::from_secs(10);

/// Upper bounds of the histograms' buckets, in seconds.
const BUCKETS: [f64; 13] = [
    0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
];

/// Measures from now on. What a service measures before this is lost, so it comes before any service is started.
pub fn measure() {
    recorder();
}

/// The process's recorder, installed when first asked for. Where another one was there first, what is
/// measured goes to that one.
pub(crate) fn recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(install).clone()
}

fn install() -> PrometheusHandle {
    let builder = PrometheusBuilder::new()
        .set_buckets(&BUCKETS)
        .unwrap_or_else(|error| {
            tracing::warn!(%error, "histograms have no buckets");
            PrometheusBuilder::new()
        });
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    if let Err(error) = metrics::set_global_recorder(recorder) {
        tracing::warn!(%error, "metrics go to a recorder installed earlier");
    }
    handle
}

/// Sums up what was measured, again and again: it would pile up between scrapes.
pub(crate) async fn sum_up(recorder: &PrometheusHandle) {
    let mut beat = tokio::time::interval(UPKEEP);
    loop {
        beat.tick().await;
        recorder.run_upkeep();
    }
}

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

/// Serves `/metrics` for a process without a gateway: what it measures, and no more.
///
/// # Errors
/// When the listener fails.
pub async fn serve_metrics(
    listener: TcpListener,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let recorder = recorder();
    let shown = recorder.clone();
    let show = move || std::future::ready(([(CONTENT_TYPE, TEXT)], shown.render()));
    let router = Router::new().route("/metrics", get(show));
    let serving = axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned());
    tokio::select! {
        served = serving => served,
        () = sum_up(&recorder) => Ok(()),
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
    app.recorder.run_upkeep();
    ([(CONTENT_TYPE, TEXT)], app.recorder.render()).into_response()
}
