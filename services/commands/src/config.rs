//! The service's settings.

use jejak_bus::BrokerConfig;
use jejak_events::{ids::TenantId, secret::TenantKey};
use jejak_journal::Quarantine;

/// The settings of the service.
#[derive(Debug, Clone)]
pub struct Config {
    /// The broker, and the service's identity there.
    pub broker: BrokerConfig,
    /// The tenant whose log is written.
    pub tenant: TenantId,
    /// The records of messages to pass over.
    pub quarantine: Option<Quarantine>,
    /// The key of pseudonyms and digests. It wraps the data keys.
    pub tenant_key: TenantKey,
    /// The time zone of "today" (rule 38).
    pub time_zone: chrono_tz::Tz,
    /// Most people whose states are kept in memory.
    pub cache_capacity: usize,
    /// Whether waiting appends share a batch. It pays on a broker that syncs each write.
    pub group_commit: bool,
}
