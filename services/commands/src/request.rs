//! Reading a request: the caller, the command and its id. Nothing counts as checked before.

use async_nats::{HeaderName, HeaderValue, Message};
use jejak_bus::{
    Actor, Problem, RequestProblem,
    request::{
        ACTOR, COMMAND_ID, CORRELATION_ID, DRY_RUN, TRACEPARENT, is_correlation_id,
        is_trace_context, role_for,
    },
};
use jejak_events::{Command, ids::CommandId};

/// A command as its caller sent it.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) actor: Actor,
    pub(crate) id: CommandId,
    pub(crate) command: Command,
    /// Whether the command is decided and not appended.
    pub(crate) is_dry_run: bool,
    pub(crate) correlation_id: Option<String>,
    pub(crate) traceparent: Option<String>,
}

/// The command's name, the last token of the subject.
pub(crate) fn command_name(subject: &str) -> &str {
    subject.rsplit('.').next().unwrap_or_default()
}

/// Reads the headers and parses the command.
///
/// # Errors
/// A missing or malformed part, and a role that does not allow the command.
pub(crate) fn read(name: &str, message: &Message) -> Result<Request, Problem> {
    let headers = message.headers.as_ref();
    let text = |name| {
        headers
            .and_then(|headers| headers.get(HeaderName::from_static(name)))
            .map(HeaderValue::as_str)
    };
    let malformed = |path: &str, reason: String| RequestProblem::malformed(path, reason);
    let actor = text(ACTOR).ok_or_else(|| malformed(ACTOR, "is missing".to_owned()))?;
    let actor: Actor =
        serde_json::from_str(actor).map_err(|error| malformed(ACTOR, error.to_string()))?;
    let (header, id) = match (text(COMMAND_ID), text(DRY_RUN)) {
        (Some(id), None) => (COMMAND_ID, id),
        (None, Some(id)) => (DRY_RUN, id),
        (None, None) => return Err(malformed(COMMAND_ID, "is missing".to_owned()).into()),
        (Some(_), Some(_)) => {
            let reason = format!("stands beside {COMMAND_ID}; one of them alone is allowed");
            return Err(malformed(DRY_RUN, reason).into());
        }
    };
    let is_dry_run = header == DRY_RUN;
    let id: CommandId = id
        .parse()
        .map_err(|error| malformed(header, format!("{error}")))?;
    let parsed = Command::parse(name, &message.payload);
    let parsed = parsed.ok_or_else(|| RequestProblem::Unknown {
        path: name.to_owned(),
    })?;
    if !actor.may_command(name) {
        let role = |role| format!("{role:?}").to_lowercase();
        return Err(RequestProblem::RoleMissing {
            needed: role_for(name).into_iter().map(role).collect(),
            own_only: false,
        }
        .into());
    }
    let command = parsed.map_err(RequestProblem::from)?;
    let correlation_id = text(CORRELATION_ID).filter(|id| is_correlation_id(id));
    let traceparent = text(TRACEPARENT).filter(|context| is_trace_context(context));
    Ok(Request {
        actor,
        id,
        command,
        is_dry_run,
        correlation_id: correlation_id.map(str::to_owned),
        traceparent: traceparent.map(str::to_owned),
    })
}
