//! The published schema of each event type, as a validator that asserts formats too.

use std::{collections::HashMap, sync::LazyLock};

use jejak_events::schema;
use jsonschema::Validator;
use serde_json::Value;

static VALIDATORS: LazyLock<HashMap<String, Validator>> = LazyLock::new(|| {
    let compiled = |name: String| {
        let schema = schema::event(&name).unwrap();
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&schema);
        (
            name,
            validator.unwrap_or_else(|error| panic!("not a schema: {error}")),
        )
    };
    schema::types().into_iter().map(compiled).collect()
});

/// The faults of a stored event by the schema of its type.
pub(crate) fn violations(bytes: &[u8]) -> Vec<String> {
    let event: Value = serde_json::from_slice(bytes).unwrap();
    let Some(validator) = event["type"].as_str().and_then(|name| VALIDATORS.get(name)) else {
        return vec![format!("there is no schema of {}", event["type"])];
    };
    validator
        .iter_errors(&event)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}
