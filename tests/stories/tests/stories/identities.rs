//! Permissions at the broker of `jejak up`: each service reaches its own subjects and no others.

use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, Request, RequestErrorKind};
use jejak::{data::DataFolder, identity::BrokerIdentity};
use jejak_events::ids::StreamId;
use jejak_rig::office::Office;
use jejak_stories::write;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The broker has this long to answer or refuse.
const PATIENCE: Duration = Duration::from_secs(20);

fn options(folder: &DataFolder, identity: BrokerIdentity, name: &str) -> ConnectOptions {
    let options = ConnectOptions::new().nkey(folder.seed(identity).unwrap());
    options.custom_inbox_prefix(format!("_INBOX.jejak-{name}"))
}

pub(crate) async fn connect(folder: &DataFolder, identity: BrokerIdentity, name: &str) -> Client {
    options(folder, identity, name)
        .connect(folder.noted_broker().unwrap())
        .await
        .unwrap()
}

/// A connection that hears the broker's refusals.
pub(crate) struct Identity {
    pub(crate) client: Client,
    refusals: UnboundedReceiver<String>,
}

impl Identity {
    async fn connect(folder: &DataFolder, identity: BrokerIdentity, name: &str) -> Self {
        let options = options(folder, identity, name);
        Self::with(options, &folder.noted_broker().unwrap()).await
    }

    /// A connection with these options, which name the identity.
    pub(crate) async fn with(options: ConnectOptions, url: &str) -> Self {
        let (refused, refusals) = unbounded_channel();
        let options = options.event_callback(move |event| {
            let refused = refused.clone();
            async move {
                if let Event::ServerError(error) = event {
                    // The test may have ended.
                    let _ = refused.send(error.to_string());
                }
            }
        });
        let client = options.connect(url).await;
        Self {
            client: client.unwrap(),
            refusals,
        }
    }

    /// Waits until the broker refuses a subscription.
    pub(crate) async fn may_not_subscribe(&mut self, subject: &str) {
        let _heard = self.client.subscribe(subject.to_owned()).await.unwrap();
        let refusal = format!("Permissions Violation for Subscription to \"{subject}\"");
        let refused = refused(&mut self.refusals, &refusal);
        let refused = tokio::time::timeout(PATIENCE, refused).await;
        assert!(refused.is_ok(), "{subject} was not refused");
    }

    /// Whether a request gets an answer. Otherwise the broker refuses the subject, or says that nobody listens
    /// there.
    pub(crate) async fn is_answered(&mut self, subject: &str, payload: Vec<u8>) -> bool {
        let request = Request::new()
            .payload(payload.into())
            .timeout(Some(PATIENCE));
        let reply = self.client.send_request(subject.to_owned(), request);
        let refusal = format!("Permissions Violation for Publish to \"{subject}\"");
        let refused = refused(&mut self.refusals, &refusal);
        tokio::select! {
            reply = reply => match reply {
                Ok(_) => true,
                Err(error) if error.kind() == RequestErrorKind::NoResponders => false,
                Err(error) => panic!("{subject} was neither answered nor refused: {error}"),
            },
            () = refused => false,
        }
    }
}

/// Waits for a refusal of the broker with this text.
async fn refused(refusals: &mut UnboundedReceiver<String>, text: &str) {
    while let Some(heard) = refusals.recv().await {
        if heard.contains(text) {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_commands_service_can_append() {
    let office = Office::up(false).await;
    let folder = DataFolder::open(&office.data()).unwrap();
    let stream: StreamId = "package/forged".parse().unwrap();
    let event = write(&stream, "forged", 0)
        .events
        .remove(0)
        .payload
        .to_vec();
    let subject = "jejak.pontianak.ev.package.forged.slot";
    for (identity, name) in [
        (BrokerIdentity::Gateway, "gateway"),
        (BrokerIdentity::Projector, "leave"),
        (BrokerIdentity::History, "history"),
        (BrokerIdentity::Auditor, "auditor"),
        (BrokerIdentity::Admin, "admin"),
    ] {
        let mut client = Identity::connect(&folder, identity, name).await;
        assert!(
            !client.is_answered(subject, event.clone()).await,
            "{identity} could append"
        );
    }
    let auditor = office.http_as("auditor-1", &["auditor"]);
    assert_eq!(auditor.get("/v1/events").await.text().await.unwrap(), "");
    let mut commands = Identity::connect(&folder, BrokerIdentity::Commands, "commands").await;
    assert!(
        commands.is_answered(subject, event).await,
        "the same bytes from the commands service are stored"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_not_for_the_gateway_and_commands_not_for_readers() {
    let office = Office::up(true).await;
    let folder = DataFolder::open(&office.data()).unwrap();
    let mut gateway = Identity::connect(&folder, BrokerIdentity::Gateway, "gateway").await;
    let mut projector = Identity::connect(&folder, BrokerIdentity::Projector, "leave").await;
    let mut history = Identity::connect(&folder, BrokerIdentity::History, "history").await;
    let key = r#"{"last_by_subj":"$KV.JEJAK_PONTIANAK_KEYS.office"}"#
        .as_bytes()
        .to_vec();
    // An account outside that of the log asks JetStream under the prefix `office`.
    let request = |prefix: &str, request: &str| format!("{prefix}.STREAM.{request}");
    let get = "MSG.GET.KV_JEJAK_PONTIANAK_KEYS";
    let inside = request("$JS.API", get);
    let outside = request("office", get);
    assert!(projector.is_answered(&inside, key.clone()).await);
    assert!(history.is_answered(&outside, key.clone()).await);
    for subject in [inside, outside] {
        assert!(
            !gateway.is_answered(&subject, key.clone()).await,
            "the gateway could read keys"
        );
    }
    assert!(
        gateway
            .is_answered("jejak.pontianak.cmd.health", vec![])
            .await
    );
    for client in [&mut projector, &mut history] {
        for subject in [
            "jejak.pontianak.cmd.health",
            "$KV.JEJAK_PONTIANAK_KEYS.office",
        ] {
            assert!(
                !client.is_answered(subject, vec![]).await,
                "a reader could give commands or replace keys: {subject}"
            );
        }
    }
    for client in [&mut gateway, &mut projector, &mut history] {
        for name in ["DELETE", "PURGE", "MSG.DELETE"] {
            for prefix in ["$JS.API", "office"] {
                let subject = request(prefix, &format!("{name}.JEJAK_PONTIANAK"));
                assert!(
                    !client.is_answered(&subject, vec![]).await,
                    "a service could ask {subject}"
                );
            }
        }
    }
    let strangers = ConnectOptions::new()
        .connect(folder.noted_broker().unwrap())
        .await;
    assert!(strangers.is_err(), "nobody connects without an identity");
}
