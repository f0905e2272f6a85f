//! `jejak audit ...`: what auditors ask (api.md). What is done is in `jejak_auditor`; here are the arguments,
//! whom to connect as, and what is printed.

use std::{
    fs::{self, File},
    io::{ErrorKind, IsTerminal, Write},
    os::fd::AsFd,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand, ValueEnum};
use jejak_auditor::{
    NoteError, PublicKey, Tree, TreeError, proof,
    replay::{self, ReplayFormat, ReplayOptions},
    restore,
};
use jejak_events::{
    ids::{StreamId, TenantId},
    schema,
};
use jejak_journal::{Journal, JournalError};
use tokio_util::sync::CancellationToken;

use crate::{
    audit_verify::{VerifyArgs, verify},
    cli::{Failure, OfficeArgs, say},
    data::DataFolder,
    permissions::connection_name,
    services::{ServiceError, Setting},
};

/// How often progress is said on a terminal, and how often elsewhere.
const EVERY: Duration = Duration::from_millis(200);
const EVERY_LINE: Duration = Duration::from_secs(5);

/// What auditors ask.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Print the history in order, one event a line.
    Replay(ReplayArgs),
    /// Check the log against the signed tree, every event, every stream's history, and every view.
    ///
    /// Without a data folder it takes --nats, --key and --tree, and the seed of an identity that may read the log
    /// where the broker asks for one. What takes the office's keys, the rules and the views, is not checked then, and
    /// said not to be.
    Verify(VerifyArgs),
    /// Print a proof that the log holds the event at a position, to be checked anywhere.
    Prove {
        /// The position.
        position: u64,
        #[command(flatten)]
        tree: TreeArgs,
    },
    /// Check a proof with the log's public key alone, and print the event it is about.
    Check {
        /// The file of the proof.
        proof: PathBuf,
        #[command(flatten)]
        tree: TreeArgs,
    },
    /// Fill an empty log from the signed tree, byte for byte.
    ///
    /// Stop all services first. The stream is created if there is none; it gets the incarnation it had, so
    /// that tree and views fit it.
    Restore {
        #[command(flatten)]
        tree: TreeArgs,
        /// The broker to put the history into.
        #[arg(long, env = "JEJAK_INTO")]
        into: String,
        /// The office.
        #[arg(long, env = "JEJAK_TENANT", default_value = "pontianak")]
        tenant: TenantId,
        /// How many replicas a new log has.
        #[arg(long, env = "JEJAK_REPLICAS", default_value = "1")]
        replicas: usize,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The first position.
    #[arg(long, env = "JEJAK_FROM")]
    from: Option<u64>,
    /// The last position.
    #[arg(long, env = "JEJAK_TO")]
    to: Option<u64>,
    /// Up to the first event recorded after this time (RFC 3339).
    #[arg(long, env = "JEJAK_UNTIL")]
    until: Option<DateTime<Utc>>,
    /// One stream only, such as operator/<id>.
    #[arg(long, env = "JEJAK_STREAM")]
    stream: Option<StreamId>,
    /// One type of events only, such as jejak.operator.contract.hired.v1.
    #[arg(long = "type", env = "JEJAK_TYPE", value_parser = event_type)]
    kind: Option<String>,
    /// How events are written.
    #[arg(long, env = "JEJAK_FORMAT", default_value = "jsonl")]
    format: FormatArg,
}

/// A type that a log can hold.
fn event_type(text: &str) -> Result<String, String> {
    let known = schema::types();
    if known.iter().any(|known| known == text) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "no event has this type; there are {}",
        known.join(", ")
    ))
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatArg {
    Jsonl,
    Csv,
}

/// Where the signed tree and its key are.
#[derive(Debug, Args)]
pub(crate) struct TreeArgs {
    /// The data folder.
    #[arg(long, env = "JEJAK_DATA", default_value = "./jejak-data")]
    data: PathBuf,
    /// The log's public key, or a file with it, instead of the data folder's.
    #[arg(long, env = "JEJAK_KEY")]
    key: Option<String>,
    /// The signed tree, or a copy of it, instead of the data folder's.
    #[arg(long, env = "JEJAK_TREE")]
    tree: Option<PathBuf>,
}

