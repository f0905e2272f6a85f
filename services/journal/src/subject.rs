//! Names and subjects of the log.
//!
//! Exactly one function builds the filter of a guard. On a replicated stream the broker does not
//! compare guards in flight that spell one stream with different wildcards.

use async_nats::HeaderName;
use jejak_events::ids::{StreamId, TenantId};

/// The header with the filter of a guard.
pub(crate) const GUARD_HEADER: HeaderName =
    HeaderName::from_static("Nats-Expected-Last-Subject-Sequence-Subject");

/// The JetStream stream of a tenant, such as `JEJAK_PONTIANAK`.
pub fn log_name(tenant: &TenantId) -> String {
    format!("JEJAK_{}", tenant.as_str().to_uppercase())
}

/// The key-value bucket of a tenant's data keys, such as `JEJAK_PONTIANAK_KEYS`.
pub(crate) fn key_bucket(tenant: &TenantId) -> String {
    format!("{}_KEYS", log_name(tenant))
}

/// The key-value bucket of the accounts that sign in with a password, such as
/// `JEJAK_PONTIANAK_ACCOUNTS`.
pub fn account_bucket(tenant: &TenantId) -> String {
    format!("{}_ACCOUNTS", log_name(tenant))
}

/// The filter of every subject of a tenant's log.
pub(crate) fn all(tenant: &TenantId) -> String {
    format!("jejak.{tenant}.ev.>")
}

/// The subject of one topic of one stream, such as `jejak.pontianak.ev.calendar.2020.holiday`.
pub fn topic(tenant: &TenantId, stream: &StreamId, topic: &str) -> String {
    format!(
        "jejak.{tenant}.ev.{}.{}.{topic}",
        stream.kind(),
        stream.id()
    )
}

/// The filter of every guard on a stream.
pub(crate) fn guard(tenant: &TenantId, stream: &StreamId) -> String {
    topic(tenant, stream, "*")
}

/// The filter of one topic of all streams of a kind, such as
/// `jejak.pontianak.ev.operator.*.contract`.
pub fn topic_filter(tenant: &TenantId, kind: &str, topic: &str) -> String {
    format!("jejak.{tenant}.ev.{kind}.*.{topic}")
}

/// The filter of all streams of a kind.
pub(crate) fn kind_filter(tenant: &TenantId, kind: &str) -> String {
    format!("jejak.{tenant}.ev.{kind}.>")
}

/// The kind of stream and the topic in a subject, such as `operator` and `contract`.
pub(crate) fn kind_and_topic(subject: &str) -> Option<(&str, &str)> {
    let mut tokens = subject.split('.').skip(3);
    let (kind, topic) = (tokens.next()?, tokens.nth(1)?);
    tokens.next().is_none().then_some((kind, topic))
}

#[cfg(test)]
mod tests {
    use super::kind_and_topic;

    #[test]
    fn the_kind_and_the_topic_stand_in_the_subject() {
        let found = kind_and_topic("jejak.pontianak.ev.calendar.2020.holiday");
        assert_eq!(found, Some(("calendar", "holiday")));
        for other in ["jejak.pontianak.ev.calendar.2020", "a.b.c.d.e.f.g", ""] {
            assert_eq!(kind_and_topic(other), None, "{other}");
        }
    }
}
