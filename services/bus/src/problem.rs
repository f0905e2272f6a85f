//! A no, in transit between services: a rule's or the request's. Language comes at the edge.

use jejak_events::{Rejection, rejection::thing::Thing};
use serde::{Deserialize, Serialize};

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Problem {
    /// A rule refuses.
    Rejected(Rejection),
    /// The request or the system does not allow an answer.
    Request(RequestProblem),
}

/// A no that is not a rule's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code")]
#[expect(
    missing_docs,
    reason = "each field is what its name says; the variants are documented"
)]
pub enum RequestProblem {
    /// 400: not the JSON this request takes. `path` is the field's, `reason` says what it should be.
    #[serde(rename = "request.malformed")]
    Malformed { path: String, reason: String },
    /// 401: no token, or one that is not valid.
    #[serde(rename = "token.invalid")]
    TokenInvalid { reason: String },
    /// 403: the token's roles do not allow this.
    #[serde(rename = "role.missing")]
    RoleMissing {
        needed: Vec<String>,
        /// The bearer is a person hired, who sees what is about himself, and this is not.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        own_only: bool,
    },
    /// 404: no such path or command.
    #[serde(rename = "request.unknown")]
    Unknown { path: String },
    /// 405: the path exists, the method does not.
    #[serde(rename = "request.method_not_allowed")]
    MethodNotAllowed { allowed: Vec<String> },
    /// 409: concurrent changes kept winning; safe to send again.
    #[serde(rename = "command.contended")]
    Contended { attempts: u32 },
    /// 413.
    #[serde(rename = "request.too_large")]
    TooLarge { limit_bytes: u64 },
    /// 415.
    #[serde(rename = "request.unsupported_media_type")]
    UnsupportedMediaType { expected: String },
    /// 429.
    #[serde(rename = "request.too_many")]
    TooMany { retry_after_s: u64 },
    /// 500: a fault of ours, logged where it happened under this id.
    #[serde(rename = "system.fault")]
    Fault { incident: String },
    /// 503: the broker does not answer. Nothing was decided, or it is safe to repeat with the same key.
    #[serde(rename = "log.unavailable")]
    LogUnavailable { retry_after_s: u64 },
    /// 503: the service that would answer does not run.
    #[serde(rename = "service.unavailable")]
    ServiceUnavailable { service: String, retry_after_s: u64 },
    /// 503: the view stopped at an event it cannot apply.
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
    /// 404: no such thing in the view. Its code is that of the thing; `item` is its path in the API.
    #[serde(untagged)]
    ItemUnknown {
        #[serde(rename = "code")]
        thing: Thing,
        item: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Reply {
    problem: Problem,
}

impl RequestProblem {
    /// A fault of ours: logged here, once, under an incident that the answer repeats.
    pub fn fault(what: &str, error: &(impl std::fmt::Display + ?Sized)) -> Self {
        let incident = uuid::Uuid::now_v7().to_string();
        tracing::error!(%incident, %error, "{what} failed");
        Self::Fault { incident }
    }
}

impl Problem {
    /// The HTTP status of api.md.
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
                RequestProblem::TooLarge { .. } => 413,
                RequestProblem::UnsupportedMediaType { .. } => 415,
                RequestProblem::TooMany { .. } => 429,
                RequestProblem::Fault { .. } => 500,
                RequestProblem::LogUnavailable { .. }
                | RequestProblem::ServiceUnavailable { .. }
                | RequestProblem::ViewStopped { .. } => 503,
                RequestProblem::ViewBehind { .. } => 504,
            },
        }
    }

    /// The reply that carries it.
    pub fn to_reply(&self) -> Vec<u8> {
        serde_json::to_vec(&Reply {
            problem: self.clone(),
        })
        .expect("problems are plain data")
    }

    /// The problem a reply carries, if it is one. Answers never begin this way.
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
        let things = Thing::ALL.map(|thing| RequestProblem::ItemUnknown {
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
