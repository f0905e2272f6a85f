//! The settings of stream and key bucket: created once, refused when they differ, never changed.

use std::time::Duration;

use async_nats::{
    ConnectOptions,
    jetstream::{
        self,
        stream::{Compression, Config, PersistenceMode},
    },
};
use jejak_events::secret::TenantKey;
use jejak_journal::{Journal, JournalError, Keyring};
use jejak_rig::broker::Broker;
use jejak_stories::tenant;

async fn journal(broker: &Broker) -> Journal {
    Journal::init(broker.client().await, &tenant(), broker.replicas())
        .await
        .unwrap()
}

#[tokio::test]
async fn init_is_idempotent_and_never_changes_a_stream_that_differs() {
    let broker = Broker::single().await;
    let (first, second) = tokio::join!(journal(&broker), journal(&broker));
    assert_eq!(first.incarnation(), second.incarnation());
    let context = jetstream::new(broker.client().await);
    let mut config: Config = context
        .get_stream("JEJAK_PONTIANAK")
        .await
        .unwrap()
        .cached_info()
        .config
        .clone();
    config.max_age = Duration::from_secs(3_600);
    config.duplicate_window = Duration::from_secs(60);
    context.update_stream(config).await.unwrap();
    let refused = Journal::init(broker.client().await, &tenant(), 1)
        .await
        .err()
        .unwrap();
    let JournalError::StreamDiffers { differences, .. } = refused else {
        panic!("{refused}")
    };
    let settings: Vec<_> = differences
        .iter()
        .map(|difference| difference.setting)
        .collect();
    assert_eq!(settings, ["max_age", "duplicate_window"]);
}

/// Goal: no message is too large for the signed tree, and a log of an earlier version still opens.
#[tokio::test]
async fn a_new_log_limits_its_messages_and_an_older_one_need_not() {
    let broker = Broker::single().await;
    journal(&broker).await;
    let context = jetstream::new(broker.client().await);
    let stream = context.get_stream("JEJAK_PONTIANAK").await.unwrap();
    let mut config: Config = stream.cached_info().config.clone();
    assert_eq!(config.max_message_size, 65_535);
    config.max_message_size = -1;
    context.update_stream(config.clone()).await.unwrap();
    journal(&broker).await;
    config.max_message_size = 1_000_000;
    context.update_stream(config).await.unwrap();
    let refused = Journal::open(broker.client().await, &tenant()).await;
    let refused = refused.err().unwrap().to_string();
    assert!(
        refused.contains("max_message_size is 1000000, must be 65535"),
        "{refused}"
    );
}

/// A bucket that forgets keys would erase people nobody asked to erase.
#[tokio::test]
async fn a_key_bucket_that_differs_is_refused_and_a_missing_one_is_said() {
    let broker = Broker::single().await;
    let journal = journal(&broker).await;
    let context = jetstream::new(broker.client().await);
    let bucket = "KV_JEJAK_PONTIANAK_KEYS";
    let mut config: Config = context
        .get_stream(bucket)
        .await
        .unwrap()
        .cached_info()
        .config
        .clone();
    config.max_age = Duration::from_secs(3_600);
    context.update_stream(config).await.unwrap();
    let keyring = || Keyring::open_all(&journal, TenantKey::new([1; 32]));
    for refused in [
        keyring().await.err(),
        Journal::init(broker.client().await, &tenant(), 1)
            .await
            .err(),
    ] {
        let Some(JournalError::StreamDiffers { log, differences }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!((log.as_str(), differences[0].setting), (bucket, "max_age"));
    }
    context.delete_stream(bucket).await.unwrap();
    let missing = keyring().await.err().unwrap();
    assert!(
        matches!(missing, JournalError::StreamMissing(_)),
        "{missing}"
    );
}

/// An asynchronous stream acknowledges before it stores, and a first sequence is a hole at the
/// beginning.
#[tokio::test]
async fn a_stream_made_by_other_hands_is_refused_with_every_difference() {
    let broker = Broker::single().await;
    let config = Config {
        name: "JEJAK_PONTIANAK".to_owned(),
        subjects: vec!["jejak.pontianak.ev.>".to_owned()],
        persist_mode: Some(PersistenceMode::Async),
        first_sequence: Some(100),
        ..Config::default()
    };
    jetstream::new(broker.client().await)
        .create_stream(config)
        .await
        .unwrap();
    let refused = Journal::open(broker.client().await, &tenant()).await.err();
    let Some(JournalError::StreamDiffers { differences, .. }) = refused else {
        panic!("{refused:?}")
    };
    let settings: Vec<_> = differences
        .iter()
        .map(|difference| difference.setting)
        .collect();
    for setting in [
        "discard",
        "deny_purge",
        "persist_mode",
        "first_sequence",
        "metadata jejak-incarnation",
    ] {
        assert!(
            settings.contains(&setting),
            "{setting} is not among {settings:?}"
        );
    }
}

#[tokio::test]
async fn opening_without_a_stream_says_to_create_it() {
    let broker = Broker::single().await;
    let refused = Journal::open(broker.client().await, &tenant())
        .await
        .err()
        .unwrap();
    assert!(refused.to_string().contains("jejak init"), "{refused}");
}

/// Services open what `jejak init` made; none of them may create or change a stream.
#[tokio::test]
async fn opening_needs_no_permission_to_create_or_change() {
    let broker = Broker::single_with(
        "no_auth_user: admin\nauthorization { users: [ { user: admin, password: a }, { user: service, password: s,
          permissions: { publish: { deny: [\"$JS.API.STREAM.CREATE.>\", \"$JS.API.STREAM.UPDATE.>\"] } } } ] }",
    )
    .await;
    let made = journal(&broker).await;
    let service = ConnectOptions::with_user_and_password("service".to_owned(), "s".to_owned());
    let client = service.connect(broker.url()).await.unwrap();
    let opened = Journal::open(client.clone(), &tenant()).await.unwrap();
    assert_eq!(opened.incarnation(), made.incarnation());
    Journal::init(client, &tenant(), 1)
        .await
        .expect("there is nothing to create");
}

/// The broker cannot overwrite a key in a compressed file, so an erasure would leave it there.
#[tokio::test]
async fn a_compressed_key_bucket_is_refused() {
    let broker = Broker::single().await;
    let journal = journal(&broker).await;
    let context = jetstream::new(broker.client().await);
    let stream = context.get_stream("KV_JEJAK_PONTIANAK_KEYS").await.unwrap();
    let mut config: Config = stream.cached_info().config.clone();
    config.compression = Some(Compression::S2);
    context.update_stream(config).await.unwrap();
    let refused = Keyring::open_all(&journal, TenantKey::new([1; 32])).await;
    let refused = refused.err().unwrap().to_string();
    assert!(
        refused.contains("compression is S2, must be None"),
        "{refused}"
    );
}
