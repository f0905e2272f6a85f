//! Shapes the document needs and no code does: what is passed on as bytes.

use chrono::{DateTime, Utc};
use utoipa::ToSchema;
use uuid::Uuid;

/// A no, as a problem document (RFC 9457). Besides these members it has the numbers of its case.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "stands for the document in the description only")]
pub(crate) struct ProblemDocument {
    /// `/problems/` and the code.
    r#type: String,
    /// Names the case, in the reader's language.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// Says what happened here and what to do next, in the reader's language.
    detail: String,
    /// The stable name of the case.
    code: String,
}

/// What a command did.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "stands for bytes that are passed on, in the description only"
)]
pub(crate) struct CommandAnswer {
    /// The command's id: the Idempotency-Key, or the one made up for it.
    command_id: String,
    /// Position of the last event; where nothing changed, of the state it was decided on.
    position: u64,
    /// Whether this is the first result, again.
    replayed: bool,
    /// The events as stored.
    events: Vec<CloudEvent>,
}

/// An event as stored: CloudEvents 1.0, structured mode.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "stands for bytes that are passed on, in the description only"
)]
pub(crate) struct CloudEvent {
    /// Always `1.0`.
    specversion: String,
    /// The same for the same command, always.
    id: Uuid,
    /// `/jejak/` and the tenant.
    source: String,
    /// `jejak.<stream>.<topic>.<event>.v<n>`.
    r#type: String,
    /// `<stream>/<id>`.
    subject: String,
    /// When it was recorded.
    time: DateTime<Utc>,
    /// Always `application/json`.
    datacontenttype: String,
    /// The fact; its shape follows from the type. Personal parts are sealed.
    #[schema(value_type = Object)]
    data: serde_json::Value,
    /// Who gave the command, as a pseudonym or an account.
    actor: String,
    /// The command's name.
    command: String,
    /// The command's id.
    commandid: String,
    /// Keyed digest of the command.
    commanddigest: String,
    /// What the caller said this belongs to.
    #[schema(required = false, nullable = false)]
    correlationid: Option<String>,
    /// W3C trace context.
    #[schema(required = false, nullable = false)]
    traceparent: Option<String>,
}
