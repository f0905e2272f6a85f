//! Topic `leave`: leave recorded and cancelled, and absences.
//!
//! The charged days are not stored. One function derives them from the leave and the calendar, for rules
//! and views alike.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    date::CivilDate,
    ids::{ContractId, LeaveId, OperatorId},
    personal::{Personal, Remark, payload},
    text::{Note, Sha256Digest},
};

mod admits;
mod change;
mod decide;
mod facts;
mod state;

pub use crate::kinds::LeaveKind;
pub use change::LeaveChange;
pub use state::{LeaveBalance, LeaveEntry, LeaveState};

crate::topic::topic! {
    /// Leave was granted and recorded.
    Recorded = "operator.leave.recorded.v1",
    /// Leave was taken back, all of it or from a day on.
    Cancelled = "operator.leave.cancelled.v1",
    /// A person missed a working day without leave.
    Absent = "operator.leave.absent.v1",
}

/// The sealed part of a leave: its reason and the digest of its paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaveReason {
    /// The reason of the leave, a free text.
    pub reason: Option<String>,
    /// The SHA-256 digest of the evidence, 64 hexadecimal digits.
    pub evidence_sha256: Option<String>,
}

/// Leave was granted and recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The id of the leave, a UUID.
    pub leave_id: LeaveId,
    /// The contract that the leave falls under.
    pub contract_id: ContractId,
    /// The kind, such as `annual`.
    pub kind: LeaveKind,
    /// The first day of leave, `YYYY-MM-DD`.
    pub from: NaiveDate,
    /// The last day of leave, `YYYY-MM-DD`.
    pub to: NaiveDate,
    /// The reason and the digest of the evidence, sealed. Absent where neither was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::personal::Sealed>)]
    pub personal: Option<Personal<LeaveReason>>,
}

/// Leave was taken back, all of it or from a day on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancelled {
    /// The id of the leave, a UUID.
    pub leave_id: LeaveId,
    /// The first day taken back, `YYYY-MM-DD`. The leave's first day takes back all of it.
    pub from: NaiveDate,
    /// The reason, sealed under the person's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

/// A person missed a working day without leave (rule 25).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// The contract under which the day was missed.
    pub contract_id: ContractId,
    /// The day that was missed, `YYYY-MM-DD`.
    pub on: NaiveDate,
    /// The reason, sealed under the person's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

payload!(Recorded.personal?);
payload!(Cancelled.personal, Absent.personal);

/// Records leave that was granted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The kind, such as `annual`.
    pub kind: LeaveKind,
    /// The first day of leave, `YYYY-MM-DD`.
    pub from: CivilDate,
    /// The last day of leave, `YYYY-MM-DD`, not before the first.
    pub to: CivilDate,
    /// The reason of the leave, 1 to 2000 characters.
    pub reason: Option<Note>,
    /// The SHA-256 digest of the evidence, such as a doctor's letter: 64 hexadecimal digits.
    pub evidence_sha256: Option<Sha256Digest>,
    /// An id of the caller's own for the leave, a UUID that no leave of the person has yet.
    pub leave_id: Option<LeaveId>,
}

/// Takes leave back, all of it or from a day on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the leave, a UUID.
    pub leave_id: LeaveId,
    /// The first day taken back, `YYYY-MM-DD`. Left out, all of the leave is taken back.
    pub from: Option<CivilDate>,
    /// The reason, 1 to 2000 characters.
    pub reason: Note,
}

/// Records a working day that was missed without leave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordAbsence {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The day missed, `YYYY-MM-DD`, not after today.
    pub on: CivilDate,
    /// The reason, 1 to 2000 characters.
    pub reason: Note,
}

#[cfg(test)]
mod specs;
