//! The accounts of people who sign in with a password: a key-value bucket of its own, outside the log.
//!
//! This file stores named values under guards. The gateway knows what is in them.

use std::time::Duration;

use async_nats::{
    Client, HeaderMap, Request,
    header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE,
    jetstream::{ErrorCode, response::Response},
};
use bytes::Bytes;
use futures_util::TryStreamExt;
use jejak_events::ids::TenantId;
use serde::Deserialize;

use crate::{JetStreamAccess, JournalError, access::JetStreamApi, get::leader_last, subject};

/// The broker has this long to store a value.
const STORED_WITHIN: Duration = Duration::from_secs(3);

/// The bucket of accounts. Cheap to clone.
#[derive(Clone)]
pub struct AccountBucket {
    api: JetStreamApi,
    bucket: String,
}

/// A value of the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountEntry {
    /// The revision that a write of the next value names.
    pub revision: u64,
    /// The stored bytes.
    pub value: Bytes,
}

#[derive(Deserialize)]
struct Stored {}

impl AccountBucket {
    /// The bucket of a tenant, by the way that the connection's account has to JetStream.
    pub fn new(client: Client, access: JetStreamAccess, tenant: &TenantId) -> Self {
        Self {
            api: JetStreamApi::new(client, access),
            bucket: subject::account_bucket(tenant),
        }
    }

    /// The last value of a name, from the leader: it is never an older one.
    ///
    /// # Errors
    /// No answer, or no bucket.
    pub async fn read(&self, name: &str) -> Result<Option<AccountEntry>, JournalError> {
        let found = leader_last(&self.api, &self.stream(), &self.subject(name)).await?;
        Ok(found.map(|entry| AccountEntry {
            revision: entry.stored.position,
            value: entry.stored.payload,
        }))
    }

    /// Stores a value if the last revision of its name is `after`, 0 for none. `false` where another
    /// process stored one first.
    ///
    /// # Errors
    /// No answer, or no bucket. The value may have been stored.
    pub async fn write(&self, name: &str, value: Bytes, after: u64) -> Result<bool, JournalError> {
        let mut headers = HeaderMap::new();
        headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, after.to_string());
        let request = Request::new()
            .headers(headers)
            .payload(value)
            .timeout(Some(STORED_WITHIN));
        let client = self.api.client();
        let reply = client.send_request(self.subject(name), request).await;
        let reply = reply.map_err(JournalError::unavailable)?;
        match serde_json::from_slice::<Response<Stored>>(&reply.payload) {
            Ok(Response::Ok(Stored {})) => Ok(true),
            Ok(Response::Err { error }) if came_second(error.error_code()) => Ok(false),
            Ok(Response::Err { error }) => Err(JournalError::unavailable(error)),
            Err(error) => Err(JournalError::Protocol(error.to_string())),
        }
    }

    /// The names of all values.
    ///
    /// # Errors
    /// No answer, or no bucket.
    pub async fn names(&self) -> Result<Vec<String>, JournalError> {
        let stream = self.api.context().get_stream(self.stream()).await;
        let stream = stream.map_err(JournalError::unavailable)?;
        let subjects = stream.info_with_subjects(self.subject(">")).await;
        let subjects = subjects.map_err(JournalError::unavailable)?;
        let subjects: Vec<(String, usize)> = subjects
            .try_collect()
            .await
            .map_err(JournalError::unavailable)?;
        let prefix = self.subject("");
        let names = subjects
            .iter()
            .filter_map(|(name, _)| name.strip_prefix(&prefix));
        Ok(names.map(str::to_owned).collect())
    }

    fn stream(&self) -> String {
        format!("KV_{}", self.bucket)
    }

    fn subject(&self, name: &str) -> String {
        format!("$KV.{}.{name}", self.bucket)
    }
}

/// On a cluster, two writes in flight are refused by another code.
fn came_second(code: ErrorCode) -> bool {
    let refusals = [
        ErrorCode::STREAM_WRONG_LAST_SEQUENCE,
        ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT,
    ];
    refusals.contains(&code)
}
