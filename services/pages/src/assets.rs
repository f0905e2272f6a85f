//! Files that pages load. Each has a hash of its content in its name, so a browser may keep it for good.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::LazyLock,
};

use axum::{
    Router,
    http::{
        HeaderName, HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    routing::get,
};

const STYLE: &str = include_str!("../assets/jejak.css");
const CSS: HeaderValue = HeaderValue::from_static("text/css; charset=utf-8");
/// A file of this name never changes.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The address of the style sheet, such as `/aset/jejak-0f3c….css`.
pub(crate) static STYLE_PATH: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    STYLE.hash(&mut hasher);
    format!("/aset/jejak-{:016x}.css", hasher.finish())
});

/// The address of a style without content. Its answer makes the browser drop the pages that it holds for its back button:
/// Chromium holds some that are not to be stored. The answer to the sign-out itself would come too early for that.
pub(crate) const FORGET_PATH: &str = "/aset/keluar.css";
const FORGET: [(HeaderName, HeaderValue); 3] = [
    (CONTENT_TYPE, CSS),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\""),
    ),
];

/// The routes of the files.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let headers = [(CONTENT_TYPE, CSS), (CACHE_CONTROL, FOR_GOOD)];
    Router::new()
        .route(&STYLE_PATH, get(move || async move { (headers, STYLE) }))
        .route(FORGET_PATH, get(async || FORGET))
}
