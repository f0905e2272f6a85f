//! The operations: one for each command and each query, made in two loops, and those besides.

use jejak_bus::{as_of::AS_OF, request::role_for};
use jejak_events::{Command, date::YEARS};
use utoipa::openapi::{
    Content, Header, HttpMethod, Object, ObjectBuilder, Paths, Ref, RefOr, Required, Response,
    ResponseBuilder, Schema, SecurityRequirement,
    path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
    request_body::RequestBodyBuilder,
    schema::{KnownFormat, OneOfBuilder, SchemaFormat, SchemaType, Type},
};

use super::BEARER;
use crate::{
    auth::roles::name as role_name,
    events::page::LIMIT_MAX,
    queries::{
        params::{ITEMS_MAX, MIN_POSITION},
        table::{QUERIES, Query},
    },
};

pub(super) fn all() -> Paths {
    let mut paths = Paths::new();
    for (name, body) in Command::schemas() {
        paths.add_path_operation(
            format!("/v1/commands/{name}"),
            vec![HttpMethod::Post],
            command(name, body),
        );
    }
    for query in QUERIES.iter() {
        paths.add_path_operation(query.path, vec![HttpMethod::Get], self::query(query));
    }
    for (path, operation) in besides() {
        paths.add_path_operation(path, vec![HttpMethod::Get], operation);
    }
    paths
}

fn operation(tag: &str, id: &str, summary: &str) -> OperationBuilder {
    OperationBuilder::new()
        .tag(tag)
        .operation_id(Some(id))
        .summary(Some(summary))
}

fn secured(operation: OperationBuilder) -> OperationBuilder {
    operation.security(SecurityRequirement::new(BEARER, Vec::<String>::new()))
}

fn command(name: &str, body: RefOr<Schema>) -> Operation {
    let role = role_for(name).map_or("none", role_name);
    let summary = format!("{} (role: {role})", name.replace('-', " "));
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Sent again, it gives the first result again; made up and returned if absent.",
        ))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .pattern(Some("^[A-Za-z0-9._-]{1,64}$")),
        ));
    let body = RequestBodyBuilder::new()
        .content("application/json", Content::new(Some(body)))
        .required(Some(Required::True))
        .build();
    let answer = ResponseBuilder::new()
        .description("What it did")
        .content(
            "application/json",
            Content::new(Some(Ref::from_schema_name("CommandAnswer"))),
        )
        .header("Idempotency-Key", text_header("The command's id"))
        .build();
    let refused = ResponseBuilder::new()
        .description("A rule refuses; nothing changed")
        .content(PROBLEM, Content::new(Some(refusal())))
        .build();
    let operation = operation("commands", name, &summary)
        .parameter(key)
        .request_body(Some(body));
    let operation = operation.response("200", answer).response("422", refused);
    problems(
        secured(operation),
        &[400, 401, 403, 404, 409, 413, 415, 429, 500, 503],
    )
    .build()
}

fn query(query: &Query) -> Operation {
    let id = format!("{}-{}", query.view, query.name);
    let mut operation = operation("queries", &id, query.summary);
    for parameter in parameters(query) {
        operation = operation.parameter(parameter);
    }
    if query.as_of.is_some() {
        operation = operation.parameter(as_of());
    }
    let known = ParameterBuilder::new()
        .name("If-None-Match")
        .parameter_in(ParameterIn::Header);
    let known = known
        .required(Required::False)
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
    let answer = with_position(ResponseBuilder::new().description("The answer, at a position"))
        .content("application/json", Content::new(Some((query.answer)())))
        .header("ETag", text_header("Names this answer at this position"));
    let operation = operation
        .parameter(known)
        .parameter(position(
            MIN_POSITION,
            "Answer at this position or later; waits for it, five seconds at most.",
        ))
        .response("200", answer.build())
        .response(
            "304",
            with_position(ResponseBuilder::new().description("Known already")).build(),
        );
    problems(
        secured(operation),
        &[400, 401, 403, 404, 429, 500, 503, 504],
    )
    .build()
}

