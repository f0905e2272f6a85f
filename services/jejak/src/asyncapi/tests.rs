//! Tests of the document: its references lead somewhere, it names the served requests,
//! and its examples are valid.

use jejak_events::{Command, envelope::decode};
use jejak_projections::VIEWS;

use super::*;

fn document() -> Value {
    asyncapi(&"pontianak".parse().unwrap()).unwrap()
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.push(reference.clone());
            }
            members
                .values()
                .for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn the_feed_is_the_contract_events_on_the_subject_of_the_log() {
    let document = document();
    let feed = &document["channels"]["contracts"];
    assert_eq!(feed["address"], "jejak.pontianak.ev.operator.*.contract");
    assert_eq!(feed["x-jetstream"]["stream"], "JEJAK_PONTIANAK");
    let messages = feed["messages"].as_object().unwrap();
    let names: Vec<&str> = messages.keys().map(String::as_str).collect();
    let written = [
        "amended.v1",
        "hired.v1",
        "hired.v2",
        "terminated.v1",
        "voided.v1",
        "warned.v1",
    ];
    let expected = written.map(|event| format!("jejak.operator.contract.{event}"));
    assert_eq!(names, expected);
    for name in names {
        let message = &document["components"]["messages"][name];
        assert_eq!(message["contentType"], "application/cloudevents+json");
        assert!(
            !message["examples"].as_array().unwrap().is_empty(),
            "{name}"
        );
    }
}

/// Goal: an example is a real message. Method: each validates against the schema of its message, as a draft
/// that AsyncAPI is of, and is read as an event.
#[test]
fn every_example_is_valid_and_a_damaged_one_is_not() {
    let document = document();
    let mut checked = 0;
    for message in document["components"]["messages"]
        .as_object()
        .unwrap()
        .values()
    {
        for example in message["examples"].as_array().into_iter().flatten() {
            let mut schema = message["payload"].clone();
            schema["components"] = document["components"].clone();
            let validator = jsonschema::options()
                .should_validate_formats(true)
                .build(&schema)
                .unwrap();
            let mut event = example["payload"].clone();
            assert!(validator.is_valid(&event), "{event}");
            decode(1, event.to_string().as_bytes()).unwrap();
            event["data"].as_object_mut().unwrap().remove("contract_id");
            assert!(!validator.is_valid(&event), "{event}");
            checked += 1;
        }
    }
    assert_eq!(checked, 6);
}

#[test]
fn operations_name_messages_of_their_own_channel() {
    let document = document();
    for (name, operation) in document["operations"].as_object().unwrap() {
        assert!(
            ["send", "receive"].contains(&operation["action"].as_str().unwrap()),
            "{name}"
        );
        let channel = operation["channel"]["$ref"].as_str().unwrap();
        let messages = operation["messages"].as_array().unwrap();
        assert!(!messages.is_empty(), "{name}");
        for message in messages {
            let message = message["$ref"].as_str().unwrap();
            assert!(
                message.starts_with(&format!("{channel}/messages/")),
                "{name}: {message}"
            );
        }
    }
}

#[test]
fn every_command_and_query_can_be_asked_and_is_answered() {
    let document = document();
    let subjects: Vec<&str> = document["operations"]
        .as_object()
        .unwrap()
        .values()
        .filter(|operation| operation["action"] == "receive")
        .map(|operation| {
            let at = |reference: &Value| {
                document
                    .pointer(&reference["$ref"].as_str().unwrap()[1..])
                    .unwrap()
            };
            let replies = at(&operation["reply"]["channel"]);
            assert!(
                replies["address"].is_null() && replies["messages"].as_object().unwrap().len() == 2
            );
            assert!(operation["summary"].is_string());
            at(&operation["channel"])["address"].as_str().unwrap()
        })
        .collect();
    for name in Command::NAMES {
        assert!(
            subjects.contains(&format!("jejak.pontianak.cmd.{name}").as_str()),
            "{name}"
        );
    }
    let queries: Vec<String> = VIEWS
        .iter()
        .flat_map(|view| {
            view.queries().iter().map(|handler| {
                format!("jejak.pontianak.qry.{}.{}", view.name(), handler.query.name)
            })
        })
        .collect();
    let of_history = [
        "operator",
        "package",
        "calendar",
        "contract-as-of",
        "leave-as-of",
    ];
    let of_history = of_history.map(|name| format!("jejak.pontianak.qry.history.{name}"));
    let queries: Vec<_> = queries.into_iter().chain(of_history).collect();
    assert!(
        queries
            .iter()
            .all(|subject| subjects.contains(&subject.as_str())),
        "{queries:?}"
    );
    assert_eq!(subjects.len(), Command::NAMES.len() + queries.len());
}

/// A view refuses a moment, and the history service needs one.
#[test]
fn a_moment_is_a_parameter_of_the_history_service_alone() {
    let document = document();
    let payload = |id: &str| &document["components"]["messages"][format!("query.{id}")]["payload"];
    assert!(payload("contracts-get")["properties"]["as_of"].is_null());
    let past = payload("history-contract-as-of");
    assert!(past["properties"]["as_of"].is_object(), "{past}");
    let required = past["required"].as_array().unwrap();
    assert!(required.contains(&json!("as_of")) && required.contains(&json!("contract_id")));
}

#[test]
fn events_and_answers_mean_the_same_by_the_same_name() {
    let http: Value = serde_json::from_str(jejak_gateway::OPENAPI).unwrap();
    for (name, part) in parts(SCHEMAS) {
        let other = &http["components"]["schemas"][&name];
        assert!(other.is_null() || *other == part, "{name}");
    }
}
