//! The demonstration: the KAK of 2020, sent step by step through the gateway as anyone would.

use std::{collections::BTreeMap, time::Duration};

use jejak_bus::Role;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::token::{Issuer, TokenError};

const STEPS: &str = include_str!("../../../deploy/demo/kak-2020.json");
/// Ids of the demonstration's commands begin so: sent again, they change nothing.
pub const ID_PREFIX: &str = "demo-";
/// How long a token of the demonstration is good.
const TOKEN_TTL: Duration = Duration::from_secs(600);

/// Why the demonstration stopped.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The file of steps is not what it should be.
    #[error("the steps of the demonstration are broken: {0}")]
    Steps(#[from] serde_json::Error),
    /// No answer.
    #[error("the gateway does not answer: {0}")]
    Http(#[from] reqwest::Error),
    /// No token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A step went otherwise than it must.
    #[error("step {step} ({command}) was answered {status}, expected {expected}: {answer}")]
    Unexpected {
        /// Which, from 0.
        step: usize,
        /// Its command.
        command: String,
        /// What it should have been.
        expected: String,
        /// The status it got.
        status: u16,
        /// The body it got.
        answer: String,
    },
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// Ids by the names the steps save them under.
    pub saved: BTreeMap<String, String>,
    /// Position of the last event.
    pub position: u64,
    /// How many steps were accepted.
    pub accepted: usize,
    /// How many were refused, as they must be.
    pub refused: usize,
}

#[derive(Deserialize)]
struct Scenario {
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    r#as: String,
    roles: Vec<Role>,
    command: String,
    body: Value,
    save: Option<String>,
    refused: Option<String>,
}

/// Sends all steps, in order; `report` hears of each before it is sent.
///
/// # Errors
/// See [`DemoError`]. It may be played again: every step has its id, and changes nothing the second time.
pub async fn play(
    base: &str,
    issuer: &Issuer,
    mut report: impl FnMut(&str),
) -> Result<Played, DemoError> {
    let Scenario { steps } = serde_json::from_str(STEPS)?;
    let client = crate::http_client()?;
    let mut played = Played {
        saved: BTreeMap::new(),
        position: 0,
        accepted: 0,
        refused: 0,
    };
    let mut replaying = false;
    for (n, step) in steps.iter().enumerate() {
        // A refusal is not remembered as a result is: what was refused then is decided on what stands now,
        // and might be done. It was answered before, so it is not asked again.
        if replaying && step.refused.is_some() {
            continue;
        }
        report(&step.command);
        let token = issuer.issue(&step.r#as, &step.roles, None, TOKEN_TTL)?;
        let mut body = step.body.clone();
        resolve(&mut body, &played.saved);
        let request = client
            .post(format!("{base}/v1/commands/{}", step.command))
            .bearer_auth(token);
        let response = request
            .header("Idempotency-Key", format!("{ID_PREFIX}{n}"))
            .json(&body)
            .send()
            .await?;
        let status = response.status();
        let answer: Value = response.json().await?;
        let as_expected = match &step.refused {
            None => status == StatusCode::OK,
            Some(code) => {
                status == StatusCode::UNPROCESSABLE_ENTITY && answer["code"] == code.as_str()
            }
        };
        if !as_expected {
            return Err(DemoError::Unexpected {
                step: n,
                command: step.command.clone(),
                expected: step.refused.clone().unwrap_or_else(|| "200".to_owned()),
                status: status.as_u16(),
                answer: answer.to_string(),
            });
        }
        if step.refused.is_some() {
            played.refused += 1;
            continue;
        }
        played.accepted += 1;
        replaying = answer["replayed"] == true;
        played.position = played
            .position
            .max(answer["position"].as_u64().unwrap_or(0));
        if let (Some(name), Some(id)) = (&step.save, created_id(&answer)) {
            played.saved.insert(name.clone(), id);
        }
    }
    Ok(played)
}

/// Replaces `$name` by the id saved under the name.
fn resolve(value: &mut Value, saved: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(id) = text.strip_prefix('$').and_then(|name| saved.get(name)) {
                *text = id.clone();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, saved)),
        Value::Object(fields) => fields.values_mut().for_each(|field| resolve(field, saved)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The id of what a command created: a contract, a leave, or else a person.
fn created_id(answer: &Value) -> Option<String> {
    let events = answer["events"].as_array()?;
    let of = |event: &Value| {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match event["type"].as_str()? {
            "jejak.operator.contract.hired.v1" => text(&event["data"]["contract_id"]),
            "jejak.operator.leave.recorded.v1" => text(&event["data"]["leave_id"]),
            "jejak.operator.identity.registered.v1" => event["subject"]
                .as_str()?
                .strip_prefix("operator/")
                .map(str::to_owned),
            _ => None,
        }
    };
    events.iter().find_map(of)
}
