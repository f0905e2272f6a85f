//! The document is whole, and agrees with what the edge does.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;

fn document() -> Value {
    serde_json::from_str(&openapi().to_json().unwrap()).unwrap()
}

#[test]
fn every_command_and_query_of_the_api_is_described() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    for name in Command::NAMES {
        let operation = &paths[&format!("/v1/commands/{name}")]["post"];
        assert!(
            operation["requestBody"]["content"]["application/json"]["schema"].is_object(),
            "{name}"
        );
        for status in [
            "200", "400", "401", "403", "404", "409", "413", "415", "422", "429", "500", "503",
        ] {
            assert!(
                operation["responses"][status].is_object(),
                "{name} {status}"
            );
        }
    }
    for path in [
        "/v1/packages",
        "/v1/packages/{package_id}",
        "/v1/packages/{package_id}/candidates",
        "/v1/contracts",
        "/v1/contracts/{contract_id}",
        "/v1/operators",
        "/v1/operators/{operator_id}",
        "/v1/leave-balances",
        "/v1/operators/{operator_id}/leave",
        "/v1/evaluations",
        "/v1/operators/{operator_id}/evaluations/{year}",
        "/v1/calendars/{year}",
        "/v1/packages/{package_id}/history",
        "/v1/operators/{operator_id}/history",
        "/v1/calendars/{year}/history",
        "/v1/events",
        "/v1/events/stream",
        "/log/checkpoint",
        "/log/tile/{path}",
        "/healthz",
        "/readyz",
        "/metrics",
    ] {
        assert!(paths[path]["get"]["responses"]["200"].is_object(), "{path}");
    }
    assert_eq!(paths.len(), Command::NAMES.len() + 22);
}

#[test]
fn parameters_are_those_of_the_views_and_never_null() {
    let document = document();
    let names = |path: &str, place: &str| {
        let parameters = document["paths"][path]["get"]["parameters"]
            .as_array()
            .unwrap();
        let mut names: Vec<String> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == place)
            .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort_unstable();
        names.join(" ")
    };
    assert_eq!(
        names("/v1/contracts", "query"),
        "cursor limit min_position on operator package status"
    );
    assert_eq!(
        names("/v1/operators/{operator_id}/evaluations/{year}", "path"),
        "operator_id year"
    );
    assert_eq!(
        names("/v1/operators/{operator_id}/leave", "query"),
        "as_of min_position year"
    );
    assert_eq!(
        names("/v1/contracts/{contract_id}", "query"),
        "as_of min_position on"
    );
    assert_eq!(
        names("/v1/operators/{operator_id}/history", "query"),
        "cursor limit min_position"
    );
    for query in QUERIES.iter() {
        let parameters = document["paths"][query.path]["get"]["parameters"].to_string();
        assert!(!parameters.contains("null"), "{}: {parameters}", query.path);
    }
}

/// Goal: no reference leads nowhere. Method: every `$ref` of the document is looked up in it.
#[test]
fn every_reference_leads_somewhere() {
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
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

/// Goal: two types of one name never describe each other. Method: all schemas of a name must agree.
#[test]
fn no_two_schemas_share_a_name() {
    let mut seen: BTreeMap<String, Value> = BTreeMap::new();
    let mut clashes = Vec::new();
    for (name, schema) in schemas() {
        let schema = serde_json::to_value(schema).unwrap();
        if seen
            .insert(name.clone(), schema.clone())
            .is_some_and(|before| before != schema)
        {
            clashes.push(name);
        }
    }
    assert!(clashes.is_empty(), "{clashes:?}");
}

#[test]
fn operation_ids_are_unique() {
    let document = document();
    let mut ids: Vec<&str> = Vec::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            ids.push(operation["operationId"].as_str().unwrap());
        }
    }
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}
