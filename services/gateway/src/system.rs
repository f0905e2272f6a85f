//! `GET /v1/system`: what an administrator wants to know of a running office: readiness part by part, the
//! broker and the size of its log, the disk of this gateway, and what went wrong lately.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header::CACHE_CONTROL},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use jejak_bus::Role;
use jejak_journal::{LogReplica, LogSize};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    access_log::{NotedLine, recent},
    app::App,
    auth::{Caller, roles},
    health::{self, Readiness},
    problem::Failure,
    problem_history::ProblemsSince,
};

/// The broker says the size of its log within this time, or it is left out.
const SIZE_WITHIN: Duration = Duration::from_secs(2);

/// The state of a running office.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SystemStatus {
    /// The version of the gateway that answers.
    version: &'static str,
    /// The time at which it started, UTC.
    started: DateTime<Utc>,
    /// Readiness, as `/readyz` tells it.
    readiness: Readiness,
    /// The broker, while the gateway is connected to it.
    broker: Option<BrokerStatus>,
    /// The log at the broker; null while the broker does not say it.
    log: Option<LogStatus>,
    /// The disk of the gateway's access log; null where the system does not say it. With `jejak up` the
    /// broker, the views and the tree are on it too.
    disk: Option<DiskStatus>,
    /// The changes of readiness since the gateway started, latest first, as far as somebody asked for it.
    problems_lately: Vec<ProblemsSince>,
    /// The last refusals, failures and changes of accounts in the gateway's access log, latest first; null
    /// where its file cannot be read.
    noted_lately: Option<Vec<NotedLine>>,
}

/// A server of the broker.
#[derive(Debug, Serialize, ToSchema)]
struct BrokerStatus {
    /// The name of the server that the gateway is connected to.
    server: String,
    /// Its version, such as `2.14.4`.
    version: String,
}

/// The log at the broker.
#[derive(Debug, Serialize, ToSchema)]
struct LogStatus {
    /// The last position.
    position: u64,
    /// The bytes of all events at the broker.
    bytes: u64,
    /// The server that leads; null for a single server.
    leader: Option<String>,
    /// The other servers that keep the log.
    replicas: Vec<ReplicaStatus>,
}

/// A server that keeps a copy of the log.
#[derive(Debug, Serialize, ToSchema)]
struct ReplicaStatus {
    /// The name of the server.
    server: String,
    /// Whether it has all that the leader has.
    current: bool,
    /// Whether the leader does not see it.
    offline: bool,
    /// The writes that it lacks.
    lag: u64,
}

/// A disk.
#[derive(Debug, Serialize, ToSchema)]
struct DiskStatus {
    /// The bytes that are free for the office.
    free_bytes: u64,
    /// All bytes of the disk.
    total_bytes: u64,
}

impl From<LogSize> for LogStatus {
    fn from(size: LogSize) -> Self {
        let LogSize {
            position,
            bytes,
            leader,
            replicas,
        } = size;
        let replicas = replicas.into_iter().map(|replica| {
            let LogReplica {
                server,
                current,
                offline,
                lag,
            } = replica;
            ReplicaStatus {
                server,
                current,
                offline,
                lag,
            }
        });
        Self {
            position,
            bytes,
            leader,
            replicas: replicas.collect(),
        }
    }
}

/// `GET /v1/system`, for the administration.
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Response, Failure> {
    if !caller.has(Role::Admin) {
        return Err(roles::missing(&[Role::Admin]).into());
    }
    let readiness = health::now(&app).await.readiness();
    app.problems.note(&readiness.problems);
    let path = app.access_log_path.clone();
    let read = tokio::task::spawn_blocking(move || (disk(&path), noted(&path)));
    let (disk, noted_lately) = read.await.unwrap_or_default();
    let broker = app.broker.connected().and_then(|client| {
        let info = client.try_server_info()?;
        Some(BrokerStatus {
            server: info.server_name,
            version: info.version,
        })
    });
    let status = SystemStatus {
        version: env!("CARGO_PKG_VERSION"),
        started: app.started,
        readiness,
        broker,
        log: log(&app).await,
        disk,
        problems_lately: app.problems.latest_first(),
        noted_lately,
    };
    let headers = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((headers, Json(status)).into_response())
}

/// The log at the broker; none while the broker does not say it.
async fn log(app: &App) -> Option<LogStatus> {
    let asked = async {
        let journal = app.broker.journal().await.ok()?;
        journal.size().await.ok()
    };
    let size = tokio::time::timeout(SIZE_WITHIN, asked).await.ok()??;
    Some(size.into())
}

/// The disk of a file, by its folder: the file may not be there yet.
fn disk(path: &Path) -> Option<DiskStatus> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) | None => PathBuf::from("."),
    };
    let disk = rustix::fs::statvfs(&folder).ok()?;
    Some(DiskStatus {
        free_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
        total_bytes: disk.f_blocks.saturating_mul(disk.f_frsize),
    })
}

fn noted(path: &Path) -> Option<Vec<NotedLine>> {
    recent(path)
        .inspect_err(|error| tracing::warn!(%error, "the access log cannot be read"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_has_no_more_free_than_it_has() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let disk = super::disk(file.path()).unwrap();
        assert!(disk.total_bytes > 0 && disk.free_bytes <= disk.total_bytes);
        assert!(super::disk(Path::new("access.log")).is_some());
        assert!(super::disk(Path::new("/nowhere/at/all/access.log")).is_none());
    }
}
