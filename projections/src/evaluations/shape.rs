//! What the view `evaluations` is asked and what it answers (api.md, Queries).

use jejak_events::{
    date::Month,
    ids::{ContractId, OperatorId, PackageId},
    operator::{appraisal::Scores, evaluation::Notice},
    package::policy::Category,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which evaluations to rank.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EvaluationsParams {
    /// The fiscal year; this one if absent.
    pub year: Option<i32>,
    /// Only those of this package, ranked among themselves.
    pub package: Option<PackageId>,
    /// How many, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of an earlier answer.
    pub cursor: Option<String>,
}

/// Which evaluation to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluationParams {
    /// The person.
    pub operator_id: OperatorId,
    /// The fiscal year.
    pub year: i32,
}

/// How far an evaluation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvaluationStatus {
    /// Computed from the months so far.
    Provisional,
    /// Proposed by the pptk.
    Proposed,
    /// Made final by the ppk.
    Final,
}

/// One contract's evaluation: who has two contracts in a year has two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvaluationItem {
    /// Place among those listed, from 1.
    pub rank: u32,
    /// The person.
    pub operator_id: OperatorId,
    /// His name; null once erased.
    pub operator_name: Option<String>,
    /// The contract.
    pub contract_id: ContractId,
    /// The package.
    pub package_id: PackageId,
    /// The fiscal year.
    pub year: i32,
    /// Months assessed.
    pub months_assessed: u32,
    /// Months the contract touches.
    pub months_expected: u32,
    /// Sum of monthly totals.
    pub total: u32,
    /// Mean of a month, rounded half-up to two places, as a decimal string; null while no month is
    /// assessed.
    pub mean: Option<String>,
    /// Good or poor; null while no month is assessed.
    pub category: Option<Category>,
    /// How far it has come.
    pub status: EvaluationStatus,
    /// How often it was final.
    pub revision: u32,
    /// Of a final evaluation that is poor, who was told; nothing ends by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// How many warnings were issued.
    pub warnings: u32,
}

/// One month that was appraised or waived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MonthItem {
    /// The month.
    pub month: Month,
    /// The contract.
    pub contract_id: ContractId,
    /// Score of each indicator; null for a month that was waived.
    #[schema(value_type = Option<std::collections::BTreeMap<String, u8>>)]
    pub scores: Option<Scores>,
    /// Their sum.
    pub total: Option<u32>,
    /// Good or poor.
    pub category: Option<Category>,
    /// Whether it was signed late.
    pub late: bool,
    /// 1 when submitted, one more with each correction; 0 for a month that was waived.
    pub revision: u32,
    /// Whether it is left out of the mean.
    pub waived: bool,
}

/// One contract's evaluation, and the months it follows from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvaluationOfMonths {
    /// The evaluation, ranked among all of the year.
    #[serde(flatten)]
    pub evaluation: EvaluationItem,
    /// The months of its contract, in order.
    pub months: Vec<MonthItem>,
}

/// One person's evaluation of a year. It is of a contract: of several in the year, the one that is final,
/// else the one that began last; the rest stand beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvaluationDetail {
    /// The evaluation that answers.
    #[serde(flatten)]
    pub answering: EvaluationOfMonths,
    /// Those of the person's other contracts of the year, in the same order; absent without any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub others: Vec<EvaluationOfMonths>,
}
