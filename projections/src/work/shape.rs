//! Parameters and answers of the view `work`.

use chrono::NaiveDate;
use jejak_events::{
    date::Month,
    ids::{ContractId, OperatorId, PackageId},
    kinds::OfficerRole,
    operator::facility::FacilityId,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{column::Column, page};

/// The parameters of the work list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WorkParams {
    /// The day the work is seen from; today if absent.
    #[serde(default, deserialize_with = "page::day")]
    pub on: Option<NaiveDate>,
    /// Only work of this kind.
    pub kind: Option<WorkKind>,
    /// Only work on contracts in this package.
    pub package: Option<PackageId>,
    /// Only work on this person.
    pub operator: Option<OperatorId>,
    /// The most items, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of the answer before.
    pub cursor: Option<String>,
}

/// The kinds of work, most pressing first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum WorkKind {
    /// A month is not appraised, and its last day in time is over (rule 28).
    AppraisalLate,
    /// A month may be signed and is not appraised.
    AppraisalDue,
    /// All months of a contract that ended are done; an evaluation can be proposed (rule 32).
    EvaluationToPropose,
    /// A proposal waits for the ppk (rule 33).
    EvaluationToFinalize,
    /// More leave was taken than the year grants (rule 20).
    PoolOverdrawn,
    /// A facility was not returned when its contract ended (rule 47).
    FacilityOut,
    /// A contract ends within 30 days.
    ContractEnding,
    /// A warning stands and runs out within 30 days.
    WarningRunning,
}

/// One thing to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkItem {
    /// What it is.
    pub kind: WorkKind,
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The person's name; null once erased.
    pub operator_name: Option<String>,
    /// The contract that it is about. A pool of leave has the contract that grants it.
    pub contract_id: ContractId,
    /// The package of the contract.
    pub package_id: PackageId,
    /// The month to appraise; null for other work.
    pub month: Option<Month>,
    /// The facility that is out; null for other work.
    pub facility_id: Option<FacilityId>,
    /// The step of the warning, 1 to 3; null for other work.
    pub level: Option<u8>,
    /// The first day on which it is to be done.
    pub since: NaiveDate,
    /// The last day on which it is done in time; null where there is none.
    pub due: Option<NaiveDate>,
    /// The role in the package that does it.
    pub role: OfficerRole,
}

/// The columns of a table of work.
pub(super) const WORK_COLUMNS: &[Column] = &[
    Column::code("kind"),
    Column::text("operator_name"),
    Column::text("month"),
    Column::number("level"),
    Column::date("since"),
    Column::date("due"),
    Column::text("role"),
    Column::text("package_id"),
    Column::text("contract_id"),
    Column::text("operator_id"),
    Column::text("facility_id"),
];
