//! The requests of trusted services: commands and queries.
//!
//! Bodies, parameters and answers come from the gateway's OpenAPI document.

use jejak_bus::{
    as_of::AS_OF,
    command_subject, history, query_subject,
    request::{ACTOR, COMMAND_ID, CORRELATION_ID, DRY_RUN, MIN_POSITION, OWN_RECORDS, TRACEPARENT},
};
use jejak_events::{Command, ids::TenantId};
use jejak_projections::VIEWS;
use serde_json::{Map, Value, json};

use super::document::{AsyncApiDocument, SCHEMAS};

/// One channel for each command, with its reply.
pub(super) fn commands(document: &mut AsyncApiDocument, tenant: &TenantId, http: &Value) {
    let mut headers = Map::from_iter([actor()]);
    for (name, description) in [
        (
            COMMAND_ID,
            "The command's id. A second request with the same id gets the first result.",
        ),
        (
            DRY_RUN,
            "The command's id, for a dry run: the command is decided and not appended.",
        ),
    ] {
        headers.insert(
            name.to_owned(),
            json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$", "description": description }),
        );
    }
    for (name, description) in [
        (CORRELATION_ID, "The caller's id for related requests."),
        (TRACEPARENT, "W3C trace context."),
    ] {
        headers.insert(
            name.to_owned(),
            json!({ "type": "string", "description": description }),
        );
    }
    let one_id = [COMMAND_ID, DRY_RUN].map(|id| json!({ "required": [id] }));
    let headers =
        json!({ "type": "object", "required": [ACTOR], "oneOf": one_id, "properties": headers });
    let replies = replies(
        document,
        "command",
        json!({ "$ref": format!("{SCHEMAS}CommandAnswer") }),
    );
    for name in Command::NAMES {
        let operation = &http["paths"][format!("/v1/commands/{name}")]["post"];
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let channel = RequestChannel {
            id: format!("command.{name}"),
            subject: command_subject(tenant, name),
            replies: &replies,
        };
        channel.describe(document, &operation["summary"], &headers, body.clone());
    }
}

/// A query over NATS, and the operation of the OpenAPI document that answers the same.
struct NatsQuery {
    /// The view or service that answers.
    service: &'static str,
    name: &'static str,
    operation: String,
    /// Whether it is asked as of a moment.
    as_of: bool,
}

/// The queries of the views and of the history service.
fn all_queries() -> Vec<NatsQuery> {
    let mut queries = Vec::new();
    for view in VIEWS {
        for query in view.queries().iter().map(|handler| &handler.query) {
            let of = |service, name, as_of| NatsQuery {
                service,
                name,
                operation: format!("{}-{}", view.name(), query.name),
                as_of,
            };
            queries.push(of(view.name(), query.name, false));
            queries.extend(query.as_of.map(|name| of(history::NAME, name, true)));
        }
    }
    queries.extend(history::QUERIES.map(|name| NatsQuery {
        service: history::NAME,
        name,
        operation: format!("{}-{name}", history::NAME),
        as_of: false,
    }));
    queries
}

/// One channel for each query, with its reply.
pub(super) fn queries(document: &mut AsyncApiDocument, tenant: &TenantId, http: &Value) {
    let min_position = json!({ "type": "string", "pattern": "^[0-9]+$", "description": "The least position to answer at." });
    let own_records = json!({ "type": "string", "const": "true",
        "description": "The asker reads his own records. He is not shown the numbers of others." });
    let headers = json!({ "type": "object", "properties": { MIN_POSITION: min_position, OWN_RECORDS: own_records } });
    let operations: Vec<&Value> = http["paths"]
        .as_object()
        .into_iter()
        .flat_map(|paths| paths.values().map(|item| &item["get"]))
        .collect();
    for query in all_queries() {
        let named = |operation: &&&Value| operation["operationId"] == query.operation.as_str();
        let Some(operation) = operations.iter().find(named) else {
            continue;
        };
        let id = format!("{}-{}", query.service, query.name);
        let answer = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        let replies = replies(document, &id, answer.clone());
        let channel = RequestChannel {
            id: format!("query.{id}"),
            subject: query_subject(tenant, query.service, query.name),
            replies: &replies,
        };
        let title = operation["summary"].as_str().unwrap_or_default();
        let summary = match query.as_of {
            true => json!(format!("{title}, as of a moment")),
            false => json!(title),
        };
        let payload = parameters(operation, query.as_of);
        channel.describe(document, &summary, &headers, payload);
    }
}

