//! Names and subjects. Exactly one function builds a guard's filter: guards that spell one stream
//! differently do not see each other while in flight on a replicated stream (design.md, Guard).

use std::fmt::Write;

use jejak_events::ids::{StreamId, TenantId};

/// Most subjects fit.
const ROOM: usize = 96;

/// The name of a tenant's stream.
pub fn log_name(tenant: &TenantId) -> String {
    format!("JEJAK_{}", tenant.as_str().to_uppercase())
}

/// The name of a tenant's bucket of data keys.
pub(crate) fn key_bucket(tenant: &TenantId) -> String {
    format!("{}_KEYS", log_name(tenant))
}

/// Every subject of a tenant's log.
pub(crate) fn all(tenant: &TenantId) -> String {
    format!("jejak.{tenant}.ev.>")
}

/// The subject of one topic of one stream.
pub fn topic(tenant: &TenantId, stream: &StreamId, topic: &str) -> String {
    let mut subject = String::with_capacity(ROOM);
    subject.extend(["jejak.", tenant.as_str(), ".ev.", stream.kind(), "."]);
    // Text takes whatever is written to it.
    let _ = write!(subject, "{}", stream.id());
    subject.extend([".", topic]);
    subject
}

/// The filter every guard on a stream uses.
pub(crate) fn guard(tenant: &TenantId, stream: &StreamId) -> String {
    topic(tenant, stream, "*")
}

/// The filter of one topic of all streams of a kind, such as contracts for other services.
pub fn topic_filter(tenant: &TenantId, kind: &str, topic: &str) -> String {
    format!("jejak.{tenant}.ev.{kind}.*.{topic}")
}

/// The filter of all streams of a kind.
pub(crate) fn kind_filter(tenant: &TenantId, kind: &str) -> String {
    format!("jejak.{tenant}.ev.{kind}.>")
}
