//! The broker's configuration: accounts, the subjects that they share, and the subjects of each
//! identity.
//!
//! Permissions say what an identity may publish and hear. They say nothing about the answers to its
//! requests; the accounts do ([`shares`]).

mod shares;
mod subjects;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use jejak_bus::{command_subject, history, query_subject, tile::AUDIT};
use jejak_events::ids::TenantId;
use jejak_projections::VIEWS;

use crate::{
    data::{self, DataError, DataFolder},
    identity::{BrokerAccount, BrokerIdentity, FeedName, connection_name},
};
use shares::{Share, ShareKind, feed_shares, shares};

/// The part of the configuration that admits the identities. Any configuration can include it.
const AUTHORIZATION: &str = "authorization.conf";

/// The limits of a feed's account: connections, subscriptions and bytes of a request.
const FEED_LIMITS: &str =
    "    limits: { max_connections: 8, max_subscriptions: 64, max_payload: 4096 }\n";

/// The subjects of one identity.
#[derive(Debug)]
struct Permissions {
    publish: Vec<String>,
    subscribe: Vec<String>,
}

/// Writes the configuration of a single server for one tenant, and the part that it includes.
pub(crate) fn write_config(
    path: &Path,
    folder: &DataFolder,
    tenant: &TenantId,
    listen: SocketAddr,
) -> Result<(), DataError> {
    write_authorization(folder, tenant)?;
    let store = folder.broker();
    let text = |path: PathBuf| format!("{:?}", path.display().to_string());
    let config = format!(
        "# Written by `jejak up` at every start.\nserver_name: jejak\nlisten: \"{listen}\"\npid_file: {}\n\
         jetstream {{ store_dir: {}, sync_interval: always }}\ninclude ./{AUTHORIZATION}\n",
        text(store.join("nats.pid")),
        text(store.join("store")),
    );
    data::write(path, &config)
}

/// Writes the part of the configuration with this folder's identities.
pub(crate) fn write_authorization(folder: &DataFolder, tenant: &TenantId) -> Result<(), DataError> {
    let _turn = folder.lock_broker_config()?;
    let feeds = folder.feeds()?;
    let mut shares = shares(tenant);
    shares.extend(feeds.iter().flat_map(|feed| feed_shares(tenant, feed)));
    let mut text =
        "# Written by `jejak up`, `jejak init` and `jejak feed`.\naccounts {\n".to_owned();
    for account in BrokerAccount::ALL {
        let mut users = Vec::new();
        let members = BrokerIdentity::ALL.into_iter();
        for identity in members.filter(|identity| identity.account() == account) {
            let nkey = folder.public_nkey(identity)?;
            users.push(user(&nkey, &permissions(identity, tenant, &shares)));
        }
        let settings = match account {
            BrokerAccount::Office => "    jetstream: enabled\n",
            BrokerAccount::Gateway | BrokerAccount::Auditor | BrokerAccount::History => "",
        };
        text += &account_config(account.name(), settings, &users, &shares);
    }
    for feed in &feeds {
        let nkey = folder.feed_nkey(feed)?;
        let users = [user(&nkey, &feed_permissions(tenant, feed))];
        text += &account_config(&feed.account(), FEED_LIMITS, &users, &shares);
    }
    text += "}\n";
    data::write(&folder.broker().join(AUTHORIZATION), &text)
}

/// An account with its users, exports and imports.
fn account_config(name: &str, settings: &str, users: &[String], shares: &[Share]) -> String {
    let exports = shares.iter().filter(|share| share.of.name() == name);
    let imports = shares.iter().filter(|share| share.is_for(name));
    format!(
        "  {name} {{\n{settings}{}{}{}  }}\n",
        block("users", users),
        block("exports", &exports.map(Share::export).collect::<Vec<_>>()),
        block("imports", &imports.map(Share::import).collect::<Vec<_>>()),
    )
}

