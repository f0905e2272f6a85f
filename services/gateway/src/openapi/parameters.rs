//! Parameters and headers of the document.

use jejak_bus::as_of::AS_OF;
use jejak_events::date::YEARS;
use jejak_projections::Query;
use utoipa::openapi::{
    Header, Object, ObjectBuilder, RefOr, Required, ResponseBuilder, Schema,
    path::{Parameter, ParameterBuilder, ParameterIn},
    schema::{KnownFormat, OneOfBuilder, SchemaFormat, SchemaType, Type},
};

use crate::queries::params::ITEMS_MAX;

/// A date of [`YEARS`]; the format `date` alone would allow others.
const DATE: &str = "^(19|2[01]|2200)";

/// A parameter of text that may be absent.
pub(super) fn text(name: &str, description: &str) -> ParameterBuilder {
    optional(name, description, text_schema().into())
}

/// A parameter that may be absent, and holds a position of the log.
pub(super) fn position(name: &str, description: &str) -> ParameterBuilder {
    optional(name, description, position_schema())
}

/// A parameter that may be absent.
pub(super) fn optional(name: &str, description: &str, schema: Schema) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
}

/// A schema of text without bounds.
pub(super) fn text_schema() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A response header of text.
pub(super) fn text_header(description: &str) -> Header {
    let mut header = Header::new(Schema::from(text_schema()));
    header.description = Some(description.to_owned());
    header
}

/// A response header of a whole number.
pub(super) fn number_header(description: &str) -> Header {
    let mut header = Header::new(position_schema());
    header.description = Some(description.to_owned());
    header
}

/// Adds the header `Jejak-Position` to a response.
pub(super) fn with_position(response: ResponseBuilder) -> ResponseBuilder {
    let mut header = Header::new(position_schema());
    header.description = Some("The position of the last event that the answer contains".to_owned());
    response.header("Jejak-Position", header)
}

fn position_schema() -> Schema {
    let int64 = SchemaFormat::KnownFormat(KnownFormat::Int64);
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(int64))
        .minimum(Some(0))
        .into()
}

/// The parameter `as_of`: a position of the log or a time.
pub(super) fn as_of() -> ParameterBuilder {
    let time = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    let moment = OneOfBuilder::new()
        .item(text_schema().pattern(Some("^[1-9][0-9]{0,18}$")))
        .item(text_schema().format(Some(time)));
    optional(
        AS_OF,
        "A position of the log, 1 or more, or an RFC 3339 time. The answer holds the knowledge of that moment.",
        moment.into(),
    )
}

/// The parameters of a query, from the type that the view reads.
pub(super) fn of_query(query: &Query) -> Vec<Parameter> {
    let RefOr::T(Schema::Object(params)) = (query.parameters)() else {
        return vec![];
    };
    let parameter = |(name, schema): (String, RefOr<Schema>)| {
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
    params.properties.into_iter().map(parameter).collect()
}

/// Adds bounds that the view checks and its type does not say.
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

/// The schema without null: a parameter is present or absent.
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
