//! The AsyncAPI document: the events and requests of other services over NATS.
//!
//! It is made from the event types, the list of commands and the gateway's OpenAPI document, so
//! nothing is described twice. It does not describe how the broker admits a service.

mod document;
mod requests;

use jejak_events::{
    envelope::TYPE_PREFIX,
    ids::TenantId,
    schema::{definitions, parts},
};
use jejak_journal::{log_name, topic_filter};
use serde_json::{Map, Value, json};

use document::{AsyncApiDocument, SCHEMAS};

/// The stream and the topic of the feed for other services.
const FEED: (&str, &str) = ("operator", "contract");
/// The content type of a stored event.
const CLOUD_EVENT: &str = "application/cloudevents+json";

/// A stored event of each type of the feed, from the golden files.
const EXAMPLES: [&str; 6] = [
    include_str!("../../../../events/tests/golden/operator.contract.hired.v1.json"),
    include_str!("../../../../events/tests/golden/operator.contract.hired.v2.json"),
    include_str!("../../../../events/tests/golden/operator.contract.amended.v1.json"),
    include_str!("../../../../events/tests/golden/operator.contract.terminated.v1.json"),
    include_str!("../../../../events/tests/golden/operator.contract.voided.v1.json"),
    include_str!("../../../../events/tests/golden/operator.contract.warned.v1.json"),
];

/// The document for one tenant.
///
/// # Errors
/// A part of it cannot be written as JSON.
pub fn asyncapi(tenant: &TenantId) -> Result<Value, serde_json::Error> {
    let http: Value = serde_json::from_str(jejak_gateway::OPENAPI)?;
    let mut document = AsyncApiDocument::default();
    feed(&mut document, tenant)?;
    requests::commands(&mut document, tenant, &http);
    requests::queries(&mut document, tenant, &http);
    if let Some(schemas) = http["components"]["schemas"].as_object() {
        document.schemas.extend(schemas.clone());
    }
    document.schemas.extend(parts(SCHEMAS));
    Ok(json!({
        "asyncapi": "3.0.0",
        "id": format!("urn:jejak:{tenant}"),
        "info": info(),
        "defaultContentType": "application/json",
        "servers": { "broker": server() },
        "channels": document.channels,
        "operations": document.operations,
        "components": {
            "messages": document.messages,
            "schemas": document.schemas,
            "securitySchemes": { "nkey": {
                "type": "asymmetricEncryption",
                "description": "An NKey (Ed25519): the service signs the broker's challenge with its seed.",
            } },
        },
    }))
}

fn info() -> Value {
    json!({
        "title": "Jejak",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "The engagements of individually contracted staff, as recorded events. This document \
                        describes events and requests over NATS. /openapi.json describes HTTP.",
        "license": { "name": "Apache-2.0" },
    })
}

fn server() -> Value {
    json!({
        "host": "{address}",
        "protocol": "nats",
        "description": "The broker. Each service has an identity that reaches only its subjects, in an account that imports them.",
        "variables": { "address": {
            "default": "127.0.0.1:4222",
            "description": "Host and port; several servers of a cluster are given to the client at once.",
        } },
        "security": [{ "$ref": "#/components/securitySchemes/nkey" }],
    })
}

/// The channel of contract events, with its messages.
fn feed(document: &mut AsyncApiDocument, tenant: &TenantId) -> Result<(), serde_json::Error> {
    let (kind, topic) = FEED;
    let subject = topic_filter(tenant, kind, topic);
    let types = definitions(SCHEMAS);
    let of_feed = types
        .into_iter()
        .filter(|(name, _)| name.starts_with(&format!("{TYPE_PREFIX}{kind}.{topic}.")));
    let examples: Vec<Value> = EXAMPLES
        .iter()
        .map(|text| serde_json::from_str(text))
        .collect::<Result<_, _>>()?;
    let messages: Map<String, Value> = of_feed
        .map(|(name, schema)| {
            let message = json!({
                "name": name,
                "title": name.trim_start_matches(TYPE_PREFIX),
                "summary": schema["description"],
                "contentType": CLOUD_EVENT,
                "payload": schema,
                "examples": examples.iter().filter(|example| example["type"] == name.as_str())
                    .map(|example| json!({ "payload": example })).collect::<Vec<_>>(),
            });
            document.message(&name, message)
        })
        .collect();
    let references: Vec<Value> = messages
        .keys()
        .map(|name| json!({ "$ref": format!("#/channels/contracts/messages/{name}") }))
        .collect();
    document.channels.insert("contracts".to_owned(), json!({
        "address": subject,
        "title": "Contract events",
        "description": "Every contract signed, amended, terminated, voided or warned under, of everyone: one \
                        subject a person, `*` standing for the operator id. Names and reasons are sealed.",
        "messages": messages,
        "x-jetstream": {
            "stream": log_name(tenant),
            "consumer": {
                "durable_name": "feed-<name>",
                "filter_subject": subject,
                "deliver_policy": "all",
                "ack_policy": "explicit",
            },
        },
    }));
    document.operations.insert("contracts".to_owned(), json!({
        "action": "send",
        "channel": { "$ref": "#/channels/contracts" },
        "summary": "Contract events, in the order they were recorded",
        "description": "`jejak feed add NAME` makes a durable JetStream pull consumer of the filter above and an \
                        identity for it. Ask for events at office.CONSUMER.MSG.NEXT.<stream>.feed-<name>, and \
                        acknowledge an event when it has taken effect: after a stop, delivery resumes there. An event may \
                        come twice, always with the same `id`. Nothing is ever changed or removed. A changed \
                        shape comes under a new version of its type: stop at a type that is not known.",
        "messages": references,
    }));
    Ok(())
}

#[cfg(test)]
mod tests;
