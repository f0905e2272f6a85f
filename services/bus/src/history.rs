//! The queries of the history service: names, parameters, and the items of answers.

use chrono::{DateTime, NaiveDate, Utc};
use jejak_events::ids::{Nip, OperatorId, PackageId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The name that queries are asked under, as a view's: `jejak.<tenant>.qry.history.<query>`.
pub const NAME: &str = "history";
/// The queries for histories, one for each kind of stream.
pub const QUERIES: [&str; 3] = ["operator", "package", "calendar"];

/// The query for a contract or a person at a moment, which `jejak audit as-of` asks.
pub const AS_OF: &str = "as-of";

/// The order of a history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HistoryOrder {
    /// The first event comes first.
    #[default]
    Oldest,
    /// The last event comes first.
    Newest,
}

/// Asks for the history of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorHistoryParams {
    /// The id of the person, a UUID.
    pub operator_id: OperatorId,
    /// The event that comes first: `oldest` or `newest`; the oldest if absent.
    pub order: Option<HistoryOrder>,
    /// The number of items, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// Asks for the history of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackageHistoryParams {
    /// The id of the package, such as `2020-tenaga-it`.
    pub package_id: PackageId,
    /// The event that comes first: `oldest` or `newest`; the oldest if absent.
    pub order: Option<HistoryOrder>,
    /// The number of items, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// Asks for the history of a calendar year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarHistoryParams {
    /// The calendar year, such as 2020.
    pub year: i32,
    /// The event that comes first: `oldest` or `newest`; the oldest if absent.
    pub order: Option<HistoryOrder>,
    /// The number of items, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// One event in plain words, with its actor, days and remarks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryItem {
    /// The position in the log, from 1 on.
    pub position: u64,
    /// The time of recording, UTC.
    pub time: DateTime<Utc>,
    /// The type of the event, `jejak.<stream>.<topic>.<event>.v<n>`.
    pub r#type: String,
    /// The first day the event is about; null where it is about no day.
    pub effective_from: Option<NaiveDate>,
    /// The last day the event is about; null where it is open, or there is no day.
    pub effective_to: Option<NaiveDate>,
    /// The command that recorded it, such as `record-leave`.
    pub command: String,
    /// The actor of the command, a pseudonym: `officer/<id>`, `operator/<id>` or `account/<id>`. Events of earlier
    /// versions have `account/<name>`.
    pub actor: String,
    /// The actor's name, where his token had one, a package assigns the officer, or the actor is the person; else
    /// null.
    pub actor_name: Option<String>,
    /// The actor's NIP, where he is an officer; else null. Null for a person who reads his own history.
    pub actor_nip: Option<Nip>,
    /// The subject of the actor's token: a NIP, an operator id or the name of an account; null where the event does
    /// not say it. A person who reads his own history sees his own.
    pub actor_subject: Option<String>,
    /// What is said where nobody knows the actor: the event is of an earlier version; else null.
    pub actor_unknown: Option<UnknownActor>,
    /// The reason as it was written; null where there is none, or it was erased.
    pub reason: Option<String>,
    /// The note as it was written; null where there is none, or it was erased.
    pub note: Option<String>,
    /// Whether personal data of the event was erased.
    pub erased: bool,
    /// The sentence of the event.
    pub text: Bilingual,
}

/// The actor of an event that does not say who he is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnknownActor {
    /// Events from this position on say who their actor is.
    pub before: u64,
    /// The sentence for it.
    pub text: Bilingual,
}

/// One sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BothLanguages)]
pub struct Bilingual {
    /// The sentence in Indonesian.
    pub id: String,
    /// The sentence in English.
    pub en: String,
}
