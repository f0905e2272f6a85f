//! `jejak audit quarantine`: signs the record of a message that is no event.

use std::time::Duration;

use clap::Args;
use jejak_auditor::{
    LogPublicKey, Tree,
    quarantine::{self, PutInput},
};
use jejak_events::text::visible;
use jejak_gateway::AccessEvent;
use jejak_journal::{Journal, JournalError};
use tokio::time::Instant;

use crate::{
    args::OfficeArgs,
    broker::RunningBroker,
    data::DataFolder,
    identity::BrokerIdentity,
    office_config::{LogAccessError, OfficeConfig},
    security_log,
    terminal::{CliError, say},
};

/// The time that a broker that was just started has to grant the log.
const LOG_WITHIN: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_millis(50);

#[derive(Debug, Args)]
pub(crate) struct QuarantineArgs {
    /// The position of the message.
    position: u64,
    /// The reason, one line. It is shown by `jejak audit verify`.
    #[arg(long, env = "JEJAK_REASON")]
    reason: String,
    #[command(flatten)]
    office: OfficeArgs,
}

/// Signs the record with the data folder's key. A stopped office's broker runs meanwhile.
pub(super) async fn run(arguments: &QuarantineArgs) -> Result<(), CliError> {
    let folder = DataFolder::existing(&arguments.office.data)?;
    let config = arguments.office.config_in(folder.clone())?;
    match open(&config).await {
        Err(LogAccessError::Connect(error)) if arguments.office.nats.is_none() => {
            // Only the process with the lock may start the folder's broker.
            let _lock = folder.lock().map_err(|_| error)?;
            let broker = RunningBroker::start(&folder, &config.tenant).await?;
            let config = OfficeConfig {
                nats: broker.url.clone(),
                nats_ca: None,
                ..config
            };
            let put = match open_patiently(&config).await {
                Ok(journal) => put(arguments, &config, journal.as_ref()).await,
                Err(error) => Err(error.into()),
            };
            broker.stop().await;
            put
        }
        opened => put(arguments, &config, opened?.as_ref()).await,
    }
}

async fn put(
    arguments: &QuarantineArgs,
    config: &OfficeConfig,
    journal: Option<&Journal>,
) -> Result<(), CliError> {
    let folder = &config.folder;
    let key_file = folder.log_public_key_file();
    let text = std::fs::read_to_string(&key_file)
        .map_err(|error| format!("{}: {error}", key_file.display()))?;
    let key = LogPublicKey::parse(&text)?;
    let input = PutInput {
        tenant: &config.tenant,
        journal,
        tree: &Tree::open(&folder.tree(), &key)?,
        key: &key,
        key_file: &folder.log_key_file(),
    };
    let record = quarantine::put(&input, arguments.position, &arguments.reason).await?;
    say(&format!(
        "position {} is in quarantine: stored under {}, SHA-256 {}, signed by {}",
        record.position,
        // A sender chooses the subject of such a message.
        visible(&record.subject),
        record.sha256,
        key.name()
    ));
    say(&format!(
        "services of this data folder go on by themselves; copy {} to those on other hosts",
        quarantine::folder(&folder.tree())
            .join(record.position.to_string())
            .display()
    ));
    security_log::note(folder, |_, by| AccessEvent::MessageQuarantined {
        by,
        position: record.position,
    })
}

/// The log; none where it was lost.
async fn open(config: &OfficeConfig) -> Result<Option<Journal>, LogAccessError> {
    match config.open_log(BrokerIdentity::Auditor).await {
        Ok(journal) => Ok(Some(journal)),
        Err(LogAccessError::Journal(JournalError::StreamMissing(_))) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn open_patiently(config: &OfficeConfig) -> Result<Option<Journal>, LogAccessError> {
    let deadline = Instant::now() + LOG_WITHIN;
    loop {
        match open(config).await {
            Err(
                LogAccessError::Connect(_) | LogAccessError::Journal(JournalError::Unavailable(_)),
            ) if Instant::now() < deadline => tokio::time::sleep(ASK_EVERY).await,
            opened => return opened,
        }
    }
}