fn as_of() -> ParameterBuilder {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let time = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    let moment = OneOfBuilder::new()
        .item(text().pattern(Some("^[1-9][0-9]{0,18}$")))
        .item(text().format(Some(time)));
    ParameterBuilder::new()
        .name(AS_OF)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(
            "As known then: a position of the log, 1 or more, or an RFC 3339 time. Today is the day it was then.",
        ))
        .schema(Some(moment))
}

/// The parameters of a query, from the type the view reads them into.
fn parameters(query: &Query) -> Vec<Parameter> {
    let RefOr::T(Schema::Object(params)) = (query.parameters)() else {
        return vec![];
    };
    let of = |(name, schema): (String, RefOr<Schema>)| {
        let in_path = query.path.contains(&format!("{{{name}}}"));
        let (place, required) = if in_path {
            (ParameterIn::Path, Required::True)
        } else {
            (ParameterIn::Query, Required::False)
        };
        let description = match &schema {
            RefOr::T(Schema::Object(object)) => object.description.clone(),
            RefOr::T(Schema::OneOf(one_of)) => one_of.description.clone(),
            _ => None,
        };
        let mut schema = not_null(schema);
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            bound(&name, object);
        }
        ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(required)
            .description(description)
            .schema(Some(schema))
            .build()
    };
    params.properties.into_iter().map(of).collect()
}

/// The bounds of a parameter, which its reader knows and its type does not say.
fn bound(name: &str, object: &mut Object) {
    match name {
        "limit" => (object.minimum, object.maximum) = (Some(1_u32.into()), Some(ITEMS_MAX.into())),
        "year" => {
            let (first, last) = YEARS.into_inner();
            (object.minimum, object.maximum) = (Some(first.into()), Some(last.into()));
        }
        "on" => object.pattern = Some(DATE.to_owned()),
        _ => {}
    }
}

/// An address has no null: a parameter is there or it is not.
fn not_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            if let SchemaType::Array(types) = &object.schema_type
                && let Some(kind) = types.iter().find(|kind| **kind != Type::Null)
            {
                object.schema_type = SchemaType::Type(kind.clone());
            }
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::OneOf(one_of)) => {
            let is_null = |item: &RefOr<Schema>| matches!(item, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null));
            let mut rest = one_of.items.iter().filter(|item| !is_null(item));
            match (rest.next(), rest.next()) {
                (Some(only), None) => only.clone(),
                _ => RefOr::T(Schema::OneOf(one_of)),
            }
        }
        other => other,
    }
}