/// A list of entries, one a line; nothing for none.
fn block(name: &str, entries: &[String]) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let lines: String = entries
        .iter()
        .map(|entry| format!("      {entry}\n"))
        .collect();
    format!("    {name}: [\n{lines}    ]\n")
}

fn user(nkey: &str, permissions: &Permissions) -> String {
    format!(
        "{{ nkey: {nkey}, permissions: {{\n        publish: {{ allow: [{}] }}\n        subscribe: {{ allow: [{}] }} }} }}",
        quoted(&permissions.publish),
        quoted(&permissions.subscribe),
    )
}

fn quoted(subjects: &[String]) -> String {
    subjects
        .iter()
        .map(|subject| format!("{subject:?}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn permissions(identity: BrokerIdentity, tenant: &TenantId, shares: &[Share]) -> Permissions {
    let discovery = || subjects::DISCOVERY.to_owned();
    let answers_outside = || subjects::ANSWERS_OUTSIDE.to_owned();
    let imports = |kinds: &[ShareKind]| -> Vec<String> {
        shares
            .iter()
            .filter(|share| share.is_for(identity.account().name()) && kinds.contains(&share.kind))
            .map(Share::local_subject)
            .collect()
    };
    let requests = || imports(&[ShareKind::Request, ShareKind::ManyAnswers]);
    let live = || imports(&[ShareKind::Live]);
    // The two services beside the administration answer it in its own inbox.
    let answers_inside = || inboxes(BrokerIdentity::Admin);
    let (publish, mut subscribe) = match identity {
        BrokerIdentity::Admin => (
            vec![
                subjects::all_of_jetstream(),
                format!("jejak.{tenant}.qry.>"),
                subjects::accounts(tenant),
                discovery(),
            ],
            vec![],
        ),
        BrokerIdentity::Commands => (
            [
                subjects::read_log(tenant),
                subjects::follow_log(tenant),
                subjects::read_keys(tenant),
                subjects::write_keys(tenant),
                vec![subjects::events(tenant), answers_outside()],
                answers_inside(),
            ]
            .concat(),
            vec![command_subject(tenant, "*"), discovery()],
        ),
        BrokerIdentity::Projector => (
            [
                subjects::read_log(tenant),
                subjects::follow_log(tenant),
                subjects::read_keys(tenant),
                vec![answers_outside()],
                answers_inside(),
            ]
            .concat(),
            VIEWS
                .iter()
                .map(|view| query_subject(tenant, view.name(), "*"))
                .chain([discovery()])
                .collect(),
        ),
        BrokerIdentity::History => (
            [requests(), vec![answers_outside()]].concat(),
            [
                vec![query_subject(tenant, history::NAME, "*"), discovery()],
                live(),
            ]
            .concat(),
        ),
        BrokerIdentity::Gateway => (
            // Nobody answers the last one: the broker says so at once, if it works.
            [requests(), vec![query_subject(tenant, "nobody", "ping")]].concat(),
            live(),
        ),
        BrokerIdentity::Auditor => (
            [requests(), vec![answers_outside()]].concat(),
            [vec![query_subject(tenant, AUDIT, "*"), discovery()], live()].concat(),
        ),
    };
    subscribe.extend(inboxes(identity));
    Permissions { publish, subscribe }
}

/// A feed asks for its next events and acknowledges them. It is alone in its account, so any inbox is
/// its own.
fn feed_permissions(tenant: &TenantId, feed: &FeedName) -> Permissions {
    let shares = feed_shares(tenant, feed);
    Permissions {
        publish: shares.iter().map(Share::local_subject).collect(),
        subscribe: vec!["_INBOX.>".to_owned()],
    }
}

/// The inboxes of an identity. A projector connects under the name of its first view.
fn inboxes(identity: BrokerIdentity) -> Vec<String> {
    let names = match identity {
        BrokerIdentity::Projector => VIEWS.iter().map(|view| view.name()).collect(),
        other => vec![other.name()],
    };
    names
        .into_iter()
        .map(|name| format!("_INBOX.{}.>", connection_name(name)))
        .collect()
}

#[cfg(test)]
mod tests;
