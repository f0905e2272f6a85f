//! The command line (api.md): what can be asked, and one line for what went wrong.

mod args;
mod words;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Parser, Subcommand};
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
    data::DataFolder,
    log, permissions, rebuild,
    services::Running,
    token::Issuer,
    up::{self, Options, UpError},
};

use args::{
    AppendArgs, KeyArgs, MetricsArgs, MomentArgs, RoleArg, projected, subject, ttl, view_name,
};
pub(crate) use args::{OfficeArgs, SeedArgs};
pub(crate) use words::say;
use words::{greet, progress};

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
    #[arg(
        long,
        global = true,
        env = "JEJAK_LOG",
        default_value = "info,async_nats=warn"
    )]
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
        #[command(flatten)]
        append: AppendArgs,
    },
    /// The commands service.
    Commands {
        #[command(flatten)]
        office: OfficeArgs,
        #[command(flatten)]
        keys: KeyArgs,
        #[command(flatten)]
        metrics: MetricsArgs,
        #[command(flatten)]
        append: AppendArgs,
    },
    /// The projector of some views: contracts, leave, evaluations, packages. In one process they share one pass of the
    /// log. `history` stands for the service that answers from the log itself.
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
        #[arg(
            long = "role",
            env = "JEJAK_ROLE",
            required = true,
            value_delimiter = ','
        )]
        roles: Vec<RoleArg>,
        /// A name to show.
        #[arg(long, env = "JEJAK_NAME")]
        name: Option<String>,
        /// How long it is good: a number with s, m, h or d.
        #[arg(long, env = "JEJAK_TTL", default_value = "8h", value_parser = ttl)]
        ttl: Duration,
    },
}

pub(crate) type Failure = Box<dyn std::error::Error>;

/// Does what was asked, until done or told to stop.
///
/// # Errors
/// What to say on standard error.
pub async fn run(cli: Cli, stop: CancellationToken) -> Result<(), Failure> {
    log::start(cli.log_format, &cli.log)?;
    match cli.command {
        Command::Up {
            office,
            listen,
            demo,
            append,
        } => {
            let OfficeArgs {
                data,
                nats,
                tenant,
                time_zone,
            } = office;
            let options = Options {
                data: data.clone(),
                listen,
                nats,
                demo,
                tenant,
                time_zone,
                group_commit: append.group_commit,
            };
            Ok(up::up(options, stop, |ready| greet(ready, &data)).await?)
        }
        Command::Commands {
            office,
            keys,
            metrics,
            append,
        } => {
            let mut setting =
                office.setting_with(keys.tenant_key_file, keys.seed.nkey_seed_file)?;
            setting.group_commit = append.group_commit;
            let mut running = Running::new(&stop);
            metrics.serve(&mut running).await?;
            running.commands(&setting)?;
            Ok(running.finish().await?)
        }
        Command::Projector {
            views,
            office,
            keys,
            metrics,
        } => {
            let setting = office.setting_with(keys.tenant_key_file, keys.seed.nkey_seed_file)?;
            let mut running = Running::new(&stop);
            metrics.serve(&mut running).await?;
            let (history, views): (Vec<_>, Vec<_>) =
                views.into_iter().partition(|view| view == history::NAME);
            if !views.is_empty() {
                running.projector(&setting, views)?;
            }
            if !history.is_empty() {
                running.history(&setting)?;
            }
            Ok(running.finish().await?)
        }
        Command::Gateway {
            office,
            seed,
            listen,
            jwks_url,
            audience,
        } => {
            if jwks_url.is_none() {
                // Tokens are then checked with a folder's key, whoever connects to the broker.
                DataFolder::existing(&office.data)?;
            }
            let setting = office.setting_with(None, seed.nkey_seed_file)?;
            let tokens = match jwks_url.zip(audience) {
                Some((url, audience)) => Tokens::Jwks { url, audience },
                None => Tokens::Local {
                    public_key_pem: setting.folder.public_key_pem()?,
                },
            };
            let listener = TcpListener::bind(listen).await;
            let listener = listener.map_err(|source| UpError::Listen {
                address: listen,
                source,
            })?;
            let mut running = Running::new(&stop);
            running.gateway(&setting, listener, tokens)?;
            Ok(running.finish().await?)
        }
        Command::Auditor {
            office,
            seed,
            metrics,
        } => {
            let setting = office.setting_with(None, seed.nkey_seed_file)?;
            let mut running = Running::new(&stop);
            metrics.serve(&mut running).await?;
            running.auditor(&setting)?;
            Ok(running.finish().await?)
        }
        Command::Init {
            office,
            seed,
            replicas,
        } => {
            let setting = match seed.nkey_seed_file {
                Some(seed) => office.setting_with(None, Some(seed))?,
                None => {
                    let folder = DataFolder::open(&office.data)?;
                    permissions::write_authorization(&folder, &office.tenant)?;
                    office.setting_in(folder)?
                }
            };
            let journal = setting.init(replicas).await?;
            say(&format!(
                "the log of {} is ready, incarnation {}",
                journal.tenant(),
                journal.incarnation()
            ));
            Ok(())
        }
        Command::Token {
            command:
                TokenCommand::Issue {
                    data,
                    subject,
                    roles,
                    name,
                    ttl,
                },
        } => {
            let issuer = Issuer::from_pem(&DataFolder::existing(&data)?.token_key_pem()?)?;
            let roles: Vec<_> = roles.into_iter().map(Into::into).collect();
            say(&issuer.issue(&subject, &roles, name.as_deref(), ttl)?);
            Ok(())
        }
        Command::Audit {
            command: Audit::AsOf { id, moment, office },
        } => {
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
        Command::Audit {
            command: Audit::Tree(command),
        } => audit::run(command, stop).await,
        Command::Rebuild { view, office } => {
            let setting = office.setting()?;
            rebuild::rebuild(&setting, &view, progress).await?;
            say(&format!("{view} is built anew"));
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_has_a_variable_of_its_name() {
        fn check(command: &clap::Command) {
            for argument in command
                .get_arguments()
                .filter(|argument| argument.get_long().is_some())
            {
                let long = argument.get_long().unwrap();
                if !["help", "version"].contains(&long) {
                    let expected = format!("JEJAK_{}", long.to_uppercase().replace('-', "_"));
                    assert_eq!(
                        argument.get_env().unwrap().to_str(),
                        Some(expected.as_str())
                    );
                }
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
