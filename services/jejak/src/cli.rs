//! The command line (api.md): what can be asked, and one line for what went wrong.

use std::{
    io::{IsTerminal, Write},
    net::SocketAddr,
    num::NonZeroU64,
    path::PathBuf,
    time::Duration,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use jejak_bus::AsOf;
use jejak_events::ids::TenantId;
use jejak_gateway::Tokens;
use jejak_projections::history;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    asyncapi,
    audit::{self, AuditCommand},
    audit_as_of,
    data::{DataError, DataFolder},
    log, permissions, rebuild,
    services::{Running, Setting},
    token::Issuer,
    up::{self, Demo, Options, Ready, UpError},
};

/// The event-sourced record of individually contracted staff.
#[derive(Debug, Parser)]
#[command(name = "jejak", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// How log lines look.
    #[arg(long, global = true, env = "JEJAK_LOG_FORMAT", default_value = "text")]
    log_format: log::Format,
    /// Which log lines are written.
    #[arg(long, global = true, env = "JEJAK_LOG", default_value = "info,async_nats=warn")]
    log: String,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything in one process, with a nats-server of its own unless --nats names one.
    Up {
        #[command(flatten)]
        office: OfficeArgs,
        /// Where the gateway listens.
        #[arg(long, env = "JEJAK_LISTEN", default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// Load the terms of reference of 2020 on an empty log.
        #[arg(long, env = "JEJAK_DEMO")]
        demo: bool,
    },
    /// The commands service.
    Commands {
        #[command(flatten)]
        office: OfficeArgs,
        #[command(flatten)]
        keys: KeyArgs,
        #[command(flatten)]
        metrics: MetricsArgs,
    },
    /// The projectors of some views: contracts, leave, evaluations, packages; `history` stands for the
    /// service that answers from the log itself.
    Projector {
        /// Which views.
        #[arg(required = true, value_parser = projected)]
        views: Vec<String>,
        #[command(flatten)]
        office: OfficeArgs,
        #[command(flatten)]
        keys: KeyArgs,
        #[command(flatten)]
        metrics: MetricsArgs,
    },
    /// The gateway.
    Gateway {
        #[command(flatten)]
        office: OfficeArgs,
        #[command(flatten)]
        seed: SeedArgs,
        /// Where it listens.
        #[arg(long, env = "JEJAK_LISTEN", default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// Accept tokens of the issuer whose keys are here, instead of the data folder's.
        #[arg(long, env = "JEJAK_JWKS_URL", requires = "audience")]
        jwks_url: Option<String>,
        /// The audience such tokens must be for.
        #[arg(long, env = "JEJAK_AUDIENCE")]
        audience: Option<String>,
    },
    /// The auditor: signs a tree of the log, and serves it.
    Auditor {
        #[command(flatten)]
        office: OfficeArgs,
        #[command(flatten)]
        seed: SeedArgs,
        #[command(flatten)]
        metrics: MetricsArgs,
    },
    /// Create the stream and the key bucket, or say how existing ones differ.
    ///
    /// The data folder is made if there is none. Its broker/authorization.conf is for the broker's
    /// configuration to include: it admits the folder's identities, each to its own subjects.
    Init {
        #[command(flatten)]
        office: OfficeArgs,
        #[command(flatten)]
        seed: SeedArgs,
        /// How many replicas the log has.
        #[arg(long, env = "JEJAK_REPLICAS", default_value = "1")]
        replicas: usize,
    },
    /// Bearer tokens.
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// What an auditor asks.
    Audit {
        #[command(subcommand)]
        command: Audit,
    },
    /// Descriptions for other services and auditors, made from the code, as JSON.
    Schema {
        #[command(subcommand)]
        command: SchemaCommand,
    },
    /// Build a view anew beside the running one, and swap it.
    Rebuild {
        /// Which view.
        #[arg(value_parser = view_name)]
        view: String,
        #[command(flatten)]
        office: OfficeArgs,
    },
}

