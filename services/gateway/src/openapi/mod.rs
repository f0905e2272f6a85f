//! The OpenAPI document, made from the list of commands, the table of queries and the pages of
//! refusals. It is checked in as `docs/openapi.json`, which the gateway serves; a test compares the two.

mod examples;
mod members;
mod operations;
mod parameters;
mod refusals;
mod shapes;
mod unlisted;

use std::collections::BTreeMap;

use jejak_events::Command;
use jejak_projections::Schemas;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, ComponentsBuilder, HttpMethod, Info, InfoBuilder, LicenseBuilder, OpenApi,
        OpenApiBuilder, Paths, RefOr, Schema, ServerBuilder,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};

use crate::{health::Readiness, queries::table::QUERIES, system::SystemStatus};

/// The description of every address of the gateway.
fn openapi() -> OpenApi {
    let here = ServerBuilder::new()
        .url("/")
        .description(Some("The gateway that this document comes from"))
        .build();
    let local = ServerBuilder::new()
        .url("http://127.0.0.1:8080")
        .description(Some("`jejak up` on this machine"))
        .build();
    OpenApiBuilder::new()
        .info(info())
        .servers(Some([here, local]))
        .paths(paths())
        .components(Some(components()))
        .build()
}

fn info() -> Info {
    let license = LicenseBuilder::new()
        .name("Apache-2.0")
        .identifier(Some("Apache-2.0"));
    InfoBuilder::new()
        .title("Jejak")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The engagements of individually contracted staff, as recorded events. Refusals are problem documents \
             (RFC 9457) in Indonesian, or in English if `Accept-Language` prefers it. The examples come from the \
             demonstration that `jejak up --demo` loads.",
        ))
        .license(Some(license.build()))
        .build()
}

fn paths() -> Paths {
    let mut paths = Paths::new();
    for (name, body) in Command::schemas() {
        let operation = operations::command(name, body);
        let path = format!("/v1/commands/{name}");
        paths.add_path_operation(path, vec![HttpMethod::Post], operation);
    }
    for query in QUERIES.iter() {
        let operation = operations::query(query);
        paths.add_path_operation(query.path, vec![HttpMethod::Get], operation);
    }
    for (path, operation) in unlisted::all() {
        paths.add_path_operation(path, vec![HttpMethod::Get], operation);
    }
    paths
}

fn components() -> Components {
    let bearer = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    let schemas: BTreeMap<String, RefOr<Schema>> = schemas().into_iter().collect();
    ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme(operations::BEARER, SecurityScheme::Http(bearer))
        .build()
}

/// Every schema that another part of the document refers to, with its name.
fn schemas() -> Schemas {
    let mut schemas = Command::referenced_schemas();
    for query in QUERIES.iter() {
        (query.referenced)(&mut schemas);
    }
    named::<Readiness>(&mut schemas);
    named::<SystemStatus>(&mut schemas);
    shapes::CommandAnswerShape::schemas(&mut schemas);
    schemas.push(("CommandAnswer".to_owned(), shapes::command_answer()));
    schemas.extend(refusals::schemas());
    schemas
}

fn named<T: ToSchema + PartialSchema>(schemas: &mut Schemas) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

#[cfg(test)]
mod refusals_tests;
#[cfg(test)]
mod tests;
