//! `jejak audit`: the arguments, the connection and the output. The
//! work is done in `jejak_auditor`.

mod access;
mod as_of;
mod quarantine;
mod replay;
mod restore;
mod tree_args;
mod verify;
mod who;

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use clap::Subcommand;
use jejak_auditor::proof;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    args::{MomentArgs, OfficeArgs},
    terminal::{CliError, say},
};
use access::AccessArgs;
use quarantine::QuarantineArgs;
use replay::ReplayArgs;
use restore::RestoreArgs;
use tree_args::TreeArgs;
use verify::VerifyArgs;
use who::WhoArgs;

/// The commands of an auditor.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Print the history in order, one event a line.
    ///
    /// With --tree it comes from a copy of the signed tree, and no broker is asked. --key checks each
    /// entry against the signed root.
    Replay(ReplayArgs),
    /// Check the log, every event, every stream's history and every view.
    ///
    /// The log is checked against the signed tree. Without a data folder, give --key and --tree. Add
    /// --nats to compare the log, and --nkey-seed-file if the broker asks for an identity. Checks
    /// that need more than was given are then skipped, and the output says so. Name checkpoints that are kept
    /// elsewhere, too: an older copy of the whole folder is found by nothing else.
    Verify(VerifyArgs),
    /// Print a proof that the log holds the event at a position. Anyone can check it.
    Prove {
        /// The position of the event.
        position: u64,
        #[command(flatten)]
        tree: TreeArgs,
    },
    /// Check a proof with the log's public key, and print its event.
    Check {
        /// The file of the proof.
        proof: PathBuf,
        #[command(flatten)]
        tree: TreeArgs,
    },
    /// Let all readers pass over a message that is no event. A signed record says why.
    ///
    /// The office may run or be stopped. A position that holds an event is refused: no record
    /// hides an event. `verify` shows each record.
    Quarantine(QuarantineArgs),
    /// Fill an empty log from the signed tree, byte for byte.
    ///
    /// Stop all services first. The stream is created if there is none. It gets its old
    /// incarnation, so that the tree and the views fit it.
    Restore(RestoreArgs),
    /// Print lines of the access log: who read whose data, and what was done to tokens and keys.
    ///
    /// Files that were set aside are read too. Without a filter, every line is printed.
    Access(AccessArgs),
    /// Print who is behind a pseudonym of an event or of the access log.
    ///
    /// It reads the whole log with the office's keys: subject, names, roles, and the positions and times of the
    /// events. Events of earlier versions do not say it.
    Who(WhoArgs),
    /// Print what was known of a contract or an operator at an earlier moment.
    ///
    /// The answer for an operator includes leave, appraisals and evaluations.
    AsOf {
        /// The id of a contract or an operator.
        id: Uuid,
        #[command(flatten)]
        moment: MomentArgs,
        #[command(flatten)]
        office: OfficeArgs,
    },
}

/// Runs a command of an auditor.
pub(crate) async fn run(command: AuditCommand, stop: CancellationToken) -> Result<(), CliError> {
    match command {
        AuditCommand::Replay(arguments) => replay::run(arguments, &stop).await,
        AuditCommand::Verify(arguments) => {
            tokio::select! {
                () = stop.cancelled() => Err("stopped before everything was verified".into()),
                verified = verify::run(&arguments) => verified,
            }
        }
        AuditCommand::Prove { position, tree } => {
            let proof = proof::prove(&tree.open()?, position)?;
            Ok(print(&proof)?)
        }
        AuditCommand::Check { proof, tree } => check(&proof, &tree),
        AuditCommand::Quarantine(arguments) => quarantine::run(&arguments).await,
        AuditCommand::Restore(arguments) => {
            tokio::select! {
                () = stop.cancelled() => Err("stopped before all was put back; begin again with an empty log".into()),
                restored = restore::run(&arguments) => restored,
            }
        }
        AuditCommand::Access(arguments) => access::run(&arguments),
        AuditCommand::Who(arguments) => {
            tokio::select! {
                () = stop.cancelled() => Err("stopped before the whole log was read".into()),
                told = who::run(&arguments) => told,
            }
        }
        AuditCommand::AsOf { id, moment, office } => {
            let as_of = moment.as_of().ok_or("give a --position or a --time")?;
            as_of::run(&office.config()?, id, as_of).await
        }
    }
}

fn check(path: &Path, tree: &TreeArgs) -> Result<(), CliError> {
    let key = tree.key()?;
    let text = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let proven =
        proof::check(&text, &key).map_err(|error| format!("{}: {error}", path.display()))?;
    say(&format!(
        "position {} of {}, signed at {} entries by {}:",
        proven.position,
        key.origin(),
        proven.size,
        key.name()
    ));
    Ok(print(&[&proven.event[..], b"\n"].concat())?)
}

/// Prints bytes. A closed pipe is no error.
fn print(bytes: &[u8]) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
