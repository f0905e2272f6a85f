//! Refuses forms that another site sent (cross-site request forgery).

use axum::{
    extract::Request,
    http::{HeaderMap, Method, header::ORIGIN},
    middleware::Next,
    response::Response,
};

use crate::{context::Context, refusal};

/// Lets a request that may change something pass only if a page of this office sent it.
pub(crate) async fn check(context: Context, request: Request, next: Next) -> Response {
    let is_safe = [Method::GET, Method::HEAD].contains(request.method());
    if is_safe || is_same_origin(request.headers(), context.host()) {
        return next.run(request).await;
    }
    refusal::cross_site(&context)
}

/// Browsers say where a form came from. A request that does not say it is refused too.
fn is_same_origin(headers: &HeaderMap, host: &str) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let authority = origin.and_then(|origin| origin.split_once("://"));
    authority.is_some_and(|(_, authority)| !host.is_empty() && authority == host)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn passes(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        is_same_origin(&headers.collect(), "jejak.example.org")
    }

    #[test]
    fn only_a_page_of_the_same_host_may_send_a_form() {
        assert!(passes(&[("sec-fetch-site", "same-origin")]));
        assert!(passes(&[("origin", "https://jejak.example.org")]));
        for wrong in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[
                ("sec-fetch-site", "same-site"),
                ("origin", "https://jejak.example.org"),
            ],
            &[("sec-fetch-site", "none")],
            &[("origin", "null")],
            &[("origin", "https://jejak.example.org.evil.example")],
            &[("origin", "https://jejak.example.org:8443")],
        ] {
            assert!(!passes(wrong), "{wrong:?}");
        }
    }
}
