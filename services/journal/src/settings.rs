//! The settings of a tenant's stream and of its bucket of data keys: set at creation, compared at
//! every opening, never changed.

use std::{collections::HashMap, time::Duration};

use async_nats::jetstream::{
    Context, ErrorCode,
    context::GetStreamErrorKind,
    stream::{Compression, Config, DiscardPolicy, PersistenceMode, RetentionPolicy, StorageType},
};
use jejak_events::ids::TenantId;

use crate::{
    error::{JournalError, SettingDifference},
    subject,
};

/// The format of the stored events, in the stream's metadata.
const FORMAT: &str = "1";
/// The size limit of a message, headers included. The signed tree takes no larger entry, so a larger
/// message could be neither signed nor passed over.
const LARGEST_MESSAGE: i32 = u16::MAX as i32;
const INCARNATION_KEY: &str = "jejak-incarnation";
const FORMAT_KEY: &str = "jejak-format";

/// The settings that stream and bucket share: files, synced before an acknowledgement, and no
/// limits.
fn shared(replicas: usize) -> Config {
    Config {
        retention: RetentionPolicy::Limits,
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        num_replicas: replicas,
        max_messages: -1,
        max_bytes: -1,
        max_messages_per_subject: -1,
        max_message_size: -1,
        max_consumers: -1,
        allow_direct: true,
        duplicate_window: Duration::from_secs(120),
        ..Config::default()
    }
}

fn log(tenant: &TenantId, replicas: usize) -> Config {
    Config {
        name: subject::log_name(tenant),
        subjects: vec![subject::all(tenant)],
        deny_delete: true,
        deny_purge: true,
        allow_atomic_publish: true,
        max_message_size: LARGEST_MESSAGE,
        metadata: HashMap::from([(FORMAT_KEY.to_owned(), FORMAT.to_owned())]),
        ..shared(replicas)
    }
}

/// A key-value bucket (ADR-8) of two revisions. A dropped revision stays in the broker's file, so
/// none is ever dropped: a key has one revision, or two equal ones while it is moved. It is
/// destroyed by overwriting, which the bucket must allow.
fn keys(tenant: &TenantId, replicas: usize) -> Config {
    let bucket = subject::key_bucket(tenant);
    Config {
        name: format!("KV_{bucket}"),
        subjects: vec![format!("$KV.{bucket}.>")],
        max_messages_per_subject: 2,
        allow_rollup: true,
        ..shared(replicas)
    }
}

/// A key-value bucket of one revision. Names are never removed, and no header of a write may drop
/// other values.
fn accounts(tenant: &TenantId, replicas: usize) -> Config {
    let bucket = subject::account_bucket(tenant);
    Config {
        name: format!("KV_{bucket}"),
        subjects: vec![format!("$KV.{bucket}.>")],
        max_messages_per_subject: 1,
        deny_delete: true,
        deny_purge: true,
        ..shared(replicas)
    }
}

/// Creates stream and buckets where they are missing.
pub(crate) async fn create(
    context: &Context,
    tenant: &TenantId,
    replicas: usize,
) -> Result<(), JournalError> {
    create_as(context, tenant, replicas, &uuid::Uuid::new_v4().to_string()).await
}

/// [`create`], with the incarnation of a new stream.
async fn create_as(
    context: &Context,
    tenant: &TenantId,
    replicas: usize,
    incarnation: &str,
) -> Result<(), JournalError> {
    let mut log = log(tenant, replicas);
    log.metadata
        .insert(INCARNATION_KEY.to_owned(), incarnation.to_owned());
    ensure(context, log).await?;
    ensure(context, keys(tenant, replicas)).await?;
    ensure(context, accounts(tenant, replicas)).await
}

/// Creates the stream with the incarnation of the history to be put back. An existing stream
/// without an event gets that incarnation.
pub(crate) async fn create_for_refill(
    context: &Context,
    tenant: &TenantId,
    replicas: usize,
    incarnation: &str,
) -> Result<(), JournalError> {
    let name = subject::log_name(tenant);
    let replicas = match find(context, &name).await {
        Err(JournalError::StreamMissing(_)) => replicas,
        found => found?.num_replicas,
    };
    create_as(context, tenant, replicas, incarnation).await?;
    let stream = context
        .get_stream(&name)
        .await
        .map_err(JournalError::unavailable)?;
    let last = stream.cached_info().state.last_sequence;
    if last > 0 {
        return Err(JournalError::NotEmpty { log: name, last });
    }
    let mut config = stream.cached_info().config.clone();
    if config
        .metadata
        .get(INCARNATION_KEY)
        .is_none_or(|found| found != incarnation)
    {
        config
            .metadata
            .insert(INCARNATION_KEY.to_owned(), incarnation.to_owned());
        context
            .update_stream(config)
            .await
            .map_err(JournalError::unavailable)?;
    }
    Ok(())
}

