//! JSON TypeSchemas (2020-12) of stored events with their envelope, made from the types that read and write them.
//!
//! Other services and auditors check a log with them. Any validator does, best one that asserts `format`.

use serde_json::{Map, Value, json};
use utoipa::{
    PartialSchema,
    openapi::{RefOr, Schema},
};

use crate::{
    Event,
    envelope::{DATA_CONTENT_TYPE, SPECVERSION, TYPE_PREFIX, Wire},
};

/// The dialect of all schemas here.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The place of shared parts in a JSON Schema document. References begin with it.
const DEFS: &str = "#/$defs/";

/// The document of all events that a log can hold.
///
/// `$defs` has the schema of each type and version under its full type, such as
/// `jejak.operator.contract.hired.v1`, and the shared parts. The document accepts exactly one of the types.
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

/// The complete schema of one full type, such as `jejak.operator.contract.hired.v1`. `None` if there is no
/// such event.
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

/// The full types of all events that a log can hold, older versions too.
pub fn types() -> Vec<String> {
    let types = Event::schemas().into_iter().chain(Event::superseded());
    types
        .map(|(name, _)| format!("{TYPE_PREFIX}{name}"))
        .collect()
}

/// Every full type with its schema, for a document whose [`parts`] stand at `parts_at`, such as `#/$defs/`.
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

/// The shared parts by name, to which [`definitions`] refer.
pub fn parts(parts_at: &str) -> Map<String, Value> {
    let parts = Event::referenced_schemas().into_iter();
    parts
        .map(|(name, schema)| (name, plain(schema, parts_at)))
        .collect()
}

/// Puts the envelope around the data of one type.
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

/// The pattern of the subjects of a type's stream.
fn subjects(name: &str) -> &'static str {
    match name.split('.').next() {
        Some("package") => "^package/[a-z0-9-]{1,64}$",
        Some("operator") => "^operator/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        Some("nik") => "^nik/[0-9a-f]{64}$",
        _ => "^calendar/[0-9]{4}$",
    }
}

/// Writes a schema as JSON whose references lead to `parts_at`.
fn plain(schema: RefOr<Schema>, parts_at: &str) -> Value {
    let mut schema = serde_json::to_value(schema).expect("schemas are plain data");
    redirect(&mut schema, parts_at);
    schema
}

fn redirect(schema: &mut Value, parts_at: &str) {
    match schema {
        Value::Object(members) => members.iter_mut().for_each(|(name, member)| match member {
            Value::String(target) if name == "$ref" => {
                *target = target.replace("#/components/schemas/", parts_at);
            }
            _ => redirect(member, parts_at),
        }),
        Value::Array(items) => items.iter_mut().for_each(|item| redirect(item, parts_at)),
        _ => {}
    }
}

/// Collects the parts to which a schema refers, directly or through other parts.
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
