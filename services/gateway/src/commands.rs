//! `POST /v1/commands/<name>`: checks the role, the headers and the body's shape, then passes the
//! body on unchanged. The commands service reads the body again and decides.

use std::{sync::Arc, time::Duration};

use async_nats::header::HeaderValue as NatsValue;
use axum::{
    extract::{Path, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use jejak_bus::{
    Problem, RequestProblem, UNCOMPRESSED, command_subject,
    request::{
        COMMAND_ID, CORRELATION_ID, DRY_RUN, TRACEPARENT, is_correlation_id, is_trace_context,
        may_hold_a_nik, role_for,
    },
};
use jejak_events::{Command, Rejection, ids::CommandId};

use crate::{
    access_log::{EntryKind, Refusal},
    app::App,
    auth::{Caller, roles},
    body,
    broker::{self, NoReply},
    problem::{Failure, code, malformed},
    request_headers::IDEMPOTENCY_KEY,
    request_ids::X_CORRELATION_ID,
};

/// The deadline for the decision, so that the whole request takes less than five seconds.
const DEADLINE: Duration = Duration::from_millis(4_700);

/// The parameter of a command that is decided and not appended: `dry_run=1`.
pub(crate) const DRY_RUN_PARAMETER: &str = "dry_run";
/// What is wrong with a key that may hold a NIK or a NIP.
const NIK_IN_KEY: &str = "must be without a NIK or a NIP: at most 15 digits in a row, or a UUID";

/// The route of every command.
const ROUTE: &str = "/v1/commands/{name}";

/// Checks a command, passes it on, and answers with the events it made.
pub(crate) async fn give(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    caller: Caller,
    request: Request,
) -> Result<Response, Failure> {
    let path = request.uri().path().to_owned();
    let unknown = || RequestProblem::Unknown { path: path.clone() };
    let name = Command::static_name(&name).ok_or_else(unknown)?;
    if !caller.actor().may_command(name) {
        return Err(roles::missing(role_for(name).as_slice()).into());
    }
    let (parts, body) = request.into_parts();
    require_json(&parts.headers)?;
    let id = command_id(&parts.headers)?;
    let id_header = match is_dry_run(parts.uri.query())? {
        true => DRY_RUN,
        false => COMMAND_ID,
    };
    let onward = onward_headers(&caller, (id_header, &id), &parts.headers)?;
    let outcome = match body::read(&app.limits, &parts.headers, body).await {
        Ok(body) => {
            let outcome = forward(&app, name, onward, body.clone()).await;
            if let Err(Problem::Rejected(rejection @ Rejection::OfficerNotAssigned { .. })) =
                &outcome
            {
                let refusal = Refusal {
                    caller: Some(caller),
                    reason: Some(rejection.code()),
                    route: ROUTE.to_owned(),
                    path,
                    body,
                    correlation: parts.headers.get(X_CORRELATION_ID).cloned(),
                };
                app.access_log.add(EntryKind::Refused(refusal)).await;
            }
            outcome
        }
        Err(problem) => Err(problem.into()),
    };
    count(name, &outcome);
    let mut response = match outcome {
        Ok(answer) => answered(answer),
        Err(problem) => Failure(problem).into_response(),
    };
    // A refusal carries it too: a client without a key can safely repeat the command with this one.
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(IDEMPOTENCY_KEY, value);
    }
    Ok(response)
}

/// The headers of the request to the commands service.
fn onward_headers(
    caller: &Caller,
    (id_header, id): (&'static str, &CommandId),
    headers: &HeaderMap,
) -> Result<async_nats::HeaderMap, RequestProblem> {
    let mut onward = broker::headers_for(caller.actor())?;
    onward.insert(id_header, id.as_str());
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let correlation = text(X_CORRELATION_ID.as_str()).filter(|id| is_correlation_id(id));
    let trace = text(TRACEPARENT).filter(|context| is_trace_context(context));
    for (name, value) in [(CORRELATION_ID, correlation), (TRACEPARENT, trace)] {
        if let Some(value) = value {
            onward.insert(name, NatsValue::from(value));
        }
    }
    Ok(onward)
}

async fn forward(
    app: &App,
    name: &'static str,
    onward: async_nats::HeaderMap,
    body: Bytes,
) -> Result<Bytes, Problem> {
    if let Some(Err(error)) = Command::parse(name, &body) {
        return Err(RequestProblem::from(error).into());
    }
    let subject = command_subject(&app.broker.tenant, name);
    let reply = app.broker.request(subject, onward, body, DEADLINE).await;
    let reply = reply.map_err(|no_reply| match no_reply {
        // The command may have been decided. Only `log.unavailable` says that repeating it is safe.
        NoReply::Late => NoReply::BrokerAway.problem("commands"),
        other => other.problem("commands"),
    })?;
    Problem::from_reply(&reply).map_or(Ok(reply), Err)
}

fn answered(answer: Bytes) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::OK, headers, answer).into_response()
}