/// Creates a stream where it is missing. Another process may create it in the same moment with
/// another incarnation; the broker then refuses this one, and the comparison accepts theirs or not.
async fn ensure(context: &Context, required: Config) -> Result<(), JournalError> {
    let created = match find(context, &required.name).await {
        Err(JournalError::StreamMissing(_)) => context.create_stream(&required).await,
        found => return check_same(&required, &found?),
    };
    match (created, find(context, &required.name).await) {
        (Err(error), Err(JournalError::StreamMissing(_))) => Err(JournalError::unavailable(error)),
        (_, found) => check_same(&required, &found?),
    }
}

/// The stream's incarnation, after a comparison of its settings. The number of replicas is free.
pub(crate) async fn check(context: &Context, tenant: &TenantId) -> Result<String, JournalError> {
    let found = find(context, &subject::log_name(tenant)).await?;
    check_same(&log(tenant, found.num_replicas), &found)?;
    Ok(found
        .metadata
        .get(INCARNATION_KEY)
        .cloned()
        .unwrap_or_default())
}

/// Compares the settings of the key bucket.
pub(crate) async fn check_keys(context: &Context, tenant: &TenantId) -> Result<(), JournalError> {
    let found = find(context, &keys(tenant, 1).name).await?;
    let required = keys(tenant, found.num_replicas);
    check_same(&required, &found)?;
    let compression = |config: &Config| config.compression.clone().unwrap_or(Compression::None);
    if compression(&found) == Compression::None {
        return Ok(());
    }
    // The broker cannot overwrite a message inside a compressed file.
    Err(JournalError::StreamDiffers {
        log: required.name,
        differences: vec![SettingDifference {
            setting: "compression",
            expected: format!("{:?}", Compression::None),
            found: format!("{:?}", compression(&found)),
        }],
    })
}

async fn find(context: &Context, name: &str) -> Result<Config, JournalError> {
    let stream = context
        .get_stream(name)
        .await
        .map_err(|error| match error.kind() {
            GetStreamErrorKind::JetStream(ref broker)
                if broker.error_code() == ErrorCode::STREAM_NOT_FOUND =>
            {
                JournalError::StreamMissing(name.to_owned())
            }
            _ => JournalError::unavailable(error),
        })?;
    Ok(stream.cached_info().config.clone())
}

fn check_same(expected: &Config, found: &Config) -> Result<(), JournalError> {
    let mut differences = compare(expected, found);
    for (key, required) in [(FORMAT_KEY, Some(FORMAT)), (INCARNATION_KEY, None)] {
        let found = found.metadata.get(key).map(String::as_str);
        // The bucket has no metadata of Jejak.
        if !expected.metadata.is_empty()
            && (found.is_none() || required.is_some() && found != required)
        {
            differences.push(SettingDifference {
                setting: if key == FORMAT_KEY {
                    "metadata jejak-format"
                } else {
                    "metadata jejak-incarnation"
                },
                expected: required.unwrap_or("an id").to_owned(),
                found: found.unwrap_or("missing").to_owned(),
            });
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(JournalError::StreamDiffers {
        log: expected.name.clone(),
        differences,
    })
}

/// Every difference that changes the kept events, their time, or the meaning of an acknowledgement.
/// Placement, compression and description are the administrator's choice.
fn compare(expected: &Config, found: &Config) -> Vec<SettingDifference> {
    let mut differences = Vec::new();
    macro_rules! compare_fields {
        ($($field:ident),+) => {$(
            if expected.$field != found.$field {
                differences.push(SettingDifference {
                    setting: stringify!($field),
                    expected: format!("{:?}", expected.$field),
                    found: format!("{:?}", found.$field),
                });
            }
        )+};
    }
    compare_fields!(
        subjects,
        retention,
        storage,
        discard,
        discard_new_per_subject,
        num_replicas,
        max_messages,
        max_bytes,
        max_messages_per_subject,
        max_consumers,
        max_age,
        deny_delete,
        deny_purge,
        allow_direct,
        allow_atomic_publish,
        allow_batch_publish,
        allow_rollup,
        allow_message_ttl,
        allow_message_counter,
        allow_message_schedules,
        subject_delete_marker_ttl,
        consumer_limits,
        first_sequence,
        no_ack,
        sealed,
        republish,
        mirror,
        sources,
        subject_transform,
        duplicate_window
    );
    // Logs that earlier versions made have no limit.
    if ![expected.max_message_size, -1].contains(&found.max_message_size) {
        differences.push(SettingDifference {
            setting: "max_message_size",
            expected: expected.max_message_size.to_string(),
            found: found.max_message_size.to_string(),
        });
    }
    let persist_mode = |config: &Config| config.persist_mode.unwrap_or(PersistenceMode::Default);
    if persist_mode(expected) != persist_mode(found) {
        differences.push(SettingDifference {
            setting: "persist_mode",
            expected: format!("{:?}", persist_mode(expected)),
            found: format!("{:?}", persist_mode(found)),
        });
    }
    differences
}
