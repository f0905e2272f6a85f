//! JSON Schemas (2020-12) of stored events, envelope and all, made from the types that write and read
//! them. For other services, and for auditors who check a log. Nothing here validates: any validator
//! does, best one that also asserts `format`.

use serde_json::{Map, Value, json};
use utoipa::{
    PartialSchema,
    openapi::{RefOr, Schema},
};

use crate::{
    Event,
    envelope::{DATA_CONTENT_TYPE, SPECVERSION, TYPE_PREFIX, Wire},
};

/// The dialect all of these are written in.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Where parts stand in a JSON Schema document, for references to begin with.
const DEFS: &str = "#/$defs/";

/// One document for all events a log can hold: `$defs` has one schema per event type and version under
/// its full type (`jejak.operator.contract.hired.v1`) and the parts they share; the document itself
/// accepts exactly one of them (`oneOf`).
pub fn events() -> Value {
    let types = definitions(DEFS);
    let one_of: Vec<Value> = types
        .keys()
        .map(|name| json!({ "$ref": format!("{DEFS}{name}") }))
        .collect();
    let mut defs = parts(DEFS);
    defs.extend(types);
    json!({
        "$schema": DIALECT,
        "title": "Jejak events",
        "description": "Every event a log of Jejak holds, as stored: CloudEvents 1.0 JSON in structured mode. \
                        Each type and version stands under its name in $defs.",
        "oneOf": one_of,
        "$defs": defs,
    })
}

/// The schema of one full type (`jejak.operator.contract.hired.v1`), complete in itself; `None` if there is
/// no such event.
pub fn event(full_type: &str) -> Option<Value> {
    let Value::Object(mut schema) = definitions(DEFS).remove(full_type)? else {
        return None;
    };
    schema.insert("$schema".to_owned(), json!(DIALECT));
    let parts = parts(DEFS);
    let mut used = Map::new();
    collect(&Value::Object(schema.clone()), &parts, &mut used);
    if !used.is_empty() {
        schema.insert("$defs".to_owned(), Value::Object(used));
    }
    Some(Value::Object(schema))
}

/// The full types of all events a log can hold, older versions included.
pub fn types() -> Vec<String> {
    let types = Event::schemas().into_iter().chain(Event::superseded());
    types
        .map(|(name, _)| format!("{TYPE_PREFIX}{name}"))
        .collect()
}

/// Every full type and its schema, for a document that has [`parts`] at `parts_at` (`#/$defs/`).
pub fn definitions(parts_at: &str) -> Map<String, Value> {
    let types = Event::schemas().into_iter().chain(Event::superseded());
    types
        .map(|(name, data)| {
            (
                format!("{TYPE_PREFIX}{name}"),
                enveloped(name, data, parts_at),
            )
        })
        .collect()
}

/// The shared parts that [`definitions`] refer to, by name.
pub fn parts(parts_at: &str) -> Map<String, Value> {
    let parts = Event::referenced_schemas().into_iter();
    parts
        .map(|(name, schema)| (name, plain(schema, parts_at)))
        .collect()
}

/// The envelope around the data of one type.
fn enveloped(name: &str, data: RefOr<Schema>, parts_at: &str) -> Value {
    let mut data = plain(data, parts_at);
    let mut envelope = plain(Wire::<Event>::schema(), parts_at);
    if let Some(description) = data.get_mut("description").map(Value::take) {
        envelope["description"] = description;
        data["description"] = json!("The fact.");
    }
    let properties = &mut envelope["properties"];
    properties["specversion"]["const"] = json!(SPECVERSION);
    properties["datacontenttype"]["const"] = json!(DATA_CONTENT_TYPE);
    properties["type"]["const"] = json!(format!("{TYPE_PREFIX}{name}"));
    properties["subject"]["pattern"] = json!(subjects(name));
    properties["data"] = data;
    envelope
}

/// The subjects of a type's stream.
fn subjects(name: &str) -> &'static str {
    match name.split('.').next() {
        Some("package") => "^package/[a-z0-9-]{1,64}$",
        Some("operator") => "^operator/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        _ => "^calendar/[0-9]{4}$",
    }
}

/// A schema as JSON, its references leading to `parts_at`.
fn plain(schema: RefOr<Schema>, parts_at: &str) -> Value {
    let mut schema = serde_json::to_value(schema).expect("schemas are plain data");
    lead(&mut schema, parts_at);
    schema
}

fn lead(schema: &mut Value, parts_at: &str) {
    match schema {
        Value::Object(members) => members.iter_mut().for_each(|(name, member)| match member {
            Value::String(target) if name == "$ref" => {
                *target = target.replace("#/components/schemas/", parts_at);
            }
            _ => lead(member, parts_at),
        }),
        Value::Array(items) => items.iter_mut().for_each(|item| lead(item, parts_at)),
        _ => {}
    }
}

/// The parts a schema refers to, and those they refer to.
fn collect(schema: &Value, parts: &Map<String, Value>, used: &mut Map<String, Value>) {
    match schema {
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            let part = match member {
                Value::String(target) if name == "$ref" => target.strip_prefix(DEFS),
                _ => None,
            };
            match part.and_then(|name| parts.get_key_value(name)) {
                Some((name, part)) if !used.contains_key(name) => {
                    used.insert(name.clone(), part.clone());
                    collect(part, parts, used);
                }
                _ => collect(member, parts, used),
            }
        }),
        Value::Array(items) => items.iter().for_each(|item| collect(item, parts, used)),
        _ => {}
    }
}
