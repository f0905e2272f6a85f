//! The operations of commands and queries.

use jejak_bus::request::role_for;
use jejak_projections::{OperatorAccess, Query};
use jejak_words::Language;
use serde_json::Value;
use utoipa::openapi::{
    Content, Ref, RefOr, Required, ResponseBuilder, Schema, SecurityRequirement,
    path::{Operation, OperationBuilder, ParameterIn},
    request_body::RequestBodyBuilder,
};

use super::{
    examples,
    parameters::{
        as_of, of_query, optional, position, text, text_header, text_schema, with_position,
    },
    refusals::{self, Kind},
};
use crate::{
    auth::roles::{self, QueryAccess},
    commands::DRY_RUN_PARAMETER,
    queries::params::MIN_POSITION,
    tables::{self, TableFormat},
};

/// The name of the security scheme for bearer tokens.
pub(super) const BEARER: &str = "bearer";

/// The pattern of an `Idempotency-Key`, which is no NIK and no NIP.
const KEY: &str = "^(?!.*[0-9]{16})[A-Za-z0-9._-]{1,64}$";

/// An operation with its tag, its id and its title.
pub(super) fn operation(tag: &str, id: &str, summary: &str) -> OperationBuilder {
    OperationBuilder::new()
        .tag(tag)
        .operation_id(Some(id))
        .summary(Some(summary))
}

/// Requires a bearer token.
pub(super) fn secured(operation: OperationBuilder) -> OperationBuilder {
    operation.security(SecurityRequirement::new(BEARER, Vec::<String>::new()))
}

/// The content of a JSON body with its example.
pub(super) fn json_content(schema: impl Into<RefOr<Schema>>, example: Option<Value>) -> Content {
    let content = Content::builder().schema(Some(schema));
    content.example(example).build()
}

/// `POST /v1/commands/<name>`.
pub(super) fn command(name: &str, body: RefOr<Schema>) -> Operation {
    let role = role_for(name).map_or("none", roles::name);
    let summary = format!("{} (role: {role})", title(&body));
    let key = optional(
        "Idempotency-Key",
        "The same key again gives the first answer again. Without one the gateway makes a key and returns it.",
        text_schema().pattern(Some(KEY)).into(),
    );
    let dry_run = optional(
        DRY_RUN_PARAMETER,
        "With 1 the command is decided and not appended. The answer is the same with `position` null, or the same \
         refusal. The key stays unused, and its earlier uses do not count.",
        text_schema().enum_values(Some(["1"])).into(),
    );
    let body = json_content(body, examples::body(name));
    let body = RequestBodyBuilder::new()
        .content("application/json", body)
        .required(Some(Required::True));
    let answer = json_content(
        Ref::from_schema_name("CommandAnswer"),
        examples::command_answer(name),
    );
    let answer = ResponseBuilder::new()
        .description("The stored events")
        .content("application/json", answer)
        .header("Idempotency-Key", text_header("The command's id"));
    let operation = operation("commands", name, &summary)
        .parameter(key.parameter_in(ParameterIn::Header))
        .parameter(dry_run)
        .request_body(Some(body.build()))
        .response("200", answer);
    refusals::add_to(secured(operation), Kind::Command).build()
}

/// The first sentence of a command's description, without its full stop.
fn title(body: &RefOr<Schema>) -> String {
    let description = match body {
        RefOr::T(Schema::Object(object)) => object.description.as_deref(),
        _ => None,
    };
    let sentence = description.and_then(|text| text.split(". ").next());
    sentence
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_owned()
}

/// Adds the formats of a table to the answer of a list.
fn with_tables(answer: ResponseBuilder, query: &Query) -> ResponseBuilder {
    if query.columns.is_empty() {
        return answer;
    }
    let headings = tables::headings(query, Language::English).join(";");
    let text = Content::builder()
        .schema(Some(Schema::from(text_schema())))
        .example(Some(format!("\u{feff}{headings}\r\n").into()));
    let binary = text_schema().content_media_type(TableFormat::Xlsx.asked_as());
    let binary = Content::builder().schema(Some(Schema::from(binary)));
    answer
        .content(TableFormat::Csv.asked_as(), text.build())
        .content(TableFormat::Xlsx.asked_as(), binary.build())
}

/// `GET` of a query.
pub(super) fn query(query: &Query) -> Operation {
    let id = format!("{}-{}", query.view, query.name);
    let mut operation = operation("queries", &id, query.summary);
    for parameter in of_query(query) {
        operation = operation.parameter(parameter);
    }
    if query.as_of.is_some() {
        operation = operation.parameter(as_of());
    }
    let tag = text("If-None-Match", "The `ETag` of an earlier answer");
    let min_position = position(
        MIN_POSITION,
        "The least position of the answer. The view waits for it, five seconds at most.",
    );
    let roles: Vec<_> = QueryAccess::of(query)
        .roles()
        .into_iter()
        .map(roles::name)
        .collect();
    let own = match query.operator {
        OperatorAccess::None => "",
        OperatorAccess::Filter(_) | OperatorAccess::Path(_) | OperatorAccess::Answer(_) => {
            "; operator, for his own records"
        }
    };
    let description = format!("Roles: {}{own}.", roles.join(", "));
    let answer = json_content((query.answer)(), examples::answer(query.path));
    let answer = with_position(ResponseBuilder::new().description("The answer, at a position"))
        .content("application/json", answer)
        .header("ETag", text_header("The name of this answer"));
    let answer = with_tables(answer, query);
    let unchanged = ResponseBuilder::new().description("The client has this answer already");
    let operation = operation
        .description(Some(description))
        .parameter(tag.parameter_in(ParameterIn::Header))
        .parameter(min_position)
        .response("200", answer)
        .response("304", with_position(unchanged));
    refusals::add_to(secured(operation), Kind::of(query)).build()
}
