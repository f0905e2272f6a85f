//! Arguments that several commands share, and how they are read.

use std::{net::SocketAddr, num::NonZeroU64, path::PathBuf, time::Duration};

use clap::{ArgAction, Args, ValueEnum};
use jejak_bus::AsOf;
use jejak_events::ids::TenantId;
use jejak_projections::history;
use tokio::net::TcpListener;

use super::Failure;
use crate::{
    audit_as_of,
    data::{DataError, DataFolder},
    services::{Running, Setting},
    up::UpError,
};

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct MomentArgs {
    /// As of the event at this position of the log, 1 or more.
    #[arg(long, env = "JEJAK_POSITION")]
    position: Option<NonZeroU64>,
    /// As of a time, RFC 3339 with its offset, such as 2020-12-01T08:00:00+07:00.
    #[arg(long, env = "JEJAK_TIME", value_parser = audit_as_of::time)]
    time: Option<AsOf>,
}

impl MomentArgs {
    pub(super) fn as_of(&self) -> Option<AsOf> {
        self.position
            .map(|position| AsOf::Position(position.get()))
            .or(self.time)
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum RoleArg {
    Officer,
    Operator,
    Auditor,
    Service,
    Admin,
}

impl From<RoleArg> for jejak_bus::Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Officer => Self::Officer,
            RoleArg::Operator => Self::Operator,
            RoleArg::Auditor => Self::Auditor,
            RoleArg::Service => Self::Service,
            RoleArg::Admin => Self::Admin,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct OfficeArgs {
    /// The data folder: keys, views, and the broker's store.
    #[arg(long, env = "JEJAK_DATA", default_value = "./jejak-data")]
    pub(crate) data: PathBuf,
    /// The broker, for instance nats://127.0.0.1:4222; several addresses with commas.
    #[arg(long, env = "JEJAK_NATS")]
    pub(crate) nats: Option<String>,
    /// The office.
    #[arg(long, env = "JEJAK_TENANT", default_value = "pontianak")]
    pub(crate) tenant: TenantId,
    /// Where "today" is a date.
    #[arg(long, env = "JEJAK_TIME_ZONE", default_value = "Asia/Pontianak")]
    pub(super) time_zone: chrono_tz::Tz,
}

/// How a service that runs alone is known to the broker.
#[derive(Debug, Args)]
pub(crate) struct SeedArgs {
    /// The NKey seed to connect with, instead of the data folder's.
    #[arg(long, env = "JEJAK_NKEY_SEED_FILE")]
    pub(crate) nkey_seed_file: Option<PathBuf>,
}

/// Where a service that runs alone shows what it measures.
#[derive(Debug, Args)]
pub(super) struct MetricsArgs {
    /// Serve Prometheus metrics at this address; none are served unless it is given.
    #[arg(long, env = "JEJAK_METRICS_LISTEN")]
    metrics_listen: Option<SocketAddr>,
}

impl MetricsArgs {
    pub(super) async fn serve(&self, running: &mut Running) -> Result<(), UpError> {
        let Some(address) = self.metrics_listen else {
            return Ok(());
        };
        let listener = TcpListener::bind(address).await;
        running.metrics(listener.map_err(|source| UpError::Listen { address, source })?);
        Ok(())
    }
}

/// The way appends go to the broker.
#[derive(Debug, Args)]
pub(super) struct AppendArgs {
    /// Let commands that wait for the disk share one sync. Turn it off on a broker that does not sync each write.
    #[arg(long, env = "JEJAK_GROUP_COMMIT", default_value_t = true, action = ArgAction::Set)]
    pub(super) group_commit: bool,
}

/// The keys of a service that opens sealed data.
#[derive(Debug, Args)]
pub(super) struct KeyArgs {
    #[command(flatten)]
    pub(super) seed: SeedArgs,
    /// The tenant's key, instead of the data folder's.
    #[arg(long, env = "JEJAK_TENANT_KEY_FILE")]
    pub(super) tenant_key_file: Option<PathBuf>,
}

impl OfficeArgs {
    /// A broker that is named, or the one the data folder's `jejak up` runs.
    pub(crate) fn setting(&self) -> Result<Setting, Failure> {
        let folder = DataFolder::existing(&self.data)?;
        self.setting_in(folder)
    }

    /// [`OfficeArgs::setting`], with key files in place of the data folder's. Who brings an identity of
    /// its own needs no folder made by `jejak up` or `jejak init`.
    pub(super) fn setting_with(
        &self,
        tenant_key: Option<PathBuf>,
        seed: Option<PathBuf>,
    ) -> Result<Setting, Failure> {
        let folder = match DataFolder::existing(&self.data) {
            Err(DataError::Missing(_)) if seed.is_some() => DataFolder::without_keys(&self.data)?,
            found => found?,
        };
        self.setting_in(folder.with_key_files(tenant_key, seed))
    }

    /// [`OfficeArgs::setting`], in a folder that was found.
    pub(crate) fn setting_in(&self, folder: DataFolder) -> Result<Setting, Failure> {
        let noted = self.nats.clone().or_else(|| folder.noted_broker());
        let nats =
            noted.ok_or("no broker is known; name it with --nats, or start `jejak up` first")?;
        Ok(Setting {
            folder,
            nats,
            tenant: self.tenant.clone(),
            time_zone: self.time_zone,
            group_commit: true,
        })
    }
}

/// A view, or `history`.
pub(super) fn projected(text: &str) -> Result<String, String> {
    if text == history::NAME {
        return Ok(text.to_owned());
    }
    view_name(text).map_err(|known| format!("{known}, {}", history::NAME))
}

pub(super) fn view_name(text: &str) -> Result<String, String> {
    let known: Vec<_> = jejak_projections::VIEWS
        .iter()
        .map(|view| view.name())
        .collect();
    if known.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("there are {}", known.join(", ")))
    }
}

/// Whoever holds a token is named in it.
pub(super) fn subject(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("a NIP, an operator id or an account name".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn ttl(text: &str) -> Result<Duration, String> {
    let Some(unit) = text.chars().last() else {
        return Err("a number with s, m, h or d, such as 8h".to_owned());
    };
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err("a number with s, m, h or d, such as 8h".to_owned()),
    };
    let number: u64 = text[..text.len() - unit.len_utf8()]
        .parse()
        .map_err(|_| "a number with s, m, h or d".to_owned())?;
    if number == 0 {
        return Err("more than nothing, such as 8h: a token of no time is never good".to_owned());
    }
    number
        .checked_mul(seconds)
        .map(Duration::from_secs)
        .ok_or_else(|| "too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_to_live_are_read_with_their_unit() {
        assert_eq!(ttl("8h"), Ok(Duration::from_secs(28_800)));
        assert_eq!(ttl("90s"), Ok(Duration::from_secs(90)));
        for wrong in [
            "",
            "8",
            "h",
            "8x",
            "-1s",
            "0s",
            "0d",
            "999999999999999999999d",
            "1é",
        ] {
            assert!(ttl(wrong).is_err(), "{wrong}");
        }
    }
}
