//! Metrics of one process, in Prometheus' text format. Every service counts through the `metrics`
//! macros; this module holds the recorder behind them. No label names a person: labels are routes,
//! commands, views and codes.

use std::{sync::OnceLock, time::Duration};

use axum::{
    Router,
    http::{HeaderValue, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
/// How often recorded samples are merged between scrapes.
const UPKEEP: Duration = Duration::from_secs(10);

/// Upper bounds of the histograms' buckets, in seconds.
const BUCKETS: [f64; 13] = [
    0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
];

/// The recorder of this process. Cheap to clone.
#[derive(Clone)]
pub struct MetricsRecorder {
    handle: PrometheusHandle,
}

impl MetricsRecorder {
    /// Installs the recorder at the first call and returns the same one afterwards.
    ///
    /// Samples recorded before the first call are lost, so a process calls it before it starts a
    /// service. Where a test installed another recorder first, the samples go to that one.
    pub fn install() -> Self {
        static INSTALLED: OnceLock<MetricsRecorder> = OnceLock::new();
        INSTALLED.get_or_init(build).clone()
    }

    /// Merges recorded samples every ten seconds, for ever. Without it they pile up in memory
    /// between scrapes.
    pub async fn upkeep(&self) {
        let mut beat = tokio::time::interval(UPKEEP);
        loop {
            beat.tick().await;
            self.handle.run_upkeep();
        }
    }

    /// The answer to `GET /metrics`.
    pub fn response(&self) -> Response {
        self.handle.run_upkeep();
        ([(CONTENT_TYPE, TEXT)], self.handle.render()).into_response()
    }

    /// Serves `/metrics` and nothing else, for a process without a gateway.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> std::io::Result<()> {
        let shown = self.clone();
        let scrape = move || std::future::ready(shown.response());
        let router = Router::new().route("/metrics", get(scrape));
        let serving =
            axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned());
        tokio::select! {
            served = serving => served,
            () = self.upkeep() => Ok(()),
        }
    }
}

fn build() -> MetricsRecorder {
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
    MetricsRecorder { handle }
}
