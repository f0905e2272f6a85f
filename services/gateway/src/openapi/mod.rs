//! The OpenAPI document, made from what is served: the commands of `jejak_events`, the table of
//! queries, and the few addresses besides. Nothing is described twice.

mod parts;
mod paths;

use std::collections::BTreeMap;

use jejak_events::{Command, Rejection};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, ComponentsBuilder, Info, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder,
        RefOr, Schema,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};

use crate::{
    health::Readiness,
    queries::table::{QUERIES, Schemas},
};

/// The name of the way to say who one is.
const BEARER: &str = "bearer";

/// The description of everything the gateway answers.
pub fn openapi() -> OpenApi {
    OpenApiBuilder::new()
        .info(info())
        .paths(paths::all())
        .components(Some(components()))
        .build()
}

fn info() -> Info {
    InfoBuilder::new()
        .title("Jejak")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The engagements of individually contracted staff, as recorded events. Errors are problem \
             documents (RFC 9457) in Indonesian, or in English where `Accept-Language` prefers it.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build()
}

fn components() -> Components {
    let bearer = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    let schemas: BTreeMap<String, RefOr<Schema>> = schemas().into_iter().collect();
    ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme(BEARER, SecurityScheme::Http(bearer))
        .build()
}

/// Every schema that is referred to, by name.
fn schemas() -> Schemas {
    let mut schemas = Command::referenced_schemas();
    for query in QUERIES.iter() {
        (query.referenced)(&mut schemas);
    }
    named::<Rejection>(&mut schemas);
    named::<Readiness>(&mut schemas);
    named::<parts::ProblemDocument>(&mut schemas);
    named::<parts::CommandAnswer>(&mut schemas);
    schemas
}

fn named<T: ToSchema + PartialSchema>(schemas: &mut Schemas) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

#[cfg(test)]
mod tests;
