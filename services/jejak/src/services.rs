//! Starting the services with what they need from the data folder: alone or together. Each has one thread, and
//! others only for what takes longer than a moment. One thread takes all that has come before it sends, so that what
//! is decided together is sent together; with several, each message costs a wake-up and a write of its own. More is
//! done by more replicas.

use std::future::Future;

use jejak_bus::{BrokerConfig, telemetry::MetricsRecorder};
use jejak_events::ids::TenantId;
use jejak_gateway::Tokens;
use jejak_journal::{Journal, JournalError};
use jejak_projections::VIEWS;
use tokio::{net::TcpListener, runtime, task::JoinSet};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::data::{DataError, DataFolder};

/// People whose states a commands service keeps in memory.
const CACHE_CAPACITY: usize = 100_000;

/// Why a service ended.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Keys.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The broker.
    #[error(transparent)]
    Connect(#[from] jejak_bus::ConnectError),
    /// The log.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The commands service.
    #[error("commands: {0}")]
    Commands(#[from] jejak_commands::CommandsError),
    /// A projector.
    #[error("projector: {0}")]
    Projector(#[from] jejak_projector::ProjectorError),
    /// The history service.
    #[error("history: {0}")]
    History(#[from] jejak_history::HistoryError),
    /// The auditor.
    #[error("auditor: {0}")]
    Auditor(#[from] jejak_auditor::AuditorError),
    /// The gateway.
    #[error("gateway: {0}")]
    Gateway(#[from] jejak_gateway::GatewayError),
    /// Showing metrics.
    #[error("metrics: {0}")]
    Metrics(#[from] std::io::Error),
    /// The system.
    #[error("a service cannot be started: {0}")]
    Start(std::io::Error),
    /// A fault of ours: a service panicked.
    #[error("a service ended by a fault: {0}")]
    Fault(#[from] tokio::task::JoinError),
}

/// What every service is started with.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Keys and views.
    pub folder: DataFolder,
    /// Addresses of the broker.
    pub nats: String,
    /// Whose log.
    pub tenant: TenantId,
    /// Where "today" is a date.
    pub time_zone: chrono_tz::Tz,
    /// Whether appends that wait share a batch.
    pub group_commit: bool,
}

/// Services running in this process. They are told to stop when this is dropped.
pub struct Running {
    tasks: JoinSet<Result<(), ServiceError>>,
    stop: CancellationToken,
    _stops: DropGuard,
}

impl Setting {
    /// The broker, as one identity.
    ///
    /// # Errors
    /// A seed that cannot be read.
    pub fn broker(&self, identity: &str) -> Result<BrokerConfig, DataError> {
        Ok(BrokerConfig {
            url: self.nats.clone(),
            nkey_seed: Some(self.folder.seed(identity)?),
        })
    }

    /// Creates the log where it is missing, and opens it as its administrator.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn init(&self, replicas: usize) -> Result<Journal, ServiceError> {
        let client = self.connect_as_admin().await?;
        Ok(Journal::init(client, &self.tenant, replicas).await?)
    }

    /// [`Setting::init`] on one replica, but a log that is there may have any number of them: how many is
    /// for who created it to say.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn init_or_open(&self) -> Result<Journal, ServiceError> {
        match self.init(1).await {
            Err(ServiceError::Journal(JournalError::StreamDiffers { differences, .. }))
                if differences
                    .iter()
                    .all(|difference| difference.setting == "num_replicas") =>
            {
                Ok(Journal::open(self.connect_as_admin().await?, &self.tenant).await?)
            }
            other => other,
        }
    }

    async fn connect_as_admin(&self) -> Result<async_nats::Client, ServiceError> {
        let broker = self.broker("admin")?;
        Ok(jejak_bus::connect(&broker, &crate::permissions::connection_name("admin")).await?)
    }
}

impl Running {
    /// None yet. What tells one to stop tells all.
    pub fn new(stop: &CancellationToken) -> Self {
        Self {
            tasks: JoinSet::new(),
            stop: stop.clone(),
            _stops: stop.clone().drop_guard(),
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

    /// Starts everything of an office. Where something cannot be started, what was is told to stop and awaited.
    ///
    /// # Errors
    /// Keys that cannot be read, a listener that cannot be handed on.
    pub async fn office(
        mut self,
        setting: &Setting,
        listener: TcpListener,
    ) -> Result<Self, ServiceError> {
        match self.start_office(setting, listener) {
            Ok(()) => Ok(self),
            Err(error) => {
                self.stop.cancel();
                if let Err(other) = self.finish().await {
                    tracing::warn!(error = %other, "a service failed while it was being stopped");
                }
                Err(error)
            }
        }
    }

    fn start_office(
        &mut self,
        setting: &Setting,
        listener: TcpListener,
    ) -> Result<(), ServiceError> {
        MetricsRecorder::install();
        let tokens = Tokens::Local {
            public_key_pem: setting.folder.public_key_pem()?,
        };
        self.commands(setting)?;
        self.projector(
            setting,
            VIEWS.iter().map(|view| view.name().to_owned()).collect(),
        )?;
        self.history(setting)?;
        self.auditor(setting)?;
        self.gateway(setting, listener, tokens)
    }

    /// Starts a commands service.
    ///
    /// # Errors
    /// Keys that cannot be read.
    pub fn commands(&mut self, setting: &Setting) -> Result<(), DataError> {
        let config = jejak_commands::Config {
            broker: setting.broker("commands")?,
            tenant: setting.tenant.clone(),
            tenant_key: setting.folder.tenant_key()?,
            time_zone: setting.time_zone,
            cache_capacity: CACHE_CAPACITY,
            group_commit: setting.group_commit,
        };
        self.start(|stop| jejak_commands::run(config, stop));
        Ok(())
    }

    /// Starts a projector of some views. They share one pass of the log.
    ///
    /// # Errors
    /// Keys that cannot be read.
    pub fn projector(&mut self, setting: &Setting, views: Vec<String>) -> Result<(), DataError> {
        let config = jejak_projector::Config {
            broker: setting.broker("projector")?,
            tenant: setting.tenant.clone(),
            tenant_key: setting.folder.tenant_key()?,
            time_zone: setting.time_zone,
            data_dir: setting.folder.views(),
            views,
        };
        self.start(|stop| jejak_projector::run(config, stop));
        Ok(())
    }

    /// Starts the history service.
    ///
    /// # Errors
    /// Keys that cannot be read.
    pub fn history(&mut self, setting: &Setting) -> Result<(), DataError> {
        let config = jejak_history::Config {
            broker: setting.broker("history")?,
            tenant: setting.tenant.clone(),
            tenant_key: setting.folder.tenant_key()?,
            time_zone: setting.time_zone,
        };
        self.start(|stop| jejak_history::run(config, stop));
        Ok(())
    }

    /// Starts the auditor.
    ///
    /// # Errors
    /// Keys that cannot be read.
    pub fn auditor(&mut self, setting: &Setting) -> Result<(), DataError> {
        let config = jejak_auditor::Config {
            broker: setting.broker("auditor")?,
            tenant: setting.tenant.clone(),
            tree: setting.folder.tree(),
            key_file: setting.folder.log_key_file(),
            public_key_file: setting.folder.log_public_key_file(),
        };
        self.start(|stop| jejak_auditor::run(config, stop));
        Ok(())
    }

    /// Starts a gateway.
    ///
    /// # Errors
    /// Keys that cannot be read, a listener that cannot be handed on.
    pub fn gateway(
        &mut self,
        setting: &Setting,
        listener: TcpListener,
        tokens: Tokens,
    ) -> Result<(), ServiceError> {
        let config = jejak_gateway::Config {
            broker: setting.broker("gateway")?,
            tenant: setting.tenant.clone(),
            tokens,
            limits: jejak_gateway::Limits::default(),
        };
        let listener = listener.into_std().map_err(ServiceError::Start)?;
        self.start(|stop| async move {
            let listener = TcpListener::from_std(listener).map_err(ServiceError::Start)?;
            Ok::<_, ServiceError>(jejak_gateway::run(listener, config, stop).await?)
        });
        Ok(())
    }

    /// Shows what this process measures from now on. Comes before any service is started.
    pub fn metrics(&mut self, listener: TcpListener) {
        let recorder = MetricsRecorder::install();
        let stop = self.stop.clone();
        self.tasks
            .spawn(async move { Ok(recorder.serve(listener, stop).await?) });
    }

    /// Waits until all have ended. The first that fails stops the others.
    ///
    /// # Errors
    /// What made the first one fail.
    pub async fn finish(mut self) -> Result<(), ServiceError> {
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

    async fn until_told(stop: CancellationToken) -> Result<(), ServiceError> {
        stop.cancelled().await;
        Ok(())
    }

    async fn panics(_: CancellationToken) -> Result<(), ServiceError> {
        panic!("a fault")
    }

    #[tokio::test]
    async fn the_first_that_fails_stops_the_others() {
        let stop = CancellationToken::new();
        let mut running = Running::new(&stop);
        running.start(until_told);
        running.start(|_| async { Err(ServiceError::Start(io::Error::other("no thread"))) });
        let error = running.finish().await.unwrap_err();
        assert_eq!(error.to_string(), "a service cannot be started: no thread");
        assert!(stop.is_cancelled());
    }

    #[tokio::test]
    async fn one_that_panics_stops_the_others() {
        let stop = CancellationToken::new();
        let mut running = Running::new(&stop);
        running.start(until_told);
        running.start(panics);
        assert!(matches!(
            running.finish().await,
            Err(ServiceError::Fault(_))
        ));
        assert!(stop.is_cancelled());
    }

    #[tokio::test]
    async fn those_that_nobody_waits_for_are_told_to_stop() {
        let stop = CancellationToken::new();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (ended, has_ended) = tokio::sync::oneshot::channel();
        let mut running = Running::new(&stop);
        running.start(|stop| async {
            let unheard = |()| ServiceError::Start(io::Error::other("nobody waits"));
            begun.send(()).map_err(unheard)?;
            until_told(stop).await?;
            ended.send(()).map_err(unheard)
        });
        has_begun.await.unwrap();
        drop(running);
        has_ended.await.unwrap();
    }

    #[tokio::test]
    async fn what_is_measured_before_the_first_scrape_is_shown() {
        let stop = CancellationToken::new();
        let mut running = Running::new(&stop);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/metrics", listener.local_addr().unwrap());
        running.metrics(listener);
        // Of a service that is quicker than the tasks of this runtime. A recorder is a process's: alone in one, as
        // nextest runs it, this fails where it is installed too late.
        metrics::gauge!("jejak_spec_measured").set(7.0);
        let shown = crate::http_client()
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
    async fn an_office_that_cannot_be_started_whole_is_ended() {
        let at = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(at.path()).unwrap();
        let tenant = "pontianak".parse().unwrap();
        let nats = "nats://127.0.0.1:1".to_owned();
        let setting = Setting {
            folder,
            nats,
            tenant,
            time_zone: chrono_tz::Asia::Pontianak,
            group_commit: true,
        };
        // The last one needed: the others have been started by then.
        std::fs::remove_file(at.path().join("keys/nats/gateway.seed")).unwrap();
        let stop = CancellationToken::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let error = Running::new(&stop)
            .office(&setting, listener)
            .await
            .err()
            .unwrap();
        assert!(error.to_string().contains("gateway.seed"), "{error}");
        assert!(stop.is_cancelled());
    }
}
