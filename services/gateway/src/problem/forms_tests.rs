//! Every form of message that a parser of this repository writes is recognized by `jejak_words`.

use std::collections::BTreeMap;

use jejak_bus::RequestProblem;
use jejak_events::Command;
use jejak_projections::QueryError;
use jejak_words::{Language, requests};
use serde_json::{Value, json};

use crate::{
    auth::roles::RecordScope,
    docs::OPENAPI,
    queries::{params, table::QUERIES},
};

/// Values that no field takes, or only some.
fn wrong_values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(7),
        json!(-1),
        json!(1.5),
        json!(1e30),
        json!(""),
        json!(" "),
        json!("zzz"),
        json!("2020-02-30"),
        json!("27.500"),
        json!("a\u{7}b"),
        json!("a\nb"),
        json!("x".repeat(3000)),
        json!([]),
        json!([7]),
        json!(["zzz", "zzz"]),
        json!({}),
        json!({"zzz": 7}),
        json!({"zzz": ["zzz", "zzz"]}),
    ]
}

/// The paths of all fields in a schema, as JSON pointers.
fn pointers(
    schema: &Value,
    around: &str,
    named: &BTreeMap<String, Value>,
    found: &mut Vec<String>,
) {
    if let Some(reference) = schema["$ref"].as_str() {
        return pointers(
            &named[reference.rsplit('/').next().unwrap()],
            around,
            named,
            found,
        );
    }
    for choices in ["oneOf", "anyOf", "allOf"] {
        for choice in schema[choices].as_array().into_iter().flatten() {
            pointers(choice, around, named, found);
        }
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{around}/{name}");
        pointers(member, &pointer, named, found);
        found.push(pointer);
    }
}

/// The body with a value at a pointer. Objects on the way are made.
fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let mut place = &mut body;
    for name in pointer.split('/').skip(1) {
        if !place.is_object() {
            *place = json!({});
        }
        place = &mut place[name];
    }
    *place = value;
    body
}

/// The form is known if the Indonesian names the requirement, not only that the field does not fit.
#[track_caller]
fn is_known(path: &str, reason: &str, missing: &[String]) {
    let text = requests::malformed(Language::Indonesian, path, reason, missing);
    assert!(
        !text.detail().contains("tidak sesuai."),
        "{path}: {reason}: {}",
        text.detail()
    );
}

/// Goal: no Indonesian refusal says only that a field does not fit. Method: each field of each command, and
/// each parameter of each query, gets values of every wrong form. The words must know each message.
#[test]
fn every_message_of_a_parser_is_known() {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let schema = |schema| serde_json::to_value(schema).unwrap();
    let named: BTreeMap<_, _> = Command::referenced_schemas()
        .into_iter()
        .map(|(name, named)| (name, schema(named)))
        .collect();
    let mut checked = 0;
    let mut check = |path: &str, reason: &str, missing: &[String]| {
        is_known(path, reason, missing);
        checked += 1;
    };
    for (name, body) in Command::schemas() {
        let operation = &document["paths"][format!("/v1/commands/{name}")]["post"];
        let example = &operation["requestBody"]["content"]["application/json"]["example"];
        let mut fields = vec!["/zzz".to_owned()];
        pointers(&schema(body), "", &named, &mut fields);
        for (field, value) in fields
            .iter()
            .flat_map(|field| wrong_values().into_iter().map(move |value| (field, value)))
        {
            let body = with(example.clone(), field, value).to_string();
            if let Some(Err(malformed)) = Command::parse(name, body.as_bytes()) {
                check(&malformed.path, &malformed.reason, &malformed.missing);
            }
        }
    }
    for query in QUERIES.iter() {
        let mut fields = vec!["/zzz".to_owned()];
        let mut shared = Vec::new();
        (query.referenced)(&mut shared);
        let named = shared
            .into_iter()
            .map(|(name, named)| (name, schema(named)))
            .collect();
        pointers(&schema((query.parameters)()), "", &named, &mut fields);
        // An address carries texts and whole numbers.
        let of_address = |value: &Value| value.is_string() || value.is_i64();
        let values = || wrong_values().into_iter().filter(of_address);
        for (field, value) in fields
            .iter()
            .flat_map(|field| values().map(move |value| (field, value)))
        {
            let Err(error) = (query.read)(with(json!({}), field, value)) else {
                continue;
            };
            let QueryError::Malformed { path, reason } = error else {
                panic!("{}: {error}", query.path);
            };
            check(&path, &reason, &[]);
        }
    }
    assert!(checked > 2000, "{checked}");
}

/// The gateway checks parameters of a query before the view does.
#[test]
fn every_message_about_a_parameter_is_known() {
    let mut checked = 0;
    for query in QUERIES.iter() {
        for (name, value) in [
            ("limit", "0"),
            ("limit", "x"),
            ("min_position", "-1"),
            ("as_of", "yesterday"),
            ("year", "0"),
            ("zzz", "1"),
            ("cursor", "!"),
        ] {
            let search = format!("{name}={value}");
            let read = params::read(
                query,
                RecordScope::Everyone,
                std::iter::empty(),
                Some(&search),
            );
            if let Err(RequestProblem::Malformed {
                path,
                reason,
                missing,
            }) = read
            {
                is_known(&path, &reason, &missing);
                checked += 1;
            }
        }
    }
    assert!(checked > 30, "{checked}");
}
