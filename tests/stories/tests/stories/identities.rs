//! Permissions at the broker of `jejak up`: each service reaches its own subjects and no others.

use std::time::Duration;

use async_nats::{Client, ConnectOptions, Request};
use jejak::{data::DataFolder, identity::BrokerIdentity};
use jejak_events::ids::StreamId;
use jejak_rig::office::Office;
use jejak_stories::write;

pub(crate) async fn connect(folder: &DataFolder, identity: BrokerIdentity, name: &str) -> Client {
    let options = ConnectOptions::new().nkey(folder.seed(identity).unwrap());
    let options = options.custom_inbox_prefix(format!("_INBOX.jejak-{name}"));
    options
        .connect(folder.noted_broker().unwrap())
        .await
        .unwrap()
}

/// Whether a request gets any answer; what is not allowed gets none.
async fn is_answered(client: &Client, subject: &str, payload: Vec<u8>) -> bool {
    let request = Request::new()
        .payload(payload.into())
        .timeout(Some(Duration::from_millis(500)));
    client
        .send_request(subject.to_owned(), request)
        .await
        .is_ok()
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
        (BrokerIdentity::Auditor, "auditor"),
        (BrokerIdentity::Admin, "admin"),
    ] {
        let client = connect(&folder, identity, name).await;
        assert!(
            !is_answered(&client, subject, event.clone()).await,
            "{identity} could append"
        );
    }
    let auditor = office.http_as("auditor-1", &["auditor"]);
    assert_eq!(auditor.get("/v1/events").await.text().await.unwrap(), "");
    let commands = connect(&folder, BrokerIdentity::Commands, "commands").await;
    assert!(
        is_answered(&commands, subject, event).await,
        "the same bytes from the commands service are stored"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_not_for_the_gateway_and_commands_not_for_projectors() {
    let office = Office::up(true).await;
    let folder = DataFolder::open(&office.data()).unwrap();
    let gateway = connect(&folder, BrokerIdentity::Gateway, "gateway").await;
    let projector = connect(&folder, BrokerIdentity::Projector, "leave").await;
    let key = r#"{"last_by_subj":"$KV.JEJAK_PONTIANAK_KEYS.office"}"#
        .as_bytes()
        .to_vec();
    let get = "$JS.API.STREAM.MSG.GET.KV_JEJAK_PONTIANAK_KEYS";
    assert!(is_answered(&projector, get, key.clone()).await);
    assert!(
        !is_answered(&gateway, get, key).await,
        "the gateway could read keys"
    );
    assert!(is_answered(&gateway, "jejak.pontianak.cmd.health", vec![]).await);
    assert!(
        !is_answered(&projector, "jejak.pontianak.cmd.health", vec![]).await,
        "a projector could give commands"
    );
    let delete = "$JS.API.STREAM.DELETE.JEJAK_PONTIANAK";
    for client in [&gateway, &projector] {
        assert!(
            !is_answered(client, delete, vec![]).await,
            "a service could delete the log"
        );
    }
    let strangers = ConnectOptions::new()
        .connect(folder.noted_broker().unwrap())
        .await;
    assert!(strangers.is_err(), "nobody connects without an identity");
}
