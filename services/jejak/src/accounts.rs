//! `jejak account`: adds, lists, disables and resets the accounts of people who sign in with a password. The accounts
//! of people who sign in at a provider are made by their first sign-in; this lists, disables and resets them too.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use chrono::Utc;
use clap::Subcommand;
use jejak_bus::Role;
use jejak_events::{actor::ActorName, text::visible};
use jejak_gateway::{AccessEvent, Account, AccountError, AccountStore};

use crate::{
    args::{OfficeArgs, RoleArg, subject, ttl},
    data::{DataError, DataFolder, random},
    identity::{BrokerAccount, BrokerIdentity},
    office_config::{LogAccessError, OfficeConfig},
    security_log,
    terminal::{CliError, say},
    token::{self, TokenIssuer, role_names},
};

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Add an account, and print the one-time link where its owner chooses a password.
    Add {
        /// A NIP, an operator id or an account name.
        #[arg(long, env = "JEJAK_SUBJECT", value_parser = subject)]
        subject: String,
        /// The name to sign in with, where it is not the subject: an operator id is long to type.
        #[arg(long, env = "JEJAK_LOGIN", value_parser = subject)]
        login: Option<String>,
        /// The name of the person. It is sealed in each of his events.
        #[arg(long, env = "JEJAK_NAME")]
        name: Option<ActorName>,
        /// A role of the account. Give the flag again for more roles.
        #[arg(
            long = "role",
            env = "JEJAK_ROLE",
            required = true,
            value_delimiter = ','
        )]
        roles: Vec<RoleArg>,
        #[command(flatten)]
        link: LinkArgs,
        #[command(flatten)]
        office: OfficeArgs,
    },
    /// List the accounts: the name to sign in with, the subject, the roles, whether each may sign in,
    /// and the person.
    List {
        #[command(flatten)]
        office: OfficeArgs,
    },
    /// End all sessions and tokens of an account, and let nobody sign in to it.
    Disable {
        /// The name to sign in with, or the subject.
        #[arg(long, env = "JEJAK_SUBJECT", value_parser = subject)]
        subject: String,
        #[command(flatten)]
        office: OfficeArgs,
    },
    /// Take the password of an account back, and print a new one-time link. A disabled account may
    /// sign in again.
    Reset {
        /// The name to sign in with, or the subject.
        #[arg(long, env = "JEJAK_SUBJECT", value_parser = subject)]
        subject: String,
        #[command(flatten)]
        link: LinkArgs,
        #[command(flatten)]
        office: OfficeArgs,
    },
    /// Replace the key of sessions: everybody signs in anew.
    EndSessions {
        #[command(flatten)]
        office: OfficeArgs,
    },
}

/// A one-time link.
#[derive(Debug, clap::Args)]
pub(crate) struct LinkArgs {
    /// The address at which people reach the pages.
    #[arg(long, env = "JEJAK_ADDRESS", default_value = "http://127.0.0.1:8080")]
    address: String,
    /// The time for which the link works: a number with s, m, h or d.
    #[arg(long, env = "JEJAK_LINK_TTL", default_value = "3d", value_parser = ttl)]
    link_ttl: Duration,
}

/// Adds, lists, disables or resets accounts.
pub(crate) async fn run(command: AccountCommand) -> Result<(), CliError> {
    match command {
        AccountCommand::Add {
            subject,
            login,
            name,
            roles,
            link,
            office,
        } => {
            let roles: Vec<Role> = roles.into_iter().map(Into::into).collect();
            TokenIssuer::check(&subject, &roles, Duration::ZERO, false)?;
            let office = office.config()?;
            let account = Account::new(subject, name, roles).with_login(login);
            add(&office, account, &link).await
        }
        AccountCommand::List { office } => list(&office.config()?).await,
        AccountCommand::Disable { subject, office } => disable(&office.config()?, &subject).await,
        AccountCommand::Reset {
            subject,
            link,
            office,
        } => reset(&office.config()?, &subject, &link).await,
        AccountCommand::EndSessions { office } => {
            let office = office.config()?;
            store(&office).await?.end_all_sessions().await?;
            security_log::note_key(&office.folder, "session")?;
            say("all sessions have ended");
            Ok(())
        }
    }
}

/// The reason why accounts cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Connect(#[from] LogAccessError),
    #[error(transparent)]
    Account(#[from] AccountError),
}

/// The accounts of an office, as the administration.
pub(crate) async fn store(office: &OfficeConfig) -> Result<AccountStore, StoreError> {
    let client = office.connect(BrokerIdentity::Admin).await?;
    let access = BrokerAccount::Office.access();
    let seed = office.folder.seed(BrokerIdentity::Gateway)?;
    Ok(AccountStore::new(client, access, &office.tenant, &seed)?)
}

