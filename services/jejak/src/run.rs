//! Runs a command of the command line.

use std::path::Path;

use jejak_bus::{Role, history};
use jejak_events::actor::ActorName;
use jejak_gateway::AccessEvent;
use tokio_util::sync::CancellationToken;

use crate::{
    accounts,
    args::{self, MetricsArgs, OfficeArgs},
    asyncapi, audit,
    cli::{CliCommand, CommandLine, SchemaCommand, TokenCommand},
    data::{DataError, DataFolder},
    demo_accounts::DemoSignIn,
    feeds, keys, logging, permissions, rebuild, security_log,
    service_group::{GatewaySetup, ServiceGroup},
    terminal::{ProgressLine, say},
    token::{self, TokenIssuer, role_names},
    up::{self, DemoResult, StartReport, UpError, UpOptions},
    witness,
};

/// An officer of the demonstration.
const DEMO_OFFICER: &str = "197701161997031006";

/// Runs a command until it is done or stopped.
///
/// # Errors
/// The line for standard error.
pub async fn run(
    cli: CommandLine,
    stop: CancellationToken,
) -> Result<(), Box<dyn std::error::Error>> {
    logging::start(cli.log_format, &cli.log)?;
    match cli.command {
        CliCommand::Up {
            office,
            listen,
            nats_listen,
            demo,
            issuer,
            oidc,
            access,
            shares,
            append,
            witnesses,
        } => {
            let OfficeArgs {
                data,
                nats,
                nats_ca,
                tenant,
                time_zone,
            } = office;
            let options = UpOptions {
                data: data.clone(),
                listen,
                nats,
                nats_ca,
                nats_listen,
                demo,
                issuer: issuer.issuer(),
                oidc: oidc.provider()?,
                access,
                limits: shares.limits(),
                group_commit: append.group_commit,
                witnesses: witnesses.witnesses()?,
                tenant,
                time_zone,
            };
            let own_tokens = options.issuer.is_none();
            let greet = |started: &StartReport| greet(started, own_tokens.then_some(&*data));
            Ok(up::up(options, stop, greet).await?)
        }
        CliCommand::Commands {
            office,
            keys,
            append,
            metrics,
        } => {
            let config = office.config_with(keys.tenant_key_file, keys.seed.nkey_seed_file)?;
            let mut group = start_group(&stop, &metrics).await?;
            group.commands(&config, append.group_commit)?;
            Ok(group.finish().await?)
        }
        CliCommand::Projector {
            views,
            office,
            keys,
            metrics,
        } => {
            let config = office.config_with(keys.tenant_key_file, keys.seed.nkey_seed_file)?;
            let mut group = start_group(&stop, &metrics).await?;
            let (history, views): (Vec<_>, Vec<_>) =
                views.into_iter().partition(|view| view == history::NAME);
            if !history.is_empty() {
                group.history(&config)?;
            }
            match (views.is_empty(), history.is_empty()) {
                (false, _) => group.projector(&config, views)?,
                (true, true) => group.projector(&config, args::all_views())?,
                (true, false) => {}
            }
            Ok(group.finish().await?)
        }
        CliCommand::Gateway {
            office,
            seed,
            listen,
            issuer,
            oidc,
            token_register_file,
            access,
            shares,
        } => {
            let issuer = issuer.issuer();
            if issuer.is_none()
                && token_register_file.is_none()
                && !DataFolder::exists(&office.data)
            {
                // The folder's register then checks tokens, so the folder must exist even for
                // a seed of one's own.
                return Err(DataError::Missing(office.data).into());
            }
            let config = office.gateway_config(seed.nkey_seed_file)?;
            let tokens = config.tokens(issuer, token_register_file);
            let gateway = GatewaySetup {
                listener: up::listen(listen).await?,
                tokens,
                oidc: oidc.provider()?,
                access_log: access.config(&config.folder),
                limits: shares.limits(),
            };
            let mut group = ServiceGroup::new(&stop);
            group.gateway(&config, gateway)?;
            Ok(group.finish().await?)
        }
        CliCommand::Auditor {
            office,
            seed,
            metrics,
            witnesses,
        } => {
            let witnesses = witnesses.witnesses()?;
            let config = office.config_with(None, seed.nkey_seed_file)?;
            let mut group = start_group(&stop, &metrics).await?;
            group.auditor(&config, witnesses)?;
            Ok(group.finish().await?)
        }
        CliCommand::Witness(arguments) => witness::run(arguments, stop).await,
        CliCommand::Init {
            office,
            seed,
            replicas,
        } => {
            let config = match seed.nkey_seed_file {
                Some(seed) => office.config_with(None, Some(seed))?,
                None => {
                    let folder = DataFolder::open(&office.data)?;
                    permissions::write_authorization(&folder, &office.tenant)?;
                    office.config_in(folder)?
                }
            };
            let journal = config.init(replicas).await?;
            say(&format!(
                "the log of {} is ready, incarnation {}",
                journal.tenant(),
                journal.incarnation()
            ));
            Ok(())
        }
        CliCommand::Token { command } => token_command(command).await,
        CliCommand::Account { command } => accounts::run(command).await,
        CliCommand::Keys { command } => keys::run(command).await,
        CliCommand::Feed { command } => feeds::run(command).await,
        CliCommand::Audit { command } => audit::run(command, stop).await,
        CliCommand::Schema { command } => {
            let document = match command {
                SchemaCommand::Events => jejak_events::schema::events(),
                SchemaCommand::Asyncapi { tenant } => asyncapi::asyncapi(&tenant)?,
            };
            say(&serde_json::to_string_pretty(&document)?);
            Ok(())
        }
        CliCommand::Rebuild { view, office } => {
            let config = office.config()?;
            let mut progress = ProgressLine::new("applied");
            let rebuilt = rebuild::rebuild(&config, &view, |at, last| progress.say(at, last)).await;
            progress.end();
            rebuilt?;
            say(&format!("{view} is rebuilt"));
            Ok(())
        }
    }
}

