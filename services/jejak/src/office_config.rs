//! The configuration that every service of an office shares.

use std::{path::PathBuf, time::Duration};

use jejak_bus::BrokerConfig;
use jejak_events::ids::TenantId;
use jejak_gateway::{ExternalIssuer, Tokens};
use jejak_journal::{Journal, JournalError};
use tokio::time::Instant;

use crate::{
    data::{DataError, DataFolder},
    identity::BrokerIdentity,
};

/// The time that a broker that was just started has to grant the log.
const LOG_WITHIN: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_millis(50);

/// The reason why the log of an office cannot be reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogAccessError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Connect(#[from] jejak_bus::ConnectError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The data folder, the broker and the tenant of an office.
#[derive(Debug, Clone)]
pub(crate) struct OfficeConfig {
    /// The keys, the views and the signed tree.
    pub(crate) folder: DataFolder,
    /// The addresses of the broker, separated by commas.
    pub(crate) nats: String,
    /// The certificates that vouch for the broker.
    pub(crate) nats_ca: Option<PathBuf>,
    /// The name of the office in subjects and streams.
    pub(crate) tenant: TenantId,
    /// The time zone of "today" (rule 38).
    pub(crate) time_zone: chrono_tz::Tz,
}

impl OfficeConfig {
    /// The broker's address with one identity.
    pub(crate) fn broker(&self, identity: BrokerIdentity) -> Result<BrokerConfig, DataError> {
        Ok(BrokerConfig {
            url: self.nats.clone(),
            nkey_seed: Some(self.folder.seed(identity)?),
            ca_file: self.nats_ca.clone(),
            access: identity.account().access(),
        })
    }

    /// The tokens that a gateway accepts: those of an issuer elsewhere, or the data folder's.
    pub(crate) fn tokens(
        &self,
        issuer: Option<ExternalIssuer>,
        register: Option<PathBuf>,
    ) -> Tokens {
        let own = self.folder.token_register_file();
        match issuer {
            Some(issuer) => Tokens::External {
                issuer,
                register: register.or_else(|| own.exists().then_some(own)),
            },
            None => Tokens::Local {
                register: register.unwrap_or(own),
            },
        }
    }

    /// Connects to the broker as one identity.
    pub(crate) async fn connect(
        &self,
        identity: BrokerIdentity,
    ) -> Result<async_nats::Client, LogAccessError> {
        let broker = self.broker(identity)?;
        Ok(jejak_bus::connect(&broker, &identity.connection_name()).await?)
    }

    /// Opens the log as one identity.
    pub(crate) async fn open_log(
        &self,
        identity: BrokerIdentity,
    ) -> Result<Journal, LogAccessError> {
        let broker = self.broker(identity)?;
        let client = jejak_bus::connect(&broker, &identity.connection_name()).await?;
        Ok(broker.open_log(&client, &self.tenant).await?)
    }

    /// [`OfficeConfig::open_log`], at a broker that was just started and may need a moment.
    pub(crate) async fn open_log_patiently(
        &self,
        identity: BrokerIdentity,
    ) -> Result<Journal, LogAccessError> {
        let deadline = Instant::now() + LOG_WITHIN;
        loop {
            match self.open_log(identity).await {
                Err(
                    LogAccessError::Connect(_)
                    | LogAccessError::Journal(JournalError::Unavailable(_)),
                ) if Instant::now() < deadline => tokio::time::sleep(ASK_EVERY).await,
                opened => return opened,
            }
        }
    }

    /// Creates the log if it is missing, and opens it.
    pub(crate) async fn init(&self, replicas: usize) -> Result<Journal, LogAccessError> {
        let client = self.connect(BrokerIdentity::Admin).await?;
        Ok(Journal::init(client, &self.tenant, replicas).await?)
    }

    /// Creates a log with one replica if it is missing. Opens an existing one
    /// with any number of replicas.
    pub(crate) async fn init_or_open(&self) -> Result<Journal, LogAccessError> {
        match self.init(1).await {
            Err(LogAccessError::Journal(JournalError::StreamDiffers { differences, .. }))
                if differences
                    .iter()
                    .all(|difference| difference.setting == "num_replicas") =>
            {
                self.open_log(BrokerIdentity::Admin).await
            }
            other => other,
        }
    }
}
