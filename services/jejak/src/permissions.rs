//! The broker's configuration: who may touch what. Every service has an identity of its own that reaches
//! only its subjects, and an inbox nobody else can read.

use std::path::{Path, PathBuf};

use jejak_events::ids::TenantId;
use jejak_journal::log_name;
use jejak_projections::VIEWS;

use crate::data::{self, DataError, DataFolder, IDENTITIES};

/// What one identity may do.
struct Grant {
    publish: Vec<String>,
    /// What of it it may not publish after all.
    deny: Vec<String>,
    subscribe: Vec<String>,
}

/// Whom a broker admits, and what each may touch. Any configuration can include it.
const AUTHORIZATION: &str = "authorization.conf";

/// Writes the configuration of a single server for one tenant, and what it includes.
///
/// # Errors
/// Keys that cannot be read, a folder that cannot be written.
pub fn write_config(
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

/// Writes the part of a broker's configuration that knows this folder's identities.
///
/// # Errors
/// Keys that cannot be read, a folder that cannot be written.
pub fn write_authorization(folder: &DataFolder, tenant: &TenantId) -> Result<(), DataError> {
    let mut users = Vec::new();
    for identity in IDENTITIES {
        let nkey = folder.public_nkey(identity)?;
        let Grant {
            publish,
            deny,
            subscribe,
        } = grant(identity, tenant);
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

/// The name a connection has, and its inboxes begin with.
pub fn connection_name(identity: &str) -> String {
    format!("jejak-{identity}")
}

/// The names under which an identity connects: a projector by the first of its views.
fn names(identity: &str) -> Vec<&str> {
    match identity {
        "projector" => VIEWS.iter().map(|view| view.name()).collect(),
        other => vec![other],
    }
}

fn grant(identity: &str, tenant: &TenantId) -> Grant {
    let log = log_name(tenant);
    let keys = format!("KV_{log}_KEYS");
    let (mut publish, mut subscribe) = match identity {
        "commands" => (
            [
                read_log(&log),
                read_keys(&keys),
                vec![
                    format!("$KV.{log}_KEYS.>"),
                    format!("$JS.API.STREAM.MSG.DELETE.{keys}"),
                    format!("jejak.{tenant}.ev.>"),
                ],
            ]
            .concat(),
            vec![format!("jejak.{tenant}.cmd.*"), "$SRV.>".to_owned()],
        ),
        "projector" => (
            [read_log(&log), read_keys(&keys)].concat(),
            vec![format!("jejak.{tenant}.qry.>"), "$SRV.>".to_owned()],
        ),
        // It finds whose contract an id is by asking a view.
        "history" => (
            [
                read_log(&log),
                read_keys(&keys),
                vec![format!("jejak.{tenant}.qry.contracts.get")],
            ]
            .concat(),
            vec![format!("jejak.{tenant}.qry.history.*"), "$SRV.>".to_owned()],
        ),
        "gateway" => (
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
        "auditor" => (
            read_log(&log),
            vec![format!("jejak.{tenant}.qry.audit.*"), "$SRV.>".to_owned()],
        ),
        _ => (
            vec![
                "$JS.API.>".to_owned(),
                format!("$KV.{log}_KEYS.>"),
                format!("jejak.{tenant}.qry.>"),
            ],
            vec![],
        ),
    };
    publish.sort();
    subscribe.extend(
        names(identity)
            .iter()
            .map(|name| format!("_INBOX.{}.>", connection_name(name))),
    );
    // Building a view anew is for the office's administration, not for whoever may ask a question.
    // Reading all its rows to compare them with a fresh one is, too.
    let deny = match identity {
        "gateway" => ["rebuild", "content-hash"]
            .map(|query| format!("jejak.{tenant}.qry.*.{query}"))
            .to_vec(),
        _ => vec![],
    };
    Grant {
        publish,
        deny,
        subscribe,
    }
}

/// Reading and following the log: no message of it is touched. Followers have consumers without a name,
/// so that none may replace or delete one that another service holds by its name.
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
        for identity in IDENTITIES {
            let appends = grant(identity, &tenant)
                .publish
                .iter()
                .any(|subject| subject.starts_with("jejak.pontianak.ev"));
            assert_eq!(appends, identity == "commands", "{identity}");
        }
    }

    #[test]
    fn the_gateway_and_the_auditor_cannot_read_keys() {
        let tenant = "pontianak".parse().unwrap();
        for identity in ["gateway", "auditor"] {
            let Grant {
                publish, subscribe, ..
            } = grant(identity, &tenant);
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
