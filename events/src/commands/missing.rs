//! The required fields that a body lacks, by the JSON Schema of its command.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::{PartialSchema, ToSchema};

/// The paths of all required fields that are absent, such as `officer.nip`. A body that is no JSON has none.
pub(super) fn fields<T: ToSchema + PartialSchema>(body: &[u8]) -> Vec<String> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return Vec::new();
    };
    let mut referenced = Vec::new();
    T::schemas(&mut referenced);
    let as_json = |schema| serde_json::to_value(schema).unwrap_or_default();
    let named = referenced
        .into_iter()
        .map(|(name, schema)| (name, as_json(schema)));
    let schemas = ReferencedSchemas(named.collect());
    let mut missing = Vec::new();
    schemas.collect(&body, &as_json(T::schema()), "", &mut missing);
    missing
}

/// The schemas that a command's schema refers to, by name.
struct ReferencedSchemas(BTreeMap<String, Value>);

impl ReferencedSchemas {
    fn collect(&self, body: &Value, schema: &Value, path: &str, missing: &mut Vec<String>) {
        let Value::Object(members) = body else {
            return;
        };
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap_or_default();
            if let Some(schema) = self.0.get(name) {
                self.collect(body, schema, path, missing);
            }
            return;
        }
        // An optional object is one of null and a reference.
        for part in array(&schema["oneOf"]).chain(array(&schema["allOf"])) {
            self.collect(body, part, path, missing);
        }
        for name in array(&schema["required"]).filter_map(Value::as_str) {
            if !members.contains_key(name) {
                missing.push(format!("{path}{name}"));
            }
        }
        let Value::Object(properties) = &schema["properties"] else {
            return;
        };
        for (name, schema) in properties {
            if let Some(member) = members.get(name) {
                self.collect(member, schema, &format!("{path}{name}."), missing);
            }
        }
    }
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use crate::Command;

    fn missing(name: &str, body: &str) -> Vec<String> {
        let parsed = Command::parse(name, body.as_bytes()).unwrap();
        parsed.unwrap_err().missing
    }

    #[test]
    fn all_missing_fields_are_named() {
        assert_eq!(
            missing("record-absence", "{}"),
            ["operator_id", "on", "reason"]
        );
        let officer = r#"{"role": "ppk", "officer": {"name": "Contoh"}}"#;
        assert_eq!(
            missing("assign-officer", officer),
            ["package_id", "from", "officer.nip"]
        );
    }

    #[test]
    fn another_fault_names_no_missing_field() {
        assert!(missing("record-absence", r#"{"operator": 1}"#).is_empty());
        assert!(missing("record-absence", "[]").is_empty());
        assert!(missing("record-absence", "{").is_empty());
    }
}
