//! Work on the log of an office whose services are stopped. The folder's own broker runs meanwhile.

use std::{collections::BTreeSet, time::Duration};

use futures_util::StreamExt;
use jejak_journal::Journal;
use tokio::time::{Instant, timeout};

use crate::{
    args::OfficeArgs, broker::RunningBroker, data::DataFolder, identity::BrokerIdentity,
    office_config::OfficeConfig, terminal::CliError,
};

/// A service that runs answers within this time.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
/// The only service that may run: it opens no data key.
const AUDITOR: &str = "jejak-auditor";

/// Opens the log as the commands service, which alone may write data keys, and gives it to `work`. No service that opens
/// data keys may run.
pub(super) async fn with_log(
    office: &OfficeArgs,
    folder: &DataFolder,
    work: impl AsyncFnOnce(Journal) -> Result<(), CliError>,
) -> Result<(), CliError> {
    if office.nats.is_none() {
        let broker = RunningBroker::start(folder, &office.tenant).await?;
        let config = OfficeConfig {
            folder: folder.clone(),
            nats: broker.url.clone(),
            nats_ca: None,
            tenant: office.tenant.clone(),
            time_zone: office.time_zone,
        };
        let outcome = on_broker(&config, work).await;
        broker.stop().await;
        return outcome;
    }
    on_broker(&office.config_in(folder.clone())?, work).await
}

async fn on_broker(
    config: &OfficeConfig,
    work: impl AsyncFnOnce(Journal) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let running = running(&config.open_log_patiently(BrokerIdentity::Admin).await?).await?;
    if !running.is_empty() {
        let running = running.into_iter().collect::<Vec<_>>().join(", ");
        return Err(format!("{running} still answers; stop it, and repeat this command").into());
    }
    work(config.open_log_patiently(BrokerIdentity::Commands).await?).await
}

/// The names of the services that answer at the broker and open data keys.
async fn running(journal: &Journal) -> Result<BTreeSet<String>, CliError> {
    let client = journal.client();
    let inbox = client.new_inbox();
    let mut answers = client.subscribe(inbox.clone()).await?;
    client
        .publish_with_reply("$SRV.PING", inbox, "".into())
        .await?;
    let mut names = BTreeSet::new();
    let deadline = Instant::now() + ANSWERS_WITHIN;
    while let Ok(Some(answer)) = timeout(
        deadline.saturating_duration_since(Instant::now()),
        answers.next(),
    )
    .await
    {
        // An answer without a payload says that nobody listens.
        let Ok(answer) = serde_json::from_slice::<serde_json::Value>(&answer.payload) else {
            break;
        };
        names.extend(answer["name"].as_str().map(str::to_owned));
    }
    names.remove(AUDITOR);
    Ok(names)
}
