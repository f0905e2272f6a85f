//! The document is complete and agrees with the router.

use std::collections::BTreeMap;

use jsonschema::Registry;
use serde_json::Value;

use super::*;

pub(super) fn document() -> Value {
    serde_json::from_str(&openapi().to_json().unwrap()).unwrap()
}

/// Goal: a change of the surface is seen in a diff. Method: the document against the checked-in
/// one. With `JEJAK_WRITE_DOCS=1` the test writes the file anew.
#[test]
fn the_checked_in_document_is_this_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let text = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("JEJAK_WRITE_DOCS").is_some_and(|write| write == "1") {
        std::fs::write(path, text).unwrap();
        return;
    }
    let checked_in = std::fs::read_to_string(path).unwrap();
    assert!(
        checked_in == text,
        "docs/openapi.json differs: run this test with JEJAK_WRITE_DOCS=1, and review the difference"
    );
}

#[test]
fn every_command_and_query_is_described() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    for name in Command::NAMES {
        let operation = &paths[&format!("/v1/commands/{name}")]["post"];
        let body = &operation["requestBody"]["content"]["application/json"];
        assert!(body["schema"].is_object(), "{name}");
        for status in [
            "200", "400", "401", "403", "404", "409", "413", "415", "422", "429", "500", "503",
        ] {
            assert!(
                operation["responses"][status].is_object(),
                "{name} {status}"
            );
        }
    }
    for query in QUERIES.iter() {
        let responses = &paths[query.path]["get"]["responses"];
        assert!(responses["200"].is_object(), "{}", query.path);
        assert!(responses["504"].is_object(), "{}", query.path);
    }
    let unlisted = unlisted::all().len();
    assert_eq!(paths.len(), Command::NAMES.len() + QUERIES.len() + unlisted);
}

/// Goal: the document describes every address, and nothing else. Method: each operation is asked
/// without a token and without a broker; an address that the router does not know answers
/// `request.unknown`.
#[tokio::test]
async fn every_address_is_routed() {
    let gateway = crate::tests::gateway();
    for (path, operations) in document()["paths"].as_object().unwrap() {
        let method = operations.as_object().unwrap().keys().next().unwrap();
        let request = axum::http::Request::builder()
            .method(method.to_uppercase().as_str())
            .uri(
                path.replace("{code}", "package.unknown")
                    .replace(['{', '}'], ""),
            )
            .body(axum::body::Body::empty())
            .unwrap();
        let status = crate::tests::ask(&gateway, request).await.status().as_u16();
        assert!(
            [200, 401, 503].contains(&status),
            "{method} {path}: {status}"
        );
    }
}

/// Goal: every body and every answer has an example that its schema accepts. Method: a validator for
/// each content of the document, and for each named schema of a refusal.
#[test]
fn every_example_is_valid() {
    let document = document();
    let registry = Registry::new()
        .add("urn:openapi", document.clone())
        .unwrap();
    let registry = registry.prepare().unwrap();
    let mut contents = Vec::new();
    collect_contents(&document["paths"], "/paths", &mut contents);
    assert!(contents.len() > 60, "{}", contents.len());
    for (pointer, content) in contents {
        let schema = format!("{pointer}/schema");
        accepts(&registry, &schema, &content["example"]);
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        if schema["properties"]["code"].is_object() {
            let pointer = format!("/components/schemas/{name}");
            accepts(&registry, &pointer, &schema["example"]);
        }
    }
}

/// Goal: the example of an event is one. Method: the example of the page is read as readers of the log do.
#[test]
fn the_example_of_an_event_is_an_event() {
    let document = document();
    let page = &document["paths"]["/v1/events"]["get"]["responses"]["200"]["content"];
    let line = page["application/x-ndjson"]["example"].as_str().unwrap();
    let recorded = jejak_events::envelope::decode(1, line.trim_end().as_bytes()).unwrap();
    assert_eq!(recorded.event.type_name(), "operator.contract.hired.v2");
}

/// Goal: a list of commands explains each. Method: each title begins with a verb, such as `Hires`.
#[test]
fn the_title_of_a_command_is_a_sentence() {
    let document = document();
    for name in Command::NAMES {
        let operation = &document["paths"][format!("/v1/commands/{name}")]["post"];
        let title = operation["summary"].as_str().unwrap();
        let (verb, rest) = title.split_once(' ').unwrap();
        assert!(verb.ends_with('s') && !rest.contains('.'), "{title}");
    }
}

/// Adds every content that should have an example. The named schema of a refusal has it instead, and
/// a tile and a spreadsheet are no text.
fn collect_contents<'d>(value: &'d Value, pointer: &str, contents: &mut Vec<(String, &'d Value)>) {
    let Some(members) = value.as_object() else {
        return;
    };
    for (name, member) in members {
        let inner = format!("{pointer}/{}", name.replace('/', "~1"));
        let without = [
            "application/problem+json",
            "application/octet-stream",
            crate::tables::TableFormat::Xlsx.asked_as(),
        ];
        if pointer.ends_with("/content") && !without.contains(&name.as_str()) {
            contents.push((inner, member));
        } else {
            collect_contents(member, &inner, contents);
        }
    }
}

#[track_caller]
fn accepts(registry: &Registry, pointer: &str, example: &Value) {
    // A fragment of a URI escapes braces, which addresses have.
    let fragment = pointer.replace('{', "%7B").replace('}', "%7D");
    let schema = serde_json::json!({"$ref": format!("urn:openapi#{fragment}")});
    let options = jsonschema::options().with_registry(registry);
    let validator = options.build(&schema).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(example)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{pointer}: {faults:?}");
}

/// Goal: a client knows for each operation whether it needs a token.
#[test]
fn security_is_explicit() {
    let document = document();
    assert_eq!(document["servers"][0]["url"], "/");
    for (path, operations) in document["paths"].as_object().unwrap() {
        for operation in operations.as_object().unwrap().values() {
            let security = operation["security"].as_array();
            let needs_token = operation["responses"]["401"].is_object();
            assert_eq!(
                security.map(|some| !some.is_empty()),
                Some(needs_token),
                "{path}"
            );
        }
    }
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
        "cursor limit min_position order"
    );
    for query in QUERIES.iter() {
        let parameters = document["paths"][query.path]["get"]["parameters"].to_string();
        assert!(!parameters.contains("null"), "{}: {parameters}", query.path);
    }
}

/// Goal: every reference has its target. Method: every `$ref` of the document is looked up in it.
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

/// Goal: a name stands for one schema. Method: all schemas of a name must agree.
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
