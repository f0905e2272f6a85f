//! `jejak audit verify`: runs all checks in a data folder, or the public ones with the tree, the key
//! and, if it is named, the broker.

use std::{fs, path::PathBuf};

use clap::Args;
use jejak_auditor::{
    TreeCopy,
    verify::{self, CheckOutcome, CheckResult, CheckedHistory, OfficeKeys, VerifyInput},
};
use jejak_bus::BrokerConfig;
use jejak_journal::{Journal, Keyring};

use super::tree_args::TreeFileArgs;
use crate::{
    args::{OfficeArgs, SeedArgs},
    data::{DataError, DataFolder},
    identity::BrokerIdentity,
    office_config::OfficeConfig,
    terminal::{CliError, ProgressLine, say},
    witness::WitnessArgs,
};

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    office: OfficeArgs,
    #[command(flatten)]
    seed: SeedArgs,
    /// An older checkpoint that the tree must extend, or a folder with them.
    #[arg(long, env = "JEJAK_SINCE")]
    since: Option<PathBuf>,
    #[command(flatten)]
    witnesses: WitnessArgs,
    #[command(flatten)]
    tree: TreeFileArgs,
}

impl VerifyArgs {
    fn seed(&self) -> Result<Option<String>, CliError> {
        let Some(path) = &self.seed.nkey_seed_file else {
            return Ok(None);
        };
        let seed =
            fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Some(seed.trim().to_owned()))
    }

    /// The office's configuration. `None` if its keys are not here and none are needed.
    fn config(&self, seed: Option<&str>) -> Result<Option<OfficeConfig>, CliError> {
        match DataFolder::existing(&self.office.data) {
            Ok(folder) => {
                // A seed of the folder's own services gives fewer rights than the
                // checks need; it is ignored.
                let other = match seed {
                    Some(seed) if !folder.has_seed(seed)? => self.seed.nkey_seed_file.clone(),
                    _ => None,
                };
                self.office
                    .config_in(folder.with_key_files(None, other))
                    .map(Some)
            }
            Err(DataError::Missing(_)) if self.tree.are_complete() => Ok(None),
            Err(error @ DataError::Missing(_)) => Err(format!(
                "{error}; without the office's keys, give --key and --tree, and --nats to compare the log too"
            )
            .into()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Runs every check that the given keys allow, and prints one line for each.
pub(super) async fn run(arguments: &VerifyArgs) -> Result<(), CliError> {
    let seed = arguments.seed()?;
    let config = arguments.config(seed.as_deref())?;
    let data = &arguments.office.data;
    let key = arguments.tree.key(data)?;
    key.check_office(&arguments.office.tenant)?;
    let since = arguments
        .witnesses
        .older(arguments.since.as_deref(), &key)?;
    let witnesses = arguments.witnesses.to_check()?;
    let tree = arguments.tree.open(data, &key)?;
    let (history, office) = match config {
        Some(config) => {
            let journal = config.open_log(BrokerIdentity::Admin).await?;
            let keyring = Keyring::open_all(&journal, config.folder.tenant_key()?).await?;
            let scratch = config.folder.views();
            (
                CheckedHistory::Log(journal),
                Some(OfficeKeys { keyring, scratch }),
            )
        }
        None if arguments.office.nats.is_some() => {
            let journal = open_as_auditor(arguments, seed).await?;
            (CheckedHistory::Log(journal), None)
        }
        None => {
            let copy = TreeCopy::signed(tree.clone(), &key, &arguments.office.tenant);
            (CheckedHistory::Copy(Box::new(copy)), None)
        }
    };
    let input = VerifyInput {
        history,
        tree,
        key,
        since,
        witnesses,
        office,
    };
    let mut progress = ProgressLine::new("verified");
    let checks = verify::verify(
        input,
        |at, last| progress.say(at, last),
        |check| say(&check.to_string()),
    )
    .await;
    progress.end();
    conclude(&checks?)
}

/// Fails if a check failed, and says how many were skipped.
fn conclude(checks: &[CheckResult]) -> Result<(), CliError> {
    let count =
        |is: fn(&CheckOutcome) -> bool| checks.iter().filter(|check| is(&check.outcome)).count();
    let failed = count(|outcome| matches!(outcome, CheckOutcome::Failed(_)));
    let skipped = count(|outcome| matches!(outcome, CheckOutcome::Skipped(_)));
    let made = checks.len() - skipped;
    if failed > 0 {
        return Err(format!("{failed} of {made} checks failed").into());
    }
    if skipped > 0 {
        say(&format!(
            "{made} checks passed, {skipped} skipped; each line says why"
        ));
    }
    Ok(())
}

/// Opens the log with the given seed, or without an identity.
async fn open_as_auditor(
    arguments: &VerifyArgs,
    nkey_seed: Option<String>,
) -> Result<Journal, CliError> {
    let url = arguments
        .office
        .nats
        .clone()
        .ok_or("no broker is known; name it with --nats")?;
    let broker = BrokerConfig {
        url,
        nkey_seed,
        ca_file: arguments.office.nats_ca.clone(),
        access: BrokerIdentity::Auditor.account().access(),
    };
    let name = BrokerIdentity::Auditor.connection_name();
    let client = jejak_bus::connect(&broker, &name).await?;
    Ok(broker.open_log(&client, &arguments.office.tenant).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_checks_pass_and_failed_ones_are_counted() {
        let check = |outcome| CheckResult {
            name: "log".to_owned(),
            outcome,
        };
        let passed = check(CheckOutcome::Passed("x".to_owned()));
        let failed = check(CheckOutcome::Failed("x".to_owned()));
        let skipped = check(CheckOutcome::Skipped("x".to_owned()));
        assert!(conclude(&[passed.clone(), skipped.clone()]).is_ok());
        let error = conclude(&[passed, skipped, failed])
            .unwrap_err()
            .to_string();
        assert_eq!(error, "1 of 2 checks failed");
    }
}
