//! The log: one JetStream stream a tenant. Services append to it under guards, load one stream by
//! its subjects, and subscribe from a position. This crate alone knows JetStream; it knows no rule
//! and opens no sealed part for itself.
//!
//! Guarantees:
//! - An append is stored whole and synced before it is answered. A guard that does not hold is
//!   [`AppendError::Conflict`]. An append with an unknown outcome is looked up by the bytes of its
//!   events before the caller gets an answer. An append sent again at any later time finds itself.
//! - A load is a prefix of its stream: it holds every event before its last one. A guard compares
//!   only the last position, so it could not detect a missing event in between.
//! - A subscription hands out each event once and in order, through broken connections, restarts
//!   and changes of leader. Nothing is ever deleted, so positions have no gaps; a subscription to
//!   every event stops at a gap.
//! - Every reader asks one check whether a message holds an event. A message without one stops them
//!   all, until a signed record lets them pass over it.
//! - Settings are compared whenever the log is opened, and never changed.

mod access;
mod accounts;
mod append;
mod batch;
mod check;
mod error;
mod event;
mod get;
mod group;
mod in_flight;
mod journal;
mod keys;
mod load;
mod publish;
mod quarantine;
mod refill;
mod settings;
mod subject;
mod subscription;

pub use access::JetStreamAccess;
pub use accounts::{AccountBucket, AccountEntry};
pub use check::{check_place, event, event_or_record};
pub use error::{AppendError, JournalError, SettingDifference};
pub use event::{LogEntry, NewEvent, StoredEvent, StreamAppend};
pub use journal::{Journal, LogReplica, LogSize};
pub use keys::{Keyring, nonce};
pub use quarantine::{Quarantine, QuarantineError, QuarantineRecord, RecordKey, sha256};
pub use refill::{Refill, RefillError};
pub use subject::{account_bucket, log_name, topic, topic_filter};
pub use subscription::{EventFilter, MAX_BATCH_BYTES, MAX_PULL, Subscription};
