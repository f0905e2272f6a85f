//! Parameters and answers of the view `evaluations`.

use chrono::NaiveDate;
use jejak_events::{
    date::Month,
    ids::{ActorId, ContractId, OperatorId, PackageId},
    operator::{appraisal::Scores, evaluation::Notice},
    package::policy::Category,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::column::Column;

/// The parameters of a ranked list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EvaluationsParams {
    /// The fiscal year; the current year if absent.
    pub year: Option<i32>,
    /// Only evaluations of this package, ranked among themselves.
    pub package: Option<PackageId>,
    /// The most items, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of the answer before.
    pub cursor: Option<String>,
}

/// The parameters of one evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluationParams {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The fiscal year, from 1900 to 2200.
    pub year: i32,
}

/// The stage of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvaluationStatus {
    /// Computed from the months so far, without a signature.
    Provisional,
    /// Proposed by the PPTK, with a signature.
    Proposed,
    /// Made final by the PPK, with a signature.
    Final,
}

/// The evaluation of one contract. A person with two contracts in a year has two evaluations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvaluationItem {
    /// The rank among the listed evaluations, from 1.
    pub rank: u32,
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The person's name; null once erased.
    pub operator_name: Option<String>,
    /// The contract's id, a UUID.
    pub contract_id: ContractId,
    /// The package's id, such as `2020-tenaga-it`.
    pub package_id: PackageId,
    /// The fiscal year, from 1900 to 2200.
    pub year: i32,
    /// The number of assessed months.
    pub months_assessed: u32,
    /// The number of months that the contract touches.
    pub months_expected: u32,
    /// The sum of monthly totals.
    pub total: u32,
    /// The mean of a month, rounded half-up to two places, as a decimal string. Null while no month is
    /// assessed.
    pub mean: Option<String>,
    /// Good or poor; null while no month is assessed.
    pub category: Option<Category>,
    /// Provisional, proposed or final, by signatures.
    pub status: EvaluationStatus,
    /// The number of times it was made final.
    pub revision: u32,
    /// The notice of a final and poor evaluation (rule 34). It ends no contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// The number of issued warnings.
    pub warnings: u32,
}

/// A month that was appraised or waived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MonthItem {
    /// The month, as `YYYY-MM`.
    pub month: Month,
    /// The contract's id, a UUID.
    pub contract_id: ContractId,
    /// The score of each indicator; null for a waived month.
    #[schema(value_type = Option<std::collections::BTreeMap<String, u8>>)]
    pub scores: Option<Scores>,
    /// The sum of the scores; null for a waived month.
    pub total: Option<u32>,
    /// Good or poor; null for a waived month.
    pub category: Option<Category>,
    /// Whether the month was signed late (rule 28).
    pub late: bool,
    /// 1 when submitted, one more with each correction; 0 for a waived month.
    pub revision: u32,
    /// Whether the month is left out of the mean.
    pub waived: bool,
    /// The day of the last signature; null for a waived month.
    pub signed_on: Option<NaiveDate>,
    /// The pseudonym of the signer, such as `officer/<uuid>`; null for a waived month. The history says his name.
    #[schema(value_type = Option<String>)]
    pub signer: Option<ActorId>,
    /// The note of the appraisal; absent where none was written, and once erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The reason of the last correction, or of the waiver; absent without either, and once erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The evaluation of one contract with its months.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvaluationOfMonths {
    /// The evaluation, ranked among all evaluations of the year.
    #[serde(flatten)]
    pub evaluation: EvaluationItem,
    /// The months of the contract, in order.
    pub months: Vec<MonthItem>,
}

/// One person's evaluation of a year: of several contracts, the one with a final evaluation, or else the one
/// that began last. The other contracts stand beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvaluationDetail {
    /// The evaluation that answers the query.
    #[serde(flatten)]
    pub answering: EvaluationOfMonths,
    /// The evaluations of the person's other contracts of the year; absent without any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub others: Vec<EvaluationOfMonths>,
}

/// The columns of a table of evaluations.
pub(super) const EVALUATION_COLUMNS: &[Column] = &[
    Column::number("rank"),
    Column::text("operator_name"),
    Column::text("package_id"),
    Column::number("year"),
    Column::number("months_assessed"),
    Column::number("months_expected"),
    Column::number("total"),
    Column::number("mean"),
    Column::code("category"),
    Column::code("status"),
    Column::number("revision"),
    Column::number("warnings"),
    Column::text("operator_id"),
    Column::text("contract_id"),
];
