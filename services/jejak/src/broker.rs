//! The `nats-server` process of `jejak up`.
//!
//! `jejak up` finds it, configures an identity for each service, starts it in a process group of
//! its own, restarts it if it ends, and stops it last.

use std::{
    fs::{self, File},
    net::TcpListener,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use jejak_events::ids::TenantId;
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::{Child, Command},
    task::JoinHandle,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{
    data::{DataError, DataFolder},
    identity::BrokerAccount,
    permissions,
};

/// The oldest version with the guarantees that Jejak relies on.
const LEAST_VERSION: [u32; 3] = [2, 14, 4];
/// The time the server has to end before it is killed.
const ENDS_WITHIN: Duration = Duration::from_secs(10);
/// The pause before a server that ended is started again.
const RESTART_AFTER: Duration = Duration::from_millis(500);
/// The interval of checks for the end of an orphan.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The reason why no broker runs.
#[derive(Debug, thiserror::Error)]
pub enum BrokerStartError {
    /// No server of a sufficient version was found.
    #[error(
        "no nats-server of 2.14.4 or later on PATH or in .tools/; run ./deploy/nats-server to get one"
    )]
    Missing,
    /// `JEJAK_NATS_SERVER` names another program, or a version that is too old.
    #[error(
        "JEJAK_NATS_SERVER names {}, which is no nats-server of 2.14.4 or later; name another one, or none",
        _0.display()
    )]
    Unfit(PathBuf),
    /// The data folder cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The system does not start the server.
    #[error("cannot start {}: {source}", path.display())]
    Start {
        /// The path of the binary.
        path: PathBuf,
        /// The reason the system gives.
        source: std::io::Error,
    },
    /// The log of an earlier version stays where no account finds it.
    #[error("cannot move the log from {} to {}: {source}", from.display(), to.display())]
    Move {
        /// The folder of the only account of an earlier version.
        from: PathBuf,
        /// The folder of the account of the log.
        to: PathBuf,
        /// The reason the system gives.
        source: std::io::Error,
    },
    /// The server of an earlier process does not end.
    #[error("process {0} still runs the broker of this folder and does not end; stop it first")]
    Orphan(i32),
}

/// A running server, with a task that restarts it.
pub struct RunningBroker {
    /// The address of the server.
    pub url: String,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl RunningBroker {
    /// Starts the server of a folder, on its earlier port if that is free.
    ///
    /// # Errors
    /// See [`BrokerStartError`].
    pub async fn start(folder: &DataFolder, tenant: &TenantId) -> Result<Self, BrokerStartError> {
        let binary = find().await?;
        let config = folder.broker().join("nats.conf");
        end_orphan(&folder.broker().join("nats.pid"), &config).await?;
        move_log_into_account(&folder.broker().join("store/jetstream"))?;
        let port = free_port(folder.noted_broker().as_deref());
        permissions::write_config(&config, folder, tenant, port)?;
        let url = format!("nats://127.0.0.1:{port}");
        folder.note_broker(&url)?;
        let log = folder.broker().join("nats.log");
        let child = spawn(&binary, &config, &log).map_err(|source| BrokerStartError::Start {
            path: binary.clone(),
            source,
        })?;
        let stop = CancellationToken::new();
        let task = tokio::spawn(restart_until_stopped(
            child,
            binary,
            config,
            log,
            stop.clone(),
        ));
        Ok(Self { url, stop, task })
    }

    /// Stops the server and waits until it has ended.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "the task of the broker panicked");
        }
    }
}

/// Moves the streams of an office from before there were accounts. A server keeps the streams of an
/// account in a folder of its name, and those without an account in `$G`.
fn move_log_into_account(store: &Path) -> Result<(), BrokerStartError> {
    let from = store.join("$G");
    let to = store.join(BrokerAccount::Office.name());
    if !from.is_dir() || to.exists() {
        return Ok(());
    }
    let moved = fs::rename(&from, &to).and_then(|()| File::open(store)?.sync_all());
    moved.map_err(|source| BrokerStartError::Move { from, to, source })?;
    tracing::info!("the log was moved into its own account");
    Ok(())
}

/// Restarts the server if it ends by itself, and ends it at the stop.
async fn restart_until_stopped(
    mut child: Child,
    binary: PathBuf,
    config: PathBuf,
    log: PathBuf,
    stop: CancellationToken,
) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return end(child).await,
            ended = child.wait() => tracing::error!(?ended, "nats-server ended by itself, starting it again"),
        }
        child = loop {
            tokio::time::sleep(RESTART_AFTER).await;
            match spawn(&binary, &config, &log) {
                Ok(child) => break child,
                Err(error) => tracing::error!(%error, "nats-server does not start"),
            }
            if stop.is_cancelled() {
                return;
            }
        };
    }
}

