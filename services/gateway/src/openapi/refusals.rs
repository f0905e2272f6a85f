//! A named schema for each refusal, such as `PackageQuotaExceeded`, and the refusals of each
//! status. Codes and examples come from the pages in `docs/errors`; the members of a rule's refusal
//! come from [`Rejection`].

use std::collections::BTreeMap;

use jejak_bus::Problem;
use jejak_events::{Rejection, kinds::ItemKind};
use jejak_projections::{Query, Schemas};
use jejak_words::{ErrorPage, Language, error_pages};
use serde_json::{Value, json};
use utoipa::{
    ToSchema,
    openapi::{
        Content, Object, Ref, RefOr, Response, ResponseBuilder, Schema,
        example::Example,
        path::OperationBuilder,
        schema::{Discriminator, OneOfBuilder},
    },
};

use super::{members, parameters::number_header};
use crate::{
    problem::{Recipient, document, retry_after_s},
    queries::table::QUERIES,
};

const PROBLEM_JSON: &str = "application/problem+json";

/// A kind of request. Each kind can get its own refusals.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// `POST /v1/commands/<name>`.
    Command,
    /// A query, with the things that it may not find.
    Query(&'static [ItemKind]),
    /// A query that is a list.
    List(&'static [ItemKind]),
    /// A page or a stream of events.
    Events,
    /// `/log/tile/...`.
    Tile,
    /// `/log/checkpoint`, without a token.
    Checkpoint,
    /// `/problems` and below, without a token.
    Page,
    /// `/v1/system`.
    System,
}

impl Kind {
    /// Every kind, with the queries one by one.
    fn all() -> impl Iterator<Item = Self> {
        let others = [
            Self::Command,
            Self::Events,
            Self::Tile,
            Self::Checkpoint,
            Self::Page,
            Self::System,
        ];
        let queries = QUERIES.iter().map(|query| Self::of(query));
        others.into_iter().chain(queries)
    }

    /// The kind of a query.
    pub(super) fn of(query: &Query) -> Self {
        match query.columns.is_empty() {
            true => Self::Query(query.unknown),
            false => Self::List(query.unknown),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Command => "Command",
            Self::Query(_) => "Query",
            Self::List(_) => "List",
            Self::Events => "Events",
            Self::Tile => "Tile",
            Self::Checkpoint => "Checkpoint",
            Self::Page => "Page",
            Self::System => "System",
        }
    }

    /// Whether a request of this kind can get the refusal.
    fn gets(self, refusal: &Refusal) -> bool {
        let code = refusal.code.as_str();
        let any = ["request.malformed", "request.too_many", "system.fault"];
        let with_token = ["token.invalid", "role.missing"];
        let command = [
            "request.unknown",
            "log.unavailable",
            "log.unreadable",
            "request.too_large",
            "request.unsupported_media_type",
            "command.contended",
            "service.unavailable",
        ];
        let query = [
            "log.unavailable",
            "log.unreadable",
            "service.unavailable",
            "view.stopped",
            "view.behind",
        ];
        let table = "list.too_long";
        let tree = ["log.unavailable", "service.unavailable"];
        let events = ["log.unavailable", "log.unreadable"];
        let own = match self {
            Self::Command => refusal.of_rule || command.contains(&code),
            Self::Page => code == "request.unknown",
            Self::Query(things) => query.contains(&code) || things.iter().any(names(code)),
            Self::List(things) => code == table || Self::Query(things).gets(refusal),
            Self::Events => events.contains(&code),
            Self::Tile => tree.contains(&code) || names(code)(&ItemKind::Tile),
            Self::Checkpoint => tree.contains(&code),
            Self::System => false,
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
    /// The first example of the page.
    problem: Problem,
    schema: Object,
}

impl Refusal {
    /// The document of the example, as a request of the kind gets it.
    fn example(&self, kind: Kind) -> Value {
        let recipient = Recipient {
            language: Language::English,
            is_command: matches!(kind, Kind::Command),
        };
        document(&self.problem, recipient)
    }
}

/// Whether a thing's code is this one.
fn names(code: &str) -> impl Fn(&ItemKind) -> bool {
    move |thing| json!(thing) == code
}

/// The schemas of all refusals, and of each status with several codes.
pub(super) fn schemas() -> Schemas {
    let refusals = all();
    let mut schemas = Schemas::new();
    Rejection::schemas(&mut schemas);
    for kind in Kind::all() {
        for (status, codes) in by_status(&refusals, kind) {
            if codes.len() > 1 {
                schemas.push((group_name(kind, status, &codes), one_of(&codes)));
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

/// The name of the choice between refusals of one status. Queries that miss different things have choices of
/// their own.
fn group_name(kind: Kind, status: u16, refusals: &[&Refusal]) -> String {
    let things: String = match (kind, status) {
        (Kind::Query(_), 404) => refusals
            .iter()
            .map(|refusal| refusal.name.trim_end_matches("Unknown"))
            .collect(),
        _ => String::new(),
    };
    format!("{things}{}Refused{status}", kind.name())
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
        _ => Ref::from_schema_name(group_name(kind, status, refusals)),
    };
    let mut content = Content::builder().schema(Some(schema));
    // Each named schema has an example. A command and a query get different words for some.
    let differs = |refusal: &&Refusal| Some(refusal.example(kind)) != refusal.schema.example;
    if refusals.iter().any(differs) {
        let examples = refusals.iter().map(|refusal| {
            let example = Example::builder().value(Some(refusal.example(kind)));
            (refusal.code.clone(), example)
        });
        content = content.examples_from_iter(examples);
    }
    let response = ResponseBuilder::new()
        .description(description(kind, status))
        .content(PROBLEM_JSON, content.build());
    let waiting = refusals
        .iter()
        .filter(|refusal| retry_after_s(&refusal.problem).is_some())
        .count();
    let header = match waiting {
        0 => return response.build(),
        all if all == refusals.len() => "The seconds to wait",
        _ => "The seconds to wait; absent where waiting does not help",
    };
    response
        .header("Retry-After", number_header(header))
        .build()
}

fn description(kind: Kind, status: u16) -> &'static str {
    match (status, kind) {
        (400, _) => "Malformed; `path` names the field",
        (401, _) => "No token, or a token that is not valid",
        (403, _) => "The token's roles do not allow this",
        (404, _) => "Unknown; the code names the missing thing",
        (409, _) => "Contended (send it again), or the key belongs to another body",
        (413, _) => "The body is too large",
        (415, _) => "The body is not JSON",
        (422, _) => "A rule refuses; nothing changed",
        (429, _) => "Too many requests at once; `Retry-After` names the seconds to wait",
        (500, _) => "A fault of the system; `incident` is its number in the log",
        (503, Kind::Command) => {
            "Not now. Repeat with the same key after `Retry-After`. Without that header an administrator must act first"
        }
        (503, _) => {
            "Not now. Ask again after `Retry-After`. Without that header an administrator must act first"
        }
        _ => "The view did not reach the position in time",
    }
}

/// All refusals, one for each page of `docs/errors`.
fn all() -> Vec<Refusal> {
    let rules = members::of_rules();
    error_pages()
        .filter_map(|page| refusal(page, &rules))
        .collect()
}

fn refusal(page: ErrorPage, rules: &BTreeMap<String, Object>) -> Option<Refusal> {
    let mut examples = examples(page);
    let of_item = ItemKind::ALL.iter().any(names(page.code));
    if of_item {
        // A query names the thing by its path, a command by its id.
        examples.push(json!({"code": page.code, "item": "contracts/<id>"}));
    }
    let problems: Vec<Problem> = examples
        .iter()
        .filter_map(|example| serde_json::from_value(example.clone()).ok())
        .collect();
    let problem = problems.first()?.clone();
    let status = problem.status();
    let of_rule = rules.get(page.code);
    let mut object = members::of_document(page.code, status);
    for example in examples.iter().filter_map(Value::as_object) {
        for name in example.keys().filter(|name| *name != "code") {
            let member = members::of_request(name);
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
    let mut refusal = Refusal {
        code: page.code.to_owned(),
        name: camel_case(page.code),
        status,
        of_rule: of_rule.is_some(),
        problem,
        schema: object,
    };
    let kind = if Kind::Command.gets(&refusal) {
        Kind::Command
    } else {
        Kind::Page
    };
    refusal.schema.example = Some(refusal.example(kind));
    Some(refusal)
}

/// The problems in the page's code blocks.
fn examples(page: ErrorPage) -> Vec<Value> {
    let blocks = page.markdown.split("```json\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    blocks
        .filter_map(|block| serde_json::from_str(block).ok())
        .collect()
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
