//! `GET /problems/<code>`: the page that `type` of a problem document names. It needs no token.

use axum::{
    extract::Path,
    http::{
        HeaderValue, Uri,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use jejak_bus::RequestProblem;
use jejak_words::{error_page, error_pages};

use crate::problem::Failure;

/// The list of all pages: `code: title`, one a line.
pub(crate) async fn index() -> Response {
    let titles = error_pages().filter_map(|page| page.markdown.lines().next());
    let lines: Vec<_> = titles
        .map(|title| title.trim_start_matches("# ").replace('`', ""))
        .collect();
    text(lines.join("\n") + "\n")
}

/// The page of one code; another code is an unknown address.
pub(crate) async fn of_code(Path(code): Path<String>, uri: Uri) -> Result<Response, Failure> {
    let page = error_page(&code).ok_or_else(|| RequestProblem::Unknown {
        path: uri.path().to_owned(),
    })?;
    Ok(text(page.markdown))
}

/// Markdown as plain text, since browsers show that in place.
fn text(body: impl IntoResponse) -> Response {
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        ),
        (CACHE_CONTROL, HeaderValue::from_static("max-age=3600")),
    ];
    (headers, body).into_response()
}
