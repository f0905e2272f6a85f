//! Topic `appraisal`: the monthly appraisal (penilaian prestasi pekerjaan) by the PPK.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    date::{CivilDate, Month},
    ids::{ContractId, OperatorId},
    package::policy::Category,
    personal::{Personal, Remark, payload},
    text::Note,
};

mod admits;
mod decide;
mod facts;
mod scores;
mod state;

pub use scores::Scores;
pub use state::{AppraisalState, AppraisalSummary, Assessment};

crate::topic::topic! {
    /// A month was appraised by the ppk.
    Submitted = "operator.appraisal.submitted.v1",
    /// The appraisal of a month was corrected.
    Corrected = "operator.appraisal.corrected.v1",
    /// A month was left out of the mean.
    Waived = "operator.appraisal.waived.v1",
}

/// A month was appraised by the ppk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Submitted {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The month appraised, `YYYY-MM`.
    pub month: Month,
    /// The score of each indicator, by its code: `{"attendance":4,"quality":3}`.
    pub scores: Scores,
    /// The sum of the scores.
    pub total: u32,
    /// The category, `good` or `poor`.
    pub category: Category,
    /// The day of the signature, `YYYY-MM-DD`.
    pub signed_on: NaiveDate,
    /// Whether the signature was late (rule 28).
    pub late: bool,
    /// A note, sealed under the person's key. Absent where none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::personal::Sealed>)]
    pub personal: Option<Personal<Remark>>,
}

/// The sealed part of a corrected appraisal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppraisalCorrection {
    /// The reason of the correction, a free text.
    pub reason: String,
    /// A note on the month, a free text.
    pub note: Option<String>,
}

/// The appraisal of a month was corrected. The old one stays in the record (rule 30).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Corrected {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The month appraised, `YYYY-MM`.
    pub month: Month,
    /// 1 for a month that was waived, else one more than the revision before.
    pub revision: u32,
    /// The score of each indicator, by its code: `{"attendance":4,"quality":3}`.
    pub scores: Scores,
    /// The sum of the scores.
    pub total: u32,
    /// The category, `good` or `poor`.
    pub category: Category,
    /// The day of the correction's signature, `YYYY-MM-DD`.
    pub signed_on: NaiveDate,
    /// Whether the month was signed late (rule 28). Later scores leave a month that was in time so.
    pub late: bool,
    /// The reason and the note, sealed under the person's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<AppraisalCorrection>,
}

/// A month was left out of the mean (rule 31).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Waived {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The month left out, `YYYY-MM`.
    pub month: Month,
    /// The reason, sealed under the person's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

payload!(Submitted.personal?);
payload!(Corrected.personal, Waived.personal);

/// Submits the appraisal of a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Submit {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The month to appraise, `YYYY-MM`.
    pub month: Month,
    /// The score of each indicator, by its code: `{"attendance":4,"quality":3}`.
    pub scores: BTreeMap<String, i64>,
    /// The day of the signature, `YYYY-MM-DD`, not after today. Left out, it is today.
    pub signed_on: Option<CivilDate>,
    /// A note on the month, 1 to 2000 characters.
    pub note: Option<Note>,
}

/// Corrects the appraisal of a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Correct {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The month to correct, `YYYY-MM`.
    pub month: Month,
    /// The score of each indicator, by its code: `{"attendance":4,"quality":3}`.
    pub scores: BTreeMap<String, i64>,
    /// The day of the signature, `YYYY-MM-DD`, not after today. Left out, it is today.
    pub signed_on: Option<CivilDate>,
    /// A note on the month, 1 to 2000 characters.
    pub note: Option<Note>,
    /// The reason of the correction, 1 to 2000 characters.
    pub reason: Note,
}

/// Leaves a month out of the mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Waive {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The month to leave out, `YYYY-MM`.
    pub month: Month,
    /// The reason, 1 to 2000 characters.
    pub reason: Note,
}

impl Event {
    /// The contract and the month of the event.
    pub fn of(&self) -> (ContractId, Month) {
        match self {
            Self::Submitted(submitted) => (submitted.contract_id, submitted.month),
            Self::Corrected(corrected) => (corrected.contract_id, corrected.month),
            Self::Waived(waived) => (waived.contract_id, waived.month),
        }
    }
}

#[cfg(test)]
mod specs;