/// Issues a token, revokes those of a subject, or replaces the key that signs them.
async fn token_command(command: TokenCommand) -> Result<(), Box<dyn std::error::Error>> {
    match command {
        TokenCommand::Issue {
            data,
            subject,
            roles,
            name,
            ttl,
            force,
        } => {
            let roles: Vec<Role> = roles.into_iter().map(Into::into).collect();
            let folder = DataFolder::existing(&data)?;
            TokenIssuer::check(&subject, &roles, ttl, force)?;
            let issuer = TokenIssuer::from_pem(&folder.token_key_pem()?)?;
            // A token of the second in which its subject was revoked would be refused.
            if let Some(at) = folder.revoked_at(&subject)? {
                token::wait_until_after(at).await;
            }
            let token =
                issuer.issue(&subject, &roles, name.as_ref().map(ActorName::as_str), ttl)?;
            // A token that no line tells of is not given out.
            security_log::note(&folder, |log, by| AccessEvent::TokenIssued {
                by,
                subject: log.pseudonym(&subject, &roles),
                roles: role_names(&roles),
                ttl_s: ttl.as_secs(),
            })?;
            say(&token);
        }
        TokenCommand::Revoke { data, subject } => {
            let folder = DataFolder::existing(&data)?;
            folder.revoke_tokens(&subject)?;
            security_log::note(&folder, |log, by| AccessEvent::TokensRevoked {
                by,
                subject: log.subject(&subject),
            })?;
            say("its tokens have ended; running gateways refuse them within two seconds");
        }
        TokenCommand::Rotate { data, overlap } => {
            keys::rotate_token(&DataFolder::existing(&data)?, overlap)?;
        }
    }
    Ok(())
}

/// A group of services that serves metrics if an address is given.
async fn start_group(
    stop: &CancellationToken,
    metrics: &MetricsArgs,
) -> Result<ServiceGroup, UpError> {
    let mut group = ServiceGroup::new(stop);
    if let Some(address) = metrics.metrics_listen {
        group.metrics(up::listen(address).await?);
    }
    Ok(group)
}

/// Prints the addresses of an office that is ready.
/// `data` is the folder that makes tokens, if one does.
fn greet(started: &StartReport, data: Option<&Path>) {
    match &started.demo {
        DemoResult::NotRequested => {}
        DemoResult::Skipped => {
            say("the log holds more than the demonstration: none of it is sent");
        }
        // A second run sends no step that was refused in the first.
        DemoResult::Loaded(summary) if summary.refused == 0 => say(&format!(
            "the KAK of 2020 was loaded before: {} steps",
            summary.accepted
        )),
        DemoResult::Loaded(summary) => say(&format!(
            "the KAK of 2020 is loaded: {} steps accepted, {} refused as expected",
            summary.accepted, summary.refused
        )),
    }
    say(&format!("jejak ready at {}", started.base));
    if let Some(DemoSignIn { logins, password }) = &started.sign_in {
        say(&format!("  sign in there with the password {password} as"));
        for (login, label) in logins {
            say(&format!("    {login} ({label})"));
        }
    }
    say(&format!("  documentation: {}/docs", started.base));
    if let Some(data) = data {
        say(&token_hint(&started.demo, data));
    }
}

/// The command that makes a token for an officer.
fn token_hint(demo: &DemoResult, data: &Path) -> String {
    let nip = match demo {
        DemoResult::Loaded(_) => DEMO_OFFICER,
        DemoResult::NotRequested | DemoResult::Skipped => "<NIP>",
    };
    format!(
        "  a token: jejak token issue --data {} --subject {nip} --role officer",
        data.display()
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::demo::DemoSummary;

    #[test]
    fn the_hint_names_an_officer_of_the_demonstration() {
        let hint = |demo: &DemoResult| token_hint(demo, Path::new("office"));
        let loaded = DemoResult::Loaded(DemoSummary {
            saved: BTreeMap::new(),
            position: 1,
            accepted: 1,
            refused: 0,
        });
        assert!(hint(&loaded).contains("--data office --subject 197701161997031006 "));
        for demo in [DemoResult::NotRequested, DemoResult::Skipped] {
            assert!(hint(&demo).contains("--subject <NIP> "));
        }
    }
}
