//! Subjects of the log, the data keys and the services.

use jejak_bus::query_subject;
use jejak_events::ids::TenantId;
use jejak_journal::{JetStreamAccess, account_bucket, log_name};

/// Questions about the services that run (ADR-32).
pub(super) const DISCOVERY: &str = "$SRV.>";
/// Answers to requests from other accounts. The broker names each one at random.
pub(super) const ANSWERS_OUTSIDE: &str = "_R_.>";

/// The subjects of all events.
pub(super) fn events(tenant: &TenantId) -> String {
    format!("jejak.{tenant}.ev.>")
}

/// The query that names the person of a contract. The history service asks it.
pub(super) fn owner_of_contract(tenant: &TenantId) -> String {
    query_subject(tenant, "contracts", "get")
}

/// The messages of the bucket of data keys.
fn keys(tenant: &TenantId) -> String {
    format!("$KV.{}_KEYS.>", log_name(tenant))
}

/// The stream behind the bucket of data keys.
fn key_stream(tenant: &TenantId) -> String {
    format!("KV_{}_KEYS", log_name(tenant))
}

/// A name in the bucket of accounts.
pub(super) fn accounts(tenant: &TenantId) -> String {
    format!("$KV.{}.*", account_bucket(tenant))
}

/// The request that reads an account, from the leader.
pub(super) fn read_account(tenant: &TenantId) -> String {
    let stream = format!("KV_{}", account_bucket(tenant));
    jetstream("STREAM.MSG.GET", &stream)
}

/// The request that lists the names in the bucket of accounts.
pub(super) fn list_accounts(tenant: &TenantId) -> String {
    jetstream("STREAM.INFO", &format!("KV_{}", account_bucket(tenant)))
}

/// The requests that read the log.
pub(super) fn read_log(tenant: &TenantId) -> Vec<String> {
    read(&log_name(tenant))
}

/// The requests that read data keys.
pub(super) fn read_keys(tenant: &TenantId) -> Vec<String> {
    read(&key_stream(tenant))
}

fn read(stream: &str) -> Vec<String> {
    ["STREAM.INFO", "STREAM.MSG.GET", "DIRECT.GET"]
        .map(|request| jetstream(request, stream))
        .to_vec()
}

/// The requests that follow the log by a consumer. The consumer has no name, so it cannot replace
/// or delete the named one of another service.
pub(super) fn follow_log(tenant: &TenantId) -> Vec<String> {
    let log = log_name(tenant);
    vec![
        jetstream("CONSUMER.CREATE", &log),
        jetstream("CONSUMER.INFO", &format!("{log}.*")),
        jetstream("CONSUMER.MSG.NEXT", &format!("{log}.*")),
    ]
}

/// The request for the next events of a named consumer.
pub(super) fn next_of(tenant: &TenantId, consumer: &str) -> String {
    jetstream(
        "CONSUMER.MSG.NEXT",
        &format!("{}.{consumer}", log_name(tenant)),
    )
}

/// The acknowledgements of a named consumer's events.
pub(super) fn ack_of(tenant: &TenantId, consumer: &str) -> String {
    format!("$JS.ACK.{}.{consumer}.>", log_name(tenant))
}

/// The requests that write and destroy data keys.
pub(super) fn write_keys(tenant: &TenantId) -> Vec<String> {
    let stream = key_stream(tenant);
    vec![
        keys(tenant),
        // A refused creation looks for the key of another process.
        jetstream("DIRECT.GET", &format!("{stream}.>")),
        jetstream("STREAM.MSG.DELETE", &stream),
    ]
}

/// Every request to JetStream.
pub(super) fn all_of_jetstream() -> String {
    format!("{}.>", JetStreamAccess::Own.prefix())
}

fn jetstream(request: &str, stream: &str) -> String {
    format!("{}.{request}.{stream}", JetStreamAccess::Own.prefix())
}
