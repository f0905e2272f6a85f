//! Examples of bodies and answers, recorded from the demonstration. The story `examples` records
//! `examples.json` and compares it with a running office.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::Value;

/// The checked-in recording.
#[derive(Debug, Default, Deserialize)]
struct Recording {
    /// By the name of the command.
    commands: BTreeMap<String, CommandExample>,
    /// Answers by the path of the query, with parameters in braces.
    queries: BTreeMap<String, Value>,
}

/// A command as the demonstration gives it.
#[derive(Debug, Deserialize)]
pub(super) struct CommandExample {
    /// The body of the request.
    pub(super) body: Value,
    /// The answer to it.
    pub(super) answer: Value,
}

static RECORDING: LazyLock<Recording> = LazyLock::new(|| {
    serde_json::from_str(include_str!("examples.json")).unwrap_or_else(|error| {
        tracing::error!(%error, "the examples of the OpenAPI document cannot be read");
        Recording::default()
    })
});

/// The example of a command.
pub(super) fn command(name: &str) -> Option<&'static CommandExample> {
    RECORDING.commands.get(name)
}

/// The example answer of a query.
pub(super) fn query(path: &str) -> Option<&'static Value> {
    RECORDING.queries.get(path)
}
