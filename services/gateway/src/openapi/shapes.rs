//! Schemas of answers that the gateway passes on as bytes. No code builds these types; they only
//! stand in the document.

use chrono::{DateTime, Utc};
use jejak_events::{Event, operator::leave::LeaveChange};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};
use uuid::Uuid;

/// The answer to a command.
#[derive(ToSchema)]
#[schema(as = CommandAnswer)]
#[expect(
    dead_code,
    reason = "stands for bytes that are passed on, in the description only"
)]
pub(crate) struct CommandAnswerShape {
    /// The command's id: the `Idempotency-Key`, or a new one.
    command_id: String,
    /// The position of the last event. Without an event it is the position of the state it was
    /// decided on. Null for a dry run.
    #[schema(required = true)]
    position: Option<u64>,
    /// Whether this repeats the answer to an earlier request.
    replayed: bool,
    /// The stored events, in order; for a dry run, the events that it would store.
    events: Vec<CloudEvent>,
    /// The change of charged days that the events would make. Only for a dry run that records or cancels leave.
    leave: Option<LeaveChange>,
}

/// The schema of a command's answer, with the ids that commands create.
pub(crate) fn command_answer() -> RefOr<Schema> {
    let mut schema = CommandAnswerShape::schema();
    if let RefOr::T(Schema::Object(answer)) = &mut schema {
        for field in Event::created_fields() {
            let thing = field.trim_end_matches("_id");
            let id = ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
                .description(Some(format!(
                    "The id of the {thing} that the command created."
                )));
            answer.properties.insert(field.to_owned(), id.into());
        }
    }
    schema
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
    /// A UUID that depends on the tenant, the stream, the command's id and the event's number.
    id: Uuid,
    /// `/jejak/` and the tenant.
    source: String,
    /// `jejak.<stream>.<topic>.<event>.v<n>`.
    r#type: String,
    /// `<stream>/<id>`.
    subject: String,
    /// The time of recording, in UTC.
    time: DateTime<Utc>,
    /// Always `application/json`.
    datacontenttype: String,
    /// The payload; the type says its shape. Personal parts are sealed.
    #[schema(value_type = Object)]
    data: serde_json::Value,
    /// The pseudonym or the account of the caller.
    actor: String,
    /// The command's name, such as `hire-operator`.
    command: String,
    /// The command's id: its `Idempotency-Key`.
    commandid: String,
    /// An HMAC of the command's name and body.
    commanddigest: String,
    /// The caller's `X-Correlation-Id`.
    #[schema(required = false, nullable = false)]
    correlationid: Option<String>,
    /// The trace context (W3C).
    #[schema(required = false, nullable = false)]
    traceparent: Option<String>,
}
