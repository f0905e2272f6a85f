//! Arguments that several commands share, and the parsers of their values.

use std::{net::SocketAddr, num::NonZeroU64, path::PathBuf, time::Duration};

use clap::{
    ArgAction, Args, ValueEnum,
    builder::{NonEmptyStringValueParser, PossibleValuesParser},
};
use jejak_bus::history;
use jejak_bus::{AsOf, Role, canonical_subject, check_subject_text};
use jejak_events::{ids::TenantId, schema};
use jejak_gateway::{AccessLogConfig, ExternalIssuer, OidcConfig, RolesClaim};
use jejak_projections::VIEWS;

use crate::{
    data::{DataError, DataFolder},
    office_config::OfficeConfig,
    terminal::CliError,
};

/// The office of a command.
#[derive(Debug, Args)]
pub(crate) struct OfficeArgs {
    /// The data folder: keys, views, signed tree, and the broker's store.
    #[arg(long, env = "JEJAK_DATA", default_value = "./jejak-data")]
    pub(crate) data: PathBuf,
    /// The broker, for example nats://127.0.0.1:4222. Separate several addresses with commas.
    #[arg(long, env = "JEJAK_NATS")]
    pub(crate) nats: Option<String>,
    /// Certificates (PEM) that vouch for the broker. Then nothing is sent to it without TLS.
    #[arg(long, env = "JEJAK_NATS_CA", value_name = "FILE")]
    pub(crate) nats_ca: Option<PathBuf>,
    /// The name of the office in subjects and streams.
    #[arg(long, env = "JEJAK_TENANT", default_value = "pontianak")]
    pub(crate) tenant: TenantId,
    /// The time zone of "today".
    #[arg(long, env = "JEJAK_TIME_ZONE", default_value = "Asia/Pontianak")]
    pub(crate) time_zone: chrono_tz::Tz,
}

impl OfficeArgs {
    /// The configuration with the named broker, or with the one that the folder's `jejak up` runs.
    pub(crate) fn config(&self) -> Result<OfficeConfig, CliError> {
        self.config_in(DataFolder::existing(&self.data)?)
    }

    /// [`OfficeArgs::config`], with key files instead of the folder's own. A service with a seed of
    /// its own needs no folder that `jejak up` or `jejak init` made.
    pub(crate) fn config_with(
        &self,
        tenant_key: Option<PathBuf>,
        seed: Option<PathBuf>,
    ) -> Result<OfficeConfig, CliError> {
        let folder = match DataFolder::existing(&self.data) {
            Err(DataError::Missing(_)) if seed.is_some() => DataFolder::without_keys(&self.data)?,
            found => found?,
        };
        self.config_in(folder.with_key_files(tenant_key, seed))
    }

    /// [`OfficeArgs::config`] for a gateway, which reads its own seed and no other secret of the
    /// folder.
    pub(crate) fn gateway_config(&self, seed: Option<PathBuf>) -> Result<OfficeConfig, CliError> {
        if seed.is_none() && !DataFolder::exists(&self.data) {
            return Err(DataError::Missing(self.data.clone()).into());
        }
        let folder = DataFolder::without_keys(&self.data)?;
        self.config_in(folder.with_key_files(None, seed))
    }

    /// [`OfficeArgs::config`], in a folder that is open already.
    pub(crate) fn config_in(&self, folder: DataFolder) -> Result<OfficeConfig, CliError> {
        let known = self.nats.clone().or_else(|| folder.noted_broker());
        let nats =
            known.ok_or("no broker is known; name it with --nats, or start `jejak up` first")?;
        Ok(OfficeConfig {
            folder,
            nats,
            nats_ca: self.nats_ca.clone(),
            tenant: self.tenant.clone(),
            time_zone: self.time_zone,
        })
    }
}

/// The identity of a service that runs alone.
#[derive(Debug, Args)]
pub(crate) struct SeedArgs {
    /// The NKey seed to connect with, instead of the data folder's.
    #[arg(long, env = "JEJAK_NKEY_SEED_FILE")]
    pub(crate) nkey_seed_file: Option<PathBuf>,
}

/// The access log: who read which person's data, and what was refused.
#[derive(Debug, Args)]
pub(crate) struct AccessLogArgs {
    /// The file of the access log, instead of access.log in the data folder.
    #[arg(long, env = "JEJAK_ACCESS_LOG")]
    pub(crate) access_log: Option<PathBuf>,
    /// A larger file is set aside, in MiB.
    #[arg(long, env = "JEJAK_ACCESS_LOG_MIB", default_value = "64")]
    access_log_mib: u32,
    /// An older file is set aside: a number with s, m, h or d.
    #[arg(long, env = "JEJAK_ACCESS_LOG_AGE", default_value = "1d", value_parser = ttl)]
    access_log_age: Duration,
    /// The number of files to keep besides the present one.
    #[arg(long, env = "JEJAK_ACCESS_LOG_KEEP", default_value = "366")]
    access_log_keep: usize,
}

