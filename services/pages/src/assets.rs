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
const SCRIPT: &str = include_str!("../assets/jejak.js");
const ICON: &str = include_str!("../assets/jejak.svg");
const CSS: HeaderValue = HeaderValue::from_static("text/css; charset=utf-8");
/// A file of this name never changes.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The address of the style sheet, such as `/aset/jejak-0f3c….css`.
pub(crate) static STYLE_PATH: LazyLock<String> = LazyLock::new(|| path_of(STYLE, "css"));
/// The address of the script. Pages work without it.
pub(crate) static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| path_of(SCRIPT, "js"));

/// The address of the picture that browsers show beside the title.
pub(crate) static ICON_PATH: LazyLock<String> = LazyLock::new(|| path_of(ICON, "svg"));

fn path_of(content: &str, kind: &str) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("/aset/jejak-{:016x}.{kind}", hasher.finish())
}

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
    let file = |content: &'static str, kind: &'static str| {
        let kind = HeaderValue::from_static(kind);
        let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, FOR_GOOD)];
        get(move || async move { (headers, content) })
    };
    Router::new()
        .route(&STYLE_PATH, file(STYLE, "text/css; charset=utf-8"))
        .route(&ICON_PATH, file(ICON, "image/svg+xml"))
        .route(&SCRIPT_PATH, file(SCRIPT, "text/javascript; charset=utf-8"))
        .route(FORGET_PATH, get(async || FORGET))
}
