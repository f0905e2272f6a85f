//! A named schema for each refusal, such as `PackageQuotaExceeded`, and the refusals of each
//! status. Codes and examples come from the pages in `docs/errors`; the members of a rule's refusal
//! come from [`Rejection`].

use std::collections::BTreeMap;

use jejak_bus::Problem;
use jejak_events::{Rejection, kinds::ItemKind};
use jejak_projections::Schemas;
use jejak_words::{ErrorPage, Language, error_pages};
use serde_json::{Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Content, Object, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Schema,
        path::OperationBuilder,
        schema::{ArrayBuilder, Discriminator, KnownFormat, OneOfBuilder, SchemaFormat, Type},
    },
};

use crate::problem::{Recipient, document};

const PROBLEM_JSON: &str = "application/problem+json";

/// A kind of request. Each kind can get its own refusals.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// `POST /v1/commands/<name>`.
    Command,
    /// A query of a view.
    Query,
    /// A page or a stream of events.
    Events,
    /// `/log/tile/...`.
    Tile,
    /// `/log/checkpoint`, without a token.
    Checkpoint,
    /// `/problems` and below, without a token.
    Page,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::Command,
        Self::Query,
        Self::Events,
        Self::Tile,
        Self::Checkpoint,
        Self::Page,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Command => "Command",
            Self::Query => "Query",
            Self::Events => "Events",
            Self::Tile => "Tile",
            Self::Checkpoint => "Checkpoint",
            Self::Page => "Page",
        }
    }

    /// Whether a request of this kind can get the refusal.
    fn gets(self, refusal: &Refusal) -> bool {
        let code = refusal.code.as_str();
        let any = ["request.too_many", "system.fault"];
        let with_token = ["token.invalid", "role.missing"];
        let command = [
            "request.malformed",
            "request.unknown",
            "log.unavailable",
            "log.unreadable",
            "request.too_large",
            "request.unsupported_media_type",
            "command.contended",
            "service.unavailable",
        ];
        let query = [
            "request.malformed",
            "log.unavailable",
            "log.unreadable",
            "service.unavailable",
            "view.stopped",
            "view.behind",
        ];
        let tree = ["log.unavailable", "service.unavailable", "tile.unknown"];
        let events = ["request.malformed", "log.unavailable", "log.unreadable"];
        let own = match self {
            Self::Command => refusal.of_rule || command.contains(&code),
            Self::Page => code == "request.unknown",
            Self::Query => (refusal.of_item && code != "tile.unknown") || query.contains(&code),
            Self::Events => events.contains(&code),
            Self::Tile | Self::Checkpoint => tree.contains(&code),
        };
        let has_token = !matches!(self, Self::Checkpoint | Self::Page);
        own || any.contains(&code) || (has_token && with_token.contains(&code))
    }
}

/// One refusal.
struct Refusal {
    code: String,
    /// The code in camel case, such as `PackageQuotaExceeded`.
    name: String,
    status: u16,
    /// Whether a rule refuses so.
    of_rule: bool,
    /// Whether a query refuses so, for a thing that it does not find.
    of_item: bool,
    schema: Object,
}

/// The schemas of all refusals, and of each status with several codes.
pub(super) fn schemas() -> Schemas {
    let refusals = all();
    let mut schemas = Schemas::new();
    Rejection::schemas(&mut schemas);
    for kind in Kind::ALL {
        for (status, codes) in by_status(&refusals, kind) {
            if codes.len() > 1 {
                schemas.push((group_name(kind, status), one_of(&codes)));
            }
        }
    }
    let named = refusals.into_iter();
    schemas.extend(named.map(|refusal| (refusal.name, RefOr::T(refusal.schema.into()))));
    schemas
}

/// Adds the responses of all refusals that this kind of request can get.
pub(super) fn add_to(mut operation: OperationBuilder, kind: Kind) -> OperationBuilder {
    for (status, refusals) in by_status(&all(), kind) {
        operation = operation.response(status.to_string(), response(kind, status, &refusals));
    }
    operation
}

