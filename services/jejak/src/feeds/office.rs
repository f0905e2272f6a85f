//! The log of an office that runs or not. A stopped office's broker runs meanwhile.

use jejak_journal::{Journal, JournalError};

use crate::{
    args::OfficeArgs,
    broker::RunningBroker,
    data::DataFolder,
    identity::BrokerIdentity,
    office_config::{LogAccessError, OfficeConfig},
    terminal::CliError,
};

/// Opens the log as the administration and gives it to `work`.
pub(super) async fn with_log(
    office: &OfficeArgs,
    folder: &DataFolder,
    work: impl AsyncFnOnce(&OfficeConfig, Journal) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let config = office.config_in(folder.clone())?;
    let runs_its_own = office.nats.is_none() && folder.broker().join("store").is_dir();
    match config.open_log(BrokerIdentity::Admin).await {
        Err(LogAccessError::Connect(error)) if runs_its_own => {
            // Only the process with the lock may start the folder's broker.
            let _lock = folder.lock().map_err(|_| error)?;
            let broker = RunningBroker::start(folder, &config.tenant).await?;
            let config = OfficeConfig {
                nats: broker.url.clone(),
                ..config
            };
            let done = match config.open_log_patiently(BrokerIdentity::Admin).await {
                Ok(journal) => work(&config, journal).await,
                Err(error) => Err(error.into()),
            };
            broker.stop().await;
            done
        }
        // A cluster that was just started may need a moment to choose its leaders.
        Err(LogAccessError::Journal(JournalError::Unavailable(_))) => {
            let journal = config.open_log_patiently(BrokerIdentity::Admin).await?;
            work(&config, journal).await
        }
        opened => work(&config, opened?).await,
    }
}