async fn end(mut child: Child) {
    let pid = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    if let Some(pid) = pid
        && let Err(error) = kill_process(pid, Signal::TERM)
    {
        tracing::warn!(%error, "nats-server could not be told to end");
    }
    if tokio::time::timeout(ENDS_WITHIN, child.wait())
        .await
        .is_err()
        && let Err(error) = child.kill().await
    {
        tracing::warn!(%error, "nats-server could not be killed");
    }
}

/// Starts the server in a process group of its own: a Ctrl-C in the terminal must not end it before
/// the services. A panic of this process kills it; every write is synced, so nothing is lost.
fn spawn(binary: &Path, config: &Path, log: &Path) -> std::io::Result<Child> {
    let log = File::options()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(log)?;
    Command::new(binary)
        .arg("-c")
        .arg(config)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

/// Ends a server that a killed `jejak up` left running with this folder's configuration.
async fn end_orphan(pid_file: &Path, config: &Path) -> Result<(), BrokerStartError> {
    let Some(id) = fs::read_to_string(pid_file)
        .ok()
        .and_then(|text| text.trim().parse::<i32>().ok())
    else {
        return Ok(());
    };
    let is_running = || {
        let cmdline = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let config = config.as_os_str().as_encoded_bytes();
        cmdline
            .split(|byte| *byte == 0)
            .any(|argument| argument == config)
    };
    let deadline = Instant::now() + ENDS_WITHIN;
    if is_running()
        && let Some(pid) = Pid::from_raw(id)
        && let Err(error) = kill_process(pid, Signal::TERM)
    {
        tracing::warn!(%error, "a broker left behind could not be told to end");
    }
    while is_running() {
        if Instant::now() > deadline {
            return Err(BrokerStartError::Orphan(id));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// The port of an earlier address if it is free, or else any free port.
fn free_port(before: Option<&str>) -> u16 {
    let port = |address: &str| {
        TcpListener::bind(address)
            .and_then(|l| l.local_addr())
            .map(|a| a.port())
            .ok()
    };
    let before = before
        .and_then(|url| url.strip_prefix("nats://"))
        .and_then(port);
    before.or_else(|| port("127.0.0.1:0")).unwrap_or(4222)
}

/// Finds a server: the one in `JEJAK_NATS_SERVER`, or the first sufficient one on PATH or in
/// `.tools/`. The search for `.tools/` begins at the current folder and at the binary, and goes up.
///
/// # Errors
/// [`BrokerStartError::Missing`], [`BrokerStartError::Unfit`].
pub async fn find() -> Result<PathBuf, BrokerStartError> {
    if let Some(named) = std::env::var_os("JEJAK_NATS_SERVER").map(PathBuf::from) {
        return if is_sufficient(&named).await {
            Ok(named)
        } else {
            Err(BrokerStartError::Unfit(named))
        };
    }
    let on_path =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let here = std::env::current_dir().ok();
    let binary = std::env::current_exe().ok();
    let above = here
        .iter()
        .chain(binary.iter())
        .flat_map(|path| path.ancestors());
    let tools = above.map(|folder| folder.join(".tools/nats-server"));
    let on_path = on_path
        .into_iter()
        .flatten()
        .map(|folder| folder.join("nats-server"));
    let candidates: Vec<PathBuf> = on_path.chain(tools).filter(|path| path.is_file()).collect();
    for candidate in candidates {
        if is_sufficient(&candidate).await {
            return Ok(candidate);
        }
    }
    Err(BrokerStartError::Missing)
}

async fn is_sufficient(binary: &Path) -> bool {
    version(binary)
        .await
        .is_some_and(|version| version >= LEAST_VERSION)
}

async fn version(binary: &Path) -> Option<[u32; 3]> {
    let output = Command::new(binary).arg("--version").output().await.ok()?;
    parse_version(&String::from_utf8_lossy(&output.stdout))
}

fn parse_version(text: &str) -> Option<[u32; 3]> {
    let number = text.trim().rsplit('v').next()?.split(['-', '+']).next()?;
    let mut parts = number.split('.').map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(parse_version("nats-server: v2.15.1\n"), Some([2, 15, 1]));
        assert!(parse_version("nats-server: v2.9.25").unwrap() < LEAST_VERSION);
        assert!(parse_version("nats-server: v2.14.4-RC.1").unwrap() >= LEAST_VERSION);
        assert_eq!(parse_version("something else"), None);
    }
}