fn by_status(refusals: &[Refusal], kind: Kind) -> BTreeMap<u16, Vec<&Refusal>> {
    let mut by_status: BTreeMap<u16, Vec<&Refusal>> = BTreeMap::new();
    for refusal in refusals.iter().filter(|refusal| kind.gets(refusal)) {
        by_status.entry(refusal.status).or_default().push(refusal);
    }
    by_status
}

fn group_name(kind: Kind, status: u16) -> String {
    format!("{}Refused{status}", kind.name())
}

fn one_of(refusals: &[&Refusal]) -> RefOr<Schema> {
    let mapping = refusals.iter().map(|refusal| {
        let reference = format!("#/components/schemas/{}", refusal.name);
        (refusal.code.clone(), reference)
    });
    let discriminator = Discriminator::with_mapping("code", mapping);
    let mut one_of = OneOfBuilder::new().discriminator(Some(discriminator));
    for refusal in refusals {
        one_of = one_of.item(Ref::from_schema_name(&refusal.name));
    }
    RefOr::T(one_of.build().into())
}

fn response(kind: Kind, status: u16, refusals: &[&Refusal]) -> Response {
    let schema = match refusals {
        [only] => Ref::from_schema_name(&only.name),
        _ => Ref::from_schema_name(group_name(kind, status)),
    };
    // Each named schema has its own example.
    ResponseBuilder::new()
        .description(description(status))
        .content(PROBLEM_JSON, Content::new(Some(schema)))
        .build()
}

fn description(status: u16) -> &'static str {
    match status {
        400 => "Malformed; `path` names the field",
        401 => "No token, or a token that is not valid",
        403 => "The token's roles do not allow this",
        404 => "Unknown; the code names the missing thing",
        409 => "Contended (send it again), or the key belongs to another body",
        413 => "The body is too large",
        415 => "The body is not JSON",
        422 => "A rule refuses; nothing changed",
        429 => "Too many requests at once; `Retry-After` names the seconds to wait",
        500 => "A fault of the system; `incident` is its number in the log",
        503 => "A service does not answer. Repeat with the same key after `Retry-After`",
        _ => "The view did not reach the position in time",
    }
}

/// All refusals, one for each page of `docs/errors`.
fn all() -> Vec<Refusal> {
    let rules = members_of_rules();
    error_pages()
        .filter_map(|page| refusal(page, &rules))
        .collect()
}

fn refusal(page: ErrorPage, rules: &BTreeMap<String, Object>) -> Option<Refusal> {
    let mut examples = examples(page);
    let of_item = ItemKind::ALL.iter().any(|thing| json!(thing) == page.code);
    if of_item {
        // A query names the thing by its path, a command by its id.
        examples.push(json!({"code": page.code, "item": "contracts/<id>"}));
    }
    let problems: Vec<Problem> = examples
        .iter()
        .filter_map(|example| serde_json::from_value(example.clone()).ok())
        .collect();
    let first = problems.first()?;
    let status = first.status();
    let of_rule = rules.get(page.code);
    let mut object = document_schema(page.code, status);
    for example in examples.iter().filter_map(Value::as_object) {
        for name in example.keys().filter(|name| *name != "code") {
            let member = member_of_request(name);
            object.properties.entry(name.clone()).or_insert(member);
        }
    }
    if let Some(rule) = of_rule {
        object.description.clone_from(&rule.description);
        let members = rule.properties.iter().filter(|(name, _)| *name != "code");
        object
            .properties
            .extend(members.map(|(name, schema)| (name.clone(), schema.clone())));
    }
    // A member is required if every example has it.
    let required = object.properties.keys().filter(|name| {
        let all_have = examples.iter().all(|example| example.get(*name).is_some());
        let of_every_document = ["type", "title", "status", "detail"].contains(&name.as_str());
        of_every_document || all_have
    });
    object.required = required.cloned().collect();
    let reader = Recipient {
        language: Language::English,
        is_command: true,
    };
    object.example = Some(document(first, reader));
    Some(Refusal {
        code: page.code.to_owned(),
        name: camel_case(page.code),
        status,
        of_rule: of_rule.is_some(),
        of_item,
        schema: object,
    })
}

