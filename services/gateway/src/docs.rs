//! `/openapi.json` and `/docs`: the OpenAPI document, and Swagger UI to read it with. All files are
//! in the binary.

use std::sync::Arc;

use axum::{
    Router,
    http::{
        HeaderName, HeaderValue,
        header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::Redirect,
    routing::get,
};

use crate::{app::App, browsers};

/// The OpenAPI document, as JSON. A test makes it anew from the code and compares; a story compares its examples
/// with the answers of an office.
pub const OPENAPI: &str = include_str!("../../../docs/openapi.json");

const INDEX: &[u8] = include_bytes!("../swagger-ui/index.html");
const INITIALIZER: &[u8] = include_bytes!("../swagger-ui/swagger-initializer.js");
const SCRIPT_GZ: &[u8] = include_bytes!("../swagger-ui/swagger-ui-bundle.js.gz");
const STYLE_GZ: &[u8] = include_bytes!("../swagger-ui/swagger-ui.css.gz");

/// A browser may keep the files for a day; a new release changes them.
const ONE_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// The routes of the document and of the page.
pub(crate) fn routes() -> Router<Arc<App>> {
    let json = [content_type("application/json")];
    let html = [
        content_type("text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, browsers::DOCUMENTATION),
    ];
    let script = content_type("text/javascript; charset=utf-8");
    let style = content_type("text/css; charset=utf-8");
    Router::new()
        .route("/openapi.json", get(move || async move { (json, OPENAPI) }))
        .route("/docs", get(|| async { Redirect::permanent("/docs/") }))
        .route("/docs/", file(html, INDEX))
        .route(
            "/docs/swagger-initializer.js",
            file([script.clone()], INITIALIZER),
        )
        .route(
            "/docs/swagger-ui-bundle.js",
            file(compressed(script), SCRIPT_GZ),
        )
        .route("/docs/swagger-ui.css", file(compressed(style), STYLE_GZ))
}

type HeaderPair = (HeaderName, HeaderValue);

fn content_type(value: &'static str) -> HeaderPair {
    (CONTENT_TYPE, HeaderValue::from_static(value))
}

/// The headers of a file that is stored with gzip, as every browser reads it.
fn compressed(content_type: HeaderPair) -> [HeaderPair; 3] {
    let gzip = HeaderValue::from_static("gzip");
    [
        content_type,
        (CONTENT_ENCODING, gzip),
        (CACHE_CONTROL, ONE_DAY),
    ]
}

fn file<const N: usize>(
    headers: [HeaderPair; N],
    content: &'static [u8],
) -> axum::routing::MethodRouter<Arc<App>> {
    get(move || async move { (headers, content) })
}
