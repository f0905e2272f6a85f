//! `jejak audit as-of`: asks the history service what was known then, and prints its answer.

use std::time::Duration;

use async_nats::{Request, RequestErrorKind};
use jejak_bus::{AsOf, Problem, RequestProblem, as_of::AS_OF, query_subject};
use jejak_projections::history;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::services::{ServiceError, Setting};

/// How long the answer may take.
const ANSWER: Duration = Duration::from_secs(20);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AsOfError {
    /// The broker or the keys.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// No answer.
    #[error(
        "the history service does not answer; start it with `jejak up`, or `jejak projector history`"
    )]
    NoAnswer,
    /// The moment is none the log has been through.
    #[error("{path}: {reason}")]
    Malformed {
        /// Which part of the question.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Neither a contract nor an operator of this id was known then.
    #[error("{0} was not known then; check the id, or ask about a later moment")]
    Unknown(String),
    /// Another no.
    #[error("the history service answers {0}")]
    Problem(String),
}

/// Reads a time; positions have a flag of their own.
///
/// # Errors
/// What is no RFC 3339 time with an offset.
pub fn time(text: &str) -> Result<AsOf, String> {
    match text.parse() {
        Ok(as_of @ AsOf::Time(_)) => Ok(as_of),
        _ => Err(
            "must be an RFC 3339 time with its offset, such as 2020-12-01T08:00:00+07:00"
                .to_owned(),
        ),
    }
}

/// What was known of a contract or an operator, as indented JSON.
///
/// # Errors
/// See [`AsOfError`].
pub async fn ask(setting: &Setting, id: Uuid, as_of: AsOf) -> Result<String, AsOfError> {
    let broker = setting.broker("admin").map_err(ServiceError::from)?;
    let client = jejak_bus::connect(&broker, &crate::permissions::connection_name("admin")).await;
    let client = client.map_err(ServiceError::from)?;
    let body = json!({ "id": id, AS_OF: as_of }).to_string();
    let request = Request::new().payload(body.into()).timeout(Some(ANSWER));
    let subject = query_subject(&setting.tenant, history::NAME, "as-of");
    let reply = match client.send_request(subject, request).await {
        Ok(reply) => reply.payload,
        Err(error) if error.kind() == RequestErrorKind::NoResponders => {
            return Err(AsOfError::NoAnswer);
        }
        Err(error) => return Err(AsOfError::Problem(error.to_string())),
    };
    match Problem::from_reply(&reply) {
        Some(problem) => Err(refusal(problem)),
        None => {
            let unreadable = |error: serde_json::Error| AsOfError::Problem(error.to_string());
            let answer: Value = serde_json::from_slice(&reply).map_err(unreadable)?;
            serde_json::to_string_pretty(&answer).map_err(unreadable)
        }
    }
}

fn refusal(problem: Problem) -> AsOfError {
    match problem {
        Problem::Request(RequestProblem::Malformed { path, reason }) => {
            AsOfError::Malformed { path, reason }
        }
        Problem::Request(RequestProblem::ItemUnknown { item, .. }) => AsOfError::Unknown(item),
        Problem::Request(RequestProblem::Fault { incident }) => AsOfError::Problem(format!(
            "that it failed; its log says more under {incident}"
        )),
        other => AsOfError::Problem(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_times() {
        assert!(time("2020-12-01T08:00:00+07:00").is_ok());
        for wrong in ["5", "2020-12-01", "tomorrow", ""] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
