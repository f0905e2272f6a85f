//! Examples of bodies and answers, recorded from the demonstration. The checked-in document holds them; the story
//! `examples` records them and compares them with a running office.

use std::sync::LazyLock;

use serde_json::Value;

use crate::docs::OPENAPI;

static CHECKED_IN: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(OPENAPI).expect("the checked-in document is JSON"));

/// The example body of a command.
pub(super) fn body(command: &str) -> Option<Value> {
    let operation = &CHECKED_IN["paths"][format!("/v1/commands/{command}")]["post"];
    of(&operation["requestBody"])
}

/// The example answer to a command.
pub(super) fn command_answer(command: &str) -> Option<Value> {
    let operation = &CHECKED_IN["paths"][format!("/v1/commands/{command}")]["post"];
    of(&operation["responses"]["200"])
}

/// The example answer at an address.
pub(super) fn answer(path: &str) -> Option<Value> {
    answer_of_status(path, "200")
}

/// The example answer at an address, with a status such as `503`.
pub(super) fn answer_of_status(path: &str, status: &str) -> Option<Value> {
    of(&CHECKED_IN["paths"][path]["get"]["responses"][status])
}

/// The example answer at an address that answers text.
pub(super) fn text(path: &str) -> String {
    let contents = &CHECKED_IN["paths"][path]["get"]["responses"]["200"]["content"];
    let contents = contents.as_object().into_iter().flatten();
    let mut texts = contents.filter_map(|(_, content)| content["example"].as_str());
    texts.next().unwrap_or_default().to_owned()
}

fn of(part: &Value) -> Option<Value> {
    // One media type of an answer has an example.
    let mut contents = part["content"].as_object()?.values();
    contents.find_map(|content| content.get("example")).cloned()
}