impl AccessLogArgs {
    /// The access log of a data folder.
    pub(crate) fn config(self, folder: &DataFolder) -> AccessLogConfig {
        AccessLogConfig {
            path: self.access_log.unwrap_or_else(|| folder.access_log()),
            largest_bytes: u64::from(self.access_log_mib) * 1024 * 1024,
            oldest: self.access_log_age,
            keep: self.access_log_keep,
        }
    }
}

/// An issuer of tokens elsewhere.
#[derive(Debug, Args)]
pub(crate) struct IssuerArgs {
    /// Accept tokens of the issuer with keys at this https address, instead of the data folder's.
    #[arg(long, env = "JEJAK_JWKS_URL", requires_all = ["issuer", "audience"])]
    jwks_url: Option<String>,
    /// The issuer that such tokens must name (iss).
    #[arg(long, env = "JEJAK_ISSUER", requires = "jwks_url", value_parser = NonEmptyStringValueParser::new())]
    issuer: Option<String>,
    /// The audience that such tokens must name (aud).
    #[arg(long, env = "JEJAK_AUDIENCE", requires = "jwks_url", value_parser = NonEmptyStringValueParser::new())]
    audience: Option<String>,
    /// The claim with the roles in such tokens, for example realm_access.roles.
    #[arg(long, env = "JEJAK_ROLES_CLAIM", default_value = "roles")]
    roles_claim: RolesClaim,
}

impl IssuerArgs {
    /// The issuer, if one is named.
    pub(crate) fn issuer(self) -> Option<ExternalIssuer> {
        Some(ExternalIssuer {
            jwks_url: self.jwks_url?,
            issuer: self.issuer?,
            audience: self.audience?,
            roles_claim: self.roles_claim,
        })
    }
}

/// A provider where people sign in to the pages (OpenID Connect).
#[derive(Debug, Args)]
pub(crate) struct OidcArgs {
    /// Let people sign in to the pages at the provider with this https address, besides local accounts.
    #[arg(long, env = "JEJAK_OIDC_ISSUER", requires = "oidc_client_id", value_parser = NonEmptyStringValueParser::new())]
    oidc_issuer: Option<String>,
    /// The name of this office at the provider.
    #[arg(long, env = "JEJAK_OIDC_CLIENT_ID", requires = "oidc_issuer", value_parser = NonEmptyStringValueParser::new())]
    oidc_client_id: Option<String>,
    /// The file with the secret of this office at the provider. Without it, the office is a public client.
    #[arg(long, env = "JEJAK_OIDC_CLIENT_SECRET_FILE", requires = "oidc_issuer")]
    oidc_client_secret_file: Option<PathBuf>,
    /// The claim with the roles in the provider's ID tokens, for example realm_access.roles.
    #[arg(long, env = "JEJAK_OIDC_ROLES_CLAIM", default_value = "roles")]
    oidc_roles_claim: RolesClaim,
}

impl OidcArgs {
    /// The provider, if one is named.
    ///
    /// # Errors
    /// A secret that cannot be read, or is empty.
    pub(crate) fn provider(self) -> Result<Option<OidcConfig>, CliError> {
        let (Some(issuer), Some(client_id)) = (self.oidc_issuer, self.oidc_client_id) else {
            return Ok(None);
        };
        let read = |path: PathBuf| {
            let unread =
                |reason: String| format!("the secret {} cannot be used: {reason}", path.display());
            let text = std::fs::read_to_string(&path).map_err(|error| unread(error.to_string()))?;
            match text.trim() {
                "" => Err(unread("the file is empty".to_owned())),
                secret => Ok(secret.to_owned()),
            }
        };
        Ok(Some(OidcConfig {
            issuer,
            client_id,
            client_secret: self.oidc_client_secret_file.map(read).transpose()?,
            roles_claim: self.oidc_roles_claim,
        }))
    }
}

/// The keys of a service that opens sealed data.
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    #[command(flatten)]
    pub(crate) seed: SeedArgs,
    /// The tenant's key, instead of the data folder's.
    #[arg(long, env = "JEJAK_TENANT_KEY_FILE")]
    pub(crate) tenant_key_file: Option<PathBuf>,
}

/// The way appends go to the broker.
#[derive(Debug, Args)]
pub(crate) struct AppendArgs {
    /// Let commands that wait for the disk share one sync. Turn it off on a broker that
    /// does not sync each write.
    #[arg(long, env = "JEJAK_GROUP_COMMIT", default_value_t = true, action = ArgAction::Set)]
    pub(crate) group_commit: bool,
}

/// The metrics of a service that runs alone.
#[derive(Debug, Args)]
pub(crate) struct MetricsArgs {
    /// Serve Prometheus metrics at this address. Without it, none are served.
    #[arg(long, env = "JEJAK_METRICS_LISTEN")]
    pub(crate) metrics_listen: Option<SocketAddr>,
}