fn count(name: &'static str, outcome: &Result<Bytes, Problem>) {
    let code = outcome.as_ref().map_or_else(code, |_| "ok".to_owned());
    metrics::counter!("jejak_gateway_commands_total", "command" => name, "code" => code)
        .increment(1);
}

/// Refuses a body that is not declared as JSON, or that is compressed.
fn require_json(headers: &HeaderMap) -> Result<(), RequestProblem> {
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(RequestProblem::UnsupportedMediaType {
            expected: UNCOMPRESSED.to_owned(),
        });
    }
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(RequestProblem::UnsupportedMediaType {
        expected: "application/json".to_owned(),
    })
}

/// Whether the address asks for a dry run. No other parameter is taken: a misspelt one would append the events.
fn is_dry_run(search: Option<&str>) -> Result<bool, RequestProblem> {
    let mut asked = false;
    for (name, value) in form_urlencoded::parse(search.unwrap_or_default().as_bytes()) {
        match (&*name, &*value) {
            (DRY_RUN_PARAMETER, "1") if !asked => asked = true,
            (DRY_RUN_PARAMETER, "1") => return Err(malformed(name, "is given twice")),
            (DRY_RUN_PARAMETER, _) => return Err(malformed(name, "must be 1, or absent")),
            _ => return Err(malformed(name, "is not a parameter of commands")),
        }
    }
    Ok(asked)
}

/// The caller's key; a new UUID without one.
fn command_id(headers: &HeaderMap) -> Result<CommandId, RequestProblem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(CommandId::from_uuid(uuid::Uuid::now_v7()));
    };
    let key: Option<CommandId> = value.to_str().ok().and_then(|text| text.parse().ok());
    match key {
        // The key is kept in the event for good. Keys of earlier versions are not judged again.
        Some(key) if may_hold_a_nik(key.as_str()) => Err(malformed("Idempotency-Key", NIK_IN_KEY)),
        Some(key) => Ok(key),
        None => Err(malformed(
            "Idempotency-Key",
            "must be 1 to 64 of A-Z, a-z, 0-9, dot, underscore and -",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_checked_or_made_up() {
        let mut headers = HeaderMap::new();
        assert_eq!(command_id(&headers).unwrap().as_str().len(), 36);
        headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_static("spk-2020.17_a"));
        assert_eq!(command_id(&headers).unwrap().as_str(), "spk-2020.17_a");
        for wrong in ["", "a b", "é", "a/b", &"x".repeat(65)] {
            headers.insert(
                IDEMPOTENCY_KEY,
                HeaderValue::from_bytes(wrong.as_bytes()).unwrap(),
            );
            let refused = command_id(&headers).unwrap_err();
            assert!(
                matches!(refused, RequestProblem::Malformed { path, .. } if path == "Idempotency-Key")
            );
        }
    }

    #[test]
    fn a_key_that_may_be_a_nik_or_a_nip_is_refused() {
        let mut headers = HeaderMap::new();
        for wrong in ["6171011503950001", "cuti-197701161997031006"] {
            headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_static(wrong));
            let refused = command_id(&headers).unwrap_err();
            assert_eq!(refused, malformed("Idempotency-Key", NIK_IN_KEY));
        }
        for taken in [
            "20201001-123456789012345",
            "0af7651916cd43dd1234567890123456",
        ] {
            headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_static(taken));
            assert_eq!(command_id(&headers).unwrap().as_str(), taken);
        }
    }

    #[test]
    fn only_json_is_taken() {
        let mut headers = HeaderMap::new();
        assert!(require_json(&headers).is_err());
        for (value, taken) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("text/plain", false),
            ("application/jsonp", false),
            ("application/x-www-form-urlencoded", false),
        ] {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
            assert_eq!(require_json(&headers).is_ok(), taken, "{value}");
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for coding in ["gzip", "br", "identity", "x"] {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
            assert!(
                matches!(require_json(&headers), Err(RequestProblem::UnsupportedMediaType { expected }) if expected == "identity")
            );
        }
    }

    #[test]
    fn a_dry_run_is_asked_for_in_one_way() {
        for (search, asked) in [(None, false), (Some(""), false), (Some("dry_run=1"), true)] {
            assert_eq!(is_dry_run(search).unwrap(), asked, "{search:?}");
        }
        for (search, wrong) in [
            ("dry_run", "dry_run"),
            ("dry_run=0", "dry_run"),
            ("dry_run=true", "dry_run"),
            ("dry_run=1&dry_run=1", "dry_run"),
            ("dryrun=1", "dryrun"),
            ("dry_run=1&x=", "x"),
        ] {
            let refused = is_dry_run(Some(search)).unwrap_err();
            assert!(
                matches!(&refused, RequestProblem::Malformed { path, .. } if path == wrong),
                "{search}: {refused:?}"
            );
        }
    }
}
