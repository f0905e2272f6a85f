//! The operations that no list holds: events, the signed tree, health.

use serde_json::{Value, json};
use utoipa::openapi::{
    Content, KnownFormat, ObjectBuilder, Ref, Required, Response, ResponseBuilder, Schema,
    SchemaFormat, SecurityRequirement,
    path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn},
    schema::{ArrayBuilder, Type},
};

use super::{
    examples,
    operations::{json_content, operation, secured},
    parameters::{number_header, optional, position, text, text_schema, with_position},
    refusals::{self, Kind},
};
use crate::events::page::LIMIT_MAX;

/// A stream by its name: [`jejak_events::ids::StreamId`].
const STREAM: &str = "^(package/[a-z0-9-]{1,64}|operator/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|calendar/[0-9]{1,4})$";

const EVENTS: &str = "/v1/events";
const EVENT_STREAM: &str = "/v1/events/stream";
const OPERATOR_PROOF: &str = "/v1/operators/{operator_id}/proofs/{position}";
const READYZ: &str = "/readyz";
const METRICS: &str = "/metrics";
const SYSTEM: &str = "/v1/system";

const CHECKPOINT: &str = "jejak/pontianak\n53\n6vW2sWc1bHy7n4xM1V3m8zkZ4cGq0o8y1sXq4b3n2aE=\n\n\u{2014} jejak/pontianak 3kq1uQ...\n";

const PROOF: &str = "c2sp.org/tlog-proof@v1\nextra eyJzcGVjdmVyc2lvbiI6IjEuMCIs...\nindex 19\n6vW2sWc1bHy7n4xM1V3m8zkZ4cGq0o8y1sXq4b3n2aE=\n\njejak/pontianak\n53\n6vW2sWc1bHy7n4xM1V3m8zkZ4cGq0o8y1sXq4b3n2aE=\n\n\u{2014} jejak/pontianak 3kq1uQ...\n";

/// All of them, by path.
pub(super) fn all() -> Vec<(&'static str, Operation)> {
    vec![
        ("/log/checkpoint", checkpoint()),
        ("/log/tile/{path}", tile()),
        ("/log/proof/{position}", proof()),
        (OPERATOR_PROOF, operator_proof()),
        (EVENTS, event_page()),
        (EVENT_STREAM, event_stream()),
        ("/problems", problem_pages()),
        ("/problems/{code}", problem_page()),
        ("/healthz", live()),
        (READYZ, ready()),
        (METRICS, metrics()),
        (SYSTEM, system()),
    ]
}

/// States that the operation needs no token.
fn public(operation: OperationBuilder) -> OperationBuilder {
    operation.securities(Some(Vec::<SecurityRequirement>::new()))
}

/// A response of text in a media type.
fn plain(description: &str, media_type: &str, example: &str) -> ResponseBuilder {
    let content = json_content(Schema::from(text_schema()), Some(json!(example)));
    ResponseBuilder::new()
        .description(description)
        .content(media_type, content)
}

fn after() -> ParameterBuilder {
    position("after", "Only events after this position")
}

fn event_page() -> Operation {
    let limit = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(LIMIT_MAX as u64));
    let stream = text_schema().pattern(Some(STREAM));
    let lines = plain(
        "The stored bytes, one event a line; as JSON, each event beside its position",
        "application/x-ndjson",
        &examples::text(EVENTS),
    );
    let page = lines.content("application/json", events_as_list());
    let operation = operation(
        "events",
        "events",
        "Events as stored, one a line (role: auditor)",
    )
    .parameter(after())
    .parameter(optional(
        "limit",
        "The most events; 1000 if absent",
        limit.into(),
    ))
    .parameter(optional(
        "stream",
        "Only this stream, such as `operator/<id>`",
        stream.into(),
    ))
    .parameter(text("type", "Only this type of events"))
    .response("200", with_position(page));
    refusals::add_to(secured(operation), Kind::Events).build()
}

/// A page of events as JSON.
fn events_as_list() -> Content {
    let position = || {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
    };
    let event = Ref::from_schema_name("CloudEvent");
    let item = ObjectBuilder::new()
        .property("position", position())
        .property("event", event)
        .required("position")
        .required("event");
    let items = ArrayBuilder::new().items(item);
    let list = ObjectBuilder::new()
        .property("position", position())
        .property("items", items)
        .required("position")
        .required("items");
    let text = examples::text(EVENTS);
    let events = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let items = (1..).zip(events);
    let items: Vec<_> = items
        .map(|(position, event)| json!({ "position": position, "event": event }))
        .collect();
    let example = json!({ "position": items.len(), "items": items });
    json_content(Schema::from(list), Some(example))
}

fn event_stream() -> Operation {
    let topic = text_schema().enum_values(Some(["contract"]));
    let resume = position("Last-Event-ID", "Replaces `after` when a client resumes");
    let events = plain(
        "Server-sent events; `id` is the position",
        "text/event-stream",
        &examples::text(EVENT_STREAM),
    );
    let operation = operation(
        "events",
        "events-stream",
        "Events as they are recorded (roles: auditor, service)",
    )
    .parameter(after())
    .parameter(optional(
        "topic",
        "Only contract events; services must ask for them",
        topic.into(),
    ))
    .parameter(resume.parameter_in(ParameterIn::Header))
    .response("200", events);
    refusals::add_to(secured(operation), Kind::Events).build()
}

