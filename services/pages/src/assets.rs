//! Files that pages load. Each has a hash of its content in its name, so a browser may keep it for good.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::LazyLock,
};

use axum::{
    Router,
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    routing::get,
};

const STYLE: &str = include_str!("../assets/jejak.css");
/// A file of this name never changes.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The address of the style sheet, such as `/aset/jejak-0f3c….css`.
pub(crate) static STYLE_PATH: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    STYLE.hash(&mut hasher);
    format!("/aset/jejak-{:016x}.css", hasher.finish())
});

/// The routes of the files.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/css; charset=utf-8"),
        ),
        (CACHE_CONTROL, FOR_GOOD),
    ];
    Router::new().route(&STYLE_PATH, get(move || async move { (headers, STYLE) }))
}