/// The channel of one request.
struct RequestChannel<'a> {
    id: String,
    subject: String,
    replies: &'a str,
}

impl RequestChannel<'_> {
    fn describe(
        self,
        document: &mut AsyncApiDocument,
        summary: &Value,
        headers: &Value,
        payload: Value,
    ) {
        let Self {
            id,
            subject,
            replies,
        } = self;
        let (name, message) = document.message(
            &id,
            json!({ "name": id, "summary": summary, "headers": headers, "payload": payload }),
        );
        let channel = json!({ "address": subject, "messages": { &name: message } });
        document.channels.insert(id.clone(), channel);
        let operation = json!({
            "action": "receive",
            "channel": { "$ref": format!("#/channels/{id}") },
            "summary": summary,
            "messages": [{ "$ref": format!("#/channels/{id}/messages/{name}") }],
            "reply": { "channel": { "$ref": format!("#/channels/{replies}") } },
        });
        document.operations.insert(id, operation);
    }
}

/// Adds the channel of the replies, which is the inbox of the request. Returns its name.
fn replies(document: &mut AsyncApiDocument, of: &str, answer: Value) -> String {
    let problem = json!({
        "type": "object",
        "required": ["problem"],
        "properties": { "problem": {
            "type": "object",
            "required": ["code"],
            "properties": { "code": { "type": "string" } },
            "description": "The stable code of the refusal, and its numbers.",
        } },
    });
    let (answered, answer) =
        document.message(&format!("{of}.answer"), json!({ "payload": answer }));
    let (refused, problem) = document.message(
        "problem",
        json!({ "summary": "The reason why there is no answer", "payload": problem }),
    );
    let name = format!("{of}.replies");
    let channel = json!({
        "address": null,
        "description": "The inbox that the request names as its reply subject.",
        "messages": { answered: answer, refused: problem },
    });
    document.channels.insert(name.clone(), channel);
    name
}

fn actor() -> (String, Value) {
    let schema = json!({ "type": "string", "contentMediaType": "application/json",
        "description": "The person behind the request, as a trusted service vouches: {\"sub\": NIP, operator id or account, \"roles\": [...], \"name\"?: at most 200 characters in one line}, in ASCII with JSON's escapes" });
    (ACTOR.to_owned(), schema)
}

/// The parameters of a query, as the members of one object. Only the history service takes a moment,
/// and needs it.
fn parameters(operation: &Value, as_of: bool) -> Value {
    let name = |parameter: &Value| parameter["name"].as_str().unwrap_or_default().to_owned();
    let given = operation["parameters"].as_array().into_iter().flatten();
    let given: Vec<&Value> = given
        .filter(|parameter| {
            ["path", "query"]
                .iter()
                .any(|place| parameter["in"] == *place)
        })
        .filter(|parameter| match name(parameter).as_str() {
            "min_position" => false,
            AS_OF => as_of,
            _ => true,
        })
        .collect();
    let properties: Map<String, Value> = given
        .iter()
        .map(|parameter| (name(parameter), parameter["schema"].clone()))
        .collect();
    let required = given
        .iter()
        .filter(|parameter| parameter["required"] == true || name(parameter) == AS_OF);
    let required: Vec<String> = required.map(|parameter| name(parameter)).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}
