//! Topic `evaluation`: the cumulative evaluation at the end of an engagement.
//!
//! The PPTK proposes it and the PPK finalizes it. The selection of the next year considers it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    date::CivilDate,
    ids::{ContractId, OfficerId, OperatorId},
    object::only_objects,
    package::policy::Category,
    personal::{Personal, Remark, payload},
    text::Note,
};

mod admits;
mod decide;
mod facts;
mod state;

pub use state::{Evaluation, EvaluationStage, EvaluationState, Proposal};

crate::topic::topic! {
    /// The PPTK proposed an evaluation.
    Proposed = "operator.evaluation.proposed.v1",
    /// The PPK made an evaluation final.
    Finalized = "operator.evaluation.finalized.v1",
    /// The PPK reopened a final evaluation.
    Reopened = "operator.evaluation.reopened.v1",
}

/// The result of all months of a contract. The mean divides by the months assessed, never by 12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct EvaluationResult {
    /// The number of months assessed.
    pub months: u32,
    /// The number of months in which the contract has a day.
    pub expected: u32,
    /// The sum of the monthly totals.
    pub total: u32,
    /// The category, `good` or `poor`.
    pub category: Category,
}

/// A mean as it is shown: rounded half-up to two places, without trailing zeros. No months have no mean.
pub fn mean(total: u32, months: u32) -> Option<String> {
    let (total, months) = (u64::from(total), u64::from(months));
    let hundredths = (total * 200 + months).checked_div(months * 2)?;
    let (whole, part) = (hundredths / 100, hundredths % 100);
    Some(match (part, part % 10) {
        (0, _) => whole.to_string(),
        (_, 0) => format!("{whole}.{}", part / 10),
        _ => format!("{whole}.{part:02}"),
    })
}

/// The PPTK proposed an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proposed {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The proposing officer, a pseudonym of the NIP.
    pub officer_id: OfficerId,
    /// The day of the signature, `YYYY-MM-DD`.
    pub signed_on: NaiveDate,
    /// The result of the contract's months.
    pub result: EvaluationResult,
    /// A note, sealed under the person's key. Absent where none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::personal::Sealed>)]
    pub personal: Option<Personal<Remark>>,
}

/// The PPK made an evaluation final.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Finalized {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// 1 the first time, and one more after each reopening.
    pub revision: u32,
    /// The finalizing officer, a pseudonym of the NIP.
    pub officer_id: OfficerId,
    /// The day of the signature, `YYYY-MM-DD`.
    pub signed_on: NaiveDate,
    /// The result of the contract's months.
    pub result: EvaluationResult,
    /// The notice of a poor result to the PPK (rule 34). It ends no contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// A note, sealed under the person's key. Absent where none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::personal::Sealed>)]
    pub personal: Option<Personal<Remark>>,
}

/// The notice of a poor evaluation (rule 34).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Notice {
    /// The PPK assigned on the day of the final signature, a pseudonym of the NIP.
    pub officer_id: OfficerId,
}

only_objects!(EvaluationResult, Notice);

/// The PPK reopened a final evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reopened {
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The revision that is no longer final, 1 or more.
    pub revision: u32,
    /// The reopening officer, a pseudonym of the NIP.
    pub officer_id: OfficerId,
    /// The reason, sealed under the person's key.
    #[schema(value_type = crate::personal::Sealed)]
    pub personal: Personal<Remark>,
}

payload!(Proposed.personal?, Finalized.personal?);
payload!(Reopened.personal);

/// Proposes the evaluation of a contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Propose {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The day of the signature, `YYYY-MM-DD`, not after today. Left out, it is today.
    pub signed_on: Option<CivilDate>,
    /// A note, 1 to 2000 characters.
    pub note: Option<Note>,
}

/// Makes a proposed evaluation final.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Finalize {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The day of the signature, `YYYY-MM-DD`, not after today. Left out, it is today.
    pub signed_on: Option<CivilDate>,
    /// A note, 1 to 2000 characters.
    pub note: Option<Note>,
}

/// Opens a final evaluation again, for a correction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reopen {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The id of the contract, a UUID.
    pub contract_id: ContractId,
    /// The reason, 1 to 2000 characters.
    pub reason: Note,
}

impl Event {
    /// The contract it is about.
    pub fn contract_id(&self) -> ContractId {
        match self {
            Self::Proposed(proposed) => proposed.contract_id,
            Self::Finalized(finalized) => finalized.contract_id,
            Self::Reopened(reopened) => reopened.contract_id,
        }
    }
}

#[cfg(test)]
mod specs;
