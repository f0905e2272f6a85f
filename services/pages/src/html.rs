//! Answers with HTML, and the headers that each of them carries.

use askama::Template;
use axum::{
    body::Body,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION,
            REFERRER_POLICY, SET_COOKIE,
        },
    },
    response::{IntoResponse, Response},
};

use crate::context::{Context, LANGUAGE};

/// A page runs this office's script and loads this office's style alone, and asks and sends forms to this office
/// alone. No script and no style may stand in a page.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
/// Pages hold personal data, so no copy of them is kept.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// With less, a browser would not say that a form came from this office.
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const A_YEAR_S: u32 = 31_536_000;

/// A page with a status.
pub(crate) fn page(context: &Context, status: StatusCode, template: &impl Template) -> Response {
    let body = match template.render() {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let code = context.language.pick("id", "en");
    let headers: [(HeaderName, HeaderValue); 5] = [
        (CONTENT_TYPE, HTML),
        (CONTENT_LANGUAGE, HeaderValue::from_static(code)),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, NO_STORE),
        (REFERRER_POLICY, SAME_ORIGIN),
    ];
    let mut response = (status, headers, Body::from(body)).into_response();
    if context.chose_language {
        let cookie =
            format!("{LANGUAGE}={code}; Path=/; Max-Age={A_YEAR_S}; SameSite=Lax; HttpOnly");
        set_cookie(&mut response, &cookie);
    }
    response
}

/// Leads the browser to another page, which it asks by GET.
pub(crate) fn see_other(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    // An address that no header can hold leads to the first page.
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    headers.insert(LOCATION, location);
    headers.insert(CACHE_CONTROL, NO_STORE);
    response
}

/// Adds a cookie.
pub(crate) fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}
