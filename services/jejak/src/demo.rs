//! The demonstration: the terms of reference (KAK) of 2020, sent step by step through the gateway.

use std::{collections::BTreeMap, time::Duration};

use jejak_bus::Role;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    http,
    token::{TokenError, TokenIssuer},
};

/// The steps, as JSON.
const STEPS: &str = include_str!("../../../deploy/demo/kak-2020.json");
/// The prefix of the demonstration's command ids. A command that is sent again changes nothing.
pub const ID_PREFIX: &str = "demo-";
/// The validity of a token in the demonstration.
const TOKEN_TTL: Duration = Duration::from_secs(600);

/// The reason why the demonstration stopped.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The file of steps cannot be read.
    #[error("the steps of the demonstration are broken: {0}")]
    Steps(#[from] serde_json::Error),
    /// The gateway does not answer.
    #[error("the gateway does not answer: {0}")]
    Http(#[from] reqwest::Error),
    /// A token cannot be signed.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The answer to a step differs from the expected one.
    #[error("step {step} ({command}) was answered {status}, expected {expected}: {answer}")]
    Unexpected {
        /// The number of the step, from 0.
        step: usize,
        /// The name of its command.
        command: String,
        /// The expected status or refusal.
        expected: String,
        /// The HTTP status of the answer.
        status: u16,
        /// The body of the answer.
        answer: String,
    },
}

/// The result of a demonstration that was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoSummary {
    /// The ids that steps saved, by name.
    pub saved: BTreeMap<String, String>,
    /// The position of the last event.
    pub position: u64,
    /// The number of accepted steps.
    pub accepted: usize,
    /// The number of steps that were refused, as expected.
    pub refused: usize,
}

#[derive(Deserialize)]
struct DemoScript {
    steps: Vec<DemoStep>,
}

#[derive(Deserialize)]
struct DemoStep {
    r#as: String,
    roles: Vec<Role>,
    command: String,
    body: Value,
    save: Option<String>,
    refused: Option<String>,
}

/// Sends all steps in order. `report` receives each command before it is sent.
/// A second run changes nothing.
///
/// # Errors
/// See [`DemoError`].
pub async fn play(
    base: &str,
    issuer: &TokenIssuer,
    mut report: impl FnMut(&str),
) -> Result<DemoSummary, DemoError> {
    let DemoScript { steps } = serde_json::from_str(STEPS)?;
    let client = http::client()?;
    let mut summary = DemoSummary {
        saved: BTreeMap::new(),
        position: 0,
        accepted: 0,
        refused: 0,
    };
    let mut replaying = false;
    for (n, step) in steps.iter().enumerate() {
        // Results are remembered, refusals are not. A command refused in the first run might be
        // accepted now, so a second run does not send it.
        if replaying && step.refused.is_some() {
            continue;
        }
        report(&step.command);
        let token = issuer.issue(&step.r#as, &step.roles, None, TOKEN_TTL)?;
        let mut body = step.body.clone();
        resolve(&mut body, &summary.saved);
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
            summary.refused += 1;
            continue;
        }
        summary.accepted += 1;
        replaying = answer["replayed"] == true;
        summary.position = summary
            .position
            .max(answer["position"].as_u64().unwrap_or(0));
        if let (Some(name), Some(id)) = (&step.save, created_id(&answer)) {
            summary.saved.insert(name.clone(), id);
        }
    }
    Ok(summary)
}

/// Replaces `$name` by the id that was saved under this name.
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

/// The id that a command made: of a contract, of a leave, or of a person.
fn created_id(answer: &Value) -> Option<String> {
    let ids = ["contract_id", "leave_id", "operator_id"];
    let id = ids.iter().find_map(|name| answer[*name].as_str())?;
    Some(id.to_owned())
}
