//! Problems in transit between the services: a rule's refusal, or a fault of the request or the
//! system. Their words in both languages are added at the edge.

use jejak_events::{Malformed, Rejection, kinds::ItemKind};
use serde::{Deserialize, Serialize};

/// The reason for the absence of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Problem {
    /// A rule refuses the command.
    Rejected(Rejection),
    /// The request is malformed, or the system cannot answer now.
    Request(RequestProblem),
}

/// What is `expected` of a body that was compressed: the coding that changes nothing (RFC 9110, 8.4.1).
pub const UNCOMPRESSED: &str = "identity";

/// A problem of the request or the system. No rule is involved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code")]
#[expect(
    missing_docs,
    reason = "each field is what its name says; the variants are documented"
)]
pub enum RequestProblem {
    /// 400: the JSON does not fit the request. `path` names the field, `reason` the expected form.
    #[serde(rename = "request.malformed")]
    Malformed {
        path: String,
        reason: String,
        /// Paths of all required fields that are absent.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missing: Vec<String>,
    },
    /// 401: the token is missing or invalid.
    #[serde(rename = "token.invalid")]
    TokenInvalid { reason: String },
    /// 403: the token's roles do not allow this.
    #[serde(rename = "role.missing")]
    RoleMissing {
        needed: Vec<String>,
        /// The bearer is a hired person and asked for data about somebody else.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        own_only: bool,
    },
    /// 404: no such path or command.
    #[serde(rename = "request.unknown")]
    Unknown { path: String },
    /// 405: the path exists, the method does not.
    #[serde(rename = "request.method_not_allowed")]
    MethodNotAllowed { allowed: Vec<String> },
    /// 409: concurrent changes came first at every try. It is safe to send again.
    #[serde(rename = "command.contended")]
    Contended { attempts: u32 },
    /// 413: the body is larger than `limit_bytes`.
    #[serde(rename = "request.too_large")]
    TooLarge { limit_bytes: u64 },
    /// 413: a list has more than `limit_rows` rows, which no table holds.
    #[serde(rename = "list.too_long")]
    ListTooLong { limit_rows: u64 },
    /// 415: the content type is not `expected`, or the body has a content coding ([`UNCOMPRESSED`]).
    #[serde(rename = "request.unsupported_media_type")]
    UnsupportedMediaType { expected: String },
    /// 429: too many requests are in hand.
    #[serde(rename = "request.too_many")]
    TooMany {
        retry_after_s: u64,
        /// The caller holds his own share of the places; others still get theirs.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        own_share: bool,
    },
    /// 500: a fault of Jejak, logged by its service under this id.
    #[serde(rename = "system.fault")]
    Fault { incident: String },
    /// 503: the broker does not answer. It is safe to repeat with the same key.
    #[serde(rename = "log.unavailable")]
    LogUnavailable { retry_after_s: u64 },
    /// 503: the log holds a message at `position` that is no event. Somebody must look at it.
    #[serde(rename = "log.unreadable")]
    LogUnreadable { position: u64, reason: String },
    /// 503: the service behind this request is not running.
    #[serde(rename = "service.unavailable")]
    ServiceUnavailable { service: String, retry_after_s: u64 },
    /// 503: the view stopped at an event that it cannot apply.
    #[serde(rename = "view.stopped")]
    ViewStopped {
        view: String,
        position: u64,
        reason: String,
    },
    /// 504: the view did not reach the position in time.
    #[serde(rename = "view.behind")]
    ViewBehind {
        view: String,
        position: u64,
        min_position: u64,
        lag: u64,
    },
    /// 404: the view holds no such item. The code names its kind; `item` is its path in the API.
    #[serde(untagged)]
    ItemUnknown {
        #[serde(rename = "code")]
        thing: ItemKind,
        item: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Reply {
    problem: Problem,
}

impl RequestProblem {
    /// A field that does not have its form; `.` is the path of the whole body.
    pub fn malformed(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Malformed {
            path: path.into(),
            reason: reason.into(),
            missing: Vec::new(),
        }
    }

    /// Logs a fault of Jejak under a new incident id; the answer carries the same id.
    pub fn fault(action: &str, error: &(impl std::fmt::Display + ?Sized)) -> Self {
        let incident = uuid::Uuid::now_v7().to_string();
        tracing::error!(%incident, %error, "{action} failed");
        Self::Fault { incident }
    }
}

impl Problem {
    /// The HTTP status, as the API documents it.
    pub fn status(&self) -> u16 {
        match self {
            Self::Rejected(Rejection::CommandKeyReused { .. }) => 409,
            Self::Rejected(rejection) if rejection.is_unknown() => 404,
            Self::Rejected(_) => 422,
            Self::Request(problem) => match problem {
                RequestProblem::Malformed { .. } => 400,
                RequestProblem::TokenInvalid { .. } => 401,
                RequestProblem::RoleMissing { .. } => 403,
                RequestProblem::Unknown { .. } | RequestProblem::ItemUnknown { .. } => 404,
                RequestProblem::MethodNotAllowed { .. } => 405,
                RequestProblem::Contended { .. } => 409,
                RequestProblem::TooLarge { .. } | RequestProblem::ListTooLong { .. } => 413,
                RequestProblem::UnsupportedMediaType { .. } => 415,
                RequestProblem::TooMany { .. } => 429,
                RequestProblem::Fault { .. } => 500,
                RequestProblem::LogUnavailable { .. }
                | RequestProblem::LogUnreadable { .. }
                | RequestProblem::ServiceUnavailable { .. }
                | RequestProblem::ViewStopped { .. } => 503,
                RequestProblem::ViewBehind { .. } => 504,
            },
        }
    }

    /// Encodes the problem as a reply.
    pub fn to_reply(&self) -> Vec<u8> {
        serde_json::to_vec(&Reply {
            problem: self.clone(),
        })
        .expect("problems are plain data")
    }

    /// Decodes a reply; `None` for an answer. No answer begins with `{"problem":`.
    pub fn from_reply(reply: &[u8]) -> Option<Self> {
        if !reply.starts_with(b"{\"problem\":") {
            return None;
        }
        serde_json::from_slice(reply)
            .ok()
            .map(|Reply { problem }| problem)
    }
}

impl From<RequestProblem> for Problem {
    fn from(problem: RequestProblem) -> Self {
        Self::Request(problem)
    }
}

impl From<Malformed> for RequestProblem {
    fn from(error: Malformed) -> Self {
        let Malformed {
            path,
            reason,
            missing,
        } = error;
        Self::Malformed {
            path,
            reason,
            missing,
        }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_survive_the_bus() {
        let things = ItemKind::ALL.map(|thing| RequestProblem::ItemUnknown {
            thing,
            item: "packages/none".to_owned(),
        });
        let problems = [
            Problem::Rejected(Rejection::PackageQuotaExceeded {
                quota: 3,
                filled: 3,
            }),
            Problem::Request(RequestProblem::LogUnavailable { retry_after_s: 1 }),
        ];
        for problem in problems.into_iter().chain(things.map(Problem::Request)) {
            assert_eq!(Problem::from_reply(&problem.to_reply()), Some(problem));
        }
        assert_eq!(Problem::from_reply(b"{\"position\":1}"), None);
    }
}
