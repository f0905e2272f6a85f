//! Parameters and answers of the view `evaluations`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use jejak_events::{
    date::Month,
    ids::{ActorId, ContractId, OperatorId, PackageId},
    operator::{appraisal::Scores, evaluation::Notice},
    package::policy::Category,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{column::Column, page};

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

/// The parameters of a list of appraisals.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AppraisalsParams {
    /// The month, as `YYYY-MM`; the month of `on` if absent.
    pub month: Option<Month>,
    /// Only months of contracts in this package.
    pub package: Option<PackageId>,
    /// Only months of this person.
    pub operator: Option<OperatorId>,
    /// Only months with this status on `on`.
    pub status: Option<AppraisalStatus>,
    /// The day the months are seen from; today if absent.
    #[serde(default, deserialize_with = "page::day")]
    pub on: Option<NaiveDate>,
    /// The most items, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of the answer before.
    pub cursor: Option<String>,
}

/// The status of a month that is to be appraised, on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppraisalStatus {
    /// It cannot be signed yet (rule 28).
    Upcoming,
    /// It may be signed, and is neither appraised nor waived.
    Open,
    /// It is appraised.
    Appraised,
    /// It is left out of the mean.
    Waived,
}

/// A month of a contract, appraised or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppraisalItem {
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The person's name; null once erased.
    pub operator_name: Option<String>,
    /// The contract's id, a UUID.
    pub contract_id: ContractId,
    /// The package's id, such as `2020-tenaga-it`.
    pub package_id: PackageId,
    /// The month, as `YYYY-MM`.
    pub month: Month,
    /// The first day of the contract in the month.
    pub from: NaiveDate,
    /// The last day of the contract in the month.
    pub to: NaiveDate,
    /// The indicators of each element in the contract's scheme: `{"discipline":["attendance","roll_call"]}`.
    pub elements: BTreeMap<String, BTreeSet<String>>,
    /// The lowest score of an indicator.
    pub scale_min: u8,
    /// The highest score of an indicator.
    pub scale_max: u8,
    /// The first day on which it may be signed, and a day was served.
    pub since: NaiveDate,
    /// The last day on which it is signed in time.
    pub due: NaiveDate,
    /// Upcoming, open, appraised or waived.
    pub status: AppraisalStatus,
    /// Whether it was signed late; of an open month, whether its last day in time is over (rule 28).
    pub late: bool,
    /// The score of each indicator; null unless it is appraised.
    #[schema(value_type = Option<std::collections::BTreeMap<String, u8>>)]
    pub scores: Option<Scores>,
    /// The sum of the scores; null unless it is appraised.
    pub total: Option<u32>,
    /// Good or poor; null unless it is appraised.
    pub category: Option<Category>,
    /// 1 when submitted, one more with each correction; 0 unless it is appraised.
    pub revision: u32,
    /// The day of the last signature; null unless it is appraised.
    pub signed_on: Option<NaiveDate>,
    /// The pseudonym of the signer, such as `officer/<uuid>`; null unless it is appraised.
    #[schema(value_type = Option<String>)]
    pub signer: Option<ActorId>,
    /// The note of the appraisal; absent where none was written, and once erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The reason of the last correction, or of the waiver; absent without either, and once erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The stage of the contract's evaluation. Months of a final one change only once it is reopened.
    pub evaluation: EvaluationStatus,
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

/// The columns of a table of appraisals.
pub(super) const APPRAISAL_COLUMNS: &[Column] = &[
    Column::text("operator_name"),
    Column::text("package_id"),
    Column::text("month"),
    Column::date("from"),
    Column::date("to"),
    Column::code("status"),
    Column::yes_no("late"),
    Column::number("total"),
    Column::code("category"),
    Column::number("revision"),
    Column::date("signed_on"),
    Column::text("note"),
    Column::text("reason"),
    Column::text("operator_id"),
    Column::text("contract_id"),
];