async fn add(office: &OfficeConfig, account: Account, link: &LinkArgs) -> Result<(), CliError> {
    let (key, secret) = (account.key(), secret()?);
    let mut made = account.clone();
    made.set_link(&secret, link.until_ms());
    let store = store(office).await?;
    let is_new = store.change(&key, |found| match found {
        None => (Some(made.clone()), true),
        Some(_) => (None, false),
    });
    if !is_new.await? {
        let taken = "there is an account of this name; `jejak account reset` gives it a new link";
        return Err(taken.into());
    }
    note(&office.folder, &account, "added")?;
    say(&link.text(&key, &secret));
    Ok(())
}

async fn list(office: &OfficeConfig) -> Result<(), CliError> {
    let now = now_ms();
    for account in store(office).await?.all().await? {
        let state = match (account.disabled, account.provider()) {
            (true, _) => "disabled".to_owned(),
            (false, Some(issuer)) => format!("signs in at {issuer}"),
            (false, None) if account.has_password() => "signs in".to_owned(),
            (false, None) if account.has_link(now) => "has a link".to_owned(),
            (false, None) => "has no password".to_owned(),
        };
        let name = account.name.as_ref().map_or("-", ActorName::as_str);
        let name = visible(name);
        let roles = role_names(&account.roles).join(",");
        // Accounts of earlier versions may hold line breaks.
        let (login, subject) = (visible(account.login()), visible(&account.subject));
        say(&format!("{login}\t{subject}\t{roles}\t{state}\t{name}"));
    }
    Ok(())
}

/// Disables each account of the person: one with a password, and one of each provider.
async fn disable(office: &OfficeConfig, subject: &str) -> Result<(), CliError> {
    let store = store(office).await?;
    for account in named(&store, subject).await? {
        let changed = change(&store, &account, |account| {
            account.disabled = true;
            account.end_all_sessions(now_ms());
        });
        let account = changed.await?;
        // Tokens of the same person end too.
        office.folder.revoke_tokens(&account.subject)?;
        note(&office.folder, &account, "disabled")?;
    }
    say("the account is disabled; its sessions have ended, its tokens end within two seconds");
    Ok(())
}

async fn reset(office: &OfficeConfig, subject: &str, link: &LinkArgs) -> Result<(), CliError> {
    let store = store(office).await?;
    for account in named(&store, subject).await? {
        let secret = secret()?;
        let changed = change(&store, &account, |account| {
            account.disabled = false;
            match account.provider() {
                Some(_) => account.end_all_sessions(now_ms()),
                None => {
                    account.drop_password(now_ms());
                    account.set_link(&secret, link.until_ms());
                }
            }
        });
        let account = changed.await?;
        // A session of the second in which the tokens were revoked would be refused.
        if let Some(at) = office.folder.revoked_at(&account.subject)? {
            token::wait_until_after(at).await;
        }
        note(&office.folder, &account, "reset")?;
        match account.provider() {
            Some(issuer) => say(&format!("its sessions have ended; it signs in at {issuer}")),
            None => say(&link.text(&account.key(), &secret)),
        }
    }
    Ok(())
}

/// The accounts with this name to sign in with, or this subject.
async fn named(store: &AccountStore, subject: &str) -> Result<Vec<Account>, CliError> {
    let mut all = store.all().await?;
    all.retain(|account| account.login() == subject || account.subject == subject);
    match all.is_empty() {
        true => Err("there is no account of this name; `jejak account list` shows all".into()),
        false => Ok(all),
    }
}

/// Changes an account that exists. Returns it as it was changed.
async fn change(
    store: &AccountStore,
    account: &Account,
    change: impl Fn(&mut Account),
) -> Result<Account, CliError> {
    let key = account.key();
    let changed = store.change(&key, |found| {
        let next = found.map(|mut account| {
            change(&mut account);
            account
        });
        (next.clone(), next)
    });
    Ok(changed.await?.ok_or("the account is gone")?)
}

fn note(folder: &DataFolder, account: &Account, change: &str) -> Result<(), CliError> {
    security_log::note(folder, |log, by| AccessEvent::AccountChanged {
        by,
        subject: log.subject(&account.subject),
        change: change.to_owned(),
        roles: role_names(&account.roles),
    })
}

impl LinkArgs {
    fn until_ms(&self) -> u64 {
        let ttl = u64::try_from(self.link_ttl.as_millis()).unwrap_or(u64::MAX);
        now_ms().saturating_add(ttl)
    }

    fn text(&self, key: &str, secret: &str) -> String {
        let address = self.address.trim_end_matches('/');
        format!("{address}/sandi/{key}-{secret}")
    }
}

/// A secret of 256 bits, for a link or a password.
pub(crate) fn secret() -> Result<String, CliError> {
    Ok(BASE64URL.encode(random()?))
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    u64::try_from(Utc::now().timestamp_millis()).unwrap_or(0)
}