impl TreeArgs {
    fn key(&self) -> Result<PublicKey, Failure> {
        public_key(self.key.as_deref(), &self.data)
    }

    fn tree(&self) -> Result<Tree, Failure> {
        Ok(open_tree(self.tree.as_deref(), &self.data, &self.key()?)?)
    }
}

/// A tree given by its folder, or the data folder's. It takes none of the office's keys to read one.
pub(crate) fn open_tree(
    given: Option<&Path>,
    data: &Path,
    key: &PublicKey,
) -> Result<Tree, TreeError> {
    Tree::open(
        &given.map_or_else(|| data.join("tree"), Path::to_owned),
        key,
    )
}

/// A key given as text or as a file, or the data folder's.
pub(crate) fn public_key(given: Option<&str>, data: &Path) -> Result<PublicKey, Failure> {
    if let Some(key) = given.and_then(|given| PublicKey::parse(given).ok()) {
        return Ok(key);
    }
    let path = match given {
        Some(given) => PathBuf::from(given),
        None => data.join("keys/log.vkey"),
    };
    let read = fs::read_to_string(&path);
    if let (Some(given), Err(error)) = (given, &read)
        && error.kind() == ErrorKind::NotFound
    {
        return Err(format!("{given}: {}, and no file", NoteError::PublicKey).into());
    }
    let text = read.map_err(|error| {
        format!(
            "the log's public key {}: {error}; give it with --key",
            path.display()
        )
    })?;
    PublicKey::parse(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// Does what an auditor asks.
///
/// # Errors
/// What to say on standard error.
pub(crate) async fn run(command: AuditCommand, stop: CancellationToken) -> Result<(), Failure> {
    match command {
        AuditCommand::Replay(arguments) => replay(arguments, &stop).await,
        AuditCommand::Verify(arguments) => {
            tokio::select! {
                () = stop.cancelled() => Err("stopped before everything was verified".into()),
                verified = verify(&arguments) => verified,
            }
        }
        AuditCommand::Prove { position, tree } => {
            let proof = proof::prove(&tree.tree()?, position)?;
            Ok(print(&proof)?)
        }
        AuditCommand::Check { proof, tree } => check(&proof, &tree),
        AuditCommand::Restore {
            tree,
            into,
            tenant,
            replicas,
        } => {
            tokio::select! {
                () = stop.cancelled() => Err("stopped before all was put back; begin again with an empty log".into()),
                restored = restore(tree, into, tenant, replicas) => restored,
            }
        }
    }
}

async fn replay(arguments: ReplayArgs, stop: &CancellationToken) -> Result<(), Failure> {
    let ReplayArgs {
        office,
        from,
        to,
        until,
        stream,
        kind,
        format,
    } = arguments;
    let format = match format {
        FormatArg::Jsonl => ReplayFormat::Jsonl,
        FormatArg::Csv => ReplayFormat::Csv,
    };
    let options = ReplayOptions {
        from,
        to,
        until,
        stream,
        event_type: kind,
        format,
    };
    let setting = office.setting()?;
    let journal = open(&setting, "auditor").await?;
    let mut progress = Progress::new("replayed");
    let replayed = replay::replay(
        &journal,
        &options,
        output()?,
        |at, of| progress.say(at, of),
        stop,
    )
    .await;
    progress.end();
    if replayed? == 0 && (options.stream.is_some() || options.event_type.is_some()) {
        // Whoever does not hear of it has the empty output.
        let _ = writeln!(
            std::io::stderr(),
            "jejak: the positions asked for hold no event of that stream and type"
        );
    }
    Ok(())
}

/// Standard output.
fn output() -> std::io::Result<File> {
    Ok(File::from(std::io::stdout().as_fd().try_clone_to_owned()?))
}

fn check(path: &Path, tree: &TreeArgs) -> Result<(), Failure> {
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

/// A reader that went away has had what it wanted.
fn print(bytes: &[u8]) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// The stream is made by the office's administration; only the commands service may append to it.
async fn restore(
    arguments: TreeArgs,
    into: String,
    tenant: TenantId,
    replicas: usize,
) -> Result<(), Failure> {
    let tree = arguments.tree()?;
    restore::check(&tree, &arguments.key()?, &tenant)?;
    let folder = DataFolder::existing(&arguments.data)?;
    let setting = Setting {
        folder,
        nats: into,
        tenant,
        time_zone: chrono_tz::UTC,
        group_commit: true,
    };
    let broker = setting.broker("admin")?;
    let client = jejak_bus::connect(&broker, &connection_name("admin")).await?;
    let incarnation = restore::incarnation(&tree)?;
    let made = Journal::init_for_refill(client, &setting.tenant, replicas, &incarnation).await;
    made.map_err(|error| unmade(error, &arguments.data))?;
    let journal = open(&setting, "commands").await?;
    let mut progress = Progress::new("put back");
    let restored = restore::restore(&tree, &journal, |at, of| progress.say(at, of)).await;
    progress.end();
    say(&format!(
        "{} events are put back, as they were signed",
        restored?
    ));
    say(
        "the people's data keys are no part of the log: put their bucket at the broker back from its own copy, if it was lost too, for without it what is sealed stays sealed",
    );
    Ok(())
}

/// A broker does not answer what an identity may not ask.
fn unmade(error: JournalError, data: &Path) -> Failure {
    match error {
        JournalError::Unavailable(_) => format!(
            "{error}; if it runs, it does not let the identity `admin` of {} create the log: include that folder's broker/authorization.conf in its configuration",
            data.display()
        )
        .into(),
        error => error.into(),
    }
}

pub(crate) async fn open(setting: &Setting, identity: &str) -> Result<Journal, ServiceError> {
    let broker = setting.broker(identity)?;
    let client = jejak_bus::connect(&broker, &connection_name(identity)).await?;
    Ok(Journal::open(client, &setting.tenant).await?)
}

/// How far long work has come: on a terminal one line that is written over, elsewhere a line now and then.
pub(crate) struct Progress<W: Write = std::io::Stderr> {
    done: &'static str,
    out: W,
    terminal: bool,
    every: Duration,
    said: Instant,
    unfinished_line: bool,
}

impl Progress {
    pub(crate) fn new(done: &'static str) -> Self {
        let out = std::io::stderr();
        let terminal = out.is_terminal();
        let every = if terminal { EVERY } else { EVERY_LINE };
        Self {
            done,
            out,
            terminal,
            every,
            said: Instant::now(),
            unfinished_line: false,
        }
    }
}

impl<W: Write> Progress<W> {
    pub(crate) fn say(&mut self, at: u64, of: u64) {
        if self.said.elapsed() < self.every {
            return;
        }
        self.said = Instant::now();
        self.unfinished_line = self.terminal;
        let (begin, end) = if self.terminal {
            ("\r", "")
        } else {
            ("", "\n")
        };
        // Progress that cannot be shown is no reason to stop.
        let _ = write!(self.out, "{begin}{at} of {of} {}{end}", self.done);
    }

    pub(crate) fn end(&mut self) {
        if self.unfinished_line {
            let _ = writeln!(self.out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(terminal: bool, every: Duration) -> String {
        let said = Instant::now();
        let mut progress = Progress {
            done: "verified",
            out: vec![],
            terminal,
            every,
            said,
            unfinished_line: false,
        };
        progress.say(1, 3);
        progress.say(2, 3);
        progress.end();
        String::from_utf8(progress.out).unwrap()
    }

    #[test]
    fn progress_is_written_over_on_a_terminal_and_in_plain_lines_elsewhere() {
        assert_eq!(
            said(true, Duration::ZERO),
            "\r1 of 3 verified\r2 of 3 verified\n"
        );
        assert_eq!(
            said(false, Duration::ZERO),
            "1 of 3 verified\n2 of 3 verified\n"
        );
        assert_eq!(
            said(false, EVERY_LINE),
            "",
            "what is done at once says nothing"
        );
    }

    #[test]
    fn what_is_neither_key_nor_file_is_said_to_be_no_key() {
        let error = public_key(Some("jejak/pontianak+1+x"), Path::new("."))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("not a public key of a log") && error.contains("no file"),
            "{error}"
        );
    }
}