fn besides() -> Vec<(&'static str, Operation)> {
    let text = |name: &str, what: &str| {
        let schema = ObjectBuilder::new().schema_type(Type::String);
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(what))
            .schema(Some(schema))
    };
    let after = || position("after", "The first event after this position.");
    let limit = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(LIMIT_MAX as u64));
    let limit = text("limit", "How many; 1000 if absent.").schema(Some(limit));
    let stream = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(STREAM));
    let topic = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["contract"]));
    let topic = text("topic", "Contract events only, the feed for services.").schema(Some(topic));
    let plain = |description: &str, kind: &str| {
        let schema = ObjectBuilder::new().schema_type(Type::String);
        ResponseBuilder::new()
            .description(description)
            .content(kind, Content::new(Some(Schema::from(schema))))
            .build()
    };
    let export = operation(
        "events",
        "events",
        "Events as stored, one a line (role: auditor)",
    )
    .parameter(after())
    .parameter(limit)
    .parameter(text("stream", "One stream, such as `operator/<id>`.").schema(Some(stream)))
    .parameter(text("type", "One type of events."))
    .response(
        "200",
        with_position(plain("The stored bytes", "application/x-ndjson").into()).build(),
    );
    let resume =
        position("Last-Event-ID", "Goes before `after`.").parameter_in(ParameterIn::Header);
    let feed = operation(
        "events",
        "events-stream",
        "Events as they are recorded (roles: auditor, service)",
    )
    .parameter(after())
    .parameter(topic)
    .parameter(resume)
    .response(
        "200",
        plain(
            "Server-sent events; `id` is the position",
            "text/event-stream",
        ),
    );
    let readiness = |description: &str| {
        let content = Content::new(Some(Ref::from_schema_name("Readiness")));
        ResponseBuilder::new()
            .description(description)
            .content("application/json", content)
            .build()
    };
    let ready = operation("health", "readyz", "Whether everything behind works")
        .response("200", readiness("All is well"))
        .response("503", readiness("Something is not; it is named"));
    let live = operation("health", "healthz", "Whether the gateway lives")
        .response("200", plain("It does", "text/plain"));
    let metrics = operation("health", "metrics", "Metrics for Prometheus")
        .response("200", plain("Metrics", "text/plain"));
    let checkpoint = operation(
        "log",
        "log-checkpoint",
        "The latest checkpoint of the signed log",
    )
    .response(
        "200",
        plain("A signed note (C2SP tlog-checkpoint)", "text/plain"),
    );
    let tile_path = ObjectBuilder::new().schema_type(Type::String);
    let tile_path = ParameterBuilder::new()
        .name("path")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(
            "`<level>/<index>` or `entries/<index>`, either with `.p/<width>`; it has slashes.",
        ))
        .schema(Some(tile_path));
    let tile = operation(
        "log",
        "log-tile",
        "Hashes or entries of the signed log (role: auditor)",
    )
    .parameter(tile_path)
    .response(
        "200",
        plain(
            "A tile or an entry bundle (C2SP tlog-tiles)",
            "application/octet-stream",
        ),
    );
    vec![
        (
            "/log/checkpoint",
            problems(checkpoint, &[404, 429, 500, 503]).build(),
        ),
        (
            "/log/tile/{path}",
            problems(secured(tile), &[401, 403, 404, 429, 500, 503]).build(),
        ),
        (
            "/v1/events",
            problems(secured(export), &[400, 401, 403, 429, 500, 503]).build(),
        ),
        (
            "/v1/events/stream",
            problems(secured(feed), &[400, 401, 403, 429, 500, 503]).build(),
        ),
        ("/healthz", live.build()),
        ("/readyz", ready.build()),
        ("/metrics", metrics.build()),
    ]
}

fn position(name: &str, what: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(what))
        .schema(Some(position_schema()))
}

fn position_schema() -> Schema {
    let int64 = SchemaFormat::KnownFormat(KnownFormat::Int64);
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(int64))
        .minimum(Some(0))
        .into()
}

fn text_header(what: &str) -> Header {
    let mut header = Header::new(Schema::from(ObjectBuilder::new().schema_type(Type::String)));
    header.description = Some(what.to_owned());
    header
}

fn with_position(response: ResponseBuilder) -> ResponseBuilder {
    let mut header = Header::new(position_schema());
    header.description = Some("The position of the last event taken into account".to_owned());
    response.header("Jejak-Position", header)
}

/// A date of [`YEARS`], besides being a date.
const DATE: &str = "^(19|2[01]|2200)";
/// A stream by its name: [`jejak_events::ids::StreamId`].
const STREAM: &str = "^(package/[a-z0-9-]{1,64}|operator/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|calendar/[0-9]{1,4})$";
const PROBLEM: &str = "application/problem+json";

fn refusal() -> Schema {
    let all_of = utoipa::openapi::schema::AllOfBuilder::new();
    all_of
        .item(Ref::from_schema_name("Problem"))
        .item(Ref::from_schema_name("Rejection"))
        .into()
}

fn problems(operation: OperationBuilder, statuses: &[u16]) -> OperationBuilder {
    statuses.iter().fold(operation, |operation, status| {
        operation.response(status.to_string(), problem(*status))
    })
}

fn problem(status: u16) -> Response {
    let description = match status {
        400 => "Malformed; `path` names the field",
        401 => "No token, or one that is not valid",
        403 => "The token's roles do not allow this, or not about others (`own_only`)",
        404 => {
            "There is no such thing; the code names what: `package.unknown`, `contract.unknown`, ..."
        }
        409 => "Contended (safe to send again), or the key was used with another body",
        413 => "The body is too large",
        415 => "The body is not JSON",
        429 => "Too much at once; `Retry-After` says when to try again",
        500 => "A fault of the system",
        503 => {
            "Something behind does not answer; safe to repeat with the same key after `Retry-After`"
        }
        _ => "The view did not reach the position in time",
    };
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new()
        .description(description)
        .content(PROBLEM, content)
        .build()
}