/// A moment of the past: a position or a time.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct MomentArgs {
    /// The state after the event at this position of the log, 1 or more.
    #[arg(long, env = "JEJAK_POSITION")]
    position: Option<NonZeroU64>,
    /// The state at a time, RFC 3339 with its offset, for example 2020-12-01T08:00:00+07:00.
    #[arg(long, env = "JEJAK_TIME", value_parser = time)]
    time: Option<AsOf>,
}

impl MomentArgs {
    pub(crate) fn as_of(&self) -> Option<AsOf> {
        self.position
            .map(|position| AsOf::Position(position.get()))
            .or(self.time)
    }
}

/// A role, as an argument.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum RoleArg {
    Officer,
    Operator,
    Auditor,
    Service,
    Admin,
}

impl From<RoleArg> for Role {
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

/// Accepts the names of views.
pub(crate) fn view() -> PossibleValuesParser {
    VIEWS
        .iter()
        .map(|view| view.name())
        .collect::<Vec<_>>()
        .into()
}

/// The names of all views.
pub(crate) fn all_views() -> Vec<String> {
    VIEWS.iter().map(|view| view.name().to_owned()).collect()
}

/// Accepts the names of views, and `history`.
pub(crate) fn view_or_history() -> PossibleValuesParser {
    let views = VIEWS.iter().map(|view| view.name());
    views.chain([history::NAME]).collect::<Vec<_>>().into()
}

/// Accepts the types of events.
pub(crate) fn event_type(text: &str) -> Result<String, String> {
    let known = schema::types();
    if known.iter().any(|known| known == text) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "no event has this type; choose one of {}",
        known.join(", ")
    ))
}

/// Accepts a time with an offset. Positions have a flag of their own.
fn time(text: &str) -> Result<AsOf, String> {
    match text.parse() {
        Ok(as_of @ AsOf::Time(_)) => Ok(as_of),
        _ => Err(
            "must be an RFC 3339 time with its offset, for example 2020-12-01T08:00:00+07:00"
                .to_owned(),
        ),
    }
}

/// Accepts the subject of a token, or a name to sign in with: one visible line without a NIK. An operator's id may
/// be spelled in any way.
pub(crate) fn subject(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("must be a NIP, an operator id or an account name".to_owned());
    }
    check_subject_text(text).map_err(|fault| fault.to_string())?;
    Ok(canonical_subject(text).into_owned())
}

/// Accepts a duration such as `8h`, which must not be 0.
pub(crate) fn ttl(text: &str) -> Result<Duration, String> {
    match overlap(text)? {
        Duration::ZERO => Err("must be more than 0, for example 8h".to_owned()),
        ttl => Ok(ttl),
    }
}

/// Accepts a duration such as `24h` or `0s`.
pub(crate) fn overlap(text: &str) -> Result<Duration, String> {
    let expected = || "must be a number with s, m, h or d, for example 8h".to_owned();
    let unit = text.chars().last().ok_or_else(expected)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(expected()),
    };
    let number: u64 = text[..text.len() - unit.len_utf8()]
        .parse()
        .map_err(|_| expected())?;
    number
        .checked_mul(seconds)
        .map(Duration::from_secs)
        .ok_or_else(|| "is too long".to_owned())
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

    #[test]
    fn a_subject_is_one_line_without_a_nik_and_an_id_has_one_spelling() {
        let id = "3aaa6a03-1c2d-8e4f-9a5b-6c7d8e9f0a1b";
        for spelled in [
            id.to_owned(),
            id.to_uppercase().replace('-', ""),
            format!("urn:uuid:{id}"),
        ] {
            assert_eq!(subject(&spelled).as_deref(), Ok(id));
        }
        assert_eq!(subject("admin-1").as_deref(), Ok("admin-1"));
        for wrong in [
            "",
            " ",
            "a\nb",
            "a\u{1b}[2K",
            "a\u{202e}b",
            "6171.0115.0395.0001",
        ] {
            assert!(subject(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn times_need_an_offset() {
        assert!(time("2020-12-01T08:00:00+07:00").is_ok());
        for wrong in ["5", "2020-12-01", "tomorrow", ""] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    /// Goal: every role of a token can be given. Method: serde names all of
    /// them when it refuses another.
    #[test]
    fn every_role_is_an_argument() {
        let refused = serde_json::from_str::<Role>("\"none\"")
            .unwrap_err()
            .to_string();
        let mut known: Vec<_> = refused.split('`').skip(3).step_by(2).collect();
        let mut arguments: Vec<_> = RoleArg::value_variants()
            .iter()
            .filter_map(|role| Some(role.to_possible_value()?.get_name().to_owned()))
            .collect();
        known.sort_unstable();
        arguments.sort_unstable();
        assert_eq!(arguments, known, "{refused}");
    }
}
