//! `jejak audit restore`: fills an empty log from the signed tree.

use std::path::{Path, PathBuf};

use clap::Args;
use jejak_auditor::restore;
use jejak_events::ids::TenantId;
use jejak_journal::{Journal, JournalError};

use super::tree_args::TreeArgs;
use crate::{
    data::DataFolder,
    identity::BrokerIdentity,
    office_config::OfficeConfig,
    terminal::{CliError, ProgressLine, say},
};

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    #[command(flatten)]
    tree: TreeArgs,
    /// The broker that receives the history.
    #[arg(long, env = "JEJAK_INTO")]
    into: String,
    /// Certificates (PEM) that vouch for the broker. Then nothing is sent to it without TLS.
    #[arg(long, env = "JEJAK_NATS_CA", value_name = "FILE")]
    nats_ca: Option<PathBuf>,
    /// The name of the office in subjects and streams.
    #[arg(long, env = "JEJAK_TENANT", default_value = "pontianak")]
    tenant: TenantId,
    /// The number of replicas of a new log.
    #[arg(long, env = "JEJAK_REPLICAS", default_value = "1")]
    replicas: usize,
}

/// Creates the stream as the administration and appends the events as the commands
/// service, which alone may append.
pub(super) async fn run(arguments: &RestoreArgs) -> Result<(), CliError> {
    let data = &arguments.tree.data;
    let tree = arguments.tree.open()?;
    restore::check(&tree, &arguments.tree.key()?, &arguments.tenant)?;
    let config = OfficeConfig {
        folder: DataFolder::existing(data)?,
        nats: arguments.into.clone(),
        nats_ca: arguments.nats_ca.clone(),
        tenant: arguments.tenant.clone(),
        time_zone: chrono_tz::UTC,
    };
    let client = config.connect(BrokerIdentity::Admin).await?;
    let incarnation = restore::incarnation(&tree)?;
    Journal::init_for_refill(client, &config.tenant, arguments.replicas, &incarnation)
        .await
        .map_err(|error| not_created(error, data))?;
    let journal = config.open_log(BrokerIdentity::Commands).await?;
    let mut progress = ProgressLine::new("put back");
    let key = arguments.tree.key()?;
    let restored = restore::restore(&tree, &key, &journal, |at, last| progress.say(at, last)).await;
    progress.end();
    say(&format!(
        "{} events are put back, as they were signed",
        restored?
    ));
    say(
        "the log does not hold the people's data keys: if the broker lost their bucket too, put it back from its own copy, or sealed data stays sealed",
    );
    Ok(())
}

/// A broker stays silent if an identity asks for a forbidden subject.
fn not_created(error: JournalError, data: &Path) -> CliError {
    match error {
        JournalError::Unavailable(_) => format!(
            "{error}; if it runs, it does not let the identity `admin` of {} create the log: include that folder's broker/authorization.conf in its configuration",
            data.display()
        )
        .into(),
        error => error.into(),
    }
}
