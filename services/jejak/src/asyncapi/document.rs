//! The parts of the document that grow with each channel.

use serde_json::{Map, Value, json};

/// The prefix of references to schemas.
pub(super) const SCHEMAS: &str = "#/components/schemas/";

/// The growing members of the document.
#[derive(Default)]
pub(super) struct AsyncApiDocument {
    pub(super) channels: Map<String, Value>,
    pub(super) operations: Map<String, Value>,
    pub(super) messages: Map<String, Value>,
    pub(super) schemas: Map<String, Value>,
}

impl AsyncApiDocument {
    /// Adds a message. Returns its name, and a reference to it for channels.
    pub(super) fn message(&mut self, name: &str, message: Value) -> (String, Value) {
        self.messages.insert(name.to_owned(), message);
        (
            name.to_owned(),
            json!({ "$ref": format!("#/components/messages/{name}") }),
        )
    }
}
