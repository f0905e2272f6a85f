//! The command line: every command with its arguments.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Parser, Subcommand};
use jejak_events::{actor::ActorName, ids::TenantId};

use crate::{
    accounts::AccountCommand,
    args::{
        AccessLogArgs, AppendArgs, IssuerArgs, KeyArgs, MetricsArgs, OfficeArgs, OidcArgs, RoleArg,
        SeedArgs, overlap, subject, ttl, view, view_or_history,
    },
    audit::AuditCommand,
    feeds::FeedCommand,
    keys::KeysCommand,
    logging::LogFormat,
    share_args::ShareArgs,
    witness::{WitnessArgs, WitnessServerArgs},
};

/// The event-sourced record of individually contracted staff.
#[derive(Debug, Parser)]
#[command(name = "jejak", version, about)]
pub struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: CliCommand,
    /// The format of log lines.
    #[arg(long, global = true, env = "JEJAK_LOG_FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
    /// The log lines to write: a level, or levels of modules. Below info, Jejak's own modules alone.
    #[arg(
        long,
        global = true,
        env = "JEJAK_LOG",
        default_value = "info,async_nats=warn"
    )]
    pub(crate) log: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CliCommand {
    /// Run an office: all services in one process, and a nats-server unless --nats names one.
    Up {
        #[command(flatten)]
        office: OfficeArgs,
        /// The address of the gateway.
        #[arg(long, env = "JEJAK_LISTEN", default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// The address and port of the broker that this command starts, for other services. Without
        /// it, a free port of this machine.
        #[arg(long, env = "JEJAK_NATS_LISTEN", conflicts_with = "nats")]
        nats_listen: Option<SocketAddr>,
        /// Load the terms of reference of 2020 into an empty log.
        #[arg(long, env = "JEJAK_DEMO", conflicts_with = "jwks_url")]
        demo: bool,
        #[command(flatten)]
        issuer: IssuerArgs,
        #[command(flatten)]
        oidc: OidcArgs,
        #[command(flatten)]
        access: AccessLogArgs,
        #[command(flatten)]
        shares: ShareArgs,
        #[command(flatten)]
        append: AppendArgs,
        #[command(flatten)]
        witnesses: WitnessArgs,
    },
    /// Run the commands service.
    Commands {
        #[command(flatten)]
        office: OfficeArgs,
        #[command(flatten)]
        keys: KeyArgs,
        #[command(flatten)]
        append: AppendArgs,
        #[command(flatten)]
        metrics: MetricsArgs,
    },
    /// Run a projector of one or more views, or the history service.
    ///
    /// The views of one process share one pass of the log. `history` answers from the log itself.
    Projector {
        /// The views to follow; all of them if none is named.
        #[arg(value_parser = view_or_history())]
        views: Vec<String>,
        #[command(flatten)]
        office: OfficeArgs,
        #[command(flatten)]
        keys: KeyArgs,
        #[command(flatten)]
        metrics: MetricsArgs,
    },
    /// Run the gateway, which answers HTTP.
    Gateway {
        #[command(flatten)]
        office: OfficeArgs,
        #[command(flatten)]
        seed: SeedArgs,
        /// The address to listen on.
        #[arg(long, env = "JEJAK_LISTEN", default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        #[command(flatten)]
        issuer: IssuerArgs,
        #[command(flatten)]
        oidc: OidcArgs,
        /// The token register, instead of the data folder's. It holds public keys and revocations.
        #[arg(long, env = "JEJAK_TOKEN_REGISTER_FILE")]
        token_register_file: Option<PathBuf>,
        #[command(flatten)]
        access: AccessLogArgs,
        #[command(flatten)]
        shares: ShareArgs,
    },
    /// Run the auditor, which signs a tree of the log and serves it.
    Auditor {
        #[command(flatten)]
        office: OfficeArgs,
        #[command(flatten)]
        seed: SeedArgs,
        #[command(flatten)]
        metrics: MetricsArgs,
        #[command(flatten)]
        witnesses: WitnessArgs,
    },
    /// Run a witness, which cosigns the checkpoints of logs and none that contradicts an earlier one.
    ///
    /// Run it on another machine, best at another office. It needs no broker and no data folder. It
    /// prints its public key for the office's --witness-key.
    Witness(WitnessServerArgs),
    /// Create the stream and the key bucket, or say how existing ones differ.
    ///
    /// Makes the data folder if there is none. Include its broker/authorization.conf in the
    /// broker's configuration: it admits the folder's identities, each to its own subjects.
    Init {
        #[command(flatten)]
        office: OfficeArgs,
        #[command(flatten)]
        seed: SeedArgs,
        /// The number of replicas of the log.
        #[arg(long, env = "JEJAK_REPLICAS", default_value = "1")]
        replicas: usize,
    },
    /// Issue and revoke bearer tokens, and replace the key that signs them.
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Add, list, disable and reset the accounts of people who sign in with a password.
    Account {
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Replace the keys of the office.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Let other services follow events, each with an identity and a consumer of its own.
    Feed {
        #[command(subcommand)]
        command: FeedCommand,
    },
    /// Check, prove and print the history.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Print descriptions for other services and auditors, as JSON.
    Schema {
        #[command(subcommand)]
        command: SchemaCommand,
    },
    /// Rebuild a view beside the running one, and swap it.
    Rebuild {
        /// The view to rebuild.
        #[arg(value_parser = view())]
        view: String,
        #[command(flatten)]
        office: OfficeArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SchemaCommand {
    /// Print the JSON Schema (2020-12) of every event type and
    /// version, with its CloudEvents envelope.
    ///
    /// The document accepts any event of a log. $defs holds the schema of each type under its full
    /// name. Dates and ids are checked only by validators that assert formats.
    Events,
    /// Print the AsyncAPI 3.0 document: the feed of contract events, and
    /// the requests of trusted services.
    Asyncapi {
        /// The name of the office in subjects and streams.
        #[arg(long, env = "JEJAK_TENANT", default_value = "pontianak")]
        tenant: TenantId,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Print a token signed with the data folder's key.
    Issue {
        /// The data folder.
        #[arg(long, env = "JEJAK_DATA", default_value = "./jejak-data")]
        data: PathBuf,
        /// A NIP, an operator id or an account name.
        #[arg(long, env = "JEJAK_SUBJECT", value_parser = subject)]
        subject: String,
        /// A role of the bearer. Give the flag again for more roles.
        #[arg(
            long = "role",
            env = "JEJAK_ROLE",
            required = true,
            value_delimiter = ','
        )]
        roles: Vec<RoleArg>,
        /// The name of the bearer. It is sealed in each of his events.
        #[arg(long, env = "JEJAK_NAME")]
        name: Option<ActorName>,
        /// The validity of the token: a number with s, m, h or d. 24h at most.
        #[arg(long, env = "JEJAK_TTL", default_value = "8h", value_parser = ttl)]
        ttl: Duration,
        /// Issue the token even if it is valid for more than 24h.
        #[arg(long, env = "JEJAK_FORCE")]
        force: bool,
    },
    /// End all tokens of a subject that were issued until now.
    ///
    /// Running gateways of the folder refuse them within two seconds. A token that is issued later is
    /// accepted.
    Revoke {
        /// The data folder.
        #[arg(long, env = "JEJAK_DATA", default_value = "./jejak-data")]
        data: PathBuf,
        /// The subject of the tokens: a NIP, an operator id or an account name.
        #[arg(long, env = "JEJAK_SUBJECT", value_parser = subject)]
        subject: String,
    },
    /// Replace the key that signs tokens. Tokens of the old key are accepted during an overlap.
    Rotate {
        /// The data folder.
        #[arg(long, env = "JEJAK_DATA", default_value = "./jejak-data")]
        data: PathBuf,
        /// The time for which tokens of the old key are accepted: a number with s, m, h or d.
        #[arg(long, env = "JEJAK_OVERLAP", default_value = "24h", value_parser = overlap)]
        overlap: Duration,
    },
}

#[cfg(test)]
mod configure_tests;

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
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
        check(&CommandLine::command());
    }
}
