//! The stream's settings: created so, checked ever after, never changed.

use std::{collections::HashMap, time::Duration};

use async_nats::{
    Client,
    jetstream::{
        self, Context, ErrorCode, kv,
        stream::{Config, DiscardPolicy, RetentionPolicy, StorageType},
    },
};
use jejak_events::ids::TenantId;

use crate::{
    error::{Difference, JournalError},
    subject,
};

/// The format of what is stored, in the stream's metadata.
const FORMAT: &str = "1";
const INCARNATION_KEY: &str = "jejak-incarnation";
const FORMAT_KEY: &str = "jejak-format";

pub(crate) fn context(client: &Client) -> Context {
    let mut context = jetstream::new(client.clone());
    context.set_timeout(Duration::from_secs(3));
    context
}

fn wanted(tenant: &TenantId, replicas: usize, incarnation: String) -> Config {
    Config {
        name: subject::log_name(tenant),
        subjects: vec![subject::all(tenant)],
        retention: RetentionPolicy::Limits,
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        num_replicas: replicas,
        max_messages: -1,
        max_bytes: -1,
        max_messages_per_subject: -1,
        max_consumers: -1,
        deny_delete: true,
        deny_purge: true,
        allow_direct: true,
        allow_atomic_publish: true,
        duplicate_window: Duration::from_secs(120),
        metadata: HashMap::from([
            (INCARNATION_KEY.to_owned(), incarnation),
            (FORMAT_KEY.to_owned(), FORMAT.to_owned()),
        ]),
        ..Config::default()
    }
}

/// Creates stream and key bucket where they are missing.
pub(crate) async fn create(client: &Client, tenant: &TenantId, replicas: usize) -> Result<(), JournalError> {
    let context = context(client);
    match check(&context, tenant, Some(replicas)).await {
        Ok(_) => {}
        Err(JournalError::StreamMissing(_)) => {
            let incarnation = uuid::Uuid::new_v4().to_string();
            // Someone else may create it in the same moment, with another incarnation: the broker then
            // refuses this one, and the check says whether theirs will do.
            let created = context.create_stream(wanted(tenant, replicas, incarnation)).await;
            if let Err(error) = created
                && let Err(found) = check(&context, tenant, Some(replicas)).await
            {
                return Err(match found {
                    JournalError::StreamMissing(_) => JournalError::unavailable(error),
                    other => other,
                });
            }
            check(&context, tenant, Some(replicas)).await?;
        }
        Err(error) => return Err(error),
    }
    let bucket = kv::Config {
        bucket: subject::key_bucket(tenant),
        history: 1,
        storage: StorageType::File,
        num_replicas: replicas,
        ..kv::Config::default()
    };
    match context.get_key_value(&bucket.bucket).await {
        Ok(_) => Ok(()),
        Err(_) => context.create_key_value(bucket).await.map(|_| ()).map_err(JournalError::unavailable),
    }
}

/// The stream's incarnation, if its settings are right. Replicas are compared where they are given:
/// only who creates the stream has an opinion on them.
pub(crate) async fn check(
    context: &Context,
    tenant: &TenantId,
    replicas: Option<usize>,
) -> Result<String, JournalError> {
    use async_nats::jetstream::context::GetStreamErrorKind;
    let log = subject::log_name(tenant);
    let stream = context.get_stream(&log).await.map_err(|error| match error.kind() {
        GetStreamErrorKind::JetStream(ref broker) if broker.error_code() == ErrorCode::STREAM_NOT_FOUND => {
            JournalError::StreamMissing(log.clone())
        }
        _ => JournalError::unavailable(error),
    })?;
    let found = &stream.cached_info().config;
    let incarnation = found.metadata.get(INCARNATION_KEY).cloned().unwrap_or_default();
    let mut expected = wanted(tenant, replicas.unwrap_or(found.num_replicas), incarnation.clone());
    expected.metadata.extend(
        found
            .metadata
            .iter()
            .filter(|(key, _)| key.starts_with("_nats"))
            .map(|(k, v)| (k.clone(), v.clone())),
    );
    let mut differences = compare(&expected, found);
    if incarnation.is_empty() {
        let setting = "metadata jejak-incarnation";
        differences.push(Difference { setting, expected: "an id".to_owned(), found: "missing".to_owned() });
    }
    if differences.is_empty() {
        Ok(incarnation)
    } else {
        Err(JournalError::StreamDiffers { log, differences })
    }
}

fn compare(expected: &Config, found: &Config) -> Vec<Difference> {
    let mut differences = Vec::new();
    macro_rules! same {
        ($($field:ident),+) => {$(
            if expected.$field != found.$field {
                differences.push(Difference {
                    setting: stringify!($field),
                    expected: format!("{:?}", expected.$field),
                    found: format!("{:?}", found.$field),
                });
            }
        )+};
    }
    same!(
        subjects,
        retention,
        storage,
        discard,
        num_replicas,
        max_messages,
        max_bytes,
        max_messages_per_subject,
        max_age,
        deny_delete,
        deny_purge,
        allow_direct,
        allow_atomic_publish,
        allow_rollup,
        allow_message_ttl,
        no_ack,
        sealed,
        republish,
        mirror,
        sources,
        subject_transform,
        duplicate_window
    );
    if expected.metadata.get(FORMAT_KEY) != found.metadata.get(FORMAT_KEY) {
        differences.push(Difference {
            setting: "metadata jejak-format",
            expected: FORMAT.to_owned(),
            found: found.metadata.get(FORMAT_KEY).cloned().unwrap_or_else(|| "missing".to_owned()),
        });
    }
    differences
}