#[derive(Debug, Subcommand)]
enum Audit {
    #[command(flatten)]
    Tree(AuditCommand),
    /// What was known then of a contract, or of an operator with his leave, appraisals and evaluations.
    AsOf {
        /// The id of a contract or an operator.
        id: Uuid,
        #[command(flatten)]
        moment: MomentArgs,
        #[command(flatten)]
        office: OfficeArgs,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct MomentArgs {
    /// As of the event at this position of the log, 1 or more.
    #[arg(long, env = "JEJAK_POSITION")]
    position: Option<NonZeroU64>,
    /// As of a time, RFC 3339 with its offset, such as 2020-12-01T08:00:00+07:00.
    #[arg(long, env = "JEJAK_TIME", value_parser = audit_as_of::time)]
    time: Option<AsOf>,
}

impl MomentArgs {
    fn as_of(&self) -> Option<AsOf> {
        self.position.map(|position| AsOf::Position(position.get())).or(self.time)
    }
}

#[derive(Debug, Subcommand)]
enum SchemaCommand {
    /// JSON Schema (2020-12) of every event type and version, the CloudEvents envelope included.
    ///
    /// One document: it accepts any event of a log, and has the schema of each type in $defs under the
    /// event's full type. Dates and ids are checked by validators that assert formats.
    Events,
    /// AsyncAPI 3.0: the feed of contract events for other services, and what trusted services may ask.
    Asyncapi {
        /// The office.
        #[arg(long, env = "JEJAK_TENANT", default_value = "pontianak")]
        tenant: TenantId,
    },
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Print a token signed with the data folder's key.
    Issue {
        /// The data folder.
        #[arg(long, env = "JEJAK_DATA", default_value = "./jejak-data")]
        data: PathBuf,
        /// NIP, operator id or account name.
        #[arg(long, env = "JEJAK_SUBJECT", value_parser = subject)]
        subject: String,
        /// What the bearer may do; may be given several times.
        #[arg(long = "role", env = "JEJAK_ROLE", required = true, value_delimiter = ',')]
        roles: Vec<RoleArg>,
        /// A name to show.
        #[arg(long, env = "JEJAK_NAME")]
        name: Option<String>,
        /// How long it is good: a number with s, m, h or d.
        #[arg(long, env = "JEJAK_TTL", default_value = "8h", value_parser = ttl)]
        ttl: Duration,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleArg {
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
    time_zone: chrono_tz::Tz,
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
struct MetricsArgs {
    /// Serve Prometheus metrics at this address; none are served unless it is given.
    #[arg(long, env = "JEJAK_METRICS_LISTEN")]
    metrics_listen: Option<SocketAddr>,
}

impl MetricsArgs {
    async fn serve(&self, running: &mut Running, stop: &CancellationToken) -> Result<(), UpError> {
        let Some(address) = self.metrics_listen else { return Ok(()) };
        let listener = TcpListener::bind(address).await;
        running.metrics(listener.map_err(|source| UpError::Listen { address, source })?, stop);
        Ok(())
    }
}

/// The keys of a service that opens sealed data.
#[derive(Debug, Args)]
struct KeyArgs {
    #[command(flatten)]
    seed: SeedArgs,
    /// The tenant's key, instead of the data folder's.
    #[arg(long, env = "JEJAK_TENANT_KEY_FILE")]
    tenant_key_file: Option<PathBuf>,
}

pub(crate) type Failure = Box<dyn std::error::Error>;

impl OfficeArgs {
    /// A broker that is named, or the one the data folder's `jejak up` runs.
    pub(crate) fn setting(&self) -> Result<Setting, Failure> {
        let folder = DataFolder::existing(&self.data)?;
        self.setting_in(folder)
    }

    /// [`OfficeArgs::setting`], with key files in place of the data folder's. Who brings an identity of
    /// its own needs no folder made by `jejak up` or `jejak init`.
    fn setting_with(&self, tenant_key: Option<PathBuf>, seed: Option<PathBuf>) -> Result<Setting, Failure> {
        let folder = match DataFolder::existing(&self.data) {
            Err(DataError::Missing(_)) if seed.is_some() => DataFolder::without_keys(&self.data)?,
            found => found?,
        };
        self.setting_in(folder.with_key_files(tenant_key, seed))
    }

    /// [`OfficeArgs::setting`], in a folder that was found.
    pub(crate) fn setting_in(&self, folder: DataFolder) -> Result<Setting, Failure> {
        let noted = self.nats.clone().or_else(|| folder.noted_broker());
        let nats = noted.ok_or("no broker is known; name it with --nats, or start `jejak up` first")?;
        Ok(Setting { folder, nats, tenant: self.tenant.clone(), time_zone: self.time_zone })
    }
}

/// A view, or `history`.
fn projected(text: &str) -> Result<String, String> {
    if text == history::NAME {
        return Ok(text.to_owned());
    }
    view_name(text).map_err(|known| format!("{known}, {}", history::NAME))
}

fn view_name(text: &str) -> Result<String, String> {
    let known: Vec<_> = jejak_projections::VIEWS.iter().map(|view| view.name()).collect();
    if known.contains(&text) { Ok(text.to_owned()) } else { Err(format!("there are {}", known.join(", "))) }
}

/// Whoever holds a token is named in it.
fn subject(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("a NIP, an operator id or an account name".to_owned());
    }
    Ok(text.to_owned())
}

fn ttl(text: &str) -> Result<Duration, String> {
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
    let number: u64 =
        text[..text.len() - unit.len_utf8()].parse().map_err(|_| "a number with s, m, h or d".to_owned())?;
    if number == 0 {
        return Err("more than nothing, such as 8h: a token of no time is never good".to_owned());
    }
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(|| "too long".to_owned())
}

/// Does what was asked, until done or told to stop.
///
/// # Errors
/// What to say on standard error.
pub async fn run(cli: Cli, stop: CancellationToken) -> Result<(), Failure> {
    log::start(cli.log_format, &cli.log)?;
    match cli.command {
        Command::Up { office, listen, demo } => {
            let OfficeArgs { data, nats, tenant, time_zone } = office;
            let options = Options { data: data.clone(), listen, nats, demo, tenant, time_zone };
            Ok(up::up(options, stop, |ready| greet(ready, &data)).await?)
        }
        Command::Commands { office, keys, metrics } => {
            let setting = office.setting_with(keys.tenant_key_file, keys.seed.nkey_seed_file)?;
            let mut running = Running::default();
            metrics.serve(&mut running, &stop).await?;
            running.commands(&setting, &stop)?;
            Ok(running.finish(&stop).await?)
        }
        Command::Projector { views, office, keys, metrics } => {
            let setting = office.setting_with(keys.tenant_key_file, keys.seed.nkey_seed_file)?;
            let mut running = Running::default();
            metrics.serve(&mut running, &stop).await?;
            views.iter().try_for_each(|view| match view.as_str() {
                history::NAME => running.history(&setting, &stop),
                view => running.projector(&setting, view, &stop),
            })?;
            Ok(running.finish(&stop).await?)
        }
        Command::Gateway { office, seed, listen, jwks_url, audience } => {
            if jwks_url.is_none() {
                // Tokens are then checked with a folder's key, whoever connects to the broker.
                DataFolder::existing(&office.data)?;
            }
            let setting = office.setting_with(None, seed.nkey_seed_file)?;
            let tokens = match jwks_url.zip(audience) {
                Some((url, audience)) => Tokens::Jwks { url, audience },
                None => Tokens::Local { public_key_pem: setting.folder.public_key_pem()? },
            };
            let listener = TcpListener::bind(listen).await;
            let listener = listener.map_err(|source| UpError::Listen { address: listen, source })?;
            let mut running = Running::default();
            running.gateway(&setting, listener, tokens, &stop)?;
            Ok(running.finish(&stop).await?)
        }
        Command::Auditor { office, seed, metrics } => {
            let setting = office.setting_with(None, seed.nkey_seed_file)?;
            let mut running = Running::default();
            metrics.serve(&mut running, &stop).await?;
            running.auditor(&setting, &stop)?;
            Ok(running.finish(&stop).await?)
        }
        Command::Init { office, seed, replicas } => {
            let setting = match seed.nkey_seed_file {
                Some(seed) => office.setting_with(None, Some(seed))?,
                None => {
                    let folder = DataFolder::open(&office.data)?;
                    permissions::write_authorization(&folder, &office.tenant)?;
                    office.setting_in(folder)?
                }
            };
            let journal = setting.init(replicas).await?;
            say(&format!("the log of {} is ready, incarnation {}", journal.tenant(), journal.incarnation()));
            Ok(())
        }
        Command::Token { command: TokenCommand::Issue { data, subject, roles, name, ttl } } => {
            let issuer = Issuer::from_pem(&DataFolder::existing(&data)?.token_key_pem()?)?;
            let roles: Vec<_> = roles.into_iter().map(Into::into).collect();
            say(&issuer.issue(&subject, &roles, name.as_deref(), ttl)?);
            Ok(())
        }
        Command::Audit { command: Audit::AsOf { id, moment, office } } => {
            let as_of = moment.as_of().ok_or("give a --position or a --time")?;
            say(&audit_as_of::ask(&office.setting()?, id, as_of).await?);
            Ok(())
        }
        Command::Schema { command } => {
            let document = match command {
                SchemaCommand::Events => jejak_events::schema::events(),
                SchemaCommand::Asyncapi { tenant } => asyncapi::asyncapi(&tenant)?,
            };
            say(&serde_json::to_string_pretty(&document)?);
            Ok(())
        }
        Command::Audit { command: Audit::Tree(command) } => audit::run(command, stop).await,
        Command::Rebuild { view, office } => {
            let setting = office.setting()?;
            rebuild::rebuild(&setting, &view, progress).await?;
            say(&format!("{view} is built anew"));
            Ok(())
        }
    }
}

/// One line for whoever, or whatever, started us.
pub(crate) fn say(line: &str) {
    // A reader that went away does not need the line.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn progress(position: u64, of: u64) {
    let end = if std::io::stdout().is_terminal() { '\r' } else { '\n' };
    let _ = write!(std::io::stdout(), "{position} of {of}{end}").and_then(|()| std::io::stdout().flush());
}

/// An officer of the demonstration; another office has its own.
const OFFICER_OF_THE_DEMO: &str = "197701161997031006";

fn greet(ready: &Ready, data: &std::path::Path) {
    match &ready.demo {
        Demo::None => {}
        Demo::Skipped => say("the log holds more than the demonstration: none of it is sent"),
        Demo::Loaded(played) => say(&format!(
            "the KAK of 2020 is loaded: {} steps accepted, {} refused as they must be",
            played.accepted, played.refused
        )),
    }
    say(&format!("jejak ready at {}", ready.base));
    say(&format!("  documentation: {}/docs", ready.base));
    say(&token_hint(&ready.demo, data));
}

/// The command that makes a token for an officer.
fn token_hint(demo: &Demo, data: &std::path::Path) -> String {
    let nip = match demo {
        Demo::Loaded(_) => OFFICER_OF_THE_DEMO,
        Demo::None | Demo::Skipped => "<NIP>",
    };
    format!("  a token: jejak token issue --data {} --subject {nip} --role officer", data.display())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clap::CommandFactory;

    use super::*;
    use crate::demo::Played;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_has_a_variable_of_its_name() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments().filter(|argument| argument.get_long().is_some()) {
                let long = argument.get_long().unwrap();
                if !["help", "version"].contains(&long) {
                    let expected = format!("JEJAK_{}", long.to_uppercase().replace('-', "_"));
                    assert_eq!(argument.get_env().unwrap().to_str(), Some(expected.as_str()));
                }
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn an_officer_is_named_where_the_demonstration_has_one() {
        let hint = |demo: &Demo| token_hint(demo, std::path::Path::new("office"));
        let played = Demo::Loaded(Played { saved: BTreeMap::new(), position: 1, accepted: 1, refused: 0 });
        assert!(hint(&played).contains("--data office --subject 197701161997031006 "));
        for demo in [Demo::None, Demo::Skipped] {
            assert!(hint(&demo).contains("--subject <NIP> "));
        }
    }

    #[test]
    fn times_to_live_are_read_with_their_unit() {
        assert_eq!(ttl("8h"), Ok(Duration::from_secs(28_800)));
        assert_eq!(ttl("90s"), Ok(Duration::from_secs(90)));
        for wrong in ["", "8", "h", "8x", "-1s", "0s", "0d", "999999999999999999999d", "1é"] {
            assert!(ttl(wrong).is_err(), "{wrong}");
        }
    }
}
