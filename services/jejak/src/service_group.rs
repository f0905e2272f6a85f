//! Starts services, alone or together, and waits for them.
//!
//! Each service has one thread, and more only for blocking work. One thread takes all requests
//! that have arrived before it sends, so decisions that are taken together are sent together.
//! More load needs more replicas.

use std::future::Future;

use jejak_auditor::witnesses::Witnesses;
use jejak_bus::telemetry::MetricsRecorder;
use jejak_gateway::{AccessLogConfig, Limits, OidcConfig, Tokens};
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
    /// The provider where people may sign in to the pages.
    pub(crate) oidc: Option<OidcConfig>,
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
        witnesses: Witnesses,
    ) -> Result<Self, ServiceError> {
        match self.start_office(config, gateway, group_commit, witnesses) {
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
        witnesses: Witnesses,
    ) -> Result<(), ServiceError> {
        MetricsRecorder::install();
        let views = VIEWS.iter().map(|view| view.name().to_owned());
        self.commands(config, group_commit)?;
        self.projector(config, views.collect())?;
        self.history(config)?;
        self.auditor(config, witnesses)?;
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

    /// Starts the auditor. It sends checkpoints to these witnesses.
    pub(crate) fn auditor(
        &mut self,
        config: &OfficeConfig,
        witnesses: Witnesses,
    ) -> Result<(), DataError> {
        let config = jejak_auditor::Config {
            broker: config.broker(BrokerIdentity::Auditor)?,
            tenant: config.tenant.clone(),
            tree: config.folder.tree(),
            key_file: config.folder.log_key_file(),
            public_key_file: config.folder.log_public_key_file(),
            witnesses,
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
            oidc,
            access_log,
            limits,
        } = gateway;
        let config = jejak_gateway::Config {
            broker: config.broker(BrokerIdentity::Gateway)?,
            tenant: config.tenant.clone(),
            quarantine: Some(config.folder.quarantine()),
            tokens,
            oidc,
            access_log,
            limits,
            time_zone: config.time_zone,
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
mod tests;