fn checkpoint() -> Operation {
    let note = plain(
        "A signed note (C2SP tlog-checkpoint)",
        "text/plain",
        CHECKPOINT,
    );
    let title = "The latest checkpoint of the signed log";
    let operation = operation("log", "log-checkpoint", title).response("200", note);
    refusals::add_to(public(operation), Kind::Checkpoint).build()
}

fn tile() -> Operation {
    let path = ParameterBuilder::new()
        .name("path")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(
            "`<level>/<index>` or `entries/<index>`, either with `.p/<width>`. It contains slashes.",
        ))
        .schema(Some(text_schema()));
    let file = ResponseBuilder::new()
        .description("A tile or an entry bundle (C2SP tlog-tiles)")
        .content(
            "application/octet-stream",
            json_content(Schema::from(text_schema()), None),
        );
    let title = "Hashes or entries of the signed log (role: auditor)";
    let operation = operation("log", "log-tile", title)
        .parameter(path)
        .response("200", file);
    refusals::add_to(secured(operation), Kind::Tile).build()
}

fn proof() -> Operation {
    let title = "The proof that the signed log holds an event (role: auditor)";
    let operation = operation("log", "log-proof", title)
        .parameter(proven_position())
        .response("200", proof_file());
    refusals::add_to(secured(operation), Kind::Tile).build()
}

fn operator_proof() -> Operation {
    let operator_id = ParameterBuilder::new()
        .name("operator_id")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("The person's id, a UUID"))
        .schema(Some(
            text_schema().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))),
        ));
    let title = "The proof of an event of one person (roles: officer, auditor, admin, operator; an operator his own)";
    let operation = operation("log", "operator-proof", title)
        .parameter(operator_id)
        .parameter(proven_position())
        .response("200", proof_file());
    refusals::add_to(secured(operation), Kind::Tile).build()
}

fn proven_position() -> ParameterBuilder {
    ParameterBuilder::new()
        .name("position")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("The position of the event, from 1"))
        .schema(Some(text_schema().pattern(Some("^(0|[1-9][0-9]{0,18})$"))))
}

fn proof_file() -> ResponseBuilder {
    plain(
        "The event, its path to the root, and the checkpoint (C2SP tlog-proof)",
        "text/plain",
        PROOF,
    )
}

fn problem_pages() -> Operation {
    let list = plain(
        "The codes and their titles, one a line",
        "text/plain",
        "package.quota_exceeded: every place of the package is taken\n",
    );
    let operation = operation("problems", "problems", "The pages of all refusals");
    refusals::add_to(public(operation).response("200", list), Kind::Page).build()
}

fn problem_page() -> Operation {
    let code = ParameterBuilder::new()
        .name("code")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("The code of a problem document"))
        .schema(Some(text_schema()));
    let page = plain(
        "The page as Markdown",
        "text/plain",
        "# `package.quota_exceeded`: every place of the package is taken\n",
    );
    let title = "The page of one refusal: its meaning, its reason, the next step";
    let operation = operation("problems", "problem", title)
        .parameter(code)
        .response("200", page);
    refusals::add_to(public(operation), Kind::Page).build()
}

fn live() -> Operation {
    let alive = plain("The process runs", "text/plain", "ok\n");
    let operation = operation("health", "healthz", "Whether the gateway runs");
    public(operation).response("200", alive).build()
}

fn ready() -> Operation {
    let example = |status| examples::answer_of_status(READYZ, status).unwrap_or_default();
    let (well, ill) = (example("200"), example("503"));
    let response = |description: &str, example| -> Response {
        let content = json_content(Ref::from_schema_name("Readiness"), Some(example));
        ResponseBuilder::new()
            .description(description)
            .header(
                "Jejak-Age-Ms",
                number_header("The time since the services were asked, in milliseconds"),
            )
            .content("application/json", content)
            .build()
    };
    let operation = operation("health", "readyz", "Whether every service works");
    public(operation)
        .response("200", response("Every service works", well))
        .response("503", response("A service fails; `problems` names it", ill))
        .build()
}

fn metrics() -> Operation {
    let text = plain(
        "Metrics as Prometheus text",
        "text/plain",
        &examples::text(METRICS),
    );
    let operation = operation("health", "metrics", "Metrics for Prometheus");
    public(operation).response("200", text).build()
}

fn system() -> Operation {
    let example = examples::answer_of_status(SYSTEM, "200");
    let content = json_content(Ref::from_schema_name("SystemStatus"), example);
    let status = ResponseBuilder::new()
        .description("The state of the office")
        .content("application/json", content);
    let title = "Readiness, broker, disk, and what went wrong lately (role: admin)";
    let operation = operation("health", "system", title).response("200", status);
    refusals::add_to(secured(operation), Kind::System).build()
}
