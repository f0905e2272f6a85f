//! Starts services, alone or together, and waits for them.
//!
//! Each service has one thread, and more only for blocking work. One thread takes all requests
//! that have arrived before it sends, so decisions that are taken together are sent together.
//! More load needs more replicas.

use std::future::Future;

use jejak_bus::telemetry::MetricsRecorder;
use jejak_gateway::{AccessLogConfig, Limits, Tokens};
use jejak_projections::VIEWS;
use tokio::{net::TcpListener, runtime, task::JoinSet};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{data::DataError, identity::BrokerIdentity, office_config::OfficeConfig};

/// People with a state in the memory of a commands service.
const CACHE_CAPACITY: usize = 100_000;

/// The reason why a service ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("commands: {0}")]
    Commands(#[from] jejak_commands::CommandsError),
    #[error("projector: {0}")]
    Projector(#[from] jejak_projector::ProjectorError),
    #[error("history: {0}")]
    History(#[from] jejak_history::HistoryError),
    #[error("auditor: {0}")]
    Auditor(#[from] jejak_auditor::AuditorError),
    #[error("gateway: {0}")]
    Gateway(#[from] jejak_gateway::GatewayError),
    #[error("metrics: {0}")]
    Metrics(#[from] std::io::Error),
    #[error("a service cannot be started: {0}")]
    Start(std::io::Error),
    #[error("a service panicked: {0}; this is a fault of Jejak")]
    Panic(#[from] tokio::task::JoinError),
}

/// What a gateway needs besides the office.
pub(crate) struct GatewaySetup {
    /// The socket of its address.
    pub(crate) listener: TcpListener,
    /// The accepted tokens.
    pub(crate) tokens: Tokens,
    /// The file that says who read what.
    pub(crate) access_log: AccessLogConfig,
    /// The bounds on connections, requests and bodies.
    pub(crate) limits: Limits,
}

/// The services of this process. Dropping the group tells them to stop.
pub(crate) struct ServiceGroup {
    tasks: JoinSet<Result<(), ServiceError>>,
    stop: CancellationToken,
    _stop_on_drop: DropGuard,
}

impl ServiceGroup {
    /// An empty group. The token stops all its services.
    pub(crate) fn new(stop: &CancellationToken) -> Self {
        Self {
            tasks: JoinSet::new(),
            stop: stop.clone(),
            _stop_on_drop: stop.clone().drop_guard(),
        }
    }

    fn start<F, E>(&mut self, service: impl FnOnce(CancellationToken) -> F + Send + 'static)
    where
        F: Future<Output = Result<(), E>>,
        ServiceError: From<E>,
    {
        let stop = self.stop.clone();
        self.tasks.spawn_blocking(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            Ok(runtime
                .map_err(ServiceError::Start)?
                .block_on(service(stop))?)
        });
    }

    /// Starts all services of an office. If one cannot be started, it stops the
    /// others and waits for them.
    pub(crate) async fn office(
        mut self,
        config: &OfficeConfig,
        gateway: GatewaySetup,
        group_commit: bool,
    ) -> Result<Self, ServiceError> {
        match self.start_office(config, gateway, group_commit) {
            Ok(()) => Ok(self),
            Err(error) => {
                self.stop.cancel();
                if let Err(other) = self.finish().await {
                    tracing::warn!(error = %other, "a service failed while it was stopped");
                }
                Err(error)
            }
        }
    }

    fn start_office(
        &mut self,
        config: &OfficeConfig,
        gateway: GatewaySetup,
        group_commit: bool,
    ) -> Result<(), ServiceError> {
        MetricsRecorder::install();
        let views = VIEWS.iter().map(|view| view.name().to_owned());
        self.commands(config, group_commit)?;
        self.projector(config, views.collect())?;
        self.history(config)?;
        self.auditor(config)?;
        self.gateway(config, gateway)
    }

    /// Starts a commands service. With `group_commit`, appends that wait share a batch.
    pub(crate) fn commands(
        &mut self,
        config: &OfficeConfig,
        group_commit: bool,
    ) -> Result<(), DataError> {
        let config = jejak_commands::Config {
            broker: config.broker(BrokerIdentity::Commands)?,
            tenant: config.tenant.clone(),
            quarantine: Some(config.folder.quarantine()),
            tenant_key: config.folder.tenant_key()?,
            time_zone: config.time_zone,
            cache_capacity: CACHE_CAPACITY,
            group_commit,
        };
        self.start(|stop| jejak_commands::run(config, stop));
        Ok(())
    }

    /// Starts a projector of these views. They share one pass of the log.
    pub(crate) fn projector(
        &mut self,
        config: &OfficeConfig,
        views: Vec<String>,
    ) -> Result<(), DataError> {
        let config = jejak_projector::Config {
            broker: config.broker(BrokerIdentity::Projector)?,
            tenant: config.tenant.clone(),
            quarantine: Some(config.folder.quarantine()),
            tenant_key: config.folder.tenant_key()?,
            time_zone: config.time_zone,
            data_dir: config.folder.views(),
            views,
        };
        self.start(|stop| jejak_projector::run(config, stop));
        Ok(())
    }

    /// Starts the history service.
    pub(crate) fn history(&mut self, config: &OfficeConfig) -> Result<(), DataError> {
        let config = jejak_history::Config {
            broker: config.broker(BrokerIdentity::History)?,
            tenant: config.tenant.clone(),
            quarantine: Some(config.folder.quarantine()),
            tenant_key: config.folder.tenant_key()?,
            time_zone: config.time_zone,
        };
        self.start(|stop| jejak_history::run(config, stop));
        Ok(())
    }

    /// Starts the auditor.
    pub(crate) fn auditor(&mut self, config: &OfficeConfig) -> Result<(), DataError> {
        let config = jejak_auditor::Config {
            broker: config.broker(BrokerIdentity::Auditor)?,
            tenant: config.tenant.clone(),
            tree: config.folder.tree(),
            key_file: config.folder.log_key_file(),
            public_key_file: config.folder.log_public_key_file(),
        };
        self.start(|stop| jejak_auditor::run(config, stop));
        Ok(())
    }

    /// Starts a gateway.
    pub(crate) fn gateway(
        &mut self,
        config: &OfficeConfig,
        gateway: GatewaySetup,
    ) -> Result<(), ServiceError> {
        let GatewaySetup {
            listener,
            tokens,
            access_log,
            limits,
        } = gateway;
        let config = jejak_gateway::Config {
            broker: config.broker(BrokerIdentity::Gateway)?,
            tenant: config.tenant.clone(),
            quarantine: Some(config.folder.quarantine()),
            tokens,
            access_log,
            limits,
        };
        let listener = listener.into_std().map_err(ServiceError::Start)?;
        self.start(|stop| async move {
            let listener = TcpListener::from_std(listener).map_err(ServiceError::Start)?;
            Ok::<_, ServiceError>(jejak_gateway::run(listener, config, stop).await?)
        });
        Ok(())
    }

    /// Serves the metrics of this process. Comes before the first
    /// service: earlier samples are lost.
    pub(crate) fn metrics(&mut self, listener: TcpListener) {
        let recorder = MetricsRecorder::install();
        let stop = self.stop.clone();
        self.tasks
            .spawn(async move { Ok(recorder.serve(listener, stop).await?) });
    }

    /// Waits until all services have ended. The first failure stops the others and is returned.
    pub(crate) async fn finish(mut self) -> Result<(), ServiceError> {
        let mut outcome = Ok(());
        while let Some(ended) = self.tasks.join_next().await {
            let ended = ended.map_err(ServiceError::from).and_then(|ended| ended);
            if let Err(error) = ended {
                self.stop.cancel();
                outcome = outcome.and(Err(error));
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
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
            access_log: AccessLogConfig::new(config.folder.access_log()),
            limits: Limits::default(),
        };
        let error = ServiceGroup::new(&stop)
            .office(&config, gateway, true)
            .await
            .err()
            .unwrap();
        assert!(error.to_string().contains("gateway.seed"), "{error}");
        assert!(stop.is_cancelled());
    }
}
