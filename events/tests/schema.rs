//! The published schemas describe the stored events. Golden files are valid, and so is every event that the
//! office of the other tests records. A schema and `decode` agree on every damaged one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its seed"
)]

use std::{collections::BTreeMap, fs, path::PathBuf};

use jejak_events::{envelope::decode, schema};
use schemas::violations;
use serde_json::{Value, json};

#[cfg(test)]
#[path = "office/schemas.rs"]
mod schemas;

fn golden() -> BTreeMap<String, Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let events = paths.filter(|path| path.is_file());
    let read = |path: PathBuf| {
        let event: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        (event["type"].as_str().unwrap().to_owned(), event)
    };
    events.map(read).collect()
}

#[test]
fn every_golden_file_is_valid_and_every_schema_has_one() {
    let golden = golden();
    let types = schema::types();
    let mut without = types.iter().filter(|name| !golden.contains_key(*name));
    assert_eq!(without.next(), None, "a type without a golden file");
    assert_eq!(golden.len(), types.len(), "a golden file without a type");
    for (name, event) in golden {
        assert_eq!(
            violations(event.to_string().as_bytes()),
            Vec::<String>::new(),
            "{name}"
        );
    }
}

/// Goal: the one document accepts and refuses as the single schemas do. Method: each golden file fits exactly
/// one of it.
#[test]
fn the_document_of_all_events_accepts_each_of_them_and_is_a_schema() {
    let document = schema::events();
    assert!(jsonschema::meta::is_valid(&document));
    let all = jsonschema::options()
        .should_validate_formats(true)
        .build(&document)
        .unwrap();
    for (name, mut event) in golden() {
        assert!(all.is_valid(&event), "{name}");
        event["type"] = json!("jejak.operator.contract.hired.v99");
        assert!(!all.is_valid(&event), "{name}");
    }
}

#[test]
fn everything_has_a_description_and_nothing_is_open() {
    fn look(schema: &Value, path: &str) {
        match schema {
            Value::Object(members) => {
                if let Some(Value::Object(properties)) = members.get("properties") {
                    assert_eq!(
                        members.get("additionalProperties"),
                        Some(&json!(false)),
                        "{path}"
                    );
                    for (name, property) in properties {
                        assert!(
                            property.to_string().contains("\"description\""),
                            "{path}: {name}"
                        );
                    }
                }
                members
                    .iter()
                    .for_each(|(name, member)| look(member, &format!("{path}/{name}")));
            }
            Value::Array(items) => items.iter().for_each(|item| look(item, path)),
            _ => {}
        }
    }
    let document = schema::events();
    look(&document, "");
    for (name, schema) in document["$defs"].as_object().unwrap() {
        assert!(schema["description"].is_string(), "{name}");
    }
}

/// Goal: a schema is neither laxer nor stricter than reading. Method: one damage at a time, at every place
/// of every golden file, and both must come to the same end.
#[test]
fn a_schema_and_reading_agree_on_every_damage() {
    let (mut refused, mut accepted) = (0, 0);
    for (name, event) in golden() {
        for (damage, damaged) in damages(&event) {
            let bytes = damaged.to_string();
            let (violations, read) = (violations(bytes.as_bytes()), decode(1, bytes.as_bytes()));
            assert_eq!(
                violations.is_empty(),
                read.is_ok(),
                "{name}, {damage}: {violations:?} {read:?}"
            );
            *if read.is_ok() {
                &mut accepted
            } else {
                &mut refused
            } += 1;
        }
    }
    println!("{refused} damages refused, {accepted} make another valid event");
    assert!(refused > 10 * 26 && accepted > 0);
}

#[test]
fn what_is_missing_misplaced_or_of_another_type_is_refused() {
    for (name, event) in golden() {
        let refused = |what: &str, damage: &dyn Fn(&mut Value)| {
            let mut damaged = event.clone();
            damage(&mut damaged);
            assert_ne!(
                violations(damaged.to_string().as_bytes()),
                Vec::<String>::new(),
                "{name}, {what}"
            );
            assert!(
                decode(1, damaged.to_string().as_bytes()).is_err(),
                "{name}, {what}"
            );
        };
        refused("extra data", &|event| event["data"]["extra"] = json!(1));
        refused("extra attribute", &|event| event["extra"] = json!("x"));
        refused("another stream", &|event| {
            event["subject"] = json!("nothing/1")
        });
        refused("no data", &|event| {
            drop(event.as_object_mut().unwrap().remove("data"))
        });
        refused("data is an array", &|event| event["data"] = json!([]));
        for field in [
            "id",
            "source",
            "subject",
            "time",
            "actor",
            "commandid",
            "commanddigest",
        ] {
            refused(field, &|event| {
                drop(event.as_object_mut().unwrap().remove(field))
            });
        }
    }
}

/// The event with one place of it damaged, for every place and every kind of damage.
fn damages(event: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for pointer in places(event, "") {
        let mut replace = |what: &str, by: Value| {
            let mut damaged = event.clone();
            *damaged.pointer_mut(&pointer).unwrap() = by;
            found.push((format!("{pointer} {what}"), damaged));
        };
        match event.pointer(&pointer).unwrap() {
            Value::Object(members) => {
                replace("is an array", json!([]));
                replace("is a text", json!("?"));
                for name in members.keys() {
                    let mut without = members.clone();
                    without.remove(name);
                    replace(&format!("without {name}"), Value::Object(without));
                }
                let mut more = members.clone();
                more.insert("extra".to_owned(), json!("?"));
                replace("with more", Value::Object(more));
            }
            Value::Array(_) => replace("is an object", json!({})),
            Value::String(_) => {
                replace("is a number", json!(7));
                replace("is senseless", json!("?"));
            }
            Value::Number(_) => {
                replace("is a text", json!("7"));
                replace("is broken", json!(1.5));
                replace("is negative", json!(-1));
            }
            Value::Bool(_) => replace("is a number", json!(1)),
            Value::Null => replace("is a number", json!(7)),
        }
        replace("is null", Value::Null);
    }
    found
}

/// Every place of a value, as JSON pointers.
fn places(value: &Value, at: &str) -> Vec<String> {
    let mut found = vec![at.to_owned()];
    match value {
        Value::Object(members) => {
            found.extend(
                members
                    .iter()
                    .flat_map(|(name, member)| places(member, &format!("{at}/{name}"))),
            );
        }
        Value::Array(items) => {
            found.extend(
                items
                    .iter()
                    .enumerate()
                    .flat_map(|(n, item)| places(item, &format!("{at}/{n}"))),
            );
        }
        _ => {}
    }
    found
}
