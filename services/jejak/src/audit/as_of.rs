//! `jejak audit as-of`: asks the history service for an earlier state, and prints its answer.

use std::{collections::BTreeSet, time::Duration};

use async_nats::{Request, RequestErrorKind};
use jejak_bus::{AsOf, Problem, RequestProblem, as_of::AS_OF, history, query_subject};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    identity::BrokerIdentity,
    office_config::{LogAccessError, OfficeConfig},
    security_log,
    terminal::{CliError, say},
};

/// The time the history service has for its answer.
const ANSWER: Duration = Duration::from_secs(20);

/// The reason why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum AsOfError {
    #[error(transparent)]
    Connect(#[from] LogAccessError),
    #[error(
        "the history service does not answer; start it with `jejak up`, or `jejak projector history`"
    )]
    NoAnswer,
    /// The log has not been through the requested moment.
    #[error("{path}: {reason}")]
    Malformed { path: String, reason: String },
    #[error("{0} was not known then; check the id, or ask about a later moment")]
    Unknown(String),
    #[error("the history service answers {0}")]
    Problem(String),
}

/// Prints the state of a contract or an operator at a moment, as indented JSON. The access log has the line first.
pub(super) async fn run(config: &OfficeConfig, id: Uuid, as_of: AsOf) -> Result<(), CliError> {
    let answer = ask(config, id, as_of).await?;
    let mut people = BTreeSet::new();
    add_people(&answer, &mut people);
    security_log::note_audit(&config.folder, "as-of", &id.to_string(), people)?;
    say(&serde_json::to_string_pretty(&answer)?);
    Ok(())
}

/// Adds the people whom an answer names, by the ids in its members `operator_id`.
fn add_people(answer: &Value, people: &mut BTreeSet<String>) {
    match answer {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(id) if name == "operator_id" => {
                        people.insert(id.clone());
                    }
                    other => add_people(other, people),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| add_people(item, people)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

async fn ask(config: &OfficeConfig, id: Uuid, as_of: AsOf) -> Result<Value, AsOfError> {
    let client = config.connect(BrokerIdentity::Admin).await?;
    let body = json!({ "id": id, AS_OF: as_of }).to_string();
    let request = Request::new().payload(body.into()).timeout(Some(ANSWER));
    let subject = query_subject(&config.tenant, history::NAME, history::AS_OF);
    let reply = match client.send_request(subject, request).await {
        Ok(reply) => reply.payload,
        Err(error) if error.kind() == RequestErrorKind::NoResponders => {
            return Err(AsOfError::NoAnswer);
        }
        Err(error) => return Err(AsOfError::Problem(error.to_string())),
    };
    if let Some(problem) = Problem::from_reply(&reply) {
        return Err(refusal(problem));
    }
    let unreadable = |error: serde_json::Error| AsOfError::Problem(error.to_string());
    serde_json::from_slice(&reply).map_err(unreadable)
}

fn refusal(problem: Problem) -> AsOfError {
    match problem {
        Problem::Request(RequestProblem::Malformed { path, reason, .. }) => {
            AsOfError::Malformed { path, reason }
        }
        Problem::Request(RequestProblem::ItemUnknown { item, .. }) => AsOfError::Unknown(item),
        Problem::Request(RequestProblem::Fault { incident }) => AsOfError::Problem(format!(
            "that it failed; its log says more under {incident}"
        )),
        other => AsOfError::Problem(format!("{other:?}")),
    }
}
