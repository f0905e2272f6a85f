//! `jejak audit verify`: with the office's keys where its data folder is, or by who has the broker, the tree and the
//! public key alone. Which checks were not made is said.

use std::{fs, path::PathBuf};

use clap::Args;
use jejak_auditor::verify::{self, CheckResult, OfficeKeys, Outcome, VerifyInput};
use jejak_bus::BrokerConfig;
use jejak_journal::{Journal, Keyring};

use crate::{
    audit::{Progress, open, open_tree, public_key},
    cli::{Failure, OfficeArgs, SeedArgs, say},
    data::{DataError, DataFolder},
    permissions::connection_name,
    services::Setting,
};

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    office: OfficeArgs,
    #[command(flatten)]
    seed: SeedArgs,
    /// An older checkpoint, that the tree must go on from.
    #[arg(long, env = "JEJAK_SINCE")]
    since: Option<PathBuf>,
    /// The log's public key, or a file with it, instead of the data folder's.
    #[arg(long, env = "JEJAK_KEY")]
    key: Option<String>,
    /// The signed tree, or a copy of it, instead of the data folder's.
    #[arg(long, env = "JEJAK_TREE")]
    tree: Option<PathBuf>,
}

impl VerifyArgs {
    fn seed(&self) -> Result<Option<String>, Failure> {
        let Some(path) = &self.seed.nkey_seed_file else {
            return Ok(None);
        };
        let seed =
            fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Some(seed.trim().to_owned()))
    }

    /// The office's setting, unless its keys are not here.
    fn setting(&self, seed: Option<&str>) -> Result<Option<Setting>, Failure> {
        match DataFolder::existing(&self.office.data) {
            Ok(folder) => {
                // One of the folder's own identities, such as a service's, is no reason to connect as less than what
                // all checks take.
                let other = match seed {
                    Some(seed) if !folder.has_seed(seed)? => self.seed.nkey_seed_file.clone(),
                    _ => None,
                };
                self.office
                    .setting_in(folder.with_key_files(None, other))
                    .map(Some)
            }
            Err(DataError::Missing(_))
                if self.office.nats.is_some() && self.key.is_some() && self.tree.is_some() =>
            {
                Ok(None)
            }
            Err(error @ DataError::Missing(_)) => Err(format!(
                "{error}; without the office's keys, give --nats, --key and --tree"
            )
            .into()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Verifies what can be with what there is.
///
/// # Errors
/// What to say on standard error, and checks that failed.
pub(crate) async fn verify(arguments: &VerifyArgs) -> Result<(), Failure> {
    let seed = arguments.seed()?;
    let setting = arguments.setting(seed.as_deref())?;
    let data = &arguments.office.data;
    let key = public_key(arguments.key.as_deref(), data)?;
    key.check_office(&arguments.office.tenant)?;
    let since = arguments.since.as_ref();
    let since =
        since.map(|path| fs::read(path).map_err(|error| format!("{}: {error}", path.display())));
    let tree = open_tree(arguments.tree.as_deref(), data, &key)?;
    let (journal, office) = match setting {
        Some(setting) => {
            let journal = open(&setting, "admin").await?;
            let keyring = Keyring::open_all(&journal, setting.folder.tenant_key()?).await?;
            (
                journal,
                Some(OfficeKeys {
                    keyring,
                    scratch: setting.folder.views(),
                }),
            )
        }
        None => (open_as_auditor(arguments, seed).await?, None),
    };
    let input = VerifyInput {
        journal,
        tree,
        key,
        since: since.transpose()?,
        office,
    };
    let mut progress = Progress::new("verified");
    let checks = verify::verify(
        input,
        |at, of| progress.say(at, of),
        |check| say(&check.to_string()),
    )
    .await;
    progress.end();
    conclude(&checks?)
}

/// What all checks together say; those that were not made say nothing.
fn conclude(checks: &[CheckResult]) -> Result<(), Failure> {
    let count = |of: fn(&Outcome) -> bool| checks.iter().filter(|check| of(&check.outcome)).count();
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
    let not_made = count(|outcome| matches!(outcome, Outcome::Skipped(_)));
    let made = checks.len() - not_made;
    match (failed, not_made) {
        (0, 0) => Ok(()),
        (0, _) => {
            say(&format!(
                "{made} checks passed, and {not_made} were not made: they take the office's keys"
            ));
            Ok(())
        }
        (failed, _) => Err(format!("{failed} of {made} checks failed").into()),
    }
}

/// The log, by the identity that was given or by none.
async fn open_as_auditor(
    arguments: &VerifyArgs,
    nkey_seed: Option<String>,
) -> Result<Journal, Failure> {
    let url = arguments
        .office
        .nats
        .clone()
        .ok_or("no broker is known; name it with --nats")?;
    let client = jejak_bus::connect(
        &BrokerConfig { url, nkey_seed },
        &connection_name("auditor"),
    )
    .await?;
    Ok(Journal::open(client, &arguments.office.tenant).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_checked_passes_and_what_failed_is_counted() {
        let check = |outcome| CheckResult {
            name: "log".to_owned(),
            outcome,
        };
        let well = check(Outcome::Passed("x".to_owned()));
        let wrong = check(Outcome::Failed("x".to_owned()));
        let not_made = check(Outcome::Skipped("x".to_owned()));
        assert!(conclude(&[well.clone(), not_made.clone()]).is_ok());
        let error = conclude(&[well, not_made, wrong]).unwrap_err().to_string();
        assert_eq!(error, "1 of 2 checks failed");
    }
}
