//! The members of problem documents: those that all have, those of a rule's refusal, and those of the
//! other problems.

use std::collections::BTreeMap;

use jejak_events::Rejection;
use utoipa::{
    PartialSchema,
    openapi::{
        Object, ObjectBuilder, RefOr, Schema,
        schema::{ArrayBuilder, KnownFormat, SchemaFormat, Type},
    },
};

/// The members that every problem document has.
pub(super) fn of_document(code: &str, status: u16) -> Object {
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
pub(super) fn of_rules() -> BTreeMap<String, Object> {
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
pub(super) fn of_request(name: &str) -> RefOr<Schema> {
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
        "own_share" => ObjectBuilder::new()
            .schema_type(Type::Boolean)
            .description(Some("Whether the caller holds his own share, and others still get theirs"))
            .into(),
        "allowed" => texts("The methods that the address takes").into(),
        "attempts" => number("The times that another change came first").into(),
        "limit_bytes" => number("The largest body, in bytes").into(),
        "limit_rows" => number("The most rows of a table").into(),
        "expected" => text("The media type that the address takes; `identity` for a body without `Content-Encoding`").into(),
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
