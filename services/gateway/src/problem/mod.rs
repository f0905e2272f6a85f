//! Refusals over HTTP: each leaves as a problem document (RFC 9457) in the reader's language. A
//! handler fails with a [`Failure`], and the outermost layer calls [`write`]. An error of the HTTP
//! framework becomes a problem here too.

#[cfg(test)]
mod forms_tests;
pub(crate) mod language;
#[cfg(test)]
mod malformed_tests;
#[cfg(test)]
mod pages_tests;
mod words;

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{
            ALLOW, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER,
            VARY, WWW_AUTHENTICATE,
        },
        response::Parts,
    },
    response::{IntoResponse, Response},
};
use jejak_bus::{Problem, RequestProblem};
use jejak_words::Language;
use serde_json::{Value, json};

pub(crate) use words::Recipient;

/// A refusal before it has words. [`write`] adds them on the way out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure(pub(crate) Problem);

impl<P: Into<Problem>> From<P> for Failure {
    fn from(problem: P) -> Self {
        Self(problem.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}

/// The refusal of a malformed field or parameter.
pub(crate) fn malformed(path: impl Into<String>, reason: impl Into<String>) -> RequestProblem {
    RequestProblem::malformed(path, reason)
}

/// The refusal of an invalid token; `reason` is `missing`, `expired` and the
/// like.
pub(crate) fn token_invalid(reason: &str) -> RequestProblem {
    RequestProblem::TokenInvalid {
        reason: reason.to_owned(),
    }
}

/// The refusal of a request beyond the limits.
pub(crate) fn too_many() -> Failure {
    RequestProblem::TooMany {
        retry_after_s: 1,
        own_share: false,
    }
    .into()
}

/// The refusal of a caller who holds his share of the places. Others still get theirs.
pub(crate) fn share_taken() -> Failure {
    RequestProblem::TooMany {
        retry_after_s: 1,
        own_share: true,
    }
    .into()
}

/// A fault of the system, logged under the incident that the answer names.
pub(crate) fn fault(error: &dyn std::fmt::Display) -> RequestProblem {
    RequestProblem::fault("a request", error)
}

/// Gives a refusal its document. Every other answer stays as it is.
pub(crate) fn write(response: Response, recipient: Recipient, path: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    let Some(problem) = problem_of(&mut parts, path) else {
        return Response::from_parts(parts, body);
    };
    let body = document(&problem, recipient).to_string();
    set_headers(&mut parts.headers, &problem, recipient.language);
    parts.status =
        StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Response::from_parts(parts, Body::from(body))
}

/// [`write`], as a page for a person who reads it in a browser.
pub(crate) fn write_page(
    response: Response,
    recipient: Recipient,
    asked: &HeaderMap,
    uri: &Uri,
) -> Response {
    let (mut parts, body) = response.into_parts();
    let Some(problem) = problem_of(&mut parts, uri.path()) else {
        return Response::from_parts(parts, body);
    };
    set_headers(&mut parts.headers, &problem, recipient.language);
    let status = StatusCode::from_u16(problem.status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    jejak_pages::refusal_page(asked, uri, (status, &parts.headers), |language| {
        let recipient = Recipient {
            language,
            ..recipient
        };
        document(&problem, recipient)
    })
}

/// The problem that an answer carries, or that the HTTP framework made.
fn problem_of(parts: &mut Parts, path: &str) -> Option<Problem> {
    let problem = parts.extensions.remove::<Problem>();
    problem.or_else(|| of_framework(parts, path))
}

/// The stable code of a problem, such as `package.quota_exceeded`.
pub(crate) fn code(problem: &Problem) -> String {
    match problem {
        Problem::Rejected(rejection) => rejection.code(),
        Problem::Request(problem) => members(problem)
            .get("code")
            .and_then(Value::as_str)
            .unwrap_or("system.fault")
            .to_owned(),
    }
}

fn members(problem: &impl serde::Serialize) -> serde_json::Map<String, Value> {
    match serde_json::to_value(problem) {
        Ok(Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    }
}

/// The problem document: the words, the status, and the refusal's own members.
pub(crate) fn document(problem: &Problem, recipient: Recipient) -> Value {
    let mut document = members(problem);
    let text = words::text(problem, recipient);
    document.insert(
        "type".to_owned(),
        json!(format!("/problems/{}", code(problem))),
    );
    document.insert("title".to_owned(), json!(text.title));
    document.insert("status".to_owned(), json!(problem.status()));
    document.insert("detail".to_owned(), json!(text.detail()));
    Value::Object(document)
}

fn set_headers(headers: &mut HeaderMap, problem: &Problem, language: Language) {
    headers.remove(CONTENT_LENGTH);
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    headers.insert(
        CONTENT_LANGUAGE,
        HeaderValue::from_static(language::code(language)),
    );
    headers.insert(VARY, HeaderValue::from_static("accept-language"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = retry_after_s(problem) {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Problem::Request(RequestProblem::TokenInvalid { reason }) = problem {
        let challenge = match reason.as_str() {
            "missing" => "Bearer realm=\"jejak\"",
            _ => "Bearer realm=\"jejak\", error=\"invalid_token\"",
        };
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
}

/// The seconds after which the same request may succeed. None where waiting does not help: a stopped view and
/// an unreadable log need an administrator.
pub(crate) fn retry_after_s(problem: &Problem) -> Option<u64> {
    use RequestProblem as P;
    let Problem::Request(problem) = problem else {
        return None;
    };
    match problem {
        P::TooMany { retry_after_s, .. }
        | P::LogUnavailable { retry_after_s }
        | P::ServiceUnavailable { retry_after_s, .. } => Some(*retry_after_s),
        P::Contended { .. } | P::ViewBehind { .. } => Some(1),
        P::LogUnreadable { .. }
        | P::ViewStopped { .. }
        | P::Malformed { .. }
        | P::TokenInvalid { .. }
        | P::RoleMissing { .. }
        | P::Unknown { .. }
        | P::ItemUnknown { .. }
        | P::MethodNotAllowed { .. }
        | P::TooLarge { .. }
        | P::ListTooLong { .. }
        | P::UnsupportedMediaType { .. }
        | P::Fault { .. } => None,
    }
}

/// The problem of an error that the HTTP framework made. None for an answer, and for an error that
/// carries JSON or is a page.
fn of_framework(parts: &Parts, path: &str) -> Option<Problem> {
    let is_written = |value: &HeaderValue| {
        value.as_bytes().ends_with(b"json") || value.as_bytes().starts_with(b"text/html")
    };
    if parts.status.as_u16() < 400 || parts.headers.get(CONTENT_TYPE).is_some_and(is_written) {
        return None;
    }
    let problem = match parts.status {
        StatusCode::NOT_FOUND => RequestProblem::Unknown {
            path: path.to_owned(),
        },
        StatusCode::METHOD_NOT_ALLOWED => {
            let allowed = parts
                .headers
                .get(ALLOW)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default();
            let allowed = allowed.split(',').map(|method| method.trim().to_owned());
            RequestProblem::MethodNotAllowed {
                allowed: allowed.filter(|method| !method.is_empty()).collect(),
            }
        }
        status if status.is_client_error() => malformed(
            ".",
            status
                .canonical_reason()
                .unwrap_or("cannot be read")
                .to_lowercase(),
        ),
        status => fault(&format!("a framework answered {status}")),
    };
    Some(problem.into())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use jejak_events::{Rejection, kinds::ItemKind};

    const READS_INDONESIAN: Recipient = Recipient {
        language: Language::Indonesian,
        is_command: false,
    };
    const READS_ENGLISH: Recipient = Recipient {
        language: Language::English,
        is_command: false,
    };

    #[test]
    fn a_document_has_the_words_the_status_and_the_numbers() {
        let problem = Problem::Rejected(Rejection::PackageQuotaExceeded {
            quota: 3,
            filled: 3,
        });
        let document = document(&problem, READS_ENGLISH);
        assert_eq!(document["type"], "/problems/package.quota_exceeded");
        assert_eq!(document["code"], "package.quota_exceeded");
        assert_eq!(document["status"], 422);
        assert_eq!(document["quota"], 3);
        assert!(document["title"].is_string() && document["detail"].is_string());
    }

    #[test]
    fn a_missing_thing_is_named_by_its_code_and_its_path() {
        let item = "contracts/7".to_owned();
        let problem = Problem::Request(RequestProblem::ItemUnknown {
            thing: ItemKind::Contract,
            item,
        });
        assert_eq!(
            document(&problem, READS_ENGLISH),
            json!({ "type": "/problems/contract.unknown", "title": "No such contract", "status": 404,
                "code": "contract.unknown", "item": "contracts/7",
                "detail": "Contract 7 is not recorded. Check the contract's id; if it was recorded just now, ask again with the min_position that the command answered." })
        );
    }

    #[test]
    fn the_languages_differ_in_words_and_in_nothing_else() {
        for problem in one_of_each() {
            let problem = Problem::Request(problem);
            let (mut id, mut en) = (
                document(&problem, READS_INDONESIAN),
                document(&problem, READS_ENGLISH),
            );
            for member in ["title", "detail"] {
                let (id, en) = (id[member].take(), en[member].take());
                assert_ne!(id, en, "{problem:?}");
                assert!(id.as_str().unwrap().len() > 5 && en.as_str().unwrap().len() > 5);
            }
            assert_eq!(id, en);
            assert_eq!(id["status"], problem.status());
        }
    }

    /// Goal: `Retry-After` is sent where waiting helps, and nowhere else.
    #[test]
    fn nobody_waits_for_an_administrator() {
        let waiting = one_of_each().into_iter().filter_map(|problem| {
            let problem = Problem::Request(problem);
            let mut headers = HeaderMap::new();
            set_headers(&mut headers, &problem, Language::English);
            headers.contains_key(RETRY_AFTER).then(|| code(&problem))
        });
        let mut waiting: Vec<_> = waiting.collect();
        waiting.dedup();
        assert_eq!(
            waiting,
            [
                "command.contended",
                "request.too_many",
                "log.unavailable",
                "service.unavailable",
                "view.behind"
            ]
        );
    }

    pub(crate) fn one_of_each() -> Vec<RequestProblem> {
        use RequestProblem as P;
        let text = || "x".to_owned();
        let token = |reason: &str| P::TokenInvalid {
            reason: reason.to_owned(),
        };
        let things = ItemKind::ALL.map(|thing| P::ItemUnknown {
            thing,
            item: text(),
        });
        let others = [
            P::malformed("x", "x"),
            P::Malformed {
                path: text(),
                reason: text(),
                missing: vec![text()],
            },
            token("missing"),
            token("expired"),
            token("not_yet_valid"),
            token("audience"),
            token("issuer"),
            token("claims"),
            token("subject"),
            token("critical"),
            token("revoked"),
            token("signature"),
            P::RoleMissing {
                needed: vec![text()],
                own_only: false,
            },
            P::RoleMissing {
                needed: vec![text()],
                own_only: true,
            },
            P::Unknown { path: text() },
            P::MethodNotAllowed {
                allowed: vec![text()],
            },
            P::Contended { attempts: 8 },
            P::TooLarge {
                limit_bytes: 65_536,
            },
            P::ListTooLong { limit_rows: 20_000 },
            P::UnsupportedMediaType { expected: text() },
            P::UnsupportedMediaType {
                expected: jejak_bus::UNCOMPRESSED.to_owned(),
            },
            P::TooMany {
                retry_after_s: 1,
                own_share: false,
            },
            P::TooMany {
                retry_after_s: 1,
                own_share: true,
            },
            P::Fault { incident: text() },
            P::LogUnavailable { retry_after_s: 1 },
            P::LogUnreadable {
                position: 3,
                reason: text(),
            },
            P::ServiceUnavailable {
                service: text(),
                retry_after_s: 1,
            },
            P::ServiceUnavailable {
                service: "jwks".to_owned(),
                retry_after_s: 5,
            },
            P::ViewStopped {
                view: text(),
                position: 3,
                reason: text(),
            },
            P::ViewBehind {
                view: text(),
                position: 3,
                min_position: 5,
                lag: 2,
            },
        ];
        things.into_iter().chain(others).collect()
    }
}
