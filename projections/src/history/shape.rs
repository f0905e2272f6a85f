//! What histories are asked and what they answer.

use chrono::{DateTime, NaiveDate, Utc};
use jejak_events::ids::{Nip, OperatorId, PackageId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whose history to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorHistoryParams {
    /// The person.
    pub operator_id: OperatorId,
    /// How many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// Which package's history to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackageHistoryParams {
    /// The package.
    pub package_id: PackageId,
    /// How many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// Which calendar's history to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarHistoryParams {
    /// The year.
    pub year: i32,
    /// How many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// One event in plain words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryItem {
    /// Its position in the log.
    pub position: u64,
    /// When it was recorded, UTC.
    pub time: DateTime<Utc>,
    /// Its type, `jejak.<stream>.<topic>.<event>.v<n>`.
    pub r#type: String,
    /// The first day it is about; null where it is about no day.
    pub effective_from: Option<NaiveDate>,
    /// The last day it is about; null where that is open, or it is about no day.
    pub effective_to: Option<NaiveDate>,
    /// The command that recorded it.
    pub command: String,
    /// Who gave that command: `officer/<id>`, `operator/<id>` or `account/<name>`.
    pub actor: String,
    /// His name, where a package concerned assigns him, or he is the person himself; else null.
    pub actor_name: Option<String>,
    /// His NIP, where a package concerned assigns him; else null.
    pub actor_nip: Option<Nip>,
    /// Why, as it was written; null where nothing was, or it is erased.
    pub reason: Option<String>,
    /// What was noted besides; null where nothing was, or it is erased.
    pub note: Option<String>,
    /// Whether personal data it held has been erased.
    pub erased: bool,
    /// What happened.
    pub text: Both,
}

/// The same in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BothLanguages)]
pub struct Both {
    /// In Indonesian.
    pub id: String,
    /// In English.
    pub en: String,
}