/// The problems in the page's code blocks.
fn examples(page: ErrorPage) -> Vec<Value> {
    let blocks = page.markdown.split("```json\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    blocks
        .filter_map(|block| serde_json::from_str(block).ok())
        .collect()
}

/// The members that every problem document has.
fn document_schema(code: &str, status: u16) -> Object {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let status = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(Some("The HTTP status"))
        .enum_values(Some([status]));
    let kind = text().description(Some("The address of the page that explains the refusal"));
    let title = text().description(Some("The refusal in a few words, in the reader's language"));
    let detail = text().description(Some(
        "The numbers of this refusal and the next step, in the reader's language",
    ));
    let code = text()
        .description(Some("The stable code"))
        .enum_values(Some([code]));
    ObjectBuilder::new()
        .property("type", kind)
        .property("title", title)
        .property("status", status)
        .property("detail", detail)
        .property("code", code)
        .build()
}

/// The members of each rule's refusal, by code.
fn members_of_rules() -> BTreeMap<String, Object> {
    let RefOr::T(Schema::OneOf(one_of)) = Rejection::schema() else {
        return BTreeMap::new();
    };
    let objects = one_of.items.into_iter().filter_map(|item| match item {
        RefOr::T(Schema::Object(object)) => Some(object),
        _ => None,
    });
    objects
        .filter_map(|object| Some((code_of(&object)?, object)))
        .collect()
}

fn code_of(object: &Object) -> Option<String> {
    let RefOr::T(Schema::Object(code)) = object.properties.get("code")? else {
        return None;
    };
    let value = code.enum_values.as_ref()?.first()?;
    value.as_str().map(str::to_owned)
}

/// The schema of a member of `RequestProblem`. One name means one thing in all of them.
fn member_of_request(name: &str) -> RefOr<Schema> {
    let text = |description: &str| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(description))
    };
    let number = |description: &str| {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(0))
            .description(Some(description))
    };
    let texts = |description: &str| {
        let item = ObjectBuilder::new().schema_type(Type::String);
        let array = ArrayBuilder::new().items(RefOr::T(item.build().into()));
        array.description(Some(description))
    };
    let schema: Schema = match name {
        "path" => text("The path of the field, the name of the parameter, or the address").into(),
        "reason" => text("The reason, in English and for programs").into(),
        "missing" => texts("The required fields that are missing").into(),
        "needed" => texts("The roles of which one is needed").into(),
        "own_only" => ObjectBuilder::new()
            .schema_type(Type::Boolean)
            .description(Some("Whether the caller may only read his own records"))
            .into(),
        "allowed" => texts("The methods that the address takes").into(),
        "attempts" => number("The times that another change came first").into(),
        "limit_bytes" => number("The largest body, in bytes").into(),
        "expected" => text("The media type that the address takes").into(),
        "retry_after_s" => number("The seconds to wait").into(),
        "incident" => text("The number of the fault in the log").into(),
        "service" => text("The service that does not answer").into(),
        "view" => text("The name of the view").into(),
        "position" => number("The position that the view has reached").into(),
        "min_position" => number("The position that was asked for").into(),
        "lag" => number("The positions between the two").into(),
        "item" => text("The path of the missing thing, such as `contracts/<id>`").into(),
        _ => text("A member of the refusal").into(),
    };
    RefOr::T(schema)
}

/// `package.quota_exceeded` as `PackageQuotaExceeded`.
fn camel_case(code: &str) -> String {
    let words = code.split(['.', '_']);
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    words.map(capital).collect()
}
