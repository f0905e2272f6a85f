//! Services that fail, panic, or cannot all be started.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::io;

use super::*;
use crate::data::DataFolder;

async fn until_told(stop: CancellationToken) -> Result<(), ServiceError> {
    stop.cancelled().await;
    Ok(())
}

async fn panics(_: CancellationToken) -> Result<(), ServiceError> {
    panic!("a fault")
}

#[tokio::test]
async fn the_first_failure_stops_the_others() {
    let stop = CancellationToken::new();
    let mut group = ServiceGroup::new(&stop);
    group.start(until_told);
    group.start(|_| async { Err(ServiceError::Start(io::Error::other("no thread"))) });
    let error = group.finish().await.unwrap_err();
    assert_eq!(error.to_string(), "a service cannot be started: no thread");
    assert!(stop.is_cancelled());
}

#[tokio::test]
async fn a_panic_stops_the_others() {
    let stop = CancellationToken::new();
    let mut group = ServiceGroup::new(&stop);
    group.start(until_told);
    group.start(panics);
    assert!(matches!(group.finish().await, Err(ServiceError::Panic(_))));
    assert!(stop.is_cancelled());
}

#[tokio::test]
async fn a_dropped_group_tells_its_services_to_stop() {
    let stop = CancellationToken::new();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (ended, has_ended) = tokio::sync::oneshot::channel();
    let mut group = ServiceGroup::new(&stop);
    group.start(|stop| async {
        let unheard = |()| ServiceError::Start(io::Error::other("nobody waits"));
        begun.send(()).map_err(unheard)?;
        until_told(stop).await?;
        ended.send(()).map_err(unheard)
    });
    has_begun.await.unwrap();
    drop(group);
    has_ended.await.unwrap();
}

#[tokio::test]
async fn a_sample_before_the_first_scrape_is_shown() {
    let stop = CancellationToken::new();
    let mut group = ServiceGroup::new(&stop);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    group.metrics(listener);
    // A quick service records a sample before any task of this runtime runs. The recorder
    // belongs to the process: alone in one, as nextest runs it, this test fails if the
    // recorder is installed too late.
    metrics::gauge!("jejak_spec_measured").set(7.0);
    let shown = crate::http::client()
        .unwrap()
        .get(url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(shown.contains("jejak_spec_measured 7"), "{shown}");
}

#[tokio::test]
async fn an_office_that_cannot_be_started_completely_is_stopped() {
    let at = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(at.path()).unwrap();
    let tenant = "pontianak".parse().unwrap();
    let nats = "nats://127.0.0.1:1".to_owned();
    let config = OfficeConfig {
        folder,
        nats,
        nats_ca: None,
        tenant,
        time_zone: chrono_tz::Asia::Pontianak,
    };
    // The gateway is started last; the others run by then.
    std::fs::remove_file(at.path().join("keys/nats/gateway.seed")).unwrap();
    let stop = CancellationToken::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = GatewaySetup {
        listener,
        tokens: config.tokens(None, None),
        oidc: None,
        access_log: AccessLogConfig::new(config.folder.access_log()),
        limits: Limits::default(),
    };
    let error = ServiceGroup::new(&stop)
        .office(&config, gateway, true, Witnesses::default())
        .await
        .err()
        .unwrap();
    assert!(error.to_string().contains("gateway.seed"), "{error}");
    assert!(stop.is_cancelled());
}
