//! The broker's configuration: each identity may use only its own subjects, and has
//! an inbox of its own.

use std::path::{Path, PathBuf};

use jejak_bus::health::CONTENT_HASH;
use jejak_bus::history;
use jejak_events::ids::TenantId;
use jejak_journal::log_name;
use jejak_projections::VIEWS;

use crate::{
    data::{self, DataError, DataFolder},
    identity::{BrokerIdentity, connection_name},
};

/// The part of the configuration that admits the identities. Any configuration can include it.
const AUTHORIZATION: &str = "authorization.conf";

/// The subjects of one identity.
struct Permissions {
    publish: Vec<String>,
    /// Exceptions from `publish`.
    deny: Vec<String>,
    subscribe: Vec<String>,
}

/// Writes the configuration of a single server for one tenant, and the part that it includes.
pub(crate) fn write_config(
    path: &Path,
    folder: &DataFolder,
    tenant: &TenantId,
    port: u16,
) -> Result<(), DataError> {
    write_authorization(folder, tenant)?;
    let store = folder.broker();
    let text = |path: PathBuf| format!("{:?}", path.display().to_string());
    let config = format!(
        "# Written by `jejak up` at every start.\nserver_name: jejak\nlisten: 127.0.0.1:{port}\npid_file: {}\n\
         jetstream {{ store_dir: {}, sync_interval: always }}\ninclude ./{AUTHORIZATION}\n",
        text(store.join("nats.pid")),
        text(store.join("store")),
    );
    data::write(path, &config)
}

/// Writes the part of the configuration with this folder's identities.
pub(crate) fn write_authorization(folder: &DataFolder, tenant: &TenantId) -> Result<(), DataError> {
    let mut users = Vec::new();
    for identity in BrokerIdentity::ALL {
        let nkey = folder.public_nkey(identity)?;
        let Permissions {
            publish,
            deny,
            subscribe,
        } = permissions(identity, tenant);
        users.push(format!(
            "    {{ nkey: {nkey}, permissions: {{\n      publish: {{ allow: [{}], deny: [{}] }}\n      subscribe: {{ allow: [{}] }}\n      allow_responses: true\n    }} }}",
            quoted(&publish),
            quoted(&deny),
            quoted(&subscribe),
        ));
    }
    let text = format!(
        "# Written by `jejak up` and `jejak init`.\nauthorization {{\n  users: [\n{}\n  ]\n}}\n",
        users.join(",\n")
    );
    data::write(&folder.broker().join(AUTHORIZATION), &text)
}

fn quoted(subjects: &[String]) -> String {
    subjects
        .iter()
        .map(|subject| format!("{subject:?}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn permissions(identity: BrokerIdentity, tenant: &TenantId) -> Permissions {
    let log = log_name(tenant);
    let keys = format!("KV_{log}_KEYS");
    let own_keys = || format!("$KV.{log}_KEYS.>");
    let service_info = || "$SRV.>".to_owned();
    let (mut publish, mut subscribe) = match identity {
        BrokerIdentity::Admin => (
            vec![
                "$JS.API.>".to_owned(),
                own_keys(),
                format!("jejak.{tenant}.qry.>"),
            ],
            vec![],
        ),
        BrokerIdentity::Commands => (
            [
                read_log(&log),
                read_keys(&keys),
                vec![
                    own_keys(),
                    format!("$JS.API.STREAM.MSG.DELETE.{keys}"),
                    format!("jejak.{tenant}.ev.>"),
                ],
            ]
            .concat(),
            vec![format!("jejak.{tenant}.cmd.*"), service_info()],
        ),
        BrokerIdentity::Projector => (
            [read_log(&log), read_keys(&keys)].concat(),
            vec![format!("jejak.{tenant}.qry.>"), service_info()],
        ),
        // The history service asks a view for the owner of a contract.
        BrokerIdentity::History => (
            [
                read_log(&log),
                read_keys(&keys),
                vec![format!("jejak.{tenant}.qry.contracts.get")],
            ]
            .concat(),
            vec![
                format!("jejak.{tenant}.qry.{}.*", history::NAME),
                service_info(),
            ],
        ),
        BrokerIdentity::Gateway => (
            [
                read_log(&log),
                vec![
                    format!("jejak.{tenant}.cmd.*"),
                    format!("jejak.{tenant}.qry.>"),
                ],
            ]
            .concat(),
            vec![],
        ),
        BrokerIdentity::Auditor => (
            read_log(&log),
            vec![format!("jejak.{tenant}.qry.audit.*"), service_info()],
        ),
    };
    publish.sort();
    subscribe.extend(inboxes(identity));
    // Rebuilds and hashes of all rows are for the administration, not for HTTP clients.
    let deny = match identity {
        BrokerIdentity::Gateway => ["rebuild", CONTENT_HASH]
            .map(|query| format!("jejak.{tenant}.qry.*.{query}"))
            .to_vec(),
        _ => vec![],
    };
    Permissions {
        publish,
        deny,
        subscribe,
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

/// The subjects for reading and following the log. A follower's consumer has no name, so it cannot
/// replace or delete the named consumer of another service.
fn read_log(log: &str) -> Vec<String> {
    [
        "STREAM.INFO.{}",
        "STREAM.MSG.GET.{}",
        "DIRECT.GET.{}",
        "CONSUMER.CREATE.{}",
        "CONSUMER.INFO.{}.*",
        "CONSUMER.MSG.NEXT.{}.*",
    ]
    .map(|subject| format!("$JS.API.{}", subject.replace("{}", log)))
    .to_vec()
}

/// The subjects for reading data keys.
fn read_keys(keys: &str) -> Vec<String> {
    [
        "STREAM.INFO.{}",
        "STREAM.MSG.GET.{}",
        "DIRECT.GET.{}",
        "DIRECT.GET.{}.>",
    ]
    .map(|subject| format!("$JS.API.{}", subject.replace("{}", keys)))
    .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_commands_service_may_append() {
        let tenant = "pontianak".parse().unwrap();
        for identity in BrokerIdentity::ALL {
            let appends = permissions(identity, &tenant)
                .publish
                .iter()
                .any(|subject| subject.starts_with("jejak.pontianak.ev"));
            assert_eq!(appends, identity == BrokerIdentity::Commands, "{identity}");
        }
    }

    #[test]
    fn the_gateway_and_the_auditor_cannot_read_keys() {
        let tenant = "pontianak".parse().unwrap();
        for identity in [BrokerIdentity::Gateway, BrokerIdentity::Auditor] {
            let Permissions {
                publish, subscribe, ..
            } = permissions(identity, &tenant);
            assert!(
                !publish
                    .iter()
                    .chain(&subscribe)
                    .any(|subject| subject.contains("_KEYS")),
                "{identity}"
            );
        }
    }
}
