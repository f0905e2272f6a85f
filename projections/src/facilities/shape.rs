//! Parameters and answers of the view `facilities`.

use chrono::NaiveDate;
use jejak_events::{
    ids::{ContractId, OperatorId, PackageId},
    operator::facility::{FacilityId, FacilityKind},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::column::Column;

/// The parameters of a list of facilities.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FacilitiesParams {
    /// Only facilities with this status.
    pub status: Option<FacilityStatus>,
    /// Only facilities under contracts in this package.
    pub package: Option<PackageId>,
    /// Only the facilities of this person.
    pub operator: Option<OperatorId>,
    /// The most items, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// The `next` of the answer before.
    pub cursor: Option<String>,
}

/// The status of a facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FacilityStatus {
    /// The person has it.
    Out,
    /// It was given back.
    Returned,
}

/// One facility handed out to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FacilityItem {
    /// The id of the facility, a UUID.
    pub facility_id: FacilityId,
    /// The person's id, a UUID.
    pub operator_id: OperatorId,
    /// The person's name; null once erased.
    pub operator_name: Option<String>,
    /// The contract that the facility serves.
    pub contract_id: ContractId,
    /// The package of the contract.
    pub package_id: PackageId,
    /// The kind, such as `badge`.
    pub kind: FacilityKind,
    /// The name or number of the facility; null once erased.
    pub label: Option<String>,
    /// The day it was handed out.
    pub issued_on: NaiveDate,
    /// Out until it is given back.
    pub status: FacilityStatus,
    /// The day it was given back; null while it is out.
    pub returned_on: Option<NaiveDate>,
    /// The note of the return; null where there is none, or it was erased.
    pub note: Option<String>,
}

/// The columns of a table of facilities.
pub(super) const FACILITY_COLUMNS: &[Column] = &[
    Column::text("operator_name"),
    Column::code("kind"),
    Column::text("label"),
    Column::date("issued_on"),
    Column::code("status"),
    Column::date("returned_on"),
    Column::text("note"),
    Column::text("package_id"),
    Column::text("contract_id"),
    Column::text("operator_id"),
    Column::text("facility_id"),
];
