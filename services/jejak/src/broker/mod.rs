//! The `nats-server` process of `jejak up`.
//!
//! `jejak up` finds it, configures an identity for each service, starts it in a process group of
//! its own, restarts it if it ends, and stops it last.

mod find;
mod process;

use std::{
    fs::{self, File},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
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
};
use tokio_util::sync::CancellationToken;

use crate::{
    data::{DataError, DataFolder},
    identity::BrokerAccount,
    permissions,
};

pub use find::find;
pub(crate) use process::reload;

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
    /// The address for other services cannot be used.
    #[error(
        "the broker cannot listen on {address}: {source}; choose another address with --nats-listen"
    )]
    Listen {
        /// The address in question.
        address: SocketAddr,
        /// The reason the system gives.
        source: std::io::Error,
    },
    /// The running server does not take the signal to read its configuration.
    #[error("the broker cannot be told to read its configuration: {0}; start the office again")]
    Reload(std::io::Error),
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
        Self::start_at(folder, tenant, None).await
    }

    /// [`RunningBroker::start`], at an address that other machines may reach.
    ///
    /// # Errors
    /// See [`BrokerStartError`].
    pub async fn start_at(
        folder: &DataFolder,
        tenant: &TenantId,
        listen: Option<SocketAddr>,
    ) -> Result<Self, BrokerStartError> {
        let binary = find().await?;
        let config = config_file(folder);
        process::end_orphan(&pid_file(folder), &config).await?;
        move_log_into_account(&folder.broker().join("store/jetstream"))?;
        let listen = match listen {
            Some(address) => free_address(address)?,
            None => {
                let port = free_port(folder.noted_broker().as_deref());
                SocketAddr::from((Ipv4Addr::LOCALHOST, port))
            }
        };
        permissions::write_config(&config, folder, tenant, listen)?;
        let url = format!("nats://{}", reachable(listen));
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

fn config_file(folder: &DataFolder) -> PathBuf {
    folder.broker().join("nats.conf")
}

fn pid_file(folder: &DataFolder) -> PathBuf {
    folder.broker().join("nats.pid")
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

/// An address that can be listened on. Port 0 stands for any free port.
fn free_address(address: SocketAddr) -> Result<SocketAddr, BrokerStartError> {
    let bound = TcpListener::bind(address).and_then(|listener| listener.local_addr());
    bound.map_err(|source| BrokerStartError::Listen { address, source })
}

/// The address by which this machine reaches a listener.
fn reachable(listener: SocketAddr) -> SocketAddr {
    let ip = match listener.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listener.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_of_this_machine_reach_a_broker_that_listens_everywhere() {
        let reached = |listener: &str| reachable(listener.parse().unwrap()).to_string();
        assert_eq!(reached("0.0.0.0:4222"), "127.0.0.1:4222");
        assert_eq!(reached("[::]:4222"), "[::1]:4222");
        assert_eq!(reached("10.0.0.5:4222"), "10.0.0.5:4222");
    }

    #[test]
    fn an_address_in_use_is_said_with_the_flag() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let error = free_address(held.local_addr().unwrap())
            .unwrap_err()
            .to_string();
        assert!(
            error.ends_with("choose another address with --nats-listen"),
            "{error}"
        );
    }
}
